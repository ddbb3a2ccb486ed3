"""What looks like an item: other items here, and documents in KashFlow as they were last seen.

Asks KashFlow nothing: `DuplicateCache` keeps what was last read there. Of two that look alike the
later one is held back, until a person takes it out, mends it, or answers that it is no duplicate;
the earlier one only shows it. That answer is kept for the pair, whatever else of the two changes.
An answer to a mere likeness does not hold for two that have become equal.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.items.duplicate_match import (
    DuplicateIndex,
    Grade,
    Likeness,
    Sighting,
    amounts_of,
    reference_key,
    sighting_of_item,
)
from kfclient.desk.items.reference import ReferenceData
from kfclient.desk.model.item import Finding, Item
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


class NotDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """That a person found two not to be duplicates, and how alike they were then (`Grade`)."""

    pair: str
    grade: Grade
    at: dt.datetime


class _Watch(msgspec.Struct):
    """What was compared last for a business; `generation` grows when it changes."""

    index: DuplicateIndex
    reference_data: ReferenceData | None = None
    items: Mapping[str, Item] = {}
    parties: Mapping[str, Party] = {}
    claimed: dict[str, str] = {}
    answers: dict[str, int] = {}
    generation: int = 0
    known: dict[str, tuple[int, int, tuple[Likeness, ...]]] = {}


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
        self, business: str, item: Item, items: Mapping[str, Item], reference_data: ReferenceData
    ) -> tuple[Finding, ...]:
        """Return what is found of the item beside all `items` of the business."""
        likenesses = self.of(business, item, items, reference_data)
        return tuple(finding_of(item, like) for like in likenesses[:_MOST_TOLD])

    def of(
        self, business: str, item: Item, items: Mapping[str, Item], reference_data: ReferenceData
    ) -> tuple[Likeness, ...]:
        """Return what looks like the item and was not answered: what holds it back comes first."""
        with self._lock:
            watch = self._up_to_date(business, items, reference_data)
            if items.get(item.id) is not item:
                return self._compared(watch, item, reference_data)  # looked at while it is edited
            known = watch.known.get(item.id)
            if known is None or known[:2] != (watch.generation, item.version):
                found = self._compared(watch, item, reference_data)
                known = watch.known[item.id] = (watch.generation, item.version, found)
            return known[2]

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

    def _compared(
        self, watch: _Watch, item: Item, reference_data: ReferenceData
    ) -> tuple[Likeness, ...]:
        one = sighting_of_item(item, reference_data)
        if one is None:
            return ()
        found = [
            like
            for like in watch.index.like(one, watch.claimed)
            if watch.answers.get(pair_of(one.key, like.other.key), 0) < like.grade
        ]
        return tuple(sorted(found, key=lambda like: not is_earlier(like.other, item)))

    def _up_to_date(
        self, business: str, items: Mapping[str, Item], reference_data: ReferenceData
    ) -> _Watch:
        watch = self._watches.setdefault(business, _new())
        parties = self.seen.parties(business)
        if watch.reference_data is not reference_data:  # who is a twin of whom may have changed
            self._watches[business] = watch = _new(watch.generation + 1)
        if watch.items is not items:
            self._see_items(watch, items, reference_data)
            documents = self._books(business).table(ANSWERS).all()
            watch.answers = {one["pair"]: one["grade"] for one in documents}
        if watch.parties is not parties:
            self._see_parties(watch, parties, reference_data)
        watch.reference_data = reference_data
        return watch

    def _see_items(
        self, watch: _Watch, items: Mapping[str, Item], reference_data: ReferenceData
    ) -> None:
        for gone in watch.items.keys() - items.keys():
            watch.index.drop(f"item:{gone}")
            watch.known.pop(gone, None)
        for number, item in items.items():
            if watch.items.get(number) is not item:
                sighting = sighting_of_item(item, reference_data)
                if sighting is None:
                    watch.index.drop(f"item:{number}")
                else:
                    watch.index.put(sighting)
        watch.claimed = {
            f"{side_of(item.kind).name}:{item.dbid}": item.id
            for item in items.values()
            if item.dbid
        }
        watch.items = items
        watch.generation += 1

    def _see_parties(
        self, watch: _Watch, parties: Mapping[str, Party], reference_data: ReferenceData
    ) -> None:
        for key, party in parties.items():
            before = watch.parties.get(key)
            if party is before or party.account != reference_data.account:
                continue
            for gone in before.documents if before is not None else ():
                watch.index.drop(f"{party.side}:{gone.dbid}")
            for sighting in _sightings_of(party, reference_data):
                watch.index.put(sighting)
        watch.parties = parties
        watch.generation += 1

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


def _new(generation: int = 0) -> _Watch:
    return _Watch(index=DuplicateIndex(), generation=generation, known={}, claimed={}, answers={})
