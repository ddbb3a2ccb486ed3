"""The vendor's own contract, for tests: what it declares, and whether a message obeys it.

`tests/contract.json` holds what KashFlow's WSDL says, as facts: `python -m tests.contract FILE`
makes it from that WSDL, and refuses one that says more than the facts can hold. A field there is
`kind` (always there, once), `kind?` (once or absent) or `kind*` (any number, each may be nil); a
kind is one of `types` or a scalar of XML Schema. Both versions of SOAP have the same actions.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

FACTS = Path(__file__).with_name("contract.json")

LATER = frozenset({"AttachFileToInvoice"})
"""What the sandbox serves of a later contract: there is nothing here to check it by."""

Fields = dict[str, str]
"""The kinds of a sequence's elements by name, in order."""

_NAMESPACES = {
    "http": "http://schemas.xmlsoap.org/wsdl/http/",
    "mime": "http://schemas.xmlsoap.org/wsdl/mime/",
    "s": "http://www.w3.org/2001/XMLSchema",
    "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
    "tns": "KashFlow",
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
}
_ENVELOPES = (
    "{http://schemas.xmlsoap.org/soap/envelope/}",
    "{http://www.w3.org/2003/05/soap-envelope}",
)
_SERVICE = "KashFlowAPI"
_SOAP = {f"{_SERVICE}Soap": "soap", f"{_SERVICE}Soap12": "soap12"}
_OCCURS = {"": ("1", "1", None), "?": ("0", "1", None), "*": ("0", "unbounded", "true")}
_MARKS = {occurs: mark for mark, occurs in _OCCURS.items()}
_WIDTH = 100


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a WSDL declares, each by name.

    `address` is where the service is, `actions` the SOAPActions of the operations, `messages` the
    elements of a SOAP body and `types` those that they are made of. `extends` names the base of a
    type that goes on where another ends; `http` has the fields of the operations that can be called
    without SOAP, all of which answer with a string.
    """

    address: str
    actions: dict[str, str]
    messages: dict[str, Fields]
    types: dict[str, Fields]
    extends: dict[str, str]
    http: dict[str, Fields]

    def message(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return a message's fields in order, each with its kind."""
        return tuple(self.messages[name].items())

    def type(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return a type's fields in order, those of its base first."""
        base = self.extends.get(name)
        return (*(self.type(base) if base else ()), *self.types[name].items())


def read_contract(wsdl: bytes, binding: str = f"{_SERVICE}Soap") -> Contract:
    """Return what a WSDL declares; `binding` names the one whose soapActions are read.

    Raises `ValueError` for an element that is there in another way than the three that are known.
    """
    root = etree.fromstring(wsdl)
    schema = root.find(".//s:schema", _NAMESPACES)
    assert schema is not None
    types = {str(one.get("name")): one for one in schema.iterfind("s:complexType", _NAMESPACES)}
    bases = {name: one.find(".//s:extension", _NAMESPACES) for name, one in types.items()}
    address = root.find(f".//{_SOAP[binding]}:address", _NAMESPACES)
    return Contract(
        address="" if address is None else str(address.get("location")),
        actions={
            str(operation.get("name")): str(operation[0].get("soapAction"))
            for operation in root.iterfind(
                f"wsdl:binding[@name='{binding}']/wsdl:operation", _NAMESPACES
            )
        },
        messages={
            str(element.get("name")): _fields(element)
            for element in schema.iterfind("s:element", _NAMESPACES)
            if len(element)
        },
        types={name: _fields(one) for name, one in types.items()},
        extends={
            name: str(base.get("base")).rpartition(":")[2]
            for name, base in bases.items()
            if base is not None
        },
        http={
            str(message.get("name")).removesuffix("HttpGetIn"): {
                str(part.get("name")): str(part.get("type")).rpartition(":")[2] for part in message
            }
            for message in root.iterfind("wsdl:message", _NAMESPACES)
            if str(message.get("name")).endswith("HttpGetIn")
        },
    )


def exact_contract(wsdl: bytes) -> Contract:
    """Return what a WSDL declares, nothing left out.

    Raises `ValueError`, with what would be lost, where it says more than a contract can hold.
    """
    contract = read_contract(wsdl)
    lost = Counter(_declarations(wsdl)) - Counter(_declarations(written(contract)))
    if lost:
        raise ValueError("\n".join(["the facts cannot hold all that it says:", *lost]))
    return contract


@cache
def vendor_contract() -> Contract:
    """Return what the vendor's WSDL declares."""
    return msgspec.json.decode(FACTS.read_bytes(), type=Contract)


@cache
def vendor_wsdl() -> bytes:
    """Return a WSDL that declares what the vendor's does, for clients and servers made of one."""
    return written(vendor_contract())


def validate_request(envelope: bytes) -> str:
    """Assert that a SOAP request obeys the vendor's schema; return its operation's name."""
    name = _validate(envelope)
    assert name in vendor_contract().actions, f"{name} is no operation of the vendor's"
    return name


def validate_reply(envelope: bytes) -> str:
    """Assert that a SOAP reply obeys the vendor's schema; return its operation, or `Fault`."""
    name = _validate(envelope)
    return name.removesuffix("Response")


def written(contract: Contract) -> bytes:
    """Return a contract as a WSDL 1.1 with both SOAP bindings, and those without SOAP if any."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    return "".join(
        (
            f'<wsdl:definitions {names} targetNamespace="KashFlow"><wsdl:types>',
            '<s:schema elementFormDefault="qualified" targetNamespace="KashFlow">',
            *_schema(contract),
            "</s:schema></wsdl:types>",
            *_soap_messages(contract),
            *(part for verb in _verbs(contract) for part in _http_messages(contract, verb)),
            f'<wsdl:portType name="{_SERVICE}Soap">',
            *(_port_operation(name, "Soap") for name in contract.actions),
            "</wsdl:portType>",
            *(part for verb in _verbs(contract) for part in _http_port(contract, verb)),
            *(_soap_binding(contract, port, prefix) for port, prefix in _SOAP.items()),
            *(_http_binding(contract, verb) for verb in _verbs(contract)),
            f'<wsdl:service name="{_SERVICE}">',
            *(_port(contract, port, prefix) for port, prefix in _SOAP.items()),
            *(_port(contract, f"{_SERVICE}Http{verb}", "http") for verb in _verbs(contract)),
            "</wsdl:service></wsdl:definitions>",
        )
    ).encode()


def laid_out(contract: Contract) -> str:
    """Return a contract as JSON: a declaration a line, or a field a line where it is long."""
    sections = []
    for name, value in msgspec.to_builtins(contract).items():
        text = json.dumps(value)
        if isinstance(value, dict):
            text = "{\n" + ",\n".join(_entry(*one) for one in value.items()) + "\n  }"
        sections.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _fields(holder: etree._Element) -> Fields:
    found: Fields = {}
    for element in holder.iterfind(".//s:sequence/s:element", _NAMESPACES):
        name, kind = str(element.get("name")), str(element.get("type", ":anyType"))
        occurs = (element.get("minOccurs"), element.get("maxOccurs"), element.get("nillable"))
        if occurs not in _MARKS or name in found:
            raise ValueError(f"not a field that the facts can hold: {name} {occurs}")
        found[name] = kind.rpartition(":")[2] + _MARKS[occurs]
    return found


def _schema(contract: Contract) -> Iterator[str]:
    if contract.http:
        yield '<s:element name="string" nillable="true" type="s:string"/>'
    for name, fields in contract.messages.items():
        sequence = _sequence(contract, fields)
        yield f'<s:element name="{name}"><s:complexType>{sequence}</s:complexType></s:element>'
    for name, fields in contract.types.items():
        content, base = _sequence(contract, fields), contract.extends.get(name)
        if base is not None:
            content = f'<s:extension base="tns:{base}">{content}</s:extension>'
            content = f'<s:complexContent mixed="false">{content}</s:complexContent>'
        yield f'<s:complexType name="{name}">{content}</s:complexType>'


def _sequence(contract: Contract, fields: Fields) -> str:
    return f"<s:sequence>{''.join(_element(contract, *one) for one in fields.items())}</s:sequence>"


def _element(contract: Contract, name: str, kind: str) -> str:
    least, most, nillable = _OCCURS[kind[-1] if kind[-1] in _OCCURS else ""]
    kind = kind.rstrip("?*")
    nil = "" if nillable is None else f' nillable="{nillable}"'
    typed = "" if kind == "anyType" else f' type="{_prefixed(contract, kind)}"'
    return f'<s:element minOccurs="{least}" maxOccurs="{most}" name="{name}"{nil}{typed}/>'


def _prefixed(contract: Contract, kind: str) -> str:
    return f"{'tns' if kind in contract.types else 's'}:{kind}"


def _soap_messages(contract: Contract) -> Iterator[str]:
    for name in contract.actions:
        for way, element in (("In", name), ("Out", f"{name}Response")):
            part = f'<wsdl:part name="parameters" element="tns:{element}"/>'
            yield f'<wsdl:message name="{name}Soap{way}">{part}</wsdl:message>'


def _http_messages(contract: Contract, verb: str) -> Iterator[str]:
    for name, fields in contract.http.items():
        parts = "".join(
            f'<wsdl:part name="{field}" type="{_prefixed(contract, kind)}"/>'
            for field, kind in fields.items()
        )
        yield f'<wsdl:message name="{name}Http{verb}In">{parts}</wsdl:message>'
        body = '<wsdl:part name="Body" element="tns:string"/>'
        yield f'<wsdl:message name="{name}Http{verb}Out">{body}</wsdl:message>'


def _verbs(contract: Contract) -> tuple[str, ...]:
    return ("Get", "Post") if contract.http else ()


def _port_operation(name: str, way: str) -> str:
    return (
        f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}{way}In"/>'
        f'<wsdl:output message="tns:{name}{way}Out"/></wsdl:operation>'
    )


def _http_port(contract: Contract, verb: str) -> Iterator[str]:
    yield f'<wsdl:portType name="{_SERVICE}Http{verb}">'
    yield from (_port_operation(name, f"Http{verb}") for name in contract.http)
    yield "</wsdl:portType>"


def _soap_binding(contract: Contract, port: str, prefix: str) -> str:
    body = f'<{prefix}:body use="literal"/>'
    operations = "".join(
        f'<wsdl:operation name="{name}">'
        f'<{prefix}:operation soapAction="{action}" style="document"/>'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
        for name, action in contract.actions.items()
    )
    return (
        f'<wsdl:binding name="{port}" type="tns:{_SERVICE}Soap">'
        f'<{prefix}:binding transport="http://schemas.xmlsoap.org/soap/http"/>'
        f"{operations}</wsdl:binding>"
    )


def _http_binding(contract: Contract, verb: str) -> str:
    port = f"{_SERVICE}Http{verb}"
    form = '<mime:content type="application/x-www-form-urlencoded"/>'
    content = "<http:urlEncoded/>" if verb == "Get" else form
    operations = "".join(
        f'<wsdl:operation name="{name}"><http:operation location="/{name}"/>'
        f"<wsdl:input>{content}</wsdl:input>"
        '<wsdl:output><mime:mimeXml part="Body"/></wsdl:output></wsdl:operation>'
        for name in contract.http
    )
    return (
        f'<wsdl:binding name="{port}" type="tns:{port}">'
        f'<http:binding verb="{verb.upper()}"/>{operations}</wsdl:binding>'
    )


def _port(contract: Contract, port: str, prefix: str) -> str:
    return (
        f'<wsdl:port name="{port}" binding="tns:{port}">'
        f'<{prefix}:address location="{contract.address}"/></wsdl:port>'
    )


def _declarations(wsdl: bytes) -> list[str]:
    """Return all that a WSDL declares, prose left out, so that two can be compared.

    The order of what is declared in the schema and of its messages means nothing, and is lost.
    """
    root = etree.fromstring(wsdl)
    schema = root.find(".//s:schema", _NAMESPACES)
    assert schema is not None
    types = root.find("wsdl:types", _NAMESPACES)
    held = [*schema, *(child for child in root if child is not types)]
    heads = [(one.tag, sorted(one.attrib.items())) for one in (root, schema)]
    return sorted(map(repr, [*heads, *(_shape(one) for one in held if _is_said(one))]))


def _is_said(element: etree._Element) -> bool:
    """Return whether it declares something: prose and comments do not."""
    return element.tag not in (etree.Comment, f"{{{_NAMESPACES['wsdl']}}}documentation")


def _shape(element: etree._Element) -> tuple[Any, ...]:
    inner = [_shape(child) for child in element if _is_said(child)]
    return str(element.get("name")), element.tag, sorted(element.attrib.items()), inner


def _entry(name: str, value: Any) -> str:
    line = f"    {json.dumps(name)}: {json.dumps(value)}"
    if len(line) < _WIDTH or not isinstance(value, dict):
        return line
    fields = ",\n".join(
        f"      {json.dumps(one)}: {json.dumps(kind)}" for one, kind in value.items()
    )
    return f"    {json.dumps(name)}: {{\n{fields}\n    }}"


@cache
def _vendor_schema() -> etree.XMLSchema:
    element = etree.fromstring(vendor_wsdl()).find(".//s:schema", _NAMESPACES)
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
    schema = _vendor_schema()
    message = etree.fromstring(etree.tostring(content, with_tail=False))
    assert schema.validate(message), str(schema.error_log)
    return name.localname


if __name__ == "__main__":
    FACTS.write_text(laid_out(exact_contract(Path(sys.argv[1]).read_bytes())), encoding="utf-8")
    sys.stdout.write(f"{FACTS}\n")
