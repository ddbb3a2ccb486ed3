"""SOAP 1.1 and 1.2 as ASMX speaks them: envelopes in and out, and faults to the word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from kfclient.sandbox.contract import NAMESPACE, OPERATIONS, Operation, Record
from kfclient.sandbox.xml import BadValue, RequestReader, escape, write_response

MAX_REQUEST = 4 * 1024 * 1024
"""ASP.NET's default limit on a request's body, in bytes; KashFlow's own is not known."""


@dataclass(frozen=True, slots=True)
class SoapVersion:
    """A version of SOAP: its namespace, its content type, and its words for whose fault it is."""

    namespace: str
    content_type: str
    sender: str
    receiver: str


SOAP11 = SoapVersion("http://schemas.xmlsoap.org/soap/envelope/", "text/xml", "Client", "Server")
SOAP12 = SoapVersion(
    "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml", "Sender", "Receiver"
)
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{namespace}" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
_TAIL = "</soap:Body></soap:Envelope>"
_ACTION_PARAMETER = re.compile(r';\s*action\s*=\s*(?:"([^"]*)"|([^;\s]*))', re.IGNORECASE)


class Fault(Exception):
    """A SOAP fault, sent with HTTP 500. `code` is the 1.1 word, put into 1.2's when asked."""

    def __init__(self, sentence: str, code: str = "Client", version: SoapVersion = SOAP11) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.version = version

    def envelope(self) -> bytes:
        """Return the fault as ASMX words it in its version of SOAP."""
        version = self.version
        known = {"Client": version.sender, "Server": version.receiver}
        code = f"soap:{known.get(self.code, self.code)}"
        if version is SOAP12:
            inner = (
                f"<soap:Code><soap:Value>{code}</soap:Value></soap:Code><soap:Reason>"
                f'<soap:Text xml:lang="en">{escape(self.sentence)}</soap:Text></soap:Reason>'
                "<soap:Detail />"
            )
        else:
            inner = (
                f"<faultcode>{code}</faultcode>"
                f"<faultstring>{escape(self.sentence)}</faultstring><detail />"
            )
        head = _HEAD.format(namespace=version.namespace)
        return f"{head}<soap:Fault>{inner}</soap:Fault>{_TAIL}".encode()


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it came in: which operation, in which version of SOAP, with what arguments."""

    operation: Operation
    version: SoapVersion
    arguments: Record


def version_of(content_type: str) -> SoapVersion | None:
    """Return the version a content type announces, or None where it is no SOAP."""
    media = content_type.partition(";")[0].strip().lower()
    return next((v for v in (SOAP11, SOAP12) if v.content_type == media), None)


def read_call(
    version: SoapVersion,
    content_type: str,
    soap_action: str | None,
    body: bytes,
    reader: RequestReader | None = None,
) -> Request:
    """Return the call in `body`, the SOAPAction having chosen the operation; raise `Fault`.

    The envelope's namespace has the last word on the version: a 1.2 envelope sent as `text/xml`
    with a SOAPAction header works on the live service.
    """
    operation = operation_of(version, content_type, soap_action)
    if len(body) > MAX_REQUEST:
        raise Fault(
            "There was an exception running the extensions specified in the config file. ---> "
            "Maximum request length exceeded.",
            version=version,
        )
    envelope = _parse(body, version)
    version = _envelope_version(envelope, version)
    _check_headers(envelope, version)
    content = envelope.find(f"{{{version.namespace}}}Body")
    try:
        arguments = (reader or RequestReader()).read_request(
            operation, envelope if content is None else content
        )
    except BadValue as error:
        line, column = _position(body, envelope, error.element)
        raise _unreadable(line, column, error.sentence, version) from None
    return Request(operation, version, arguments)


def write_reply(operation: Operation, version: SoapVersion, answers: Record) -> Iterator[bytes]:
    """Yield the whole reply in pieces of UTF-8."""
    yield _HEAD.format(namespace=version.namespace).encode()
    for piece in write_response(operation, answers):
        yield piece.encode()
    yield _TAIL.encode()


def operation_of(version: SoapVersion, content_type: str, soap_action: str | None) -> Operation:
    """Return the operation that the headers name; raise `Fault` where they name none of ours."""
    parameter = _ACTION_PARAMETER.search(content_type)
    action = soap_action
    if version is SOAP12 and parameter:
        action = parameter[1] if parameter[1] is not None else parameter[2]
    if action is None:
        raise Fault(
            "Unable to handle request without a valid action parameter. "
            "Please supply a valid soap action.",
            version=version,
        )
    action = action.strip().strip('"')
    namespace, _, name = action.partition("/")
    if namespace != NAMESPACE or name not in OPERATIONS:
        raise Fault(
            f"Server did not recognize the value of HTTP Header SOAPAction: {action}.",
            version=version,
        )
    return OPERATIONS[name]


def _parse(body: bytes, version: SoapVersion) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise _unreadable(line, column, _syntax(str(error.msg), line, column), version) from None
    if errors := parser.error_log.filter_from_errors():
        # libxml2 goes on after a prefix that is not declared, as .NET does not.
        met = errors[0]
        inner = _syntax(met.message, met.line, met.column)
        raise _unreadable(met.line, met.column, inner, version)
    if root.getroottree().docinfo.internalDTD is not None:
        raise Fault(
            "Server was unable to read request. ---> For security reasons DTD is prohibited in "
            "this XML document. To enable DTD processing set the DtdProcessing property on "
            "XmlReaderSettings to Parse and pass the settings into XmlReader.Create method.",
            version=version,
        )
    return root


def _syntax(message: str, line: int, column: int) -> str:
    if "empty" in message.lower():
        return "Root element is missing."
    sentence = message.partition(", line ")[0]
    return f"{sentence}. Line {line}, position {column}."


def _envelope_version(envelope: etree._Element, announced: SoapVersion) -> SoapVersion:
    name = etree.QName(envelope)
    for version in (SOAP11, SOAP12):
        if name.localname == "Envelope" and name.namespace == version.namespace:
            return version
    if name.localname == "Envelope":
        raise Fault(
            f"Possible SOAP version mismatch: Envelope namespace {name.namespace or ''} was "
            f"unexpected. Expecting {announced.namespace}.",
            "VersionMismatch",
            announced,
        )
    raise Fault(
        "Server was unable to read request. ---> Unable to handle request. "
        "The SOAP envelope is missing.",
        version=announced,
    )


def _check_headers(envelope: etree._Element, version: SoapVersion) -> None:
    for header in envelope.iterfind(f"{{{version.namespace}}}Header/*"):
        if header.get(f"{{{version.namespace}}}mustUnderstand", "").strip() in ("1", "true"):
            name = etree.QName(header).localname
            raise Fault(f"SOAP header {name} was not understood.", "MustUnderstand", version)


def _unreadable(line: int, column: int, inner: str, version: SoapVersion) -> Fault:
    return Fault(
        "Server was unable to read request. ---> There is an error in XML document "
        f"({line}, {column}). ---> {inner}",
        version=version,
    )


def _position(body: bytes, envelope: etree._Element, met: etree._Element) -> tuple[int, int]:
    """Return where .NET's reader stands when it refuses `met`: in its end tag, counted from 1."""
    index = next(i for i, element in enumerate(envelope.iter("*")) if element is met)
    started = -1
    stack: list[int] = []
    where = (1, 1)
    reader = expat.ParserCreate()

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal started
        started += 1
        stack.append(started)

    def end(_name: str) -> None:
        nonlocal where
        if stack.pop() == index:
            # XmlTextReader points at the name, after `</`.
            where = (reader.CurrentLineNumber, reader.CurrentColumnNumber + 3)

    reader.StartElementHandler = start
    reader.EndElementHandler = end
    reader.Parse(body, True)
    return where
