"""An item's lines as KashFlow takes them, to the penny what the item says."""

from __future__ import annotations

import re
from decimal import Decimal

from kfclient.api.records import InvoiceLine
from kfclient.desk.business.settings import NOT_APPLICABLE
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.inbox.item import Item, ItemLine
from kfclient.money import ZERO, figures

_LINE_ENDS = re.compile(r"\s+")
_MOST_DECIMALS = 2


def one_line(text: str) -> str:
    """Return the text without line ends, which KashFlow does not keep."""
    return _LINE_ENDS.sub(" ", text).strip()


def line_of(item: Item, line: ItemLine, number: int, books: Books) -> InvoiceLine:
    """Return a line as KashFlow takes it: rates have two decimals, VAT is for the whole line.

    With tax data off it goes as one gross amount, VAT n/a.
    """
    on = books.settings.publish_tax_data
    rate = books.tax_rate(line, item.kind) if on else NOT_APPLICABLE
    vat = line.vat if on else ZERO
    amount = line.net if on else line.gross
    whole = amount == line.net and _is_short(line.unit_price) and _is_short(line.quantity)
    description = line.description
    if not whole and line.quantity != 1:
        each = f"{figures(line.quantity)} at {figures(line.unit_price)}"
        description = f"{each}: {description}" if description else each
    categories = books.categories(line.category, item.kind)
    projects = books.projects(line.project) if line.project else ()
    return InvoiceLine(
        quantity=line.quantity if whole else Decimal(1),
        description=one_line(description),
        rate=line.unit_price if whole else amount,
        charge_type=categories[0].id if categories else 0,
        vat_rate=NOT_APPLICABLE if rate is None else rate,
        vat_amount=vat,
        sort=number,
        proj_id=projects[0].id if projects else 0,
        values_in_currency=1 if books.is_foreign(item) else 0,
    )


def _is_short(value: Decimal) -> bool:
    """Tell whether the value has no more decimals than KashFlow keeps."""
    return value == round(value, _MOST_DECIMALS)
