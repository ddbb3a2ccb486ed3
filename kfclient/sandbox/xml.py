"""Requests to records, with the leniency and the refusals of .NET's XmlSerializer.

Missing values get their type's default; elements that are unknown, in no namespace, in the wrong
case or there a second time are ignored; order does not matter unless it is made to. A value that
cannot be read, an unknown `xsi:type` and a child where text belongs are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from kfclient.sandbox.contract import (
    NAMESPACE,
    TYPES,
    VALUE_DEFAULTS,
    Element,
    Operation,
    Record,
)

# XML text to values as .NET's XmlSerializer does it, to the word where it refuses.
#
# Source: .NET's XmlConvert. `AllXsd` was seen on the live service; the rest follows from the
# platform.

_INT = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_MOMENT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?)?)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_SPACE = " \t\r\n"
_INT32 = range(-(2**31), 2**31)
_DECIMAL_LIMIT = Decimal(2**96)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def to_int(text: str) -> int:
    """Return a 32 bit integer; raise ValueError with .NET's sentence otherwise."""
    stripped = text.strip(_SPACE)
    if not _INT.fullmatch(stripped):
        raise ValueError("Input string was not in a correct format.")
    # A limit on digits keeps int() quick; no 32 bit integer has more without leading zeros.
    digits = stripped.lstrip("+-").lstrip("0")
    if len(digits) > 10 or (number := int(stripped)) not in _INT32:
        raise ValueError("Value was either too large or too small for an Int32.")
    return number


def to_decimal(text: str) -> Decimal:
    """Return a decimal: a sign, digits, one point; no thousands, currency or exponent."""
    stripped = text.strip(_SPACE)
    if not _DECIMAL.fullmatch(stripped):
        raise ValueError("Input string was not in a correct format.")
    number = Decimal(stripped)
    if abs(number) >= _DECIMAL_LIMIT:
        raise ValueError("Value was either too large or too small for a Decimal.")
    return number


def to_boolean(text: str) -> bool:
    """Return true/1 or false/0."""
    stripped = text.strip(_SPACE)
    if stripped not in _BOOLEANS:
        raise ValueError(f"The string '{text}' is not a valid Boolean value.")
    return _BOOLEANS[stripped]


def to_moment(text: str, *, zones_dropped: bool = False) -> str:
    """Return a date and time as naive UK time, `YYYY-MM-DDTHH:MM:SS`.

    A date alone is midnight. One with `Z` or an offset is moved to UK time, as a server standing
    in London does, or loses its zone where `zones_dropped`; fractions of a second are dropped.
    """
    match = _MOMENT.fullmatch(text.strip(_SPACE))
    refused = f"The string '{text}' is not a valid AllXsd value."
    if match is None:
        raise ValueError(refused)
    year, month, day = (int(match[name] or 1) for name in ("year", "month", "day"))
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if zone := match["zone"]:
            moved = _uk_time(moment - _offset(zone))
            moment = moment if zones_dropped else moved
    except (ValueError, OverflowError):
        raise ValueError(refused) from None
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(zone)
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def _uk_time(moment: datetime) -> datetime:
    """Add an hour between the last Sundays of March and October, 01:00 UTC (the rule of 1996)."""
    spring, autumn = (_last_sunday(moment.year, month) for month in (3, 10))
    return moment + timedelta(hours=1) if spring <= moment < autumn else moment


def _last_sunday(year: int, month: int) -> datetime:
    last = date(year, month, 31)
    day = 31 - (last.weekday() + 1) % 7
    return datetime(year, month, day, 1, tzinfo=UTC)


PARSERS: dict[str, Callable[[str], Any]] = {
    "int": to_int,
    "decimal": to_decimal,
    "boolean": to_boolean,
    "dateTime": to_moment,
}
"""How the text of each non-nullable kind is read."""


_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_CLR = {
    "string": "System.String",
    "int": "System.Int32",
    "decimal": "System.Decimal",
    "boolean": "System.Boolean",
    "dateTime": "System.DateTime",
}


class BadValue(Exception):
    """A value the deserialiser refuses: the inner sentence, and the element it was met in."""

    def __init__(self, sentence: str, element: etree._Element) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.element = element


@dataclass(frozen=True, slots=True)
class Foreign:
    """An `anyType` item that is no record of ours: the name of the .NET type it became.

    The deserialiser takes it; the service then fails to cast it, as ASMX services do.
    """

    clr_type: str


@dataclass(frozen=True, slots=True)
class RequestReader:
    """Reads requests in one of the manners that the switches choose between."""

    strict_order: bool = False
    zones_dropped: bool = False

    def read_request(self, operation: Operation, body: etree._Element) -> Record:
        """Return the operation's arguments; a missing wrapper leaves all at their default.

        Raises `BadValue`.
        """
        wrapper = body.find(f"{{{NAMESPACE}}}{operation.name}")
        return self._fields(operation.asks, () if wrapper is None else tuple(wrapper))

    def _fields(self, fields: tuple[Element, ...], children: tuple[etree._Element, ...]) -> Record:
        record: Record = {field.name: VALUE_DEFAULTS.get(field.kind) for field in fields}
        waiting = {f"{{{NAMESPACE}}}{f.name}": (place, f) for place, f in enumerate(fields)}
        reached = -1
        for child in children:
            place, field = waiting.pop(child.tag, (-1, None))
            if field is None or (self.strict_order and place < reached):
                continue
            reached = place
            record[field.name] = self._value(field, child)
        return record

    def _value(self, field: Element, element: etree._Element) -> Any:
        if field.is_value:
            return self._scalar(field.kind, element)
        if element.get(f"{{{_XSI}}}nil", "").strip() in ("true", "1"):
            return None
        if field.is_text:
            return _text(element)
        if field.item == "anyType":
            return [self._any(child) for child in _items(element, "anyType")]
        if field.item:
            return [self._complex(field.item, child) for child in _items(element, field.item)]
        return self._complex(field.kind, element)

    def _complex(self, type_name: str, element: etree._Element) -> Record:
        named = _xsi_type(element)
        if named not in (None, (NAMESPACE, type_name)):
            raise _unrecognised(element)
        return self._fields(TYPES[type_name].fields, tuple(element))

    def _any(self, element: etree._Element) -> Record | Foreign:
        named = _xsi_type(element)
        if named is None:
            return Foreign("System.Xml.XmlNode[]")
        namespace, name = named
        if namespace == _XSD and name in _CLR:
            if name != "string":
                self._scalar(name, element)
            return Foreign(_CLR[name])
        if namespace != NAMESPACE or name not in TYPES:
            raise _unrecognised(element)
        return self._complex(name, element) if name == "InvoiceLine" else Foreign(name)

    def _scalar(self, kind: str, element: etree._Element) -> Any:
        text = _text(element)
        try:
            if kind == "dateTime":
                return to_moment(text, zones_dropped=self.zones_dropped)
            return PARSERS[kind](text)
        except ValueError as error:
            raise BadValue(str(error), element) from None


def _items(element: etree._Element, name: str) -> list[etree._Element]:
    return element.findall(f"{{{NAMESPACE}}}{name}")


def _text(element: etree._Element) -> str:
    if len(element):
        raise BadValue(
            "Unexpected node type Element. ReadElementString method can only be called on "
            "elements with simple or empty content.",
            element[0],
        )
    return element.text or ""


def _xsi_type(element: etree._Element) -> tuple[str, str] | None:
    """Return the namespace and name of `xsi:type`, or None where there is none."""
    value = element.get(f"{{{_XSI}}}type")
    if value is None:
        return None
    prefix, colon, name = value.strip().rpartition(":")
    return element.nsmap.get(prefix if colon else None) or "", name


def _unrecognised(element: etree._Element) -> BadValue:
    namespace, name = _xsi_type(element) or ("", "")
    tag = etree.QName(element)
    return BadValue(
        f"The specified type was not recognized: name='{name}', namespace='{namespace}', "
        f"at <{tag.localname} xmlns='{tag.namespace}'>.",
        element,
    )


# Records to replies, as .NET's XmlSerializer writes them.
#
# Null strings and objects are left out, values are always there, empty lists are empty elements,
# decimals keep four places (SQL Server's money), dates are naive. Long lists are written in pieces,
# so that a reply of many megabytes is never held whole.

_PIECE = 64 * 1024
Render = Callable[[Any], str]


def write_response(operation: Operation, answers: Record) -> Iterator[str]:
    """Yield the `<OpResponse>` element in pieces; answers left out are null or their default."""
    yield f'<{operation.name}Response xmlns="{NAMESPACE}">'
    for field in operation.answers:
        value = answers.get(field.name)
        if field.item and value is not None:
            yield from _pieces(field, value)
        else:
            yield _element(field)(value)
    yield f"</{operation.name}Response>"


def _pieces(field: Element, items: Iterable[Record]) -> Iterator[str]:
    """Write an array item by item, gathered into pieces of about 64 KiB."""
    write = _item(field)
    gathered, size, empty = [f"<{field.name}>"], 0, True
    for item in items:
        text = write(item)
        gathered.append(text)
        size += len(text)
        empty = False
        if size > _PIECE:
            yield "".join(gathered)
            gathered, size = [], 0
    yield f"<{field.name} />" if empty else "".join((*gathered, f"</{field.name}>"))


@cache
def _item(field: Element) -> Render:
    if field.item == "anyType":
        content = _content(field.of)
        head = f'<anyType xsi:type="{field.of}">'
        return lambda record: f"{head}{content(record)}</anyType>"
    content, name = _content(field.item), field.item
    return lambda record: f"<{name}>{content(record)}</{name}>"


@cache
def _content(type_name: str) -> Render:
    """Compile a type: one lookup and one call a field that is there, a constant otherwise."""
    parts = [(f.name, write := _element(f), write(None)) for f in TYPES[type_name].fields]

    def render(record: Record) -> str:
        get = record.get
        return "".join(
            [
                absent if (value := get(name)) is None else write(value)
                for name, write, absent in parts
            ]
        )

    return render


@cache
def _element(field: Element) -> Render:
    """Return what writes the whole element of a field, given its value or None."""
    name = field.name
    opened, closed = f"<{name}>", f"</{name}>"
    if field.is_value:
        form = _FORMS[field.kind]
        absent = f"{opened}{form(VALUE_DEFAULTS[field.kind])}{closed}"
        return lambda value: absent if value is None else f"{opened}{form(value)}{closed}"
    if field.is_text:
        return lambda value: "" if value is None else _text_element(opened, value, closed, name)
    if field.item:
        return lambda value: "" if value is None else "".join(_pieces(field, value))
    content = _content(field.kind)
    return lambda value: "" if value is None else f"{opened}{content(value)}{closed}"


def _text_element(opened: str, value: str, closed: str, name: str) -> str:
    return f"{opened}{escape(value)}{closed}" if value else f"<{name} />"


def escape(text: str) -> str:
    """Return the text with what XML reserves escaped, and carriage returns kept as .NET does."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return text.replace("\r", "&#xD;")
    return text


def decimal_text(value: Decimal) -> str:
    """Return a decimal with at least four places: `20.0000`."""
    places = -int(value.as_tuple().exponent)
    return f"{value:.4f}" if places < 4 else f"{value:f}"


_FORMS: dict[str, Render] = {
    "int": str,
    "decimal": decimal_text,
    "boolean": lambda value: "true" if value else "false",
    "dateTime": str,
}
