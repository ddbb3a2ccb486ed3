"""Two sessions and a dict: whatever is done in any order, all three agree."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kfclient.store.database import Database

KEYS = st.integers(1, 8)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b"]))
DOCUMENTS = st.fixed_dictionaries({}, optional={"state": VALUES, "deep": st.lists(VALUES)})
SESSIONS = st.integers(0, 1)


class Abandoned(Exception):
    pass


class TwoSessions(RuleBasedStateMachine):
    """Each database has its own lock, files and memory, as in a process of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.sessions: list[Database] = []
        self.model: dict[int, dict[str, Any]] = {}
        self.revision = 0

    @initialize()
    def open(self) -> None:
        self.sessions = [self._opened(), self._opened()]

    def _opened(self) -> Database:
        return Database(self.folder / "state.json", lock_seconds=0.2)

    @rule(session=SESSIONS, document=DOCUMENTS)
    def insert(self, session: int, document: dict[str, Any]) -> None:
        key = self.sessions[session].table("items").insert(document)
        assert key not in self.model
        self.model[key] = document

    @rule(session=SESSIONS, key=KEYS, fields=DOCUMENTS)
    def update(self, session: int, key: int, fields: dict[str, Any]) -> None:
        updated = self.sessions[session].table("items").update(fields, doc_ids=[key])
        assert updated == [key] * (key in self.model)
        if key in self.model:
            self.model[key] = {**self.model[key], **fields}

    @rule(session=SESSIONS, key=KEYS)
    def remove(self, session: int, key: int) -> None:
        removed = self.sessions[session].table("items").remove(doc_ids=[key])
        assert removed == [key] * (key in self.model)
        self.model.pop(key, None)

    @rule(session=SESSIONS, keys=st.lists(KEYS), document=DOCUMENTS, abandoned=st.booleans())
    def several(
        self, session: int, keys: list[int], document: dict[str, Any], *, abandoned: bool
    ) -> None:
        table, after = self.sessions[session].table("items"), dict(self.model)
        try:
            with self.sessions[session].transaction():
                for key in keys:
                    table.update(document, doc_ids=[key])
                    if key in after:
                        after[key] = {**after[key], **document}
                after[table.insert(document)] = document
                table.remove(doc_ids=keys[:1])
                for key in keys[:1]:
                    after.pop(key, None)
                state = document.get("state")
                assert {found.doc_id for found in table.by("state", state)} == {
                    key for key, item in after.items() if "state" in item and item["state"] == state
                }
                if abandoned:
                    raise Abandoned  # noqa: TRY301 - leaving the transaction is the point
        except Abandoned:
            return
        self.model = after

    @rule(session=SESSIONS)
    def checkpoint(self, session: int) -> None:
        self.sessions[session].checkpoint()

    @rule(session=SESSIONS)
    def end_suddenly(self, session: int) -> None:
        self.sessions[session] = self._opened()

    @rule(session=SESSIONS)
    def leave(self, session: int) -> None:
        self.sessions[session].close()
        self.sessions[session] = self._opened()

    @invariant()
    def all_agree(self) -> None:
        for session in self.sessions:
            table = session.table("items")
            assert {document.doc_id: dict(document) for document in table} == self.model
            for value in (None, True, 0, 2, "a"):
                assert [document.doc_id for document in table.by("state", value)] == sorted(
                    key
                    for key, document in self.model.items()
                    if "state" in document and document["state"] == value
                )
            assert session.revision >= self.revision
            self.revision = session.revision

    def teardown(self) -> None:
        for session in self.sessions:
            session.close()
        shutil.rmtree(self.folder)


TwoSessions.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
test_two_sessions = TwoSessions.TestCase
