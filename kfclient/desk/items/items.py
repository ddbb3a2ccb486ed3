"""The inbox of a business: its items, where each stands, and what is known about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.audit.audit import MANY
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import ItemChanged, ItemSettled, ItemUnknown
from kfclient.desk.items.check import as_meant, check
from kfclient.desk.items.check_lines import check_files
from kfclient.desk.items.duplicate_finder import DuplicateFinder
from kfclient.desk.items.edit_history import EditHistory, EditStep
from kfclient.desk.items.nearby import Nearby
from kfclient.desk.items.reference import ReferenceCache, ReferenceData
from kfclient.desk.model.business import ItemCounts
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.fields import Fields, changes_between, facts_of
from kfclient.desk.model.item import (
    SENDS,
    Finding,
    Item,
    ItemsById,
    ItemState,
    SentAs,
    SentLine,
    Severity,
    is_refused,
    needs_you,
)
from kfclient.desk.model.sides import side_of
from kfclient.store.paths import as_text

if TYPE_CHECKING:
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.sync.lists import Lists
    from kfclient.store import Database, Home

TABLE = "items"

GATHERED = "gathered"
"""The table of costs that are on an expense claim of the inbox, put away behind it."""

_FEW = 1_000
"""So many items, or fewer, are counted in the time of a blink."""

_TOO_MANY = 20_000
"""So many are left to be counted by whoever looks: that may be nobody."""

_MANY_MORE = 20
"""So many times the items that changed are looked at for a count, and no more."""

_SENT = {ItemState.PUBLISHED, ItemState.PUBLISHING, ItemState.UNKNOWN}


class _Kept(msgspec.Struct):
    """What was read last of a business's items, and their own findings as worked out last."""

    nearby: Nearby
    revision: int = -1
    items: ItemsById = ItemsById()
    reference_data: ReferenceData | None = None
    findings: dict[str, tuple[int, tuple[Finding, ...]]] = {}
    circle: tuple[object, ReferenceData, ItemsById] | None = None


class _Board:
    """Where every item of a business stands, kept up item by item as they change.

    `states` are those of items that nobody is publishing; `filed` and `sending` are the items whose
    state may change while they do not; `needing` those that a person has to look at, `refused`
    those of them that came back from KashFlow.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.items = ItemsById()
        self.reference_data: ReferenceData | None = None
        self.findings: dict[str, tuple[Finding, ...]] = {}
        self.states: dict[str, ItemState] = {}
        self.counts: dict[ItemState, int] = dict.fromkeys(ItemState, 0)
        self.needing: set[str] = set()
        self.refused: set[str] = set()
        self.filed: set[str] = set()
        self.sending: set[str] = set()

    def put(self, key: str, item: Item | None, findings: tuple[Finding, ...]) -> None:
        """Note an item and what is known of it; None where it is not there any more."""
        if (before := self.states.pop(key, None)) is not None:
            self.counts[before] -= 1
            for marks in (self.needing, self.refused, self.filed, self.sending):
                marks.discard(key)
            self.findings.pop(key, None)
        if item is None:
            return
        state = self.states[key] = item.sent or state_of(findings)
        self.counts[state] += 1
        if item.sent is None:
            self.findings[key] = findings
            if item.files:
                self.filed.add(key)
            if item.problem is None and not item.left:
                return  # as nearly always
        elif item.sent is ItemState.PUBLISHING:
            self.sending.add(key)
        if needs_you(item, state):
            self.needing.add(key)
        if is_refused(item, state):
            self.refused.add(key)


class Items:
    """Items by business; each change is one transaction. Thread-safe, and safe beside others.

    Raises `BusinessUnknown` for a business that is not here, and what the store raises.
    """

    def __init__(
        self, home: Home, businesses: Businesses, lists: Lists, clock: Callable[[], datetime]
    ) -> None:
        self._home = home
        self._businesses = businesses
        self.audit = businesses.audit
        self.reference_data = ReferenceCache(businesses, lists, clock)
        self.doubles = DuplicateFinder(home)
        self.history = EditHistory(home, self.audit, businesses.person, clock)
        self._kept: dict[str, _Kept] = {}
        self._boards: dict[str, _Board] = {}
        self._lock = threading.RLock()

    # Looking

    def revision(self, business: str) -> int:
        """Return a number that grows with every change of an item, by anyone; cheap to ask."""
        return self._database(business).revision

    def all(self, business: str) -> list[Item]:
        """Return all items, in the order in which they came."""
        return list(self._all(business).values())

    def by_id(self, business: str) -> ItemsById:
        """Return all items by their ids; the same object until one of them changes."""
        return self._all(business)

    def get(self, business: str, item_id: str) -> Item:
        """Return one item; raises `ItemUnknown`."""
        with self._lock:
            known = self._keep(business)
            document = self._database(business).table(TABLE).get(doc_id=_number(item_id))
            if document is None:
                raise ItemUnknown(f"There is no item {item_id} in the inbox.")
            key, item = str(document.doc_id), msgspec.convert(document, Item)
            # The very object that is kept, while it is the same: its findings are kept with it.
            return _read(self._database(business), key, item, known.items.get(key))

    def by(self, business: str, field: str, value: object) -> list[Item]:
        """Return the items with this value in a stored field, such as `dbid`, looked up."""
        database = self._database(business)
        found = database.table(TABLE).by(field, value)
        return [_read(database, str(one.doc_id), msgspec.convert(one, Item), None) for one in found]

    def findings(self, business: str, item: Item) -> tuple[Finding, ...]:
        """Return what is known about the item, as it is given; nothing about sent ones."""
        if item.sent in _SENT:
            return ()
        return self._findings(business, item, self.reference_data.of(business))

    def check(self, business: str) -> dict[str, tuple[Finding, ...]]:
        """Return the findings of every item that is not sent, by its id."""
        board = self._board(business)
        with board.lock:
            return {key: board.findings[key] for key in board.items if key in board.findings}

    def state(self, business: str, item: Item) -> ItemState:
        """Return where the item stands.

        One that is being sent while nobody is publishing was left behind by a sudden end: whether
        it reached KashFlow is unknown.
        """
        if item.sent is ItemState.PUBLISHING:
            alive = self._home.is_locked(publish_lock(business))
            return ItemState.PUBLISHING if alive else ItemState.UNKNOWN
        return item.sent or state_of(self.findings(business, item))

    def states(self, business: str) -> dict[str, ItemState]:
        """Return where every item stands, by its id."""
        board = self._board(business)
        with board.lock:
            states = {key: board.states[key] for key in board.items}
            if board.sending and not self._home.is_locked(publish_lock(business)):
                states |= dict.fromkeys(board.sending, ItemState.UNKNOWN)
            return states

    # Changing

    def add(self, business: str, item: Item) -> Item:
        """Add an item, and return it with its id."""
        added, _ = self.add_all(business, [msgspec.structs.replace(item, source="")])
        self._tell(business)
        return added[0]

    def copy(self, business: str, item_id: str) -> Item:
        """Add a copy of an item, as an item of its own, and return it; raises `ItemUnknown`.

        Of two that are the same the copy is held back, until a person says that it is no duplicate.
        """
        original = self.get(business, item_id)
        copy = msgspec.structs.replace(original, source="", problem=None, agreed=())
        added, _ = self.add_all(business, [copy], file=f"item {original.id}")
        self._tell(business)
        return added[0]

    def add_all(
        self, business: str, items: Sequence[Item], *, file: str = ""
    ) -> tuple[list[Item], int]:
        """Add the items that are not here yet, all in one transaction.

        Returns them with their ids, and how many were here: those whose `source` is known. `file`
        is the name of the file they came in, or what else they are from. Call `recount` after it,
        outside any transaction.
        """
        self._businesses.get(business)
        database = self._database(business)
        with database.transaction():
            added = list(self.add_each(business, items, file=file))
            self.history.note(database, "add", (), added=[int(one.id) for one in added])
        return added, len(items) - len(added)

    def add_each(self, business: str, items: Iterable[Item], *, file: str = "") -> Iterator[Item]:
        """Add as `add_all` does and give each that was added; part of the transaction that is open.

        Nothing of an item is kept here once it was given. Who calls it notes it in the history.
        """
        came_in = {"file": file} if file else {}
        reference_data = self.reference_data.of(business)
        database = self._database(business)
        table, gathered = database.table(TABLE), database.table(GATHERED)
        for item in items:
            if item.source and (
                table.by("source", item.source) or gathered.by("source", item.source)
            ):
                continue
            new = msgspec.structs.replace(_unsent(item), id="", version=1)
            new = as_meant(new, reference_data)
            number = table.insert(stored(new))
            self.audit.note(
                database,
                business,
                Action.ITEM_ADDED,
                item=str(number),
                after={**facts_of(new), **came_in},
            )
            yield msgspec.structs.replace(new, id=str(number))

    def save(self, business: str, item: Item) -> Item:
        """Store a person's change of an item, and return it with its new version.

        What was remembered as a problem is settled by it, and what was let through is asked again.
        Raises `ItemUnknown`; `ItemChanged` when
        the stored item is no longer the version that was edited; `ItemSettled`.
        """
        database = self._database(business)
        with database.transaction():
            before, saved = self._saved(business, item)
            was, now = changes_between(before, saved)
            self._note_edit(database, [(before, saved)])
            if now:
                self.audit.note(
                    database, business, Action.ITEM_CHANGED, item=saved.id, before=was, after=now
                )
        self._tell(business)
        return saved

    def save_all(self, business: str, items: Sequence[Item]) -> list[Item]:
        """Store a person's change of many items, all or none, as one line of the trail.

        Returns them with their new versions. Raises as `save` does.
        """
        database = self._database(business)
        before: dict[str, Fields] = {}
        after: dict[str, Fields] = {}
        with database.transaction():
            pairs = [self._saved(business, item) for item in items]
            self._note_edit(database, pairs)
            for old, one in pairs:
                was, now = changes_between(old, one)
                if now:
                    before[one.id], after[one.id] = was, now
            if after:
                self.audit.note(
                    database, business, Action.ITEMS_CHANGED, before=before, after=after
                )
        self._tell(business, len(items))
        return [saved for _, saved in pairs]

    def undo_edit(self, business: str) -> EditStep:
        """Take back this person's last edit, deletion or import; see `EditHistory.undo`."""
        step = self.history.undo(business)
        self._tell(business, step.count)
        return step

    def redo_edit(self, business: str) -> EditStep:
        """Do again what this person took back last; see `EditHistory.redo`."""
        step = self.history.redo(business)
        self._tell(business, step.count)
        return step

    def _note_edit(self, database: Database, pairs: Iterable[tuple[Item, Item]]) -> None:
        self.history.note(
            database, "edit", [(int(old.id), stored(old), one.version) for old, one in pairs]
        )

    def _saved(self, business: str, item: Item) -> tuple[Item, Item]:
        """Store a change in the transaction that is open; return the item before and after."""
        before = self.changeable(business, item.id, "changed")
        if before.version != item.version:
            raise ItemChanged(f"Item {item.id} was changed meanwhile.")
        saved = msgspec.structs.replace(_unsent(item), source=before.source, problem=None)
        if saved.agreed == before.agreed and facts_of(saved) != facts_of(before):
            saved = msgspec.structs.replace(saved, agreed=())  # it was to what is no more
        return before, self.put(business, as_meant(saved, self.reference_data.of(business)))

    def remove(self, business: str, item_id: str, *, version: int | None = None) -> None:
        """Take an item out of the inbox; raises `ItemUnknown`, `ItemSettled`.

        With `version`, raises `ItemChanged` when the stored item is no longer that one.
        """
        self.remove_all(business, {item_id: version})

    def remove_all(self, business: str, versions: Mapping[str, int | None]) -> None:
        """Take items out of the inbox, all or none, by their ids; raises as `remove` does."""
        database = self._database(business)
        gone: list[tuple[int, dict[str, Any], None]] = []
        with database.transaction():
            for item_id, version in versions.items():
                item = self.changeable(business, item_id, "removed")
                if version not in (None, item.version):
                    raise ItemChanged(f"Item {item_id} was changed meanwhile, and is still here.")
                if database.table(GATHERED).by("claim", item.id):
                    raise ItemSettled(
                        f"Item {item.id} was gathered from costs, which would go with it.",
                        "Take the claim apart first: its costs come back to the inbox.",
                    )
                database.table(TABLE).remove(doc_ids=[int(item.id)])
                gone.append((int(item.id), stored(item), None))
                self.audit.note(
                    database, business, Action.ITEM_REMOVED, item=item.id, before=facts_of(item)
                )
            self.history.note(database, "delete", gone)
        self._tell(business, len(gone))

    def put(self, business: str, item: Item) -> Item:
        """Store the item as it is, with a new version; for what publishing remembers.

        Refuses nothing: call it inside a transaction in which the item was looked at.
        """
        after = msgspec.structs.replace(item, version=item.version + 1)
        if after.sent is None:
            after = msgspec.structs.replace(after, sent_as=None)
        self._database(business).table(TABLE).put(int(item.id), stored(after))
        return after

    def counts(self, business: str) -> ItemCounts:
        """Count where the items stand now."""
        return self._counted(business, files=True)

    def refresh_counts(self, business: str) -> ItemCounts:
        """Count where the items stand, and store it for the home screen."""
        counts = self.counts(business)
        self._businesses.note_counts(business, counts)
        return counts

    def recount(self, business: str, changed: int = 1) -> None:
        """Have the home screen's counts follow what was changed in so many items.

        Where many more items would have to be looked at for it, or very many, whoever looks at the
        counts next has them counted.
        """
        few = min(max(_FEW, changed * _MANY_MORE), _TOO_MANY)
        if business in self._boards or self._database(business).table(TABLE).highest <= few:
            self._businesses.note_counts(business, self._counted(business, files=False))
        else:
            self._businesses.counts_change(business)

    # Inside

    def _tell(self, business: str, changed: int = 1) -> None:
        """Let the home screen and the trail catch up with a person's change of so many items."""
        self.recount(business, changed)
        self.audit.flush(business, least=MANY)

    def _counted(self, business: str, *, files: bool) -> ItemCounts:
        board = self._board(business, files=files)
        with board.lock:
            left_behind: set[str] = set()
            if board.sending and not self._home.is_locked(publish_lock(business)):
                left_behind = board.sending
            return ItemCounts(
                ready=board.counts[ItemState.READY],
                to_review=board.counts[ItemState.TO_REVIEW],
                published=board.counts[ItemState.PUBLISHED],
                needs_you=len(board.needing | left_behind),
                unknown=board.counts[ItemState.UNKNOWN] + len(left_behind),
                refused=len(board.refused),
            )

    def _board(self, business: str, *, files: bool = True) -> _Board:
        """Return where all items stand, with what changed since it was last asked for.

        `files` says whether files are looked at again of items that did not change.
        """
        reference_data = self.reference_data.of(business)
        with self._lock:
            board = self._boards.setdefault(business, _Board())
        with board.lock:
            items = self._all(business)
            changed: AbstractSet[str] | None = items.changed_since(board.items)
            if changed is None or board.reference_data is not reference_data:
                changed = items.keys() | board.items.keys() if board.items else items.keys()
            doubles = self.doubles.changes(business, items, reference_data, changed)
            for key in (*changed, *(doubles.keys() - changed)):
                item = items.get(key)
                board.put(key, item, self._known(business, item, reference_data, doubles))
            for key in tuple(board.filed - changed - doubles.keys()) if files else ():
                item = items[key]
                found = self.doubles.findings(business, item, items, reference_data)
                board.put(key, item, self._known(business, item, reference_data, {key: found}))
            board.items, board.reference_data = items, reference_data
            return board

    def _known(
        self,
        business: str,
        item: Item | None,
        reference_data: ReferenceData,
        doubles: Mapping[str, tuple[Finding, ...]],
    ) -> tuple[Finding, ...]:
        if item is None or item.sent is not None:
            return ()
        own, double = self._own(business, item, reference_data), doubles.get(item.id)
        if not item.files and not double:
            return own
        return (*own, *check_files(item), *(double or ()))

    def _findings(
        self, business: str, item: Item, reference_data: ReferenceData
    ) -> tuple[Finding, ...]:
        """Return what is known of the item by itself, of its files, and of what looks like it."""
        if not self.doubles.knows(business):
            few = self._circle(business, item, reference_data)
            found = self.doubles.glance(business, item, few, reference_data)
        else:
            found = self.doubles.findings(business, item, self._all(business), reference_data)
        return self._known(business, item, reference_data, {item.id: found})

    def _circle(self, business: str, item: Item, reference_data: ReferenceData) -> ItemsById:
        """Return the items of its party and twins, and of its day and number; reads no others."""
        _, circle = reference_data.party(item)
        side, mine = side_of(item.kind), {str(item.id): item}
        database = self._database(business)
        table = database.table(TABLE)
        with self._lock:
            kept = self._keep(business)
            kept.nearby.look(table)
            asked = (kept.nearby.changed, side.name, circle, item)
            if kept.circle is not None and kept.circle[:2] == (asked, reference_data):
                return kept.circle[2]
            near = kept.nearby.of(item, reference_data)
        found = {}
        for number, document in table.committed_ones(near):
            key = str(number)
            found[key] = _read(database, key, msgspec.convert(document, Item), mine.get(key))
        items = ItemsById(found)
        with self._lock:
            kept.circle = (asked, reference_data, items)
        return items

    def _own(self, business: str, item: Item, reference_data: ReferenceData) -> tuple[Finding, ...]:
        """Return the item's own findings, worked out once for its version and for the books."""
        with self._lock:
            kept = self._keep(business)
            if kept.items.get(item.id) is not item:
                return check(item, reference_data)  # looked at while it is edited
            if kept.reference_data is not reference_data:
                kept.reference_data, kept.findings = reference_data, {}
            known = kept.findings.get(item.id)
            if known is None or known[0] != item.version:
                known = kept.findings[item.id] = (item.version, check(item, reference_data))
            return known[1]

    def _database(self, business: str) -> Database:
        return self._home.books(business)

    def _keep(self, business: str) -> _Kept:
        kept = self._kept.get(business)
        if kept is None:
            kept = _Kept(findings={}, nearby=Nearby(self._home.near_path(business)))
            self._kept[business] = kept
        return kept

    def _all(self, business: str) -> ItemsById:
        """Return the items by id, those read again that were written since."""
        with self._lock:
            kept = self._keep(business)
            database = self._database(business)
            news = database.table(TABLE).news_as(Item, kept.revision)
            before, fresh = kept.items, dict[str, Item | None]()
            for number, one in sorted(news.documents.items()):
                key = str(number)
                fresh[key] = None if one is None else _read(database, key, one, before.get(key))
            if news.whole:
                kept.items = ItemsById({key: one for key, one in fresh.items() if one is not None})
            elif fresh:
                for key in fresh:
                    kept.findings.pop(key, None)
                kept.items = before.changed(fresh)
            kept.revision = news.revision
            return kept.items

    def changeable(self, business: str, item_id: str, what: str) -> Item:
        """Return the stored item, to be changed in the transaction that is open.

        `what` says in a word what would be done. Raises `ItemUnknown`, and `ItemSettled` when it is
        in KashFlow, or may be.
        """
        document = self._database(business).table(TABLE).get(doc_id=_number(item_id))
        if document is None:
            raise ItemUnknown(f"There is no item {item_id} in the inbox.")
        item = msgspec.convert({**document, "id": item_id.strip()}, Item)
        if item.sent is ItemState.PUBLISHED:
            raise ItemSettled(
                f"Item {item_id} is in KashFlow under number {item.number} and cannot be {what}.",
                f"Undo it first (kashdeck undo NAME {item_id}): it comes back to the inbox and "
                "can be published again. Or change it in KashFlow.",
            )
        if item.sent in _SENT:
            raise ItemSettled(
                f"Item {item_id} was sent and its outcome is not known, so it cannot be {what}.",
                "Look in KashFlow for it first.",
            )
        return item


def state_of(findings: Sequence[Finding]) -> ItemState:
    """Return where an item with these findings stands, when it was never sent."""
    for one in findings:
        if one.severity is Severity.STOP:
            return ItemState.TO_REVIEW
    return ItemState.READY


def _read(database: Database, key: str, item: Item, known: Item | None) -> Item:
    """Return an item that was read, with its id; the very one that is known while it is the same.

    How it was sent is looked up where it was sent before that was kept.
    """
    if known is not None and known.version == item.version:
        return known
    msgspec.structs.force_setattr(item, "id", key)  # nobody has seen it yet
    if item.sent is None or item.sent_as is not None:
        return item
    sends = database.table(SENDS).by("item", item.id)
    if not sends:
        return item
    send = max(sends, key=lambda one: one.doc_id)
    payload = msgspec.convert(send["payload"], Invoice)
    paid = any(one.get("type") == "payment" for one in send.get("followups", ()))
    lines = tuple(
        SentLine(
            quantity=one.quantity, unit_price=one.rate, tax_rate=one.vat_rate, vat=one.vat_amount
        )
        for one in payload.lines
    )
    unpaid = "it went without its payment" if item.bank_account and not paid else ""
    return msgspec.structs.replace(item, sent_as=SentAs(lines=lines, unpaid=unpaid))


def _unsent(item: Item) -> Item:
    """Return the item without what publishing alone may say of it."""
    return msgspec.structs.replace(
        item, sent=None, sent_as=None, number=None, dbid=None, published_at=None, left=()
    )


def stored(item: Item) -> dict[str, Any]:
    """Return the item as the table holds it: without its number, which is the document's."""
    # By way of JSON: no text of it keeps in memory what the item was read from.
    try:
        encoded = msgspec.json.encode(item)
    except UnicodeEncodeError:  # a file's name that is not UTF-8
        files = tuple(as_text(path) for path in item.files)
        item = msgspec.structs.replace(item, files=files, image=as_text(item.image))
        encoded = msgspec.json.encode(item)
    document: dict[str, Any] = msgspec.json.decode(encoded)
    document.pop("id", None)
    return document


def _number(item_id: str) -> int:
    """Return the document's number; 0, which no document has, for what is no number."""
    text = item_id.strip()
    return int(text) if text.isascii() and text.isdigit() else 0
