"""Records as KashFlow is to be sent them: checked, rounded and named, before zeep sees them.

zeep checks no scalar ('abc' goes out as an int, NaN as money), so every value passes through here.
`BadRequest` names the field and never its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kfclient.api.errors import BadRequest
from kfclient.api.records import (
    Customer,
    Invoice,
    InvoiceLine,
    Payment,
    Project,
    Record,
    Supplier,
    kashflow_fields,
)
from kfclient.api.reply_text import NOT_XML

_DAY = date | None
_NO_DATE = datetime(1, 1, 1)  # noqa: DTZ001 - KashFlow's dates have no zone
_INT32 = range(-(2**31), 2**31)
_YEARS = range(1753, 9999)  # what KashFlow's database can hold
_MOST = Decimal(10) ** 14

# Fields that KashFlow fills by itself: ids and numbers it gives, sums it makes, texts it derives.
# A document number above all is never sent: what KashFlow does with one is contradictory, up to
# overwriting the document that has it.
_KASHFLOWS_OWN: Mapping[type[Record], frozenset[str]] = {
    Supplier: frozenset({"SupplierID"}),
    Customer: frozenset({"CustomerID"}),
    Invoice: frozenset(
        {
            *("InvoiceDBID", "InvoiceNumber", "Customer", "Paid", "EstimateCategory"),
            *("ReadableString", "NetAmount", "VATAmount", "AmountPaid", "CustomerName"),
            "PermaLink",
        }
    ),
    InvoiceLine: frozenset({"LineID"}),
    Payment: frozenset({"PayID"}),
}

# Decimal places. What a document's total is made of is refused rather than rounded, for rounding a
# unit price changes the total by more than a penny; VAT per line is a rounded figure by nature.
_EXACT = {"Quantity": 4, "Rate": 2, "VatRate": 2, "PayAmount": 2}
_ROUNDED = {"VatAmount": 2, "ExchangeRate": 6}
_PENNIES = 2


def message(record: Record, where: str = "", *, update: bool = False) -> dict[str, Any]:
    """Return `record` as KashFlow's field names and values fit for the wire, empty ones left out.

    Strings lose characters that XML cannot carry, dates become naive midnights. `where` is the
    path to the record, for the error. With `update` it is of a thing that KashFlow has, so its id
    and number go along. Raises `BadRequest` for a value that KashFlow could not store as it is.
    """
    where = where or type(record).__name__
    own = frozenset() if update else _KASHFLOWS_OWN.get(type(record), frozenset())
    values: dict[str, Any] = {}
    for field in kashflow_fields(type(record)):
        name = field.encode_name
        if name in own:
            continue
        value = getattr(record, field.name)
        if name == "Lines":
            values[name] = [
                _line(line, number, f"{where}.Lines[{number}]", update)
                for number, line in enumerate(value, start=1)
            ]
        else:
            values[name] = scalar(value, field.type, name, f"{where}.{name}")
    _complete_dates(record, values, where)
    return {name: value for name, value in values.items() if value not in ("", None)}


def scalar(value: object, kind: Any, name: str, where: str) -> Any:
    """Return one checked value of `kind`: text, a 32-bit int, a Decimal, a midnight, and so on.

    Nothing is converted between kinds, except an int to a Decimal. Raises `BadRequest` naming
    `where`.
    """
    match value:
        case str() if kind is str:
            return text(value)
        case bool():
            if kind is bool:
                return value
        case int() if kind is int:
            if value not in _INT32:
                raise _bad(where, "is too large a number")
            return value
        case int() | Decimal() if kind is Decimal:
            return _amount(Decimal(value), name, where)
        case None if kind == _DAY:
            return None
        case date() if kind == _DAY:
            if value.year not in _YEARS and value != _NO_DATE:
                raise _bad(where, "is a date that KashFlow cannot keep")
            return datetime.combine(value, time())
    raise _bad(where, f"is a {type(value).__name__}, which cannot be sent there")


def text(value: str) -> str:
    """Return `value` without what XML cannot carry, none of it visible; line ends of one kind."""
    return NOT_XML.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def sendable(secret: str) -> bool:
    """Return whether XML can carry a password or key as it is; changing one would break it."""
    return NOT_XML.search(secret) is None


def unsendable(what: str) -> BadRequest:
    """Return the error for a secret, named by `what`, that is not `sendable`."""
    return _bad(what, "holds a character that cannot be sent")


def _line(line: InvoiceLine, number: int, where: str, update: bool) -> dict[str, Any]:
    """Return a line numbered by its place, its description without line breaks."""
    values = message(line, where, update=update)
    values["Sort"] = line.sort or number
    if description := " ".join(values.get("Description", "").split()):
        values["Description"] = description
    return values


def _complete_dates(record: Record, values: dict[str, Any], where: str) -> None:
    """See that a document has its date, and let it be due that day if nobody says otherwise."""
    if isinstance(record, Invoice):
        values["DueDate"] = values["DueDate"] or values["InvoiceDate"]
    if isinstance(record, Project):  # left out, they would become today
        values["Date1"] = values["Date1"] or _NO_DATE
        values["Date2"] = values["Date2"] or _NO_DATE
    for name in ("InvoiceDate", "PayDate"):
        if name in values and values[name] is None:
            raise _bad(where, f"has no {name}")


def _amount(value: Decimal, name: str, where: str) -> Decimal:
    if not value.is_finite() or abs(value) >= _MOST:
        raise _bad(where, "is not an amount that KashFlow can keep")
    places = _EXACT.get(name, _ROUNDED.get(name, 6))
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if name in _EXACT and rounded != value:
        raise _bad(where, f"has more than {places} decimal places")
    if places != _PENNIES:
        rounded = _short(rounded)
    return rounded + 0  # no minus before a nought


def _short(value: Decimal) -> Decimal:
    """Return 2 for 2.000000, and 20 for 20 (not 2E+1)."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _bad(where: str, what: str) -> BadRequest:
    return BadRequest(f"{where} {what}; nothing was sent.", "Change it, then try again.")
