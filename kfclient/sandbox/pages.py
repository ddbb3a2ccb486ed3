"""What the sandbox serves beside SOAP replies: the WSDL, the help page and plain HTML."""

from __future__ import annotations

from functools import lru_cache

from kfclient.sandbox.contract import NAMESPACE, OPERATIONS, TYPES, Element, Operation, Type

SERVICE = "KashFlowAPI"
_PORTS = (("KashFlowAPISoap", "soap"), ("KashFlowAPISoap12", "soap12"))
_NAMESPACES = {
    "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
    "tns": NAMESPACE,
    "s": "http://www.w3.org/2001/XMLSchema",
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
}


@lru_cache(maxsize=4)
def wsdl(endpoint: str) -> bytes:
    """Return the contract as WSDL 1.1, with both SOAP bindings at `endpoint`."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    parts = (
        f'<?xml version="1.0" encoding="utf-8"?><wsdl:definitions {names} ',
        f'targetNamespace="{NAMESPACE}"><wsdl:types><s:schema elementFormDefault="qualified" ',
        f'targetNamespace="{NAMESPACE}">',
        *(_messages(operation) for operation in OPERATIONS.values()),
        *map(_type, TYPES.values()),
        *(_array(field) for field in _arrays()),
        "</s:schema></wsdl:types>",
        *(_parts(name, way) for name in OPERATIONS for way in ("In", "Out")),
        f'<wsdl:portType name="{_PORTS[0][0]}">',
        *map(_port_operation, OPERATIONS),
        "</wsdl:portType>",
        *(_binding(port, prefix) for port, prefix in _PORTS),
        f'<wsdl:service name="{SERVICE}">',
        *(
            f'<wsdl:port name="{port}" binding="tns:{port}">'
            f'<{prefix}:address location="{endpoint}" /></wsdl:port>'
            for port, prefix in _PORTS
        ),
        "</wsdl:service></wsdl:definitions>",
    )
    return "".join(parts).encode()


def _messages(operation: Operation) -> str:
    pairs = ((operation.name, operation.asks), (f"{operation.name}Response", operation.answers))
    return "".join(
        f'<s:element name="{name}"><s:complexType>{_sequence(fields)}</s:element>'
        for name, fields in pairs
    )


def _type(declared: Type) -> str:
    head, content = f'<s:complexType name="{declared.name}">', _sequence(declared.own)
    if declared.base is None:
        return head + content
    return (
        f'{head}<s:complexContent mixed="false"><s:extension base="tns:{declared.base.name}">'
        f"{content.removesuffix('</s:complexType>')}"
        "</s:extension></s:complexContent></s:complexType>"
    )


def _sequence(fields: tuple[Element, ...]) -> str:
    return f"<s:sequence>{''.join(map(_element, fields))}</s:sequence></s:complexType>"


def _element(field: Element) -> str:
    prefix = "s" if field.is_value or field.is_text else "tns"
    kind = "ArrayOfAnyType" if field.of else field.kind
    return (
        f'<s:element minOccurs="{int(field.is_value)}" maxOccurs="1" '
        f'name="{field.name}" type="{prefix}:{kind}" />'
    )


def _arrays() -> list[Element]:
    """Return one field of each array type in use."""
    used = [f for t in TYPES.values() for f in t.fields]
    used += [f for o in OPERATIONS.values() for f in (*o.asks, *o.answers)]
    return list({field.kind: field for field in used if field.item}.values())


def _array(field: Element) -> str:
    typed = "" if field.item == "anyType" else f' type="tns:{field.item}"'
    return (
        f'<s:complexType name="{field.kind}"><s:sequence><s:element minOccurs="0" '
        f'maxOccurs="unbounded" name="{field.item}" nillable="true"{typed} />'
        "</s:sequence></s:complexType>"
    )


def _parts(name: str, way: str) -> str:
    element = name if way == "In" else f"{name}Response"
    return (
        f'<wsdl:message name="{name}Soap{way}">'
        f'<wsdl:part name="parameters" element="tns:{element}" /></wsdl:message>'
    )


def _port_operation(name: str) -> str:
    return (
        f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}SoapIn" />'
        f'<wsdl:output message="tns:{name}SoapOut" /></wsdl:operation>'
    )


def _binding(port: str, prefix: str) -> str:
    body = f'<{prefix}:body use="literal" />'
    operations = (
        f'<wsdl:operation name="{o.name}">'
        f'<{prefix}:operation soapAction="{o.action}" style="document" />'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
        for o in OPERATIONS.values()
    )
    return (
        f'<wsdl:binding name="{port}" type="tns:{_PORTS[0][0]}">'
        f'<{prefix}:binding transport="http://schemas.xmlsoap.org/soap/http" />'
        f"{''.join(operations)}</wsdl:binding>"
    )


def help_page() -> bytes:
    """Return what a browser sees at the endpoint: the operations by name."""
    items = "".join(f"<li>{name}</li>" for name in sorted(OPERATIONS, key=str.casefold))
    return _page(
        f"{SERVICE} Web Service",
        "<p>This is Kashdeck's sandbox: a KashFlow-compatible service on this machine. It keeps "
        "practice books and knows nothing of a real KashFlow account.</p>"
        "<p>The following operations are supported. For a formal definition, please review the "
        f'<a href="?WSDL">Service Description</a>.</p><ul>{items}</ul>',
    )


def unrecognised(path: str) -> bytes:
    """Return the page for a POST that is no SOAP, as ASP.NET words it."""
    name = path.rpartition("/")[2]
    return _page(
        f"Request format is unrecognized for URL unexpectedly ending in '/{name}'.",
        "<p>An unhandled exception occurred during the execution of the current web request.</p>",
    )


def maintenance() -> bytes:
    """Return a page as hosts send it in place of a reply."""
    return _page("Service Unavailable", "<p>We are carrying out essential maintenance.</p>")


def remote_login(username: str, lives: bool) -> bytes:
    """Return what a browser sees at a link for one login."""
    if lives:
        return _page("Logged in", f"<p>This is where {username} would be in KashFlow.</p>")
    return _page("This link has expired", "<p>Ask for another: each is for one login.</p>")


def _page(title: str, content: str) -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head>"
        f"<body><h1>{title}</h1>{content}</body></html>"
    ).encode()
