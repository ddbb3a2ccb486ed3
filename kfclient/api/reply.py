"""Reads a SOAP reply as it arrives, and says what it is before anybody believes it.

zeep's own decoding is not used: strict, one new field fails a whole list; lenient, half a reply is
a shorter list. The order here is envelope, fault, exactly the response of the operation, Status,
records; and nothing counts unless the document closed properly.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, Generic

from lxml import etree

from kfclient.api.errors import KashFlowError, NotKashFlow, ReplyBroken, ServerTrouble
from kfclient.api.refusals import fault, refusal, too_large
from kfclient.api.shapes import NAMESPACE, R, Reader, reader

_SOAP = ("{http://schemas.xmlsoap.org/soap/envelope/}", "{http://www.w3.org/2003/05/soap-envelope}")
_OK = 200
_REDIRECTS = range(300, 400)
_TOO_LARGE = 413
_SERVER_ERROR = 500
_SAID_AT_MOST = 500

_log = logging.getLogger(__name__)


class Decoder(Generic[R]):
    """Takes the reply to one `operation` in pieces; `close` gives its response element.

    With `record` and `item` (the name of KashFlow's element) the records of a list are read into
    `rows` as they arrive and the elements dropped, so memory holds the records alone.
    """

    def __init__(
        self,
        operation: str,
        http_status: int,
        record: type[R] | None = None,
        item: str = "",
    ) -> None:
        self.operation = operation
        self.rows: list[R] = []
        self._http_status = http_status
        self._item = NAMESPACE + item
        self._read: Reader[R] | None = reader(record) if record else None
        self._left_out: Counter[Any] = Counter()
        self._list: etree._Element | None = None
        self._strange = 0
        self._head = b""
        self._parser: Any = etree.XMLPullParser(
            events=("end",) if record else (),
            tag=self._item if record else None,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )

    def feed(self, chunk: bytes) -> None:
        """Take the next piece; raise `KashFlowError` as soon as it is no XML."""
        if len(self._head) < _SAID_AT_MOST:
            self._head += chunk[:_SAID_AT_MOST]
        try:
            self._parser.feed(chunk)
            for _, element in self._parser.read_events():
                self._take(element)
        except etree.XMLSyntaxError:
            raise self._unreadable() from None

    def close(self) -> etree._Element:
        """Return the response element of a reply that says OK.

        Raises `Refused` with KashFlow's own sentence where it says no, `RequestFault` or
        `ServerTrouble` for a SOAP fault, and `ReplyBroken`, `NotKashFlow` or `ServerTrouble` for
        all that is no whole reply to this operation.
        """
        try:
            root: etree._Element = self._parser.close()
        except etree.XMLSyntaxError:
            raise self._unreadable() from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise self._unreadable()
        soap = root.tag.removesuffix("Envelope")
        body = root.find(f"{soap}Body") if soap in _SOAP else None
        if body is None:
            raise self._unreadable()
        if (trouble := body.find(f"{soap}Fault")) is not None:
            raise _fault(trouble, soap)
        if self._http_status != _OK:
            raise self._unreadable()
        response = body[0] if len(body) else None
        if response is None or response.tag != f"{NAMESPACE}{self.operation}Response":
            raise ReplyBroken(f"KashFlow answered something else than {self.operation}.")
        self._judge(response)
        self._settle_list(response)
        return response

    def _take(self, element: etree._Element) -> None:
        """Read one record, if it stands in the list of this operation, and let go of it."""
        parent = element.getparent()
        if parent is None:
            return
        if parent is not self._list:
            if parent.tag != f"{NAMESPACE}{self.operation}Result":
                return
            self._list = parent
        if self._read is not None:
            self.rows.append(self._read(element, self._left_out))
        element.clear()
        while (sibling := element.getprevious()) is not None:
            self._strange += sibling.tag != self._item
            parent.remove(sibling)

    def _settle_list(self, response: etree._Element) -> None:
        result = response.find(f"{NAMESPACE}{self.operation}Result")
        if self._read is None or result is None:
            return
        self._strange += sum(child.tag != self._item for child in result)
        if self._list not in (None, result) or (self._strange and not self.rows):
            raise ReplyBroken(
                f"The list in KashFlow's answer to {self.operation} is of other things."
            )
        _log.debug(
            "%s: %d rows, %d other elements between them, left out of them %s",
            self.operation,
            len(self.rows),
            self._strange,
            dict(self._left_out),
        )

    def _judge(self, response: etree._Element) -> None:
        status = (response.findtext(f"{NAMESPACE}Status") or "").strip().casefold()
        said = tidy(response.findtext(f"{NAMESPACE}StatusDetail") or "")
        if not status:
            raise ReplyBroken(f"KashFlow's answer to {self.operation} does not say how it went.")
        if status == "ok":
            if said:
                _log.warning("%s: KashFlow says OK, and adds a remark", self.operation)
            return
        result = (response.findtext(f"{NAMESPACE}{self.operation}Result") or "").strip()
        if self.operation.startswith("Insert") and result not in ("", "0", "false"):
            raise ReplyBroken(f"KashFlow says no to {self.operation}, and gives a number for it.")
        raise refusal(self.operation, said)

    def _unreadable(self) -> KashFlowError:
        """Return the error for a body that is no reply of KashFlow's, by what it looks like."""
        head = self._head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if self._http_status >= _SERVER_ERROR:
            return ServerTrouble(f"The server is in trouble (HTTP {self._http_status}).")
        if self._http_status == _TOO_LARGE:
            return too_large()
        if self._http_status in _REDIRECTS:
            return NotKashFlow("The server points to another address, which is not followed.")
        if self._http_status != _OK:
            return NotKashFlow(
                f"The server answered with HTTP {self._http_status}, not as KashFlow."
            )
        if not head:
            return ReplyBroken("The reply is empty.")
        if b"<html" in head or b"<!doctype html" in head:
            return NotKashFlow("A web page came back, not KashFlow's reply.")
        if b"envelope" in head:
            return ReplyBroken("KashFlow's reply is damaged, or only half of it came.")
        return NotKashFlow("Something else than KashFlow answered.")


def _fault(element: etree._Element, soap: str) -> KashFlowError:
    code = element.findtext("faultcode") or element.findtext(f"{soap}Code/{soap}Value") or ""
    said = element.findtext("faultstring") or element.findtext(f"{soap}Reason/{soap}Text") or ""
    return fault(code.strip(), tidy(said))


def tidy(text: str) -> str:
    """Return what KashFlow says as one line of bounded length, fit for a screen."""
    return " ".join(text.split())[:_SAID_AT_MOST]
