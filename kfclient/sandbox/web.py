"""HTTP as IIS would do it: one endpoint for SOAP, its help page and WSDL, and attached files.

Beside it, under a path nobody can guess, the control endpoint.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import zlib
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from kfclient.sandbox import control, pages, remote
from kfclient.sandbox.errors import SandboxError
from kfclient.sandbox.exchange import Exchange
from kfclient.sandbox.soap import MAX_REQUEST, Fault, operation_of, version_of

if TYPE_CHECKING:
    from kfclient.sandbox.server import Listener

PATH = "/api/service.asmx"
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?")
_WHOLE = 4
_MAX_PIECES = 1000


class BadRequest(Exception):
    """A request whose body cannot be found."""


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    server: Listener
    protocol_version = "HTTP/1.1"
    server_version = "KashdeckSandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 300

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the state tells what was called."""

    def do_GET(self) -> None:
        """Serve the help page, the WSDL, an attached file or the control state."""
        parts = urlsplit(self.path)
        path, query = parts.path, parts.query.casefold()
        if path.casefold() == PATH and query in ("wsdl", "singlewsdl"):
            self.send("text/xml; charset=utf-8", [pages.wsdl(self._endpoint())])
        elif path.casefold() == PATH:
            self.send("text/html; charset=utf-8", [pages.help_page()])
        elif path == self.server.control_path:
            self._send_json(control.state(self.server.account, self.server.troubles))
        elif path.startswith(remote.PATH):
            self._remote_login(path.removeprefix(remote.PATH))
        elif path.startswith("/files/") and (name := path.removeprefix("/files/")):
            self._send_file(name)
        else:
            self._not_found()

    def do_POST(self) -> None:
        """Execute a SOAP call or a control call."""
        if self._is_reset_unread():
            return
        try:
            body = self._body()
        except BadRequest as problem:
            self.close_connection = True
            self.send("text/plain", [str(problem).encode()], HTTPStatus.BAD_REQUEST)
            return
        path = urlsplit(self.path).path
        if path == self.server.control_path:
            self._control(body)
        elif path.casefold() != PATH:
            self._not_found()
        elif (version := version_of(self.headers.get("Content-Type", ""))) is None:
            self.send(
                "text/html; charset=utf-8",
                [pages.unrecognised(PATH)],
                HTTPStatus.INTERNAL_SERVER_ERROR,
            )
        else:
            Exchange(self, version, body).run()

    def handle_expect_100(self) -> bool:
        """Say "go on" at once to a caller who asks before it sends a body."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def send(
        self,
        content_type: str,
        pieces: Iterable[bytes],
        status: HTTPStatus = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send a reply: with its length when it is short, in chunks when it is long."""
        waiting = iter(pieces)
        start = list(islice(waiting, _WHOLE))
        rest = next(waiting, None)
        zipped = self._wants_gzip()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Cache-Control", "private, max-age=0")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        if rest is None:
            whole = b"".join(_gzipped(start) if zipped else start)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)
            return
        every = chain(start, [rest], waiting)
        self._send_chunks(_gzipped(every) if zipped else every)

    def hang_up(self) -> None:
        """End the connection after what was written so far."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Reset the connection (RST): nothing that was written is sure to arrive."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _is_reset_unread(self) -> bool:
        """Reset the connection before a request is read, where that was asked for."""
        version = version_of(self.headers.get("Content-Type", ""))
        if version is None or urlsplit(self.path).path.casefold() != PATH:
            return False
        try:
            called = operation_of(
                version, self.headers.get("Content-Type", ""), self.headers.get("SOAPAction")
            )
        except Fault:
            return False
        if self.server.troubles.take(called.name, unread=True) is None:
            return False
        self.reset()
        return True

    def _wants_gzip(self) -> bool:
        asked = self.headers.get("Accept-Encoding", "")
        return self.server.account.switches.gzip and "gzip" in asked

    def _send_chunks(self, pieces: Iterator[bytes]) -> None:
        if self.request_version != "HTTP/1.1":
            self.send_header("Connection", "close")
            self.close_connection = True
            self.end_headers()
            self.wfile.writelines(pieces)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _body(self) -> bytes:
        """Read the request's body; of one over the limit, just enough to know it is."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").casefold():
            pieces = self._chunks()
        else:
            length = self.headers.get("Content-Length", "")
            if not (length.isascii() and length.isdigit()):
                raise BadRequest("Content-Length is missing or no number.")
            pieces = self._read(int(length))
        body = bytearray()
        for drained, piece in enumerate(pieces):
            if len(body) <= MAX_REQUEST:
                body += piece
            elif drained > _MAX_PIECES:
                raise BadRequest("The request is too long.")
        return bytes(body)

    def _read(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.rfile.read(min(length, 256 * 1024))
            if not piece:
                raise BadRequest("The request ended early.")
            length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                size = int(self.rfile.readline(100).partition(b";")[0], 16)
            except ValueError:
                raise BadRequest("A chunk has no size.") from None
            if size == 0:
                while self.rfile.readline(1000).strip():
                    pass
                return
            yield from self._read(size)
            self.rfile.readline(4)

    def _control(self, body: bytes) -> None:
        try:
            control.change(self.server.account, self.server.troubles, body)
        except SandboxError as problem:
            self._send_json(problem.as_dict(), HTTPStatus.BAD_REQUEST)
            return
        self._send_json(control.state(self.server.account, self.server.troubles))

    def _endpoint(self) -> str:
        """Return the service's address as this caller reached it, as ASMX puts it into its WSDL."""
        host = self.headers.get("Host", "")
        return f"http://{host}{PATH}" if _HOST.fullmatch(host) else self.server.endpoint

    def _send_json(self, value: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send("application/json", [orjson.dumps(value, default=str)], status)

    def _remote_login(self, token: str) -> None:
        account = self.server.account
        lives = account.remote_logins.use(token)
        status = HTTPStatus.OK if lives else HTTPStatus.GONE
        self.send("text/html; charset=utf-8", [pages.remote_login(account.username, lives)], status)

    def _send_file(self, name: str) -> None:
        content = self.server.account.shelf.get(name)
        if content is None:
            self._not_found()
            return
        # As a download, so that a browser runs nothing that somebody attached.
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        self.send("application/octet-stream", [content], headers=headers)

    def _not_found(self) -> None:
        page = b"<html><body><h1>The resource cannot be found.</h1></body></html>"
        self.send("text/html; charset=utf-8", [page], HTTPStatus.NOT_FOUND)


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Compress piece by piece."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)  # 31: with gzip's header
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
