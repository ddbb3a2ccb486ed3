"""An item of the inbox: a cost, a sale or an expense claim on its way to KashFlow."""

from __future__ import annotations

import datetime as dt
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from decimal import Decimal
from enum import StrEnum
from itertools import count
from typing import TypeVar, overload

import msgspec

from kfclient.desk.errors import NotReadBack
from kfclient.desk.model.business import ProblemNote
from kfclient.money import ZERO, pennies

SENDS = "attempts"
"""The table of what was sent of items; see `kfclient.desk.publish.journal`."""


class Kind(StrEnum):
    """What an item is; costs and claims become purchases in KashFlow, sales become invoices."""

    COST = "cost"
    SALE = "sale"
    CLAIM = "claim"


class ItemState(StrEnum):
    """Where an item stands.

    `TO_REVIEW` and `READY` follow from its findings; the others are remembered. `UNKNOWN` means
    that it was sent and no answer came: KashFlow has to be looked at before anything else.
    """

    TO_REVIEW = "to-review"
    READY = "ready"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    UNKNOWN = "unknown"


class ItemLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an item.

    `unit_price` is net; `tax_rate` a percentage, -1 N/A, None not said; `vat` the whole line's.
    `category` and `project` are what the person or the file said, matched against the synced
    lists by code or name.
    """

    description: str = ""
    category: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = ZERO
    tax_rate: Decimal | None = None
    vat: Decimal = ZERO
    project: str = ""

    @property
    def net(self) -> Decimal:
        """Quantity times unit price, to the penny."""
        return pennies(self.quantity * self.unit_price)

    @property
    def gross(self) -> Decimal:
        """Net and VAT."""
        return self.net + self.vat


class LeftStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is still to be done for an item whose document is in KashFlow.

    `step` is the step's own number here, `what` says what it is ("the payment of £120.00 from
    Current account"), `problem` why it was not done. While `unknown`, it was sent and nobody can
    tell what came of it.
    """

    step: int
    what: str
    problem: ProblemNote | None = None
    unknown: bool = False


class SentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The amounts of a line as they went to KashFlow; `tax_rate` -1 is N/A."""

    quantity: Decimal = Decimal(1)
    unit_price: Decimal = ZERO
    tax_rate: Decimal | None = None
    vat: Decimal = ZERO


class SentAs(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an item went to KashFlow, where that is not as it says itself.

    `unpaid` says why the payment that it names was not to follow, "" where nothing is amiss.
    """

    lines: tuple[SentLine, ...] = ()
    unpaid: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item, in its own currency.

    `contact` is the supplier (cost), the customer (sale) or the person (claim), by name;
    `contact_code` settles it where names are shared. `exchange_rate` is foreign units per home
    unit, as KashFlow counts; None in home currency. An item that names a `bank_account` is paid
    from there (for a sale: into there), by `payment_method`, on `paid_on` or else on its date.
    `files` are the paths of files on this machine that go with the document. `total` is the gross
    that an imported file said, to hold the lines against; None where it said none. `stated_vat` is
    the VAT in the books' own currency that the document states, None where it states none, and
    `tax_name` what it calls its tax ("Reverse charge"). `agreed` has the codes of findings that a
    person let through. `source` is
    where it came from, unique for what was imported (`dext:48210100000`), so that a file imported
    twice adds nothing. `sent` is the remembered part of the state; `sent_as` what of it went to
    KashFlow, None for what was not sent; `number` and `dbid` are
    KashFlow's, `left` is what is still to be done for a published one. `version` grows with every
    change. `imported` is a print of what the file said of it, to tell a file that says something
    else now; `claimed` is the person on one of whose claims a file has it, until it is known on
    which.
    """

    id: str = ""
    kind: Kind = Kind.COST
    document: str = "invoice"
    reference: str = ""
    contact: str = ""
    contact_code: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    currency: str = "GBP"
    exchange_rate: Decimal | None = None
    lines: tuple[ItemLine, ...] = ()
    note: str = ""
    owner: str = ""
    payment_method: str = ""
    bank_account: str = ""
    paid_on: dt.date | None = None
    files: tuple[str, ...] = ()
    total: Decimal | None = None
    stated_vat: Decimal | None = None
    tax_name: str = ""
    agreed: tuple[str, ...] = ()
    image: str = ""
    source: str = ""
    sent: ItemState | None = None
    sent_as: SentAs | None = None
    number: int | None = None
    dbid: int | None = None
    published_at: dt.datetime | None = None
    problem: ProblemNote | None = None
    left: tuple[LeftStep, ...] = ()
    version: int = 0
    imported: str = ""
    claimed: str = ""

    @property
    def net(self) -> Decimal:
        """The sum of the lines' net amounts."""
        total = ZERO
        for line in self.lines:
            total += line.net
        return total

    @property
    def vat(self) -> Decimal:
        """The sum of the lines' VAT."""
        total = ZERO
        for line in self.lines:
            total += line.vat
        return total

    @property
    def gross(self) -> Decimal:
        """Net and VAT."""
        return self.net + self.vat


def as_sent(item: Item) -> Item:
    """Return the item with its amounts as KashFlow was sent them; as it is where it was not sent.

    With tax data off, that is without the VAT that it has itself.
    """
    sent = item.sent_as
    if sent is None or len(sent.lines) != len(item.lines):
        return item
    lines = tuple(
        msgspec.structs.replace(
            line,
            quantity=went.quantity,
            unit_price=went.unit_price,
            tax_rate=went.tax_rate,
            vat=went.vat,
        )
        for line, went in zip(item.lines, sent.lines, strict=True)
    )
    return msgspec.structs.replace(item, lines=lines)


T = TypeVar("T")

_RECENT = 32
_LAYER = 64
_stamps = count()


class ItemsById(Mapping[str, Item]):
    """All items by id, as they were at one moment and stay here; a change makes a new one.

    What it has in common with the one before is not copied. Which items differ from those of an
    earlier moment can be asked, where that was not long ago.
    """

    def __init__(self, items: Mapping[str, Item] | None = None) -> None:
        self._base: dict[str, Item] = dict(items or {})
        self._over: dict[str, Item | None] = {}
        self._length = len(self._base)
        self._stamp = next(_stamps)
        self._recent: tuple[tuple[int, frozenset[str]], ...] = ()

    def changed(self, changes: Mapping[str, Item | None]) -> ItemsById:
        """Return all items with these in their places, None for one that is not there any more."""
        now = ItemsById()
        now._base, now._over = self._base, {**self._over, **changes}
        if len(now._over) > _LAYER:
            now._base, now._over = dict(now.items()), {}
        was = sum(key in self for key in changes)
        now._length = self._length - was + sum(item is not None for item in changes.values())
        now._recent = (*self._recent[1 - _RECENT :], (self._stamp, frozenset(changes)))
        return now

    def changed_since(self, before: ItemsById) -> frozenset[str] | None:
        """Return the ids of what came, went or changed since then, None where that is not known."""
        changed: frozenset[str] = frozenset()
        for stamp, keys in reversed(self._recent):
            changed |= keys
            if stamp == before._stamp:
                return changed
        return changed if before is self else None

    def changes(self, before: ItemsById) -> dict[str, tuple[Item | None, Item | None]]:
        """Return by id what is not as it was then, as it was and as it is; None for no item."""
        changed: Iterable[str] | None = self.changed_since(before)
        if changed is None:
            if not before:
                return {key: (None, item) for key, item in self.items()}
            changed = before.keys() | self.keys()
        pairs = ((key, (before.get(key), self.get(key))) for key in changed)
        return {key: (was, now) for key, (was, now) in pairs if was is not now}

    def items(self) -> ItemsView[str, Item]:
        """Return the ids, each with its item."""
        return super().items() if self._over else self._base.items()

    def values(self) -> ValuesView[Item]:
        """Return the items."""
        return super().values() if self._over else self._base.values()

    def __getitem__(self, key: str) -> Item:
        """Return the item; KeyError where there is none."""
        item = self._over[key] if key in self._over else self._base[key]
        if item is None:
            raise KeyError(key)
        return item

    @overload
    def get(self, key: str, default: None = None, /) -> Item | None: ...

    @overload
    def get(self, key: str, default: Item, /) -> Item: ...

    @overload
    def get(self, key: str, default: T, /) -> Item | T: ...

    def get(self, key: str, default: object = None, /) -> object:
        """Return the item, `default` where there is none."""
        if not self._over:  # as in a command that looks at all of them
            return self._base.get(key, default)
        item = self._over[key] if key in self._over else self._base.get(key)
        return default if item is None else item

    def __contains__(self, key: object) -> bool:
        """Whether there is such an item."""
        over = self._over
        return over[key] is not None if key in over else key in self._base

    def __iter__(self) -> Iterator[str]:
        """Yield the ids, in the order in which the items came."""
        if not self._over:
            return iter(self._base)
        return self._merged()

    def __len__(self) -> int:
        return self._length

    def _merged(self) -> Iterator[str]:
        for key in self._base:
            if key not in self._over or self._over[key] is not None:
                yield key
        for key, item in self._over.items():
            if item is not None and key not in self._base:
                yield key


class Severity(StrEnum):
    """How much a finding matters: a stop holds the item back, a warning only tells."""

    STOP = "stop"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something known about an item before it is sent: `E-...` codes stop, `W-...` only warn.

    `key` names the act that mends it, where there is one (see `kfclient.desk.items.quick_fix`), and
    `value` what the act needs to know, such as the tax rate that fits; "" where a person has to
    choose.
    """

    code: str
    sentence: str
    cure: str = ""
    field: str = ""
    key: str = ""
    value: str = ""

    @property
    def severity(self) -> Severity:
        """Whether the item is held back by it."""
        return Severity.STOP if self.code.startswith("E-") else Severity.WARNING


def is_refused(item: Item, state: ItemState) -> bool:
    """Tell whether the item could go, but came back: KashFlow refused it, or it was not sent."""
    return state is ItemState.READY and _troubled(item)


def needs_you(item: Item, state: ItemState) -> bool:
    """Tell whether a person has to look at the item, besides what its findings say.

    It is of unknown outcome, came back from publishing, or has something left to do.
    """
    return state is ItemState.UNKNOWN or bool(item.left) or _troubled(item)


def _troubled(item: Item) -> bool:
    """Tell whether publishing, or KashFlow, has left a problem with the item.

    What an import left to settle (E-...) or to know (W-...) is among its findings.
    """
    return item.problem is not None and not item.problem.code.startswith(("E-", "W-"))


def is_unread(item: Item) -> bool:
    """Tell whether the item's document is in KashFlow and still has to be read back."""
    return (
        item.sent is ItemState.PUBLISHED
        and item.dbid is None
        and (item.problem is None or item.problem.code == NotReadBack.code)
    )
