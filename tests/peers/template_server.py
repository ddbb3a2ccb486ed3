"""A KashFlow-shaped server that knows nothing of ours: it writes what the vendor's WSDL says.

Every request is checked against the vendor's schema. Its manner is its own: other prefixes,
indented replies, plain decimals, HTTP/1.0, a connection for each call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from lxml import etree

from tests.peers.shop import Fields, Shop, Wrong

_XS = "{http://www.w3.org/2001/XMLSchema}"
_KF = "{KashFlow}"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ZEROS = {"int": "0", "decimal": "0", "boolean": "false", "dateTime": "0001-01-01T00:00:00"}


class Contract:
    """The schema of a WSDL, and how it says that a response is written."""

    def __init__(self, wsdl: bytes) -> None:
        schema = etree.fromstring(wsdl).find(f".//{_XS}schema")
        assert schema is not None
        self._root = etree.fromstring(etree.tostring(schema))
        self.schema = etree.XMLSchema(self._root)

    def check(self, envelope: bytes) -> tuple[etree._Element, str]:
        """Return the message of a SOAP 1.1 request, and why the schema refuses it, if it does."""
        found = etree.fromstring(envelope).find(f"{{{_SOAP}}}Body/*")
        assert found is not None
        message = etree.fromstring(etree.tostring(found, with_tail=False))
        is_right = self.schema.validate(message)
        return message, "" if is_right else f"{message.tag}: {self.schema.error_log}"

    def write(self, parent: etree._Element, message: str, values: Fields) -> None:
        """Add a message's element to `parent`, every field in the schema's order."""
        holder = self._root.find(f"{_XS}element[@name='{message}']/{_XS}complexType")
        assert holder is not None, message
        self._fill(etree.SubElement(parent, f"{_KF}{message}"), holder, values)

    def first_field(self, message: str) -> tuple[str, str]:
        """Return the name and the type of a message's first field."""
        found = self._root.find(f"{_XS}element[@name='{message}']//{_XS}element")
        assert found is not None, message
        return str(found.get("name")), str(found.get("type")).rpartition(":")[2]

    def _fill(self, element: etree._Element, holder: etree._Element, values: Any) -> None:
        for field in holder.iterfind(f".//{_XS}sequence/{_XS}element"):
            name, kind = str(field.get("name")), str(field.get("type", "")).rpartition(":")[2]
            if field.get("maxOccurs") == "unbounded":
                for value in values:
                    self._add(element, name, kind or "InvoiceLine", value, typed=not kind)
            elif values.get(name) is not None:
                self._add(element, name, kind, values[name])
            elif field.get("minOccurs") == "1":
                self._add(element, name, kind, _ZEROS[kind])

    def _add(
        self, parent: etree._Element, name: str, kind: str, value: Any, *, typed: bool = False
    ) -> None:
        element = etree.SubElement(parent, f"{_KF}{name}")
        if typed:
            element.set(f"{{{_XSI}}}type", f"kf:{kind}")
        holder = self._root.find(f"{_XS}complexType[@name='{kind}']")
        if holder is not None:
            self._fill(element, holder, value)
        else:
            element.text = str(value).lower() if isinstance(value, bool) else str(value)


class Server(ThreadingMixIn, WSGIServer):
    """The WSGI server, a thread a call."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Writes nothing on the tests' screen."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class TemplateServer:
    """Serves a shop; `refused` is why the vendor's schema refused requests, `called` what came."""

    def __init__(self, wsdl: bytes) -> None:
        self.contract = Contract(wsdl)
        self.shop = Shop()
        self.refused: list[str] = []
        self.called: list[str] = []

    @property
    def receipts(self) -> list[Fields]:
        """The purchases, as they were sent."""
        return self.shop.documents["Receipt"]

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Listen on this machine, and yield the address."""
        made = make_server("127.0.0.1", 0, self, server_class=Server, handler_class=Quiet)
        with made as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/api/service.asmx"
            server.shutdown()
            thread.join()

    def __call__(self, environ: Fields, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        if environ["REQUEST_METHOD"] != "POST":
            start("200 OK", [("Content-Type", "text/html")])
            return [b"<html><body>KashFlowAPI</body></html>"]
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        envelope = etree.Element(
            f"{{{_SOAP}}}Envelope", nsmap={"env": _SOAP, "kf": "KashFlow", "i": _XSI}
        )
        holder = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
        status = self._answer(holder, body, environ)
        whole = etree.tostring(envelope, xml_declaration=True, encoding="utf-8", pretty_print=True)
        kind = "text/xml; charset=utf-8"
        start(status, [("Content-Type", kind), ("Content-Length", str(len(whole)))])
        return [whole]

    def _answer(self, holder: etree._Element, body: bytes, environ: Fields) -> str:
        message, refused = self.contract.check(body)
        name = etree.QName(message).localname
        self.called.append(name)
        if refused:
            self.refused.append(refused)
        if environ.get("HTTP_SOAPACTION") != f'"KashFlow/{name}"':
            self.refused.append(f"{name}: SOAPAction {environ.get('HTTP_SOAPACTION')}")
        self.contract.write(holder, f"{name}Response", self._values(name, message, environ))
        return "200 OK"

    def _values(self, name: str, message: etree._Element, environ: Fields) -> Fields:
        field, kind = self.contract.first_field(f"{name}Response")
        try:
            result = self.shop.answer(name, _value(message), environ["REMOTE_ADDR"])
        except Wrong as wrong:
            return {"Status": "NO", "StatusDetail": str(wrong)}
        except (KeyError, StopIteration):
            result = [] if kind.startswith("ArrayOf") else None
        total = (
            {"PageNumber": 1, "TotalPages": 1, "TotalRecords": len(result or ())}
            if (name.endswith("WithPaging"))
            else {}
        )
        return {field: result, "Status": "OK", **total}


def _value(element: etree._Element) -> Any:
    """Return an element as text, a list of lines, or fields by name."""
    if not len(element):
        return element.text or ""
    names = {etree.QName(child).localname for child in element}
    if names <= {"anyType", "InvoiceLine"}:
        return [_value(child) for child in element]
    return {etree.QName(child).localname: _value(child) for child in element}
