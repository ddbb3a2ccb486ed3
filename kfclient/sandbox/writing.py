"""Records to replies, as .NET's XmlSerializer writes them.

Null strings and objects are left out, values are always there, empty lists are empty elements,
decimals keep four places (SQL Server's money), dates are naive. Long lists are written in pieces,
so that a reply of many megabytes is never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.schema import NAMESPACE, VALUE_DEFAULTS, Field, Operation, Record

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


def _pieces(field: Field, items: Iterable[Record]) -> Iterator[str]:
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
def _item(field: Field) -> Render:
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
def _element(field: Field) -> Render:
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
