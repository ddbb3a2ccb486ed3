"""Turns KashFlow's elements into records, by element name."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, get_args, get_origin

import msgspec

from kfclient.api.records import Currency, InvoiceLine, Record

if TYPE_CHECKING:
    from lxml import etree

NAMESPACE = "{KashFlow}"

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)


class Reader(Protocol[R_co]):
    """Reads an element into a record; see `reader`."""

    def __call__(self, element: etree._Element, left_out: Counter[Any] | None = None) -> R_co:
        """Return the record."""


_log = logging.getLogger(__name__)


def whole_number(text: str) -> int:
    """Return the xs:int in `text`; `1.00` is 1. Raises ValueError for anything else."""
    if text.isdigit() and text.isascii():  # nearly always
        return int(text)
    number = amount(text)
    if number != int(number):
        raise ValueError
    return int(number)


def amount(text: str) -> Decimal:
    """Return the xs:decimal in `text`. Raises ValueError, for NaN and Infinity too."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not number.is_finite() or "_" in text:
        raise ValueError
    return number


def truth(text: str) -> bool:
    """Return the xs:boolean in `text`, whatever its case. Raises ValueError for anything else."""
    word = text.strip().casefold()
    if word not in ("true", "false", "1", "0"):
        raise ValueError
    return word in ("true", "1")


def day(text: str) -> date | None:
    """Return the day of the xs:dateTime in `text`; year 1 is KashFlow's "no date", so None.

    Its times are naive and always midnight, so the day is what stands there: a zone is not
    followed. Raises ValueError for anything else.
    """
    value = date.fromisoformat(text.strip()[:10])
    return None if value.year == 1 else value


_SCALARS: dict[Any, Callable[[str], Any] | None] = {
    str: None,
    int: whole_number,
    Decimal: amount,
    bool: truth,
    date | None: day,
}


# KashFlow's element name for the items of a list within a record, where it is a typed one.
_ITEMS: dict[type[Record], str] = {InvoiceLine: "InvoiceLine", Currency: "Currencies"}


@functools.cache
def reader(record: type[R]) -> Reader[R]:
    """Return the function that reads one element into a `record`.

    Unknown children are left out (and counted by name, if it is given where), missing and empty
    ones keep their default, so a server that learns new fields breaks nothing. A scalar that
    cannot be read keeps its default too, and is logged by name, never by content.
    """
    known: dict[Any, tuple[str, Callable[[str], Any] | None]] = {}
    nested: dict[Any, tuple[str, type[Record]]] = {}
    for field in msgspec.structs.fields(record):
        tag = NAMESPACE + field.encode_name
        if get_origin(field.type) is tuple:
            nested[tag] = (field.name, get_args(field.type)[0])
        else:
            known[tag] = (field.name, _SCALARS[field.type])

    def read(element: etree._Element, left_out: Counter[Any] | None = None) -> R:
        values: dict[str, Any] = {}
        for child in element:
            tag = child.tag
            found = known.get(tag)
            if found is not None:
                text = child.text
                if text:
                    name, convert = found
                    try:
                        values[name] = convert(text) if convert else text
                    except ValueError:
                        _log.warning(
                            "%s has a value in %s that cannot be read", record.__name__, name
                        )
            elif tag in nested:
                name, kind = nested[tag]
                values[name] = _read_items(child, kind)
            elif left_out is not None:
                left_out[tag] += 1
        return record(**values)

    return read


def _read_items(element: etree._Element, kind: type[Record]) -> tuple[Record, ...]:
    """Read a list within a record: `<anyType>` items or, in typed operations, named ones."""
    read = reader(kind)
    items = (f"{NAMESPACE}anyType", NAMESPACE + _ITEMS[kind])
    return tuple(read(child) for child in element if child.tag in items)
