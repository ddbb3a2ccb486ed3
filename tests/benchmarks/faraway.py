"""A KashFlow that answers after a set time and does next to nothing: a process of its own.

    python -m tests.benchmarks.faraway MILLISECONDS [CERTIFICATE KEY]

prints its address and serves until its standard input ends: purchases are inserted, read one by one
and by supplier, over http, or https with a certificate. What it costs is not the client's, so it
takes requests apart with regular expressions. `GET /` gives, as JSON, what was asked since the last
`GET /`: the calls by operation, the seconds in which calls were outstanding, and the most at once.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import time
from collections import Counter

_HEAD = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ASKED = re.compile(rb'soapaction: *"?KashFlow/(\w+)', re.IGNORECASE)
_SENT = re.compile(rb"<(?:\w+:)?Inv>(.*)</(?:\w+:)?Inv>", re.DOTALL)
_NUMBER = re.compile(rb"<(?:\w+:)?(?:ReceiptNumber|SupplierID)>(\d+)<")
_PARTY = re.compile(rb"<CustomerID>(\d+)<")
_ID = re.compile(rb"<Invoice(DBID|Number)>\d+<")
_PREFIX = re.compile(rb"<(/?)\w+:")


class Books:
    """The purchases, and what was asked for."""

    def __init__(self) -> None:
        self._purchases: dict[int, bytes] = {}
        self._of: dict[int, list[int]] = {}
        self.forget()

    def forget(self) -> None:
        """Count from here on."""
        self.calls: Counter[str] = Counter()
        self.seconds = 0.0
        self.now = self.most = 0

    def told(self) -> bytes:
        """Return the counts as JSON, and begin anew."""
        told = {"calls": self.calls, "seconds": self.seconds, "most": self.most}
        answer = json.dumps(told).encode()
        self.forget()
        return answer

    def begin(self) -> None:
        """Note that one more call is under way."""
        self.now += 1
        self.most = max(self.most, self.now)

    def end(self, began: float) -> None:
        """Note that the call that began then has its answer."""
        self.now -= 1
        self.seconds += time.perf_counter() - began

    def answer(self, operation: str, body: bytes) -> bytes:
        """Do what is asked, and return the envelope to answer with."""
        self.calls[operation] += 1
        if operation == "InsertReceipt":
            result = b"%d" % self._insert(body)
        else:
            found = _NUMBER.search(body)
            number = int(found[1]) if found else 0
            if operation == "GetReceipt":
                result = self._purchases.get(number, b"")
            else:
                kept = (self._purchases[one] for one in self._of.get(number, ()))
                result = b"".join(b"<Invoice>%b</Invoice>" % one for one in kept)
        name = operation.encode()
        return (
            b'<?xml version="1.0" encoding="utf-8"?>'
            b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
            b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>'
            b'<%bResponse xmlns="KashFlow"><%bResult>%b</%bResult><Status>OK</Status>'
            b"<StatusDetail /></%bResponse></soap:Body></soap:Envelope>"
        ) % (name, name, result, name, name)

    def _insert(self, body: bytes) -> int:
        number = len(self._purchases) + 1
        sent = _SENT.search(body)
        plain = _PREFIX.sub(rb"<\1", sent[1] if sent else b"").replace(b'"ns0:', b'"')
        given = rb"<Invoice\1>%d<" % number
        self._purchases[number] = _ID.sub(given, plain)
        party = _PARTY.search(plain)
        self._of.setdefault(int(party[1]) if party else 0, []).append(number)
        return number


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, books: Books, wait: float) -> None:
        self._books = books
        self._wait = wait
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer as soon as the request is whole and its time has passed."""
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = _HEAD.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        self._heard = b""
        asked = _ASKED.search(head)
        if asked is None:
            self._send(head, self._books.told())
            return
        self._books.begin()
        began = time.perf_counter()
        operation = asked[1].decode()
        loop = asyncio.get_running_loop()
        loop.call_later(self._wait, self._answer, head, operation, body, began)

    def _answer(self, head: bytes, operation: str, body: bytes, began: float) -> None:
        answer = self._books.answer(operation, body)
        self._books.end(began)
        self._send(head, answer)

    def _send(self, head: bytes, body: bytes) -> None:
        # One write, so that the client is woken once.
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        if b"connection: close" in head.lower():
            self._transport.close()


async def serve(wait: float, context: ssl.SSLContext | None) -> None:
    """Serve until standard input ends; `wait` is in seconds."""
    loop, books = asyncio.get_running_loop(), Books()
    server = await loop.create_server(lambda: Line(books, wait), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{'https' if context else 'http'}://127.0.0.1:{port}/\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2], sys.argv[3])
    asyncio.run(serve(float(sys.argv[1]) / 1000, tls))
