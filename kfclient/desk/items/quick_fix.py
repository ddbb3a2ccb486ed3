"""Acts that mend what a check has found, where a machine can do it: a finding's `key` names one.

What a person has to choose (`choose-...`) or to agree to while publishing (`create-supplier`,
`create-customer`) is not among them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.errors import WrongValue
from kfclient.desk.items.check import ODD, PUBLISH_TAX
from kfclient.desk.items.check_lines import AGREE, vat_in_net, with_rate
from kfclient.desk.items.duplicate_finder import NOT_A_DUPLICATE
from kfclient.desk.items.reference import taxed_part, vat_of
from kfclient.desk.model.item import Finding, Item, ItemLine
from kfclient.money import ZERO

if TYPE_CHECKING:
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.items.duplicates import Duplicates
    from kfclient.desk.items.items import Items

_SPLIT_WORDS = " (zero-rated part)"


class QuickFixes:
    """Applies the acts that findings name. Raises what `Items.save` raises."""

    def __init__(self, businesses: Businesses, items: Items, duplicates: Duplicates) -> None:
        self._businesses = businesses
        self._items = items
        self._duplicates = duplicates

    def apply(self, business: str, item_id: str, finding: Finding) -> Item:
        """Do what the finding's key says, and return the item as it is then.

        Raises `WrongValue` where it is for a person to do, or no longer what was found;
        `ItemUnknown`, `ItemSettled`, `ItemChanged`; `NotAllowed` where only an Admin may.
        """
        item = self._items.get(business, item_id)
        if finding not in self._items.findings(business, item):
            raise WrongValue(
                f"Item {item_id} is no longer as it was when that was found.", "Look at it again."
            )
        if finding.key == NOT_A_DUPLICATE:
            self._duplicates.not_a_duplicate(business, item_id, finding.value)
        elif finding.key == PUBLISH_TAX:
            self._businesses.change_settings(business, {"publish_tax_data": "on"})
            self._items.refresh_counts(business)
        else:
            self._items.save(business, mended(item, finding))
        return self._items.get(business, item_id)

    def apply_all(self, business: str, found: Mapping[str, Sequence[Finding]]) -> list[Item]:
        """Do what these findings of items say, by their ids, all or none; for acts of `for_many`.

        Raises as `apply` does, also where one of the items is no longer as it was.
        """
        changed = []
        for item_id, findings in found.items():
            item = self._items.get(business, item_id)
            if not set(findings) <= set(self._items.findings(business, item)):
                raise WrongValue(
                    f"Item {item_id} is no longer as it was when that was found. Nothing was "
                    "changed.",
                    "Look at them again.",
                )
            for finding in findings:
                item = mended(item, finding)
            changed.append(item)
        return self._items.save_all(business, changed)


ASKS = frozenset(
    {AGREE, "split", "use-vat", "vat-in-net", "use-date", "use-currency", "use-exchange-rate"}
)
"""Acts that rest on what the document says, which a person is asked before."""


def is_mechanical(key: str) -> bool:
    """Tell whether `QuickFixes.apply` can do the act; others need a person to choose."""
    return key in _ACTS or key in {NOT_A_DUPLICATE, PUBLISH_TAX}


def for_many(key: str) -> bool:
    """Tell whether what mends one item may mend others with the same finding, unlooked at.

    What rests on the document is asked for each; a person's choice holds for all.
    """
    return (key in _ACTS and key not in ASKS) or key.startswith("choose-")


def mended(item: Item, finding: Finding) -> Item:
    """Return the item with the finding's act applied; raises `WrongValue` for what is none."""
    act = _ACTS.get(finding.key)
    if act is None:
        raise WrongValue("Nothing can do that but a person.", finding.cure or "Edit the item.")
    return act(item, finding)


def _with(**fields: Callable[[str], Any]) -> Callable[[Item, Finding], Item]:
    """Return an act that sets fields of the item to what the finding's value makes."""

    def act(item: Item, finding: Finding) -> Item:
        values = {name: make(finding.value) for name, make in fields.items()}
        return msgspec.structs.replace(item, **values)

    return act


def _with_line(change: Callable[[ItemLine, str], tuple[ItemLine, ...]]) -> Callable[..., Item]:
    """Return an act that puts one or more lines in the place of the finding's."""

    def act(item: Item, finding: Finding) -> Item:
        at = int(finding.field.split(".")[1]) - 1
        lines = (*item.lines[:at], *change(item.lines[at], finding.value), *item.lines[at + 1 :])
        return msgspec.structs.replace(item, lines=lines)

    return act


def _rated(line: ItemLine, value: str) -> tuple[ItemLine, ...]:
    return (msgspec.structs.replace(line, tax_rate=Decimal(value)),)


def _percentage(line: ItemLine, value: str) -> tuple[ItemLine, ...]:
    return (with_rate(line, Decimal(value)),)


def _taxed(line: ItemLine, value: str) -> tuple[ItemLine, ...]:
    return (msgspec.structs.replace(line, vat=Decimal(value)),)


def _split(line: ItemLine, value: str) -> tuple[ItemLine, ...]:
    """Make a line of what was taxed at the rate, and one of the rest at zero."""
    rate = Decimal(value)
    part = taxed_part(line.net, line.vat, rate)
    if part is None:
        raise WrongValue("The line cannot be split so that its VAT fits.", "Split it by hand.")
    one = Decimal(1)
    taxed = msgspec.structs.replace(
        line, quantity=one, unit_price=part, tax_rate=rate, vat=vat_of(part, rate)
    )
    rest = msgspec.structs.replace(
        line,
        description=f"{line.description}{_SPLIT_WORDS}".strip(),
        quantity=one,
        unit_price=line.net - part,
        tax_rate=Decimal(0),
        vat=ZERO,
    )
    return taxed, rest


def _let_through(item: Item, finding: Finding) -> Item:
    return msgspec.structs.replace(item, agreed=(*item.agreed, finding.value))


def _clean(item: Item, finding: Finding) -> Item:
    """Take out of every text what XML has no place for."""
    del finding
    lines = tuple(
        msgspec.structs.replace(line, description=ODD.sub("", line.description))
        for line in item.lines
    )
    return msgspec.structs.replace(
        item,
        contact=ODD.sub("", item.contact),
        reference=ODD.sub("", item.reference),
        note=ODD.sub("", item.note),
        lines=lines,
    )


def _without_file(item: Item, finding: Finding) -> Item:
    files = tuple(path for path in item.files if path != finding.value)
    return msgspec.structs.replace(item, files=files)


_ACTS: dict[str, Callable[[Item, Finding], Item]] = {
    "use-supplier": _with(contact_code=str),
    "use-customer": _with(contact_code=str),
    "use-date": _with(date=dt.date.fromisoformat),
    "clear-due-date": _with(due_date=lambda _: None),
    "use-currency": _with(currency=str),
    "use-exchange-rate": _with(exchange_rate=Decimal),
    "own-cost": _with(claimed=lambda _: ""),
    "keep-lines": _with(total=lambda _: None),
    "use-tax-rate": _with_line(_rated),
    "use-percentage": _with_line(_percentage),
    "vat-in-net": _with_line(lambda line, _: (vat_in_net(line),)),
    "use-vat": _with_line(_taxed),
    "split": _with_line(_split),
    AGREE: _let_through,
    "clean-text": _clean,
    "take-out-file": _without_file,
}
