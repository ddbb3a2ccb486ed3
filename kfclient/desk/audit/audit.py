"""The audit trail: who did what, when, from where, and what it was before and after.

What happened is noted in the transaction that makes it happen, as an entry that is owed to the
trail; neither can be without the other, and noting waits for no disk of its own. Later, what is
owed is flushed: written to the end of the business's trail, a file of lines chained by their
hashes.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from kfclient.desk.audit.entry import SEVERAL, Action, Entry
from kfclient.desk.audit.words import sentence_of
from kfclient.desk.person import this_origin, this_person, utc_now
from kfclient.store.audit_file import AuditFile, AuditTrouble, Head, troubles
from kfclient.store.errors import StoreError
from kfclient.store.paths import as_text
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from kfclient.store.database import Database
    from kfclient.store.home import Home

__all__ = ["OWED", "Action", "Audit", "AuditTrouble", "AuditVerdict", "Entry"]

OWED = "owed"
"""The table of what is not in the trail yet: in the state, and in each business's books."""

HEADS = "trails"
"""The state's table of how each business's trail ends."""

MANY = 500
"""How many owed entries are worth writing in the middle of other work."""

_log = logging.getLogger(__name__)


class AuditVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking through a trail: its lines, and what is wrong with it.

    `head` is the hash of the last entry that the state knows, "" where there is none. Who keeps a
    copy of it elsewhere can tell even a trail and a state that were both written anew.
    """

    lines: int
    troubles: tuple[AuditTrouble, ...] = ()
    head: str = ""

    @property
    def sound(self) -> bool:
        """Whether the trail is as it was written."""
        return not self.troubles


class _Owed(NamedTuple):
    """What is owed to a trail: where it is kept, under which number, and the entry itself."""

    where: Database
    number: int
    body: Mapping[str, Any]


class Audit:
    """The trails of every business. Thread-safe, and safe beside other sessions on the same home.

    `person` and `origin` are who does what is noted here, and from where.
    """

    def __init__(
        self,
        home: Home,
        *,
        person: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        origin: str | None = None,
    ) -> None:
        self._home = home
        self._person = this_person() if person is None else person
        self._clock = clock
        self._origin = this_origin() if origin is None else origin
        self._touched: set[str] = set()
        self._connections: dict[str, tuple[int, str]] = {}

    def note(
        self,
        database: Database,
        business: str,
        action: Action,
        *,
        item: str = "",
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        fingerprint: str = "",
        answer: str = "",
    ) -> None:
        """Note what happens, as a part of the transaction that is open on `database`.

        `database` is the state or the business's books, whichever is being changed; without an
        open transaction it is one of its own. Secrets known to this process are blanked; still,
        hand none in. `before` and `after` may hold what msgspec makes JSON of.
        """
        entry = Entry(
            at=self._clock(),
            who=self._person,
            origin=self._origin,
            action=action.value,
            business=business,
            connection=self._connection(database, business),
            item=item,
            before=dict(before or {}),
            after=dict(after or {}),
            fingerprint=fingerprint,
            answer=answer,
            id=os.urandom(10).hex(),
        )
        database.table(OWED).insert(_clean(msgspec.to_builtins(entry)))
        self._touched.add(business)

    def flush(self, business: str, *, least: int = 1) -> None:
        """Write what is owed to the end of the business's trail, if it is `least` entries or more.

        Call it at the end of a piece of work, outside any transaction. A sudden end anywhere in it
        loses nothing and doubles nothing. What cannot be written now stays owed; the log says why.
        """
        try:
            state, books = self._home.state(), self._home.books(business)
            if len(state.table(OWED)) + len(books.table(OWED)) >= least:
                with self._home.trail(business).held() as trail:
                    self._flush(trail)
        except StoreError as problem:
            _log.warning("The trail of %s waits: %s", business, problem.sentence)

    def close(self) -> None:
        """Write what was noted here."""
        for business in sorted(self._touched):
            self.flush(business)

    def entries(
        self, business: str, *, item: str = "", since: datetime | None = None
    ) -> list[Entry]:
        """Return the business's trail, oldest first, with what is owed to it; writes nothing.

        `item` is an item's number and `since` a moment in UTC; "" and None are all. Lines that
        cannot be read are left out: `verify` tells of them. Raises `StateUnreadable`.
        """
        # In this order: what is flushed meanwhile is then seen twice, never missed.
        owed = [_entry(one.body) for one in self._owed(business)]
        here = b"" if not item else msgspec.json.encode({"item": item})[1:-1]
        several = [msgspec.json.encode(action) for action in SEVERAL]
        lines = self._home.trail(business).read().split(b"\n")
        worth = (raw for raw in lines if here in raw or any(one in raw for one in several))
        written = [found for raw in worth if (found := _read(raw)) is not None]
        known = {entry.id for entry in written}
        every = written + [entry for entry in owed if entry.id not in known]
        return [
            entry
            for entry in every
            if (not item or entry.is_about(item)) and (since is None or entry.at >= since)
        ]

    def sentence(self, entry: Entry) -> str:
        """Return what happened, in a bookkeeper's words."""
        return sentence_of(entry)

    def verify(self, business: str) -> AuditVerdict:
        """Look whether the trail is as it was written, then write what is owed to it.

        Raises `StateBusy`, `StateUnwritable`, `StateUnreadable`.
        """
        with self._home.trail(business).held() as trail:
            before = self._head(business)
            owed = {one.body["id"]: one.body for one in self._owed(business)}
            lines, found = troubles(trail, before, owed)
            after = before
            # What was found is reported, also where nothing can be written.
            with contextlib.suppress(StoreError):
                after = self._flush(trail)
        return AuditVerdict(lines=lines if found else after.count, troubles=found, head=after.hash)

    def _flush(self, trail: AuditFile) -> Head:
        """Write what is owed; the trail is held."""
        state, books = self._home.state(), self._home.books(trail.business)
        owed = self._owed(trail.business)
        if not owed:
            return self._head(trail.business)
        after = trail.append(self._head(trail.business), [one.body for one in owed])
        with state.transaction():
            document = {"business": trail.business, **msgspec.to_builtins(after)}
            table = state.table(HEADS)
            table.remove(doc_ids=[known.doc_id for known in table.by("business", trail.business)])
            table.insert(document)
            state.table(OWED).remove(doc_ids=[one.number for one in owed if one.where is state])
        # After a sudden end here, the trail's last batch shows that these are in it already.
        gone = [one.number for one in owed if one.where is books]
        if gone:
            books.table(OWED).remove(doc_ids=gone)
        return after

    def _owed(self, business: str) -> list[_Owed]:
        """Return what is owed to the trail, in order of time."""
        state, books = self._home.state(), self._home.books(business)
        mine = state.table(OWED).by("business", business)
        found = [_Owed(state, document.doc_id, document) for document in mine]
        found += [_Owed(books, number, body) for number, body in books.table(OWED).committed()]
        return sorted(found, key=lambda one: one.body["at"].rstrip("Z"))

    def _head(self, business: str) -> Head:
        found = self._home.state().table(HEADS).by("business", business)
        try:
            return msgspec.convert(found[0], Head) if found else Head()
        except msgspec.ValidationError:  # changed by hand: nothing of the trail is known then
            return Head()

    def _connection(self, database: Database, business: str) -> str:
        state = self._home.state()
        # A transaction of the state may be about to change it.
        revision = -1 if database is state else state.revision
        known = self._connections.get(business)
        if known is not None and known[0] == revision >= 0:
            return known[1]
        found = state.table("businesses").by("id", business)
        connection = found[0].get("connection") if found else None
        told = ""
        if connection:
            told = f"{connection['username']} at {urlsplit(connection['endpoint']).hostname or ''}"
        self._connections[business] = revision, told
        return told


def _clean(value: Any) -> Any:
    """Return a JSON value with every known secret blanked, and lists for tuples."""
    # One look at all the texts together: a secret that is in one of them is in all of them.
    whole = "\n".join(_texts(value))
    if as_text(whole) != whole:  # a file's name that is not UTF-8
        value = _told(value, as_text)
    return _told(value, str if redact.clean(whole) == whole else redact.clean)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _told(value: Any, tell: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return tell(value)
    if isinstance(value, dict):
        return {tell(str(key)): _told(one, tell) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(one, tell) for one in value]
    return value


def _entry(document: Mapping[str, Any]) -> Entry:
    return msgspec.convert(document, Entry)


def _read(raw: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(raw, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
