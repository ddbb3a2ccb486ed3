"""Taking back what was done with items here, and doing it again: edits, deletions, imports.

A step is one thing that a person did, however many items it was; it is kept in the books with what
each of its items was, so that it can be taken back after a restart. Taking a step back puts into
the history what the items were until then: doing it again is the same once more. What somebody
else has changed since is never touched: then nothing of the step is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from tinydb.table import Document

from kfclient.desk.audit.audit import Audit
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import ItemChanged, ItemSettled, NothingToUndo

if TYPE_CHECKING:
    from kfclient.store import Database, Home, Table

STEPS = "edits"
"""The table of steps; few, and small."""

ROWS = "edited"
"""The table of what their items were, a row an item."""

DEEP = 100
"""So many steps are kept."""

Body = dict[str, Any]


class EditStep(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that was done: `what` is "edit", "delete", "add" or "import", of the `file`.

    `rows` are the numbers of its rows, from and to; `added` the items that came with it and were
    not changed by it before, from and to. `named` are the first few of its items, `count` all. A
    `stale` one was refused, since somebody has changed its items: it is passed over.
    """

    at: datetime
    who: str
    what: str
    file: str = ""
    named: list[int] = []
    count: int = 0
    stale: bool = False
    rows: list[tuple[int, int]] = []
    added: list[tuple[int, int]] = []
    undone: bool = False

    @property
    def words(self) -> str:
        """What it was, as in `the edit of 20 items (3, 4, 5 and 17 more)`."""
        more = f" and {self.count - len(self.named):,} more" if self.count > len(self.named) else ""
        which = f"{', '.join(map(str, self.named))}{more}"
        items = f"item {which}" if self.count == 1 else f"{self.count:,} items ({which})"
        if self.what == "import":
            return f"the import of {self.file}: {items}"
        return f"the {_NOUNS[self.what]} of {items}"


class EditRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An item of a step: what it is when the step is turned, and the version it has until then.

    None for an item that is not there: then, or now.
    """

    item: int
    other: Body | None = None
    version: int | None = None


_NOUNS = {"edit": "edit", "delete": "deletion", "add": "adding"}
_NAMED = 3


class EditHistory:
    """The steps of every business, each person's own. Raises what the store raises."""

    def __init__(
        self, home: Home, audit: Audit, person: str, clock: Callable[[], datetime]
    ) -> None:
        self._home = home
        self._audit = audit
        self._person = person
        self._clock = clock

    def note(
        self,
        database: Database,
        what: str,
        changed: Iterable[tuple[int, Body | None, int | None]],
        *,
        added: Sequence[int] = (),
        file: str = "",
    ) -> None:
        """Keep a step, as a part of the transaction that is open.

        `changed` are items as they were before it (None: not there), each with the version that it
        has now (None: not there any more); `added` those that it brought. What this person has
        taken back cannot be done again from then on.
        """
        whole = [
            _plain(EditRow(item=item, other=other, version=version))
            for item, other, version in changed
        ]
        if not whole and not added:
            return
        table, rows = database.table(STEPS), database.table(ROWS)
        for document in table.all():
            if document["who"] == self._person and document.get("undone"):
                _forget(table, rows, document)
        numbers = rows.insert_multiple(whole)
        every = [*(one["item"] for one in whole), *added]
        step = EditStep(
            at=self._clock(),
            who=self._person,
            what=what,
            file=file,
            named=every[:_NAMED],
            count=len(every),
            rows=_ranges(numbers),
            added=_ranges(added),
        )
        table.insert(_plain(step))
        for document in sorted(table.all(), key=lambda one: one.doc_id)[:-DEEP]:
            _forget(table, rows, document)

    def steps(self, business: str) -> list[EditStep]:
        """Return what is kept, the latest first; everybody's."""
        found = self._home.books(business).table(STEPS).all()
        return [
            msgspec.convert(one, EditStep)
            for one in sorted(found, key=lambda one: one.doc_id, reverse=True)
        ]

    def undo(self, business: str) -> EditStep:
        """Take back this person's last step, and return it.

        Raises `NothingToUndo`; `ItemChanged` or `ItemSettled` where one of its items is no longer
        as the step left it: nothing is changed then, and the next time it is passed over.
        """
        return self._turned(business, undone=True)

    def redo(self, business: str) -> EditStep:
        """Do again what this person took back last, and return it; raises as `undo` does."""
        return self._turned(business, undone=False)

    def _turned(self, business: str, *, undone: bool) -> EditStep:
        database = self._home.books(business)
        table, number = database.table(STEPS), 0
        try:
            with database.transaction():
                number = self._last(table, undone=undone)
                return self._turn_step(database, business, number)
        except (ItemChanged, ItemSettled):
            table.update({"stale": True}, doc_ids=[number])
            raise

    def _last(self, table: Table, *, undone: bool) -> int:
        """Return the number of the step that is to be turned."""
        mine = [
            one.doc_id
            for one in table.all()
            if one["who"] == self._person
            and bool(one.get("undone")) is not undone
            and not one.get("stale")
        ]
        if not mine:
            done = "taken back" if undone else "done again"
            raise NothingToUndo(
                f"There is nothing of yours that could be {done}.",
                f"Edits, deletions and imports can be, the last {DEEP}."
                if undone
                else "Only what was taken back last can be, until you edit anything.",
            )
        return max(mine) if undone else min(mine)

    def _turn_step(self, database: Database, business: str, number: int) -> EditStep:
        """Have each item of the step be what it was, or is when it is done again."""
        table, rows = database.table(STEPS), database.table(ROWS)
        step = msgspec.convert(table.get(doc_id=number), EditStep)
        undone = not step.undone
        found = rows.get(doc_ids=_each(step.rows))
        known = {one.doc_id: msgspec.convert(one, EditRow) for one in found}
        came = [EditRow(item=item, version=1) for item in _each(step.added)]
        turned = [*known.values(), *came]
        for row in turned:
            self._need_unchanged(database, row, step, undone=undone)
        # What the others of the history know as the version that is put back has a new number now.
        moved = {row.item: row.other["version"] for row in turned if row.other is not None}
        after = {str(row.item): self._turn(database, row) for row in turned}
        for at, row in known.items():
            rows.put(at, _plain(row))
        step.rows += _ranges(rows.insert_multiple(map(_plain, came)))
        step.added, step.undone = [], undone
        table.put(number, _plain(step))
        versions = {row.item: (moved[row.item], row.version) for row in turned if row.item in moved}
        _renumber(table, rows, versions, but=set(_each(step.rows)))
        action = Action.EDIT_UNDONE if undone else Action.EDIT_REDONE
        self._audit.note(database, business, action, after=after, answer=step.words)
        return step

    def _need_unchanged(
        self, database: Database, row: EditRow, step: EditStep, *, undone: bool
    ) -> None:
        """Raise where an item is no longer as the step left it."""
        now = database.table("items").get(doc_id=row.item)
        done = "taken back" if undone else "done again"
        nothing = f"so {step.words} was not {done}, and nothing was changed."
        if now is not None and now.get("sent"):
            raise ItemSettled(f"Item {row.item} is in KashFlow, or may be, {nothing}")
        if (None if now is None else now["version"]) != row.version:
            happened = "is not in the inbox any more" if now is None else "was changed since"
            raise ItemChanged(
                f"Item {row.item} {happened}, {nothing}", "Change the other items by hand."
            )
        if row.other is None and database.table("gathered").by("claim", str(row.item)):
            raise ItemSettled(
                f"Item {row.item} was gathered from costs since, {nothing}",
                "Take the claim apart first: its costs come back to the inbox.",
            )

    def _turn(self, database: Database, row: EditRow) -> str:
        """Have the item be what it was, and the row what it is; return what became of it."""
        table = database.table("items")
        now, other = table.get(doc_id=row.item), row.other
        row.other = None if now is None else dict(now)
        if other is None:
            table.remove(doc_ids=[row.item])
            row.version = None
            return "removed"
        row.version = max(other["version"], 0 if now is None else now["version"]) + 1
        document = {**other, "version": row.version}
        if now is None:
            table.insert(Document(document, row.item))
            return "back"
        table.put(row.item, document)
        return "changed"


def _renumber(
    table: Table,
    rows: Table,
    versions: Mapping[int, tuple[int, int | None]],
    *,
    but: AbstractSet[int],
) -> None:
    """Have rows that wait for an item's version wait for the other one; `but` rows do not."""
    for item, (was, now) in versions.items():
        waiting = [one.doc_id for one in rows.by("item", item) if one.get("version") == was]
        if waiting := [number for number in waiting if number not in but]:
            rows.update({"version": now}, doc_ids=waiting)
    first = {item: now for item, (was, now) in versions.items() if was == 1}
    for document in table.all():
        step = msgspec.convert(document, EditStep)
        here = [item for item in _each(step.added) if item in first]
        if here:
            fresh = [_plain(EditRow(item=item, version=first[item])) for item in here]
            step.rows += _ranges(rows.insert_multiple(fresh))
            step.added = _ranges(item for item in _each(step.added) if item not in first)
            table.put(document.doc_id, _plain(step))


def _plain(one: EditRow | EditStep) -> Body:
    plain: Body = msgspec.json.decode(msgspec.json.encode(one))
    return plain


def _forget(table: Table, rows: Table, document: Document) -> None:
    rows.remove(doc_ids=_each(msgspec.convert(document, EditStep).rows))
    table.remove(doc_ids=[document.doc_id])


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return rising numbers as their runs, from and to."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def _each(ranges: Iterable[tuple[int, int]]) -> list[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]
