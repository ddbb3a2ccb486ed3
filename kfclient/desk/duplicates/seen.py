"""What KashFlow has of each supplier and customer, as it was last read there.

A memory for comparing, not a record: what is lost of it is read again. Kept by party, so that
learning of one supplier's purchases writes nothing of the others'.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.duplicates.sightings import amounts_of

if TYPE_CHECKING:
    from kfclient.api.records import Invoice
    from kfclient.store import Database, Home

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


class Seen:
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
