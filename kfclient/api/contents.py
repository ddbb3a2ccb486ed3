# mypy: untyped-calls-exclude="zeep"
"""Replies as dicts, by the names and types of a WSDL, for operations that have no record."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zeep.xsd import AnyType, ComplexType

from kfclient.api.contract import Contract, item_of
from kfclient.api.shapes import NAMESPACE, amount, day, truth, whole_number

if TYPE_CHECKING:
    from lxml import etree

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ABOUT = ("Status", "StatusDetail")
_SCALARS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "string": (str, ""),
    "int": (whole_number, 0),
    "integer": (whole_number, 0),
    "decimal": (amount, Decimal(0)),
    "boolean": (truth, False),
    "dateTime": (day, None),
}

_log = logging.getLogger(__name__)

Content = str | int | Decimal | bool | date | None | list[Any] | dict[str, Any]


class Contents:
    """Reads elements by the types of one contract, as forgivingly as records are read.

    Unknown elements come along as text or dict, missing ones have the value that .NET means by
    that: "", 0, False, None for a date or an object, [] for a list. A scalar that cannot be read
    counts as missing, and is logged by name, never by content.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def response(self, operation: str, element: etree._Element) -> dict[str, Content]:
        """Return all that an operation's response element says but for its Status."""
        said = self._object(element, self._contract.reply_type(operation))
        return {name: value for name, value in said.items() if name not in _ABOUT}

    def _value(self, element: etree._Element, kind: Any) -> Content:
        if isinstance(kind, AnyType):
            named = (element.get(_XSI_TYPE) or "").rpartition(":")[2]
            kind = self._contract.named(named) or kind
        if not isinstance(kind, ComplexType):
            return _scalar(element, kind.name) if kind.name in _SCALARS else _untyped(element)
        many = item_of(kind)
        if many is None:
            return self._object(element, kind)
        tag = NAMESPACE + many.name
        return [self._value(child, many.type) for child in element if child.tag == tag]

    def _object(self, element: etree._Element, kind: ComplexType) -> dict[str, Content]:
        known = {name: field.type for name, field in kind.elements}
        values: dict[str, Content] = {name: _missing(kind) for name, kind in known.items()}
        for child in element:
            name = str(child.tag).rpartition("}")[2]
            if name not in known:
                values[name] = _untyped(child)
            elif child.tag == NAMESPACE + name:
                values[name] = self._value(child, known[name])
        return values


def _missing(kind: Any) -> Content:
    if isinstance(kind, ComplexType):
        return None if item_of(kind) is None else []
    default: Content = _SCALARS[kind.name][1] if kind.name in _SCALARS else None
    return default


def _scalar(element: etree._Element, kind: str) -> Content:
    convert, default = _SCALARS[kind]
    value: Content = default
    if element.text:
        try:
            value = convert(element.text)
        except ValueError:
            _log.warning("%s has a value that cannot be read", str(element.tag).rpartition("}")[2])
    return value


def _untyped(element: etree._Element) -> Content:
    if not len(element):
        return element.text or ""
    names = [str(child.tag).rpartition("}")[2] for child in element]
    if len(names) > len(set(names)):
        return [_untyped(child) for child in element]
    return {name: _untyped(child) for name, child in zip(names, element, strict=True)}
