"""Expense claims put together by hand: costs of the inbox that a person paid out of their pocket.

KashFlow has no expense claims. A claim becomes one purchase with a line a cost and the person as
its supplier; it is unpaid, or paid from a bank account that stands for the person's own money, as
KashFlow advises (kashflow.com/akademy/kb/expenses-paid-with-personal-money).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from tinydb.table import Document

from kfclient.dates import shown_date
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import NotGathered, WrongValue
from kfclient.desk.items.exchange_rates import in_home
from kfclient.desk.items.items import GATHERED, TABLE, stored
from kfclient.desk.model.fields import facts_of
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.desk.items.items import Items
    from kfclient.store import Home


class Claims:
    """Gathers costs into expense claims, and brings them back."""

    def __init__(self, home: Home, items: Items, clock: Callable[[], dt.datetime]) -> None:
        self._home = home
        self._items = items
        self._clock = clock

    def gather(
        self,
        business: str,
        person: str,
        item_ids: Sequence[str],
        reference: str = "",
        date: dt.date | None = None,
        *,
        bank_account: str = "",
        payment_method: str = "",
    ) -> Item:
        """Make one expense claim of these costs, and return it; they leave the inbox.

        Every line keeps its own VAT, category and project, and says where and when the money was
        spent; a foreign cost counts with what it comes to in the books' currency. The claim is
        dated today, and numbered after its date, unless said otherwise; with a `bank_account` it
        is paid. All or nothing: raises `ItemUnknown`, `ItemSettled`, and `WrongValue` for what is
        no cost, has no amount or no exchange rate.
        """
        name = " ".join(person.split())
        if not name:
            raise WrongValue("The claim has no person.", "Say who spent the money.")
        ids = list(dict.fromkeys(one.strip() for one in item_ids))
        if not ids:
            raise WrongValue("The claim has no costs.", "Choose the costs that it is made of.")
        reference_data = self._items.reference_data.of(business)
        day = date or self._clock().astimezone().date()
        database = self._home.books(business)
        with database.transaction():
            costs = [self._items.changeable(business, one, "put on a claim") for one in ids]
            claim = Item(
                kind=Kind.CLAIM,
                document="expense claim",
                reference=reference.strip() or f"Claim {day.isoformat()}",
                contact=name,
                owner=name,
                date=day,
                currency=reference_data.home_currency,
                lines=tuple(
                    line for cost in costs for line in lines_of(cost, reference_data.home_currency)
                ),
                files=tuple(dict.fromkeys(path for cost in costs for path in cost.files)),
                tax_name=", ".join(dict.fromkeys(one.tax_name for one in costs if one.tax_name)),
                bank_account=bank_account.strip(),
                payment_method=payment_method.strip(),
            )
            (added,) = self._items.add_each(business, [claim])
            for cost in costs:
                self._move(business, cost, added.id)
        self._items.recount(business)
        return self._items.get(business, added.id)

    def costs(self, business: str, claim_id: str) -> list[Item]:
        """Return the costs that the claim was gathered from; none for other items."""
        found = self._home.books(business).table(GATHERED).by("claim", claim_id.strip())
        return [_item(one) for one in found]

    def ungather(self, business: str, claim_id: str) -> list[Item]:
        """Take a gathered claim apart: it goes, and its costs are back, as they were.

        Raises `NotGathered` for what was not gathered here, `ItemUnknown`, and `ItemSettled` once
        the claim is in KashFlow, or may be.
        """
        database = self._home.books(business)
        with database.transaction():
            claim = self._items.changeable(business, claim_id, "taken apart")
            found = database.table(GATHERED).by("claim", claim.id)
            if not found:
                raise NotGathered(f"Item {claim.id} was not gathered from costs of the inbox.")
            database.table(GATHERED).remove(doc_ids=[one.doc_id for one in found])
            database.table(TABLE).remove(doc_ids=[int(claim.id)])
            self._items.audit.note(
                database, business, Action.ITEM_REMOVED, item=claim.id, before=facts_of(claim)
            )
            costs = [self._bring_back(business, _item(one), claim.id) for one in found]
        self._items.recount(business)
        return costs

    def _move(self, business: str, cost: Item, claim_id: str) -> None:
        """Put a cost away behind its claim; inside the transaction."""
        database = self._home.books(business)
        document = {**stored(cost), "item": cost.id, "claim": claim_id}
        database.table(TABLE).remove(doc_ids=[int(cost.id)])
        database.table(GATHERED).insert(document)
        self._items.audit.note(
            database,
            business,
            Action.ITEM_REMOVED,
            item=cost.id,
            before=facts_of(cost),
            answer=f"It is on the expense claim that is item {claim_id}.",
        )

    def _bring_back(self, business: str, cost: Item, claim_id: str) -> Item:
        """Store a cost again under its own number; inside the transaction."""
        database = self._home.books(business)
        back = msgspec.structs.replace(cost, version=cost.version + 1)
        database.table(TABLE).insert(Document(stored(back), int(cost.id)))
        self._items.audit.note(
            database,
            business,
            Action.ITEM_ADDED,
            item=cost.id,
            after=facts_of(back),
            answer=f"It is back from the expense claim that was item {claim_id}.",
        )
        return back


def lines_of(cost: Item, home: str) -> tuple[ItemLine, ...]:
    """Return a cost as lines of a claim in the books' currency; raises `WrongValue`."""
    if cost.kind is not Kind.COST:
        raise WrongValue(f"Item {cost.id} is no cost.", "A claim is made of costs.")
    if not cost.gross:
        raise WrongValue(f"Item {cost.id} comes to nothing.", "Fill in its amount first.")
    where = " ".join(part for part in (cost.contact, cost.reference) if part)
    head = ", ".join(part for part in (where, shown_date(cost.date)) if part)
    rate = cost.exchange_rate
    if cost.currency == home:
        return tuple(_told(line, head) for line in cost.lines)
    if rate is None or rate <= 0:
        raise WrongValue(
            f"Item {cost.id} is in {cost.currency} and has no exchange rate.",
            "Give its rate first: a claim is in the books' own currency.",
        )
    return tuple(
        _told(_in_home(line, rate), f"{head}, {shown(line.gross, cost.currency)}")
        for line in cost.lines
    )


def _in_home(line: ItemLine, rate: Decimal) -> ItemLine:
    gross, vat = in_home(line.gross, rate), in_home(line.vat, rate)
    return msgspec.structs.replace(line, quantity=Decimal(1), unit_price=gross - vat, vat=vat)


def _told(line: ItemLine, head: str) -> ItemLine:
    told = ": ".join(part for part in (head, line.description) if part)
    return msgspec.structs.replace(line, description=told)


def _item(document: Any) -> Item:
    return msgspec.convert({**document, "id": document["item"]}, Item)
