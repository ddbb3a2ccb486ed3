"""What looks like an item: other items here, and documents in KashFlow as they were last seen.

Asks KashFlow nothing: `DuplicateCache` keeps what was last read there. Of two that look alike the
later one is held back, until a person takes it out, mends it, or answers that it is no duplicate;
the earlier one only shows it. That answer is kept for the pair, whatever else of the two changes.
An answer to a mere likeness does not hold for two that have become equal.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.items.duplicate_index import DuplicateIndex, Likeness
from kfclient.desk.items.duplicate_match import (
    Grade,
    Sighting,
    amounts_of,
    reference_key,
    sighting_of_item,
)
from kfclient.desk.items.reference import ReferenceData, contact_number
from kfclient.desk.model.item import Finding, Item, ItemsById
from kfclient.desk.model.sides import side_by, side_of
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.api.records import Invoice
    from kfclient.store import Database, Home


# What KashFlow has of each supplier and customer, as it was last read there.
#
# A memory for comparing, not a record: what is lost of it is read again. Kept by party, so that
# learning of one supplier's purchases writes nothing of the others'.

TABLE = "parties"


class SeenDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A purchase or an invoice in KashFlow, as little of it as comparing needs."""

    dbid: int
    number: int = 0
    reference: str = ""
    date: dt.date | None = None
    currency: str = ""
    grosses: tuple[Decimal, ...] = ()
    nets: tuple[Decimal, ...] = ()


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier (`side` "purchase") or customer ("sale") of an account, and their documents.

    `number` is KashFlow's id of them.
    """

    account: str
    side: str
    number: int
    documents: tuple[SeenDocument, ...] = ()

    @property
    def key(self) -> str:
        """What finds the party again."""
        return key_of(self.account, self.side, self.number)


def key_of(account: str, side: str, number: int) -> str:
    """Return what a party is found by."""
    return f"{side}:{number}:{account}"


class _Kept(msgspec.Struct):
    revision: int = -1
    parties: dict[str, Party] = {}


class DuplicateCache:
    """The parties' documents by business. Thread-safe, and safe beside other sessions."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.RLock()

    def parties(self, business: str) -> Mapping[str, Party]:
        """Return every party known, by its key; the same object until something was learnt."""
        with self._lock:
            database = self._database(business)
            kept = self._kept.setdefault(business, _Kept(parties={}))
            revision = database.revision
            if kept.revision != revision:
                found = (msgspec.convert(one, Party) for one in database.table(TABLE).all())
                kept.parties = {party.key: party for party in found}
                kept.revision = revision
            return kept.parties

    def party(self, business: str, key: str) -> Party | None:
        """Return one party, None where nothing was read of it."""
        found = self._database(business).table(TABLE).by("key", key)
        return msgspec.convert(found[0], Party) if found else None

    def learn(
        self, business: str, account: str, side: str, number: int, documents: Sequence[Invoice]
    ) -> None:
        """Remember these documents as all that KashFlow has of the party."""
        self.learn_all(business, account, {(side, number): documents})

    def learn_all(
        self, business: str, account: str, read: Mapping[tuple[str, int], Sequence[Invoice]]
    ) -> None:
        """Remember of several parties at once, by side and number; one write for all."""
        self._put(
            business,
            [
                Party(
                    account=account,
                    side=side,
                    number=number,
                    documents=tuple(_seen(one) for one in documents if one.invoice_dbid),
                )
                for (side, number), documents in read.items()
            ],
        )

    def forget(self, business: str, account: str, side: str, dbid: int) -> None:
        """Forget a document that KashFlow does not have any more."""
        with self._lock:
            for party in tuple(self.parties(business).values()):
                left = tuple(one for one in party.documents if one.dbid != dbid)
                if (party.account, party.side) == (account, side) and left != party.documents:
                    self._put(business, [msgspec.structs.replace(party, documents=left)])

    def _put(self, business: str, parties: Sequence[Party]) -> None:
        """Store parties in the place of what was known of them; nothing where that is the same."""
        with self._lock:
            known = self.parties(business)
            fresh = {one.key: one for one in parties if known.get(one.key) != one}
            if not fresh:
                return
            kept, database = self._kept[business], self._database(business)
            with database.transaction():
                table = database.table(TABLE)
                for key, party in fresh.items():
                    document = _stored(party)
                    found = table.by("key", key)
                    if found:
                        table.update(document, doc_ids=[one.doc_id for one in found])
                    else:
                        table.insert(document)
                alone = database.revision == kept.revision
            kept.parties = {**known, **fresh}
            kept.revision = database.revision if alone else -1

    def _database(self, business: str) -> Database:
        return self._home.seen(business)


def _seen(document: Invoice) -> SeenDocument:
    grosses, nets = amounts_of(document)
    return SeenDocument(
        dbid=document.invoice_dbid,
        number=document.invoice_number,
        reference=document.customer_reference,
        date=document.invoice_date,
        currency=document.currency_code,
        grosses=grosses,
        nets=nets,
    )


def _stored(party: Party) -> dict[str, Any]:
    stored: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(party))
    return {**stored, "key": party.key}


ANSWERS = "not-duplicates"
NOT_A_DUPLICATE = "not-a-duplicate"
"""The act that answers a duplicate's finding; its value is the other one's key."""

EXACT, POSSIBLE = "E-DUPLICATE-EXACT", "E-DUPLICATE-POSSIBLE"
LATER, NOTED = "W-DUPLICATE-LATER", "W-DUPLICATE-NUMBER"
_MOST_TOLD = 3
_NO_ITEMS = ItemsById()
_MANY = 2000
"""Changes at once after which everything is compared anew."""


class NotDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """That a person found two not to be duplicates, and how alike they were then (`Grade`)."""

    pair: str
    grade: Grade
    at: dt.datetime


class _Watch(msgspec.Struct):
    """What was compared last for a business.

    `known` is what was found of items, while it holds; `touched` are the items for which it has
    ceased to hold since `changes` was last asked, None for all.
    """

    index: DuplicateIndex
    reference_data: ReferenceData | None = None
    items: ItemsById = _NO_ITEMS
    parties: Mapping[str, Party] = {}
    claimed: Mapping[str, str] = {}
    answers: dict[str, int] = {}
    pairs: dict[int, str] = {}
    answered: int = -1
    known: dict[str, tuple[Likeness, ...]] = {}
    touched: set[str] | None = None


def pair_of(one: str, other: str) -> str:
    """Return the name of two sightings as a pair, whichever comes first."""
    return "|".join(sorted((one, other)))


class DuplicateFinder:
    """Finds what looks like an item. Thread-safe."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.seen = DuplicateCache(home)
        self._watches: dict[str, _Watch] = {}
        self._lock = threading.RLock()

    def findings(
        self, business: str, item: Item, items: ItemsById, reference_data: ReferenceData
    ) -> tuple[Finding, ...]:
        """Return what is found of the item beside all `items` of the business."""
        with self._lock:
            watch = self._up_to_date(business, items, reference_data)
            return self._findings(watch, item, reference_data)

    def knows(self, business: str) -> bool:
        """Whether the items of the business were compared here before."""
        return business in self._watches

    def glance(
        self, business: str, item: Item, items: ItemsById, reference_data: ReferenceData
    ) -> tuple[Finding, ...]:
        """Return the findings of one item where no others are asked for, and remember nothing.

        `items` need hold those alone that are of the same party or its twins.
        """
        watch = _new()
        watch.reference_data = reference_data
        self._see_items(watch, items, reference_data)
        self._see_answers(business, watch)
        _, circle = reference_data.party(item)
        side = side_of(item.kind)
        for contact in reference_data.twins(side).members(circle):
            key = key_of(reference_data.account, side.name, contact_number(contact))
            if (party := self.seen.party(business, key)) is not None:
                self._see_parties(watch, {key: party}, reference_data)
                watch.parties = {}
        return self._findings(watch, item, reference_data)

    def changes(
        self, business: str, items: ItemsById, reference_data: ReferenceData, also: Collection[str]
    ) -> dict[str, tuple[Finding, ...]]:
        """Return the findings, by id, of all items of which they may be others than last time.

        Those of the items in `also` too, and of no item that is sent.
        """
        with self._lock:
            watch = self._up_to_date(business, items, reference_data)
            touched, watch.touched = watch.touched, set()
            if touched is None:
                wanted: Iterable[tuple[str, Item | None]] = items.items()
            else:
                wanted = ((key, items.get(key)) for key in touched.union(also))
            return {
                key: self._findings(watch, item, reference_data)
                for key, item in wanted
                if item is not None and item.sent is None
            }

    def of(
        self, business: str, item: Item, items: ItemsById, reference_data: ReferenceData
    ) -> tuple[Likeness, ...]:
        """Return all that looks like the item and was not answered: what holds it back first."""
        with self._lock:
            watch = self._up_to_date(business, items, reference_data)
            return self._compared(watch, item, reference_data)

    def lately(
        self, business: str, item: Item, reference_data: ReferenceData
    ) -> tuple[Likeness, ...] | None:
        """Return what looks like the item among the items as they were last compared.

        Cheaper than `of` while items are being written; what was answered since then, or published
        by now, may still be among it. None where nothing was compared with these books yet.
        """
        with self._lock:
            watch = self._watches.get(business)
            if watch is None or watch.reference_data is not reference_data:
                return None
            parties = self.seen.parties(business)
            if watch.parties is not parties:
                self._see_parties(watch, parties, reference_data)
            return self._compared(watch, item, reference_data)

    def answer(self, business: str, item: Item, like: Likeness, at: dt.datetime) -> None:
        """Remember that the two are no duplicates; part of the transaction that is open."""
        answer = NotDuplicate(
            pair=pair_of(f"item:{item.id}", like.other.key), grade=like.grade, at=at
        )
        table = self._books(business).table(ANSWERS)
        stored = msgspec.to_builtins(answer)
        before = [one.doc_id for one in table.by("pair", answer.pair)]
        if before:
            table.update(stored, doc_ids=before)
        else:
            table.insert(stored)

    # Inside

    def _findings(
        self, watch: _Watch, item: Item, reference_data: ReferenceData
    ) -> tuple[Finding, ...]:
        kept = watch.items.get(item.id) is item  # else it is looked at while it is edited
        if kept and watch.index.is_alone(f"item:{item.id}"):
            return ()
        known = watch.known.get(item.id) if kept else None
        if known is None:
            known = self._compared(watch, item, reference_data, at_most=_MOST_TOLD)[:_MOST_TOLD]
            if kept:
                watch.known[item.id] = known
        return tuple(finding_of(item, like) for like in known)

    def _compared(
        self, watch: _Watch, item: Item, reference_data: ReferenceData, *, at_most: int = 0
    ) -> tuple[Likeness, ...]:
        """Return what looks like the item; `at_most` so many of what holds it back are enough."""
        kept = watch.items.get(item.id) is item
        one = watch.index.get(f"item:{item.id}") if kept else sighting_of_item(item, reference_data)
        if one is None:
            return ()

        def open_(like: Likeness) -> bool:
            return watch.answers.get(pair_of(one.key, like.other.key), 0) < like.grade

        def holds(like: Likeness) -> bool:
            return is_earlier(like.other, item) and open_(like)

        likes = watch.index.like(one, watch.claimed, at_most=at_most, counts=holds)
        found = [like for like in likes if open_(like)]
        return tuple(sorted(found, key=lambda like: not is_earlier(like.other, item)))

    def _up_to_date(self, business: str, items: ItemsById, reference_data: ReferenceData) -> _Watch:
        watch = self._watches.setdefault(business, _new())
        parties = self.seen.parties(business)
        if watch.reference_data is not reference_data:  # who is a twin of whom may have changed
            self._watches[business] = watch = _new()
        if watch.items is not items:
            self._see_items(watch, items, reference_data)
        self._see_answers(business, watch)
        if watch.parties is not parties:
            self._see_parties(watch, parties, reference_data)
        watch.reference_data = reference_data
        return watch

    def _see_items(self, watch: _Watch, items: ItemsById, reference_data: ReferenceData) -> None:
        before = watch.items
        changed = items.changes(before)
        if len(changed) > _MANY:
            _forget(watch)
        claimed = None
        for number, (was, item) in changed.items():
            key = f"item:{number}"
            if (was.dbid if was else None) != (item.dbid if item else None):
                claimed = dict(watch.claimed) if claimed is None else claimed
                for one in (was, item):
                    if one is not None and one.dbid:
                        claimed.pop(_claim(one), None)
                if item is not None and item.dbid:
                    claimed[_claim(item)] = item.id
            watch.known.pop(number, None)
            sighting = None if item is None else sighting_of_item(item, reference_data)
            self._put(watch, key, sighting)
        if claimed is not None:
            self._see_claimed(watch, claimed)
        watch.items = items

    def _put(self, watch: _Watch, key: str, sighting: Sighting | None) -> None:
        """Have the index hold this under the key, None for nothing."""
        before = watch.index.get(key)
        if before is None and sighting is None:
            return
        if before is not None and before == sighting:
            return
        if watch.known or watch.touched is not None:
            for one in (before, sighting):
                if one is not None:
                    _touch(watch, watch.index.beside(one))
            _touch(watch, [key])
        if sighting is None:
            watch.index.drop(key)
        else:
            watch.index.put(sighting)

    def _see_claimed(self, watch: _Watch, claimed: Mapping[str, str]) -> None:
        for key in claimed.keys() ^ watch.claimed.keys():
            if (one := watch.index.get(key)) is not None:
                _touch(watch, watch.index.beside(one))
        watch.claimed = claimed

    def _see_answers(self, business: str, watch: _Watch) -> None:
        news = self._books(business).table(ANSWERS).news(watch.answered)
        if news.whole:
            watch.answers, watch.pairs = {}, {}
            _forget(watch)
        for number, answer in news.documents.items():
            pair = watch.pairs.pop(number, None) if answer is None else answer["pair"]
            if pair is None:
                continue
            if answer is None:
                watch.answers.pop(pair, None)
            else:
                watch.answers[pair], watch.pairs[number] = answer["grade"], pair
            _touch(watch, pair.split("|"))
        watch.answered = news.revision

    def _see_parties(
        self, watch: _Watch, parties: Mapping[str, Party], reference_data: ReferenceData
    ) -> None:
        for key, party in parties.items():
            before = watch.parties.get(key)
            if party is before or party.account != reference_data.account:
                continue
            now = {one.key: one for one in _sightings_of(party, reference_data)}
            for gone in before.documents if before is not None else ():
                if (number := f"{party.side}:{gone.dbid}") not in now:
                    self._put(watch, number, None)
            for number, sighting in now.items():
                self._put(watch, number, sighting)
        watch.parties = parties

    def _books(self, business: str) -> Database:
        return self._home.books(business)


def finding_of(item: Item, like: Likeness) -> Finding:
    """Return the sentence for a likeness, naming the other one."""
    other = like.other
    reason = f"{like.reason[0].upper()}{like.reason[1:]}."
    if not is_earlier(other, item) and like.grade is not Grade.NOTE:
        return Finding(
            code=LATER,
            sentence=f"{words_of(other)} looks like this one. {reason}",
            cure="That one came later and is held back until you have looked at it.",
            field="reference",
        )
    if like.grade is Grade.NOTE:
        return Finding(
            code=NOTED,
            sentence=f"{words_of(other)}: {like.reason}.",
            cure="Look whether it is the same document under a number misread.",
            field="reference",
            key=NOT_A_DUPLICATE,
            value=other.key,
        )
    exact = like.grade is Grade.EXACT
    away = "take this one out" if other.item else "take this item out here"
    return Finding(
        code=EXACT if exact else POSSIBLE,
        sentence=f"{words_of(other)} {'is' if exact else 'may be'} the same. {reason}",
        cure=f"If it is the same, {away}; if not, say that it is no duplicate.",
        field="reference",
        key=NOT_A_DUPLICATE,
        value=other.key,
    )


def is_earlier(other: Sighting, item: Item) -> bool:
    """Tell whether the other one comes first: it is in KashFlow, or was here before."""
    return other.in_books or not item.id or int(other.item) < int(item.id)


def words_of(other: Sighting) -> str:
    """Return which document it is: "Purchase 1043 in KashFlow, 1 Sep 2026, £120.00, PEN-1"."""
    where = f"Item {other.item}"
    if other.number:
        word = side_by(other.side).document
        where = (
            f"{where}, {word} {other.number} in KashFlow"
            if other.item
            else (f"{word.capitalize()} {other.number} in KashFlow")
        )
    amount = shown(other.grosses[0], other.currency) if other.grosses else ""
    parts = (shown_date(other.date), amount, other.name, other.reference)
    return f"{where} ({', '.join(part for part in parts if part)})"


def _sightings_of(party: Party, reference_data: ReferenceData) -> Iterator[Sighting]:
    circle = reference_data.twins(side_by(party.side)).circle(party.number)
    name = reference_data.twins(side_by(party.side)).name(party.number)
    for one in party.documents:
        if not any(one.grosses):
            continue
        yield Sighting(
            key=f"{party.side}:{one.dbid}",
            side=party.side,
            party=str(party.number),
            circle=circle,
            name=name,
            reference=one.reference,
            ref=reference_key(one.reference),
            date=one.date,
            currency=one.currency or reference_data.home_currency,
            grosses=one.grosses,
            nets=one.nets,
            number=one.number,
            dbid=one.dbid,
        )


def _claim(item: Item) -> str:
    """Return the key of the document that an item is in KashFlow."""
    return f"{side_of(item.kind).name}:{item.dbid}"


def _new() -> _Watch:
    return _Watch(index=DuplicateIndex(), claimed={}, answers={}, pairs={}, known={})


def _forget(watch: _Watch) -> None:
    watch.touched = None
    watch.known.clear()


def _touch(watch: _Watch, keys: Iterable[str]) -> None:
    """Note that what is known of these items does not hold any more."""
    for key in keys:
        if key.startswith("item:"):
            number = key.removeprefix("item:")
            watch.known.pop(number, None)
            if watch.touched is not None:
                watch.touched.add(number)
