"""Requests to records, with the leniency and the refusals of .NET's XmlSerializer.

Missing values get their type's default; elements that are unknown, in no namespace, in the wrong
case or there a second time are ignored; order does not matter unless it is made to. A value that
cannot be read, an unknown `xsi:type` and a child where text belongs are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.scalars import PARSERS, to_moment
from kfclient.sandbox.schema import NAMESPACE, VALUE_DEFAULTS, Field, Operation, Record

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_CLR = {
    "string": "System.String",
    "int": "System.Int32",
    "decimal": "System.Decimal",
    "boolean": "System.Boolean",
    "dateTime": "System.DateTime",
}


class Unreadable(Exception):
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
class Reader:
    """Reads requests in one of the manners that the switches choose between."""

    strict_order: bool = False
    zones_dropped: bool = False

    def read_request(self, operation: Operation, body: etree._Element) -> Record:
        """Return the operation's arguments; a missing wrapper leaves all at their default.

        Raises `Unreadable`.
        """
        wrapper = body.find(f"{{{NAMESPACE}}}{operation.name}")
        return self._fields(operation.asks, () if wrapper is None else tuple(wrapper))

    def _fields(self, fields: tuple[Field, ...], children: tuple[etree._Element, ...]) -> Record:
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

    def _value(self, field: Field, element: etree._Element) -> Any:
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
            raise Unreadable(str(error), element) from None


def _items(element: etree._Element, name: str) -> list[etree._Element]:
    return element.findall(f"{{{NAMESPACE}}}{name}")


def _text(element: etree._Element) -> str:
    if len(element):
        raise Unreadable(
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


def _unrecognised(element: etree._Element) -> Unreadable:
    namespace, name = _xsi_type(element) or ("", "")
    tag = etree.QName(element)
    return Unreadable(
        f"The specified type was not recognized: name='{name}', namespace='{namespace}', "
        f"at <{tag.localname} xmlns='{tag.namespace}'>.",
        element,
    )
