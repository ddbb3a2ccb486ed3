"""A real socket server that answers with exact bytes, at exact moments, or rudely not at all."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

Act = Callable[[socket.socket, bytes], None]  # the connection, the request heard on it

_RESET = struct.pack("ii", 1, 0)


class ByteServer:
    """Plays one act a connection, in order, the last for ever; keeps the `requests` it heard.

    With `hears` False it acts before it has read anything.
    """

    def __init__(
        self, *acts: Act | bytes, tls: ssl.SSLContext | None = None, hears: bool = True
    ) -> None:
        self._acts = [says(act) if isinstance(act, bytes) else act for act in acts]
        self._tls = tls
        self._hears = hears
        self.requests: list[bytes] = []
        self.connections = 0
        self.hung_up = threading.Event()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # shutdown, for close alone does not wake a thread that waits in accept
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def endpoint(self) -> str:
        """The address a client is to be given."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/api/service.asmx"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            act = self._acts[min(self.connections, len(self._acts) - 1)]
            self.connections += 1
            threading.Thread(target=self._play, args=(connection, act), daemon=True).start()

    def _play(self, connection: socket.socket, act: Act) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                request = b""
                if self._hears:
                    request = hear(connection)
                    self.requests.append(request)
                act(connection, request)
        self.hung_up.set()


@contextmanager
def deaf_port() -> Iterator[int]:
    """Yield a port where nobody listens, and held, so that nobody will."""
    both = socket.has_dualstack_ipv6()
    with socket.socket(socket.AF_INET6 if both else socket.AF_INET) as everywhere:
        if both:
            everywhere.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        everywhere.bind(("", 0))
        yield everywhere.getsockname()[1]


def hear(connection: socket.socket) -> bytes:
    """Read one whole request: head and body."""
    heard = b""
    while b"\r\n\r\n" not in heard and (piece := connection.recv(65536)):
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


def says(reply: bytes) -> Act:
    """Answer with these bytes and hang up.

    An HTTP answer says so in its head: a client that keeps the connection may else be quick enough
    to ask its next question on it before it is gone.
    """
    head, blank, body = reply.partition(b"\r\n\r\n")
    if blank and b"\nconnection:" not in head.lower():
        reply = head + b"\r\nConnection: close" + blank + body
    return lambda connection, _: connection.sendall(reply)


def drips(reply: Iterable[int], every: float) -> Act:
    """Answer a byte at a time; then say no more, until the client hangs up."""

    def act(connection: socket.socket, request: bytes) -> None:
        for byte in reply:
            connection.sendall(bytes([byte]))
            time.sleep(every)
        keeps_silent(connection, request)

    return act


def keeps_silent(connection: socket.socket, _: bytes) -> None:
    """Take the request and say nothing until the client hangs up."""
    while connection.recv(65536):
        pass


def resets(connection: socket.socket, _: bytes) -> None:
    """Take the request, then reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def answers(make: Callable[[bytes], bytes]) -> Act:
    """Answer request after request on one connection, with what `make` makes of each."""

    def act(connection: socket.socket, request: bytes) -> None:
        while request.strip():
            connection.sendall(make(request))
            request = hear(connection)

    return act


def repeats(reply: bytes) -> Act:
    """Answer request after request on one connection with these bytes."""
    return answers(lambda _: reply)


def http(
    body: bytes,
    status: str = "200 OK",
    kind: str = "text/xml; charset=utf-8",
    length: int | None = None,
    extra: str = "",
) -> bytes:
    """Return an HTTP answer with that body."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n{extra}\r\n"
    )
    return head.encode() + body


def zipped(body: bytes) -> bytes:
    """Return an HTTP answer with that body, gzipped."""
    return http(gzip.compress(body), extra="Content-Encoding: gzip\r\n")


def envelope(inner: str, soap: str = "http://schemas.xmlsoap.org/soap/envelope/") -> bytes:
    """Return a SOAP envelope around `inner`, as ASMX writes it."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{soap}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
        f"{inner}</soap:Body></soap:Envelope>"
    ).encode()


def response(
    operation: str, result: str = "", status: str = "<Status>OK</Status><StatusDetail />"
) -> bytes:
    """Return the envelope of an operation's response, `result` in its result element."""
    inner = f"<{operation}Result>{result}</{operation}Result>" if result else ""
    return envelope(f'<{operation}Response xmlns="KashFlow">{inner}{status}</{operation}Response>')


def ok(operation: str, result: str = "") -> bytes:
    """Return the HTTP answer that says OK to an operation."""
    return http(response(operation, result))
