"""A caller that writes its XML by hand, as much of the world does.

Every reply it gets is checked against the vendor's schema.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from kfclient.sandbox import Sandbox
from tests.contract import validate_reply
from tests.waiting import HANG

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
KF = "{KashFlow}"


@dataclass(frozen=True)
class Answer:
    """A reply as it came over HTTP."""

    http: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        """The envelope."""
        return etree.fromstring(self.body)

    @property
    def content(self) -> etree._Element:
        """The element in the SOAP body."""
        return next(e for e in self.xml if etree.QName(e).localname == "Body")[0]

    @property
    def status(self) -> str | None:
        """`Status`: OK or NO."""
        return self.content.findtext(f"{KF}Status")

    @property
    def detail(self) -> str | None:
        """`StatusDetail`."""
        return self.content.findtext(f"{KF}StatusDetail")

    @property
    def result(self) -> etree._Element | None:
        """The result element, None where there is none."""
        first = self.content[0]
        return first if etree.QName(first).localname.endswith("Result") else None

    @property
    def number(self) -> int:
        """The result as a number."""
        assert self.result is not None
        return int(str(self.result.text))

    @property
    def fault(self) -> str:
        """The fault's sentence, in either version of SOAP."""
        found = self.content.findtext("faultstring")
        return str(found or self.content.findtext(f".//{{{SOAP12}}}Text"))

    @property
    def fault_code(self) -> str:
        """The fault's code."""
        found = self.content.findtext("faultcode")
        return str(found or self.content.findtext(f".//{{{SOAP12}}}Value"))

    def texts(self, name: str) -> list[str | None]:
        """Return the text of every element of that name, in order."""
        return [element.text for element in self.content.iter(f"{KF}{name}")]

    def text(self, name: str) -> str | None:
        """Return the text of the only element of that name."""
        (found,) = self.texts(name)
        return found

    def names(self) -> list[str]:
        """Return the names of the response's own elements, in order."""
        return [etree.QName(element).localname for element in self.content]


class Wire:
    """Calls a sandbox over HTTP."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        parts = urlsplit(sandbox.endpoint)
        self.host = parts.netloc
        self.port = parts.port or 0

    def call(self, operation: str, inner: str = "", /, **fields: Any) -> Answer:
        """Call with the right credentials; `fields` become elements, `inner` follows as it is."""
        return self.send(self.envelope(operation, inner, **fields), headers(operation))

    def envelope(self, operation: str, inner: str = "", /, **fields: Any) -> bytes:
        """Return the request that `call` sends."""
        sandbox = self.sandbox
        head = _elements({"UserName": sandbox.username, "Password": sandbox.password, **fields})
        return _envelope(f'<{operation} xmlns="KashFlow">{head}{inner}</{operation}>', SOAP11)

    def ok(self, operation: str, inner: str = "", /, **fields: Any) -> Answer:
        """Call, and see that it was accepted."""
        answer = self.call(operation, inner, **fields)
        assert answer.http == 200, answer.body
        assert answer.status == "OK", answer.detail
        return answer

    def no(self, operation: str, inner: str = "", /, **fields: Any) -> str:
        """Call, see that it was refused, and return the sentence."""
        answer = self.call(operation, inner, **fields)
        assert answer.http == 200, answer.body
        assert answer.status == "NO"
        return str(answer.detail)

    def faulted(self, operation: str, inner: str = "", /, **fields: Any) -> str:
        """Call, see that it ended in a SOAP fault, and return the fault's sentence."""
        answer = self.call(operation, inner, **fields)
        assert answer.http == 500, answer.body
        return answer.fault

    def post(self, operation: str, content: str, envelope: str = SOAP11) -> Answer:
        """Send a body's content as SOAP 1.1 would be sent, in an envelope of either version."""
        return self.send(_envelope(content, envelope), headers(operation))

    def send(
        self, body: bytes | None, headers: dict[str, str], path: str = "/api/service.asmx"
    ) -> Answer:
        """Send bytes as they are (None: a GET) on a connection of their own."""
        connection = http.client.HTTPConnection(self.host, timeout=HANG)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
            )
        finally:
            connection.close()
        if b"<soap:Envelope" in answer.body:
            validate_reply(answer.body)
        return answer


def headers(operation: str) -> dict[str, str]:
    """Return the headers of a SOAP 1.1 request."""
    return {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"KashFlow/{operation}"',
    }


def _envelope(content: str, namespace: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{namespace}" '
        f'xmlns:xsi="{XSI}"><s:Body>{content}</s:Body></s:Envelope>'
    ).encode()


def _elements(values: dict[str, Any]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


def record(name: str, inner: str = "", /, **fields: Any) -> str:
    """Return `<name>` with an element for each field, then `inner`."""
    return f"<{name}>{_elements(fields)}{inner}</{name}>"


def lines(*each: dict[str, Any]) -> str:
    """Return `<Lines>` as `Invoice` has them: `anyType` elements that say they are lines."""
    items = (f'<anyType xsi:type="InvoiceLine">{_elements(line)}</anyType>' for line in each)
    return f"<Lines>{''.join(items)}</Lines>"
