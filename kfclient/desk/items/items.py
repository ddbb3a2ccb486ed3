"""The inbox of a business: its items, where each stands, and what is known about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
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
from kfclient.desk.items.reference import ReferenceCache, ReferenceData
from kfclient.desk.model.business import ItemCounts
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.fields import changes_between, facts_of
from kfclient.desk.model.item import (
    SENDS,
    Finding,
    Item,
    ItemState,
    SentAs,
    SentLine,
    Severity,
    is_refused,
    needs_you,
)

if TYPE_CHECKING:
    from tinydb.table import Document

    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.sync.lists import Lists
    from kfclient.store import Database, Home

TABLE = "items"

GATHERED = "gathered"
"""The table of costs that are on an expense claim of the inbox, put away behind it."""

_SENT = {ItemState.PUBLISHED, ItemState.PUBLISHING, ItemState.UNKNOWN}


class _Kept(msgspec.Struct):
    """What was read and worked out last for a business: stale when what it is from has changed."""

    revision: int = -1
    items: dict[str, Item] = {}
    reference_data: ReferenceData | None = None
    findings: dict[str, tuple[int, tuple[Finding, ...]]] = {}


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
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.RLock()

    # Looking

    def revision(self, business: str) -> int:
        """Return a number that grows with every change of an item, by anyone; cheap to ask."""
        return self._database(business).revision

    def all(self, business: str) -> list[Item]:
        """Return all items, in the order in which they came."""
        return list(self._all(business).values())

    def by_id(self, business: str) -> Mapping[str, Item]:
        """Return all items by their ids; the same object until one of them changes."""
        return self._all(business)

    def get(self, business: str, item_id: str) -> Item:
        """Return one item; raises `ItemUnknown`."""
        with self._lock:
            known = self._keep(business)
            document = self._database(business).table(TABLE).get(doc_id=_number(item_id))
            if document is None:
                raise ItemUnknown(f"There is no item {item_id} in the inbox.")
            # The very object that is kept, while it is the same: its findings are kept with it.
            kept = known.items.get(str(document.doc_id))
            if kept is not None and kept.version == document.get("version", 0):
                return kept
            return _read(self._database(business), document)

    def by(self, business: str, field: str, value: object) -> list[Item]:
        """Return the items with this value in a stored field, such as `dbid`, looked up."""
        database = self._database(business)
        return [_read(database, one) for one in database.table(TABLE).by(field, value)]

    def findings(self, business: str, item: Item) -> tuple[Finding, ...]:
        """Return what is known about the item, as it is given; nothing about sent ones."""
        if item.sent in _SENT:
            return ()
        return self._findings(business, item, self.reference_data.of(business))

    def check(self, business: str) -> dict[str, tuple[Finding, ...]]:
        """Return the findings of every item that is not sent, by its id."""
        reference_data = self.reference_data.of(business)
        return {
            item.id: self._findings(business, item, reference_data)
            for item in self.all(business)
            if item.sent not in _SENT
        }

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
        reference_data = self.reference_data.of(business)
        return {
            item.id: self.state(business, item)
            if item.sent
            else state_of(self._findings(business, item, reference_data))
            for item in self.all(business)
        }

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
        is the name of the file they came in, or what else they are from. Call `refresh_counts`
        after it, outside any transaction.
        """
        came_in = {"file": file} if file else {}
        self._businesses.get(business)
        reference_data = self.reference_data.of(business)
        database = self._database(business)
        table, gathered = database.table(TABLE), database.table(GATHERED)
        added: list[Item] = []
        with database.transaction():
            for item in items:
                if item.source and (
                    table.by("source", item.source) or gathered.by("source", item.source)
                ):
                    continue
                new = msgspec.structs.replace(_unsent(item), id="", version=1)
                new = as_meant(new, reference_data)
                number = table.insert(stored(new))
                added.append(msgspec.structs.replace(new, id=str(number)))
                self.audit.note(
                    database,
                    business,
                    Action.ITEM_ADDED,
                    item=str(number),
                    after={**facts_of(new), **came_in},
                )
        return added, len(items) - len(added)

    def save(self, business: str, item: Item) -> Item:
        """Store a person's change of an item, and return it with its new version.

        What was remembered as a problem is settled by it, and what was let through is asked again.
        Raises `ItemUnknown`; `ItemChanged` when
        the stored item is no longer the version that was edited; `ItemSettled`.
        """
        database = self._database(business)
        reference_data = self.reference_data.of(business)
        with database.transaction():
            before = self.changeable(business, item.id, "changed")
            if before.version != item.version:
                raise ItemChanged(f"Item {item.id} was changed meanwhile.")
            saved = msgspec.structs.replace(_unsent(item), source=before.source, problem=None)
            if saved.agreed == before.agreed and facts_of(saved) != facts_of(before):
                saved = msgspec.structs.replace(saved, agreed=())  # it was to what is no more
            saved = self.put(business, as_meant(saved, reference_data))
            was, now = changes_between(before, saved)
            if now:
                self.audit.note(
                    database, business, Action.ITEM_CHANGED, item=saved.id, before=was, after=now
                )
        self._tell(business)
        return saved

    def remove(self, business: str, item_id: str, *, version: int | None = None) -> None:
        """Take an item out of the inbox; raises `ItemUnknown`, `ItemSettled`.

        With `version`, raises `ItemChanged` when the stored item is no longer that one.
        """
        database = self._database(business)
        with database.transaction():
            item = self.changeable(business, item_id, "removed")
            if version not in (None, item.version):
                raise ItemChanged(f"Item {item_id} was changed meanwhile, and is still here.")
            if database.table(GATHERED).by("claim", item.id):
                raise ItemSettled(
                    f"Item {item.id} was gathered from costs, which would go with it.",
                    "Take the claim apart first: its costs come back to the inbox.",
                )
            database.table(TABLE).remove(doc_ids=[int(item.id)])
            self.audit.note(
                database, business, Action.ITEM_REMOVED, item=item.id, before=facts_of(item)
            )
        self._tell(business)

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
        states, every = self.states(business), self._all(business)
        known = [(every[key], state) for key, state in states.items() if key in every]
        return ItemCounts(
            ready=sum(state is ItemState.READY for _, state in known),
            to_review=sum(state is ItemState.TO_REVIEW for _, state in known),
            published=sum(state is ItemState.PUBLISHED for _, state in known),
            needs_you=sum(needs_you(item, state) for item, state in known),
            unknown=sum(state is ItemState.UNKNOWN for _, state in known),
            refused=sum(is_refused(item, state) for item, state in known),
        )

    def refresh_counts(self, business: str) -> ItemCounts:
        """Count where the items stand, and store it for the home screen."""
        counts = self.counts(business)
        self._businesses.note_counts(business, counts)
        return counts

    # Inside

    def _tell(self, business: str) -> None:
        """Let the home screen and the trail catch up with a person's change."""
        self.refresh_counts(business)
        self.audit.flush(business, least=MANY)

    def _findings(
        self, business: str, item: Item, reference_data: ReferenceData
    ) -> tuple[Finding, ...]:
        """Return what is known of the item by itself, of its files, and of what looks like it."""
        files = check_files(item)
        doubles = self.doubles.findings(business, item, self._all(business), reference_data)
        return (*self._own(business, item, reference_data), *files, *doubles)

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
        return self._kept.setdefault(business, _Kept(items={}, findings={}))

    def _all(self, business: str) -> Mapping[str, Item]:
        """Return the items by id, read again when anything was written since."""
        with self._lock:
            database = self._database(business)
            kept = self._keep(business)
            revision = database.revision
            if kept.revision != revision:
                before = kept.items
                kept.items = {}
                for document in database.table(TABLE).all():
                    key, version = str(document.doc_id), document.get("version", 0)
                    known = before.get(key)
                    kept.items[key] = (
                        known
                        if known is not None and known.version == version
                        else _read(database, document)
                    )
                kept.revision = revision
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
    stops = any(one.severity is Severity.STOP for one in findings)
    return ItemState.TO_REVIEW if stops else ItemState.READY


def _read(database: Database, document: Document) -> Item:
    """Return a stored item; how it was sent is looked up where it was sent before that was kept."""
    item = msgspec.convert({**document, "id": str(document.doc_id)}, Item)
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
    document: dict[str, Any] = msgspec.to_builtins(item)
    document.pop("id", None)
    for name in ("lines", "files", "left", "agreed"):  # JSON has no tuples
        if name in document:
            document[name] = list(document[name])
    if "lines" in document.get("sent_as", {}):
        document["sent_as"]["lines"] = list(document["sent_as"]["lines"])
    return document


def _number(item_id: str) -> int:
    """Return the document's number; 0, which no document has, for what is no number."""
    text = item_id.strip()
    return int(text) if text.isascii() and text.isdigit() else 0
