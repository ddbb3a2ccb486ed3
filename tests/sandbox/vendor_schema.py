"""The vendor's own contract, for tests: what it declares, and whether a message obeys it.

The vendor's WSDL lies beside the project, not in it. Where it is missing, what needs it is skipped
with a sentence that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

WSDL = Path(__file__).parents[2].parent / "shared" / "kashflow" / "vendor-2017.wsdl"

_XS = "{http://www.w3.org/2001/XMLSchema}"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
_ENVELOPES = (
    "{http://schemas.xmlsoap.org/soap/envelope/}",
    "{http://www.w3.org/2003/05/soap-envelope}",
)

LATER = frozenset({"AttachFileToInvoice"})
"""What the sandbox serves of a later contract: there is nothing here to check it by."""

Declared = tuple[str, str, str, str]
"""An element's name, type without prefix, minOccurs and maxOccurs."""


@dataclass(frozen=True)
class Contract:
    """What a WSDL declares: messages and types by name, soapActions by operation."""

    messages: dict[str, tuple[Declared, ...]]
    types: dict[str, tuple[Declared, ...]]
    actions: dict[str, str]


def require() -> None:
    """Skip the test, and say why, where the vendor's WSDL is missing."""
    if not WSDL.is_file():
        pytest.skip(f"NOT CHECKED against the vendor's contract: there is no {WSDL}")


def read_contract(wsdl: bytes, binding: str = "KashFlowAPISoap") -> Contract:
    """Return what a WSDL declares; `binding` names the one whose soapActions are read."""
    root = etree.fromstring(wsdl)
    schema = root.find(f".//{_XS}schema")
    assert schema is not None
    messages: dict[str, tuple[Declared, ...]] = {}
    for element in schema.iterfind(f"{_XS}element"):
        holder = element.find(f"{_XS}complexType")
        if holder is not None:
            messages[str(element.get("name"))] = _sequence(holder)
    types = {str(t.get("name")): _sequence(t) for t in schema.iterfind(f"{_XS}complexType")}
    prefix = _SOAP.replace("soap/}", "soap12/}") if binding.endswith("12") else _SOAP
    actions = {
        str(operation.get("name")): str(action.get("soapAction"))
        for operation in root.iterfind(f"{_WSDL}binding[@name='{binding}']/{_WSDL}operation")
        if (action := operation.find(f"{prefix}operation")) is not None
    }
    return Contract(messages, types, actions)


@cache
def vendor_contract() -> Contract:
    """Return what the vendor's WSDL declares; skips where it is missing."""
    require()
    return read_contract(WSDL.read_bytes())


def validate_request(envelope: bytes) -> str:
    """Assert that a SOAP request obeys the vendor's schema; return its operation's name."""
    name = _validate(envelope)
    assert name in vendor_contract().actions, f"{name} is no operation of the vendor's"
    return name


def validate_reply(envelope: bytes) -> str:
    """Assert that a SOAP reply obeys the vendor's schema; return its operation, or `Fault`."""
    name = _validate(envelope)
    return name.removesuffix("Response")


def _sequence(holder: etree._Element) -> tuple[Declared, ...]:
    return tuple(
        (
            str(element.get("name")),
            str(element.get("type", "")).rpartition(":")[2],
            str(element.get("minOccurs", "1")),
            str(element.get("maxOccurs", "1")),
        )
        for element in holder.iterfind(f"{_XS}sequence/{_XS}element")
    )


@cache
def _schema() -> etree.XMLSchema:
    require()
    element = etree.parse(str(WSDL)).find(f".//{_XS}schema")
    assert element is not None
    # Taken out with the prefixes that the document around it declares.
    return etree.XMLSchema(etree.fromstring(etree.tostring(element)))


def _validate(envelope: bytes) -> str:
    root = etree.fromstring(envelope)
    bodies = [body for ns in _ENVELOPES if (body := root.find(f"{ns}Body")) is not None]
    assert len(bodies) == 1, "there is not one SOAP body"
    assert len(bodies[0]) == 1, "the body does not hold one element"
    content = bodies[0][0]
    name = etree.QName(content)
    if name.localname == "Fault":
        return "Fault"
    assert name.namespace == "KashFlow", f"the message is in the namespace {name.namespace}"
    if name.localname.removesuffix("Response") in LATER:
        return name.localname
    schema = _schema()
    message = etree.fromstring(etree.tostring(content, with_tail=False))
    assert schema.validate(message), str(schema.error_log)
    return name.localname
