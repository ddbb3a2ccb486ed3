"""The sandbox's server: one SOAP call with its faults, HTTP as IIS does it, and both as one object.

`Sandbox` is an account, a listener, and where to find both.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
import select
import signal
import socket
import struct
import sys
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from itertools import chain, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from socket import gaierror
from types import FrameType, TracebackType
from typing import Any, Self, TextIO
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import orjson

from kfclient.sandbox import account, faults, pages
from kfclient.sandbox.account import Account
from kfclient.sandbox.calls.dispatch import answer, refuse
from kfclient.sandbox.contract import Record
from kfclient.sandbox.errors import HostUnknown, PortTaken, SandboxError
from kfclient.sandbox.faults import EVENTS, Trouble, Troubles, parse_troubles
from kfclient.sandbox.soap import (
    MAX_REQUEST,
    Fault,
    Request,
    SoapVersion,
    operation_of,
    read_call,
    version_of,
    write_reply,
)
from kfclient.sandbox.xml import RequestReader
from kfclient.visible import json_escaped, one_line

# One SOAP call over HTTP, with whatever trouble was asked for on the way.

_log = logging.getLogger(__name__)
_TRICKLE = 12
_TURN = 0.1
_GARBAGE = b"\x00\xff\xfe<<\x1f\x8b& \xc3\x28" * 20
_SPOILT = frozenset({"truncate", "truncate-clean", "bad-xml", "garbage", "false-ok", "trickle"})
_HTML = "text/html; charset=utf-8"


class ServerCall:
    """A call that came in over `handler`'s connection, and its answer."""

    def __init__(self, handler: Handler, version: SoapVersion, body: bytes) -> None:
        self._handler = handler
        self._server = handler.server
        self._version = version
        self._body = body

    def run(self) -> None:
        """Execute the call and send what the caller is to meet."""
        headers, switches = self._handler.headers, self._server.account.switches
        try:
            request = read_call(
                self._version,
                headers.get("Content-Type", ""),
                headers.get("SOAPAction"),
                self._body,
                RequestReader(switches.strict_order, switches.zones_dropped),
            )
            self._version = request.version
            self._server.account.count_call(request.operation.name)
            trouble = self._server.troubles.take(request.operation.name)
            if trouble is None:
                self._reply(request, self._execute(request))
            else:
                self._misbehave(request, trouble)
        except Fault as fault:
            self._version = fault.version
            self._send([fault.envelope()], HTTPStatus.INTERNAL_SERVER_ERROR)

    def _execute(self, request: Request) -> Record:
        """Return the answers; an error of ours is the server's fault, as ASMX has it."""
        try:
            return answer(self._server.account, request, self._handler.client_address[0])
        except Fault:
            raise
        except Exception as error:
            _log.exception("the sandbox failed in %s", request.operation.name)
            sentence = f"Server was unable to process request. ---> {error}"
            raise Fault(sentence, "Server", request.version) from error

    def _reply(self, request: Request, answers: Record) -> None:
        self._send(write_reply(request.operation, request.version, answers))

    def _send(
        self, pieces: Iterator[bytes] | list[bytes], status: HTTPStatus = HTTPStatus.OK
    ) -> None:
        self._handler.send(f"{self._version.content_type}; charset=utf-8", pieces, status)

    def _misbehave(self, request: Request, trouble: Trouble) -> None:
        kind = trouble.kind
        if kind == "late":
            self._execute_late(request, trouble.pause)
            self._handler.hang_up()
            return
        if kind == "slow" and self._server.stopping.wait(trouble.pause):
            self._handler.hang_up()
            return
        if kind in EVENTS:
            self._happen(trouble)
        answers = self._execute(request) if trouble.is_committing else refuse(trouble.sentence)
        if kind in ("slow", "refuse", *EVENTS):
            self._reply(request, answers)
        elif kind == "fault-500":
            raise Fault(
                "Server was unable to process request. ---> Timeout expired.  The timeout period "
                "elapsed prior to completion of the operation or the server is not responding.",
                "Server",
                request.version,
            )
        elif kind in _SPOILT:
            whole = b"".join(write_reply(request.operation, request.version, answers))
            self._spoil(request, whole, trouble)
        else:
            self._turn_away(kind)

    def _happen(self, trouble: Trouble) -> None:
        """Change the account as its owner might at this moment."""
        account = self._server.account
        if trouble.kind == "forget-address":
            account.forget_address(self._handler.client_address[0])
        elif trouble.kind == "api-off":
            account.switch(api_enabled=False)
        elif trouble.kind == "new-password":
            account.switch(separate_api_password=trouble.text or secrets.token_urlsafe(12))
        else:
            account.switch(lock_date=trouble.text or account.today().isoformat())

    def _turn_away(self, kind: str) -> None:
        """Send what is no reply at all, or nothing."""
        if kind == "hang":
            self._wait_for_the_caller_to_leave()
            self._handler.hang_up()
        elif kind == "reset-after":
            self._handler.reset()
        elif kind in ("drop-before", "drop-after"):
            self._handler.hang_up()
        elif kind == "redirect":
            headers = {"Location": f"{self._server.endpoint}?moved"}
            self._handler.send(_HTML, [b"<html></html>"], HTTPStatus.TEMPORARY_REDIRECT, headers)
        else:
            self._handler.send(_HTML, [pages.maintenance()], HTTPStatus(int(kind[-3:])))

    def _wait_for_the_caller_to_leave(self) -> None:
        connection = self._handler.connection
        while not self._server.stopping.is_set():
            if select.select([connection], [], [], _TURN)[0]:
                return  # a caller that waits sends nothing: it has hung up

    def _spoil(self, request: Request, whole: bytes, trouble: Trouble) -> None:
        """Send a reply that is cut short, ill-formed, untrue, or slower than anyone should wait."""
        cut = whole[: len(whole) // 2 if trouble.at is None else trouble.at]
        if trouble.kind == "truncate-clean":
            self._send([cut])
        elif trouble.kind == "bad-xml":
            self._send([whole.replace(b"</Status>", b"</Statuz>")])
        elif trouble.kind == "garbage":
            self._send([_GARBAGE])
        elif trouble.kind == "false-ok":
            head, begin, rest = whole.partition(f"<{request.operation.name}Result>".encode())
            _, end, tail = rest.partition(f"</{request.operation.name}Result>".encode())
            self._send([head, begin, escape(trouble.text).encode(), end, tail])
        elif trouble.kind == "truncate":
            self._promise(max(len(whole), len(cut) + 1))
            self._handler.wfile.write(cut)
            self._handler.hang_up()
        else:
            self._promise(len(whole))
            for start in range(0, len(whole), _TRICKLE):
                self._handler.wfile.write(whole[start : start + _TRICKLE])
                self._handler.wfile.flush()
                if self._server.stopping.wait(trouble.pause):
                    self._handler.hang_up()
                    return

    def _promise(self, length: int) -> None:
        """Send the head of a reply of that length."""
        self._handler.send_response(HTTPStatus.OK)
        self._handler.send_header("Content-Type", f"{self._version.content_type}; charset=utf-8")
        self._handler.send_header("Content-Length", str(length))
        self._handler.end_headers()

    def _execute_late(self, request: Request, seconds: float) -> None:
        """Execute the call after its caller has gone, unless the server stops before."""

        def execute() -> None:
            if not self._server.stopping.wait(seconds):
                try:
                    self._execute(request)
                except Fault:
                    _log.debug("nobody is left to tell", exc_info=True)

        threading.Thread(target=execute, name="sandbox-late", daemon=True).start()


# HTTP as IIS would do it: one endpoint for SOAP, its help page and WSDL, and attached files.
#
# Beside it, under a path nobody can guess, the control endpoint.

PATH = "/api/service.asmx"
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?")
_WHOLE = 4
_MAX_PIECES = 1000


class BadBody(Exception):
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
        """Log nothing: the state shows what was called."""

    def do_GET(self) -> None:
        """Serve the help page, the WSDL, an attached file or the control state."""
        parts = urlsplit(self.path)
        path, query = parts.path, parts.query.casefold()
        if path.casefold() == PATH and query in ("wsdl", "singlewsdl"):
            self.send("text/xml; charset=utf-8", [pages.wsdl(self._endpoint())])
        elif path.casefold() == PATH:
            self.send("text/html; charset=utf-8", [pages.help_page()])
        elif path == self.server.control_path:
            self._send_json(faults.state(self.server.account, self.server.troubles))
        elif path.startswith(account.PATH):
            self._remote_login(path.removeprefix(account.PATH))
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
        except BadBody as problem:
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
            ServerCall(self, version, body).run()

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
                raise BadBody("Content-Length is missing or no number.")
            pieces = self._read(int(length))
        body = bytearray()
        for drained, piece in enumerate(pieces):
            if len(body) <= MAX_REQUEST:
                body += piece
            elif drained > _MAX_PIECES:
                raise BadBody("The request is too long.")
        return bytes(body)

    def _read(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.rfile.read(min(length, 256 * 1024))
            if not piece:
                raise BadBody("The request ended early.")
            length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                size = int(self.rfile.readline(100).partition(b";")[0], 16)
            except ValueError:
                raise BadBody("A chunk has no size.") from None
            if size == 0:
                while self.rfile.readline(1000).strip():
                    pass
                return
            yield from self._read(size)
            self.rfile.readline(4)

    def _control(self, body: bytes) -> None:
        try:
            faults.change(self.server.account, self.server.troubles, body)
        except SandboxError as problem:
            self._send_json(problem.as_dict(), HTTPStatus.BAD_REQUEST)
            return
        self._send_json(faults.state(self.server.account, self.server.troubles))

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


_log = logging.getLogger(__name__)
HOST = "127.0.0.1"
_PATIENCE = 5.0
_WARNING = """
  ***  WARNING: THE SANDBOX LISTENS ON {host}, NOT ON THIS MACHINE ALONE  ***

  Whoever reaches that address can try to log in, and whoever is on the way can read what is
  sent: it is plain HTTP. Its books are practice; keep real names and figures out of them.
"""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; of names, `localhost` alone counts."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Listener(ThreadingHTTPServer):
    """The socket, and what its handlers share."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, host: str, port: int, account: Account, troubles: Troubles) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)
        self.account = account
        self.troubles = troubles
        self._connections: set[Any] = set()
        self._serving: set[threading.Thread] = set()
        self.stopping = threading.Event()
        self.port: int = self.server_address[1]
        # A server that listens everywhere is to be found on this machine too.
        self._reached_at = {"0.0.0.0": HOST, "::": "::1"}.get(host, host)  # noqa: S104
        shown = f"[{self._reached_at}]" if ":" in host else self._reached_at
        self.origin = f"http://{shown}:{self.port}"
        self.endpoint = f"{self.origin}{PATH}"
        # Nobody who does not know the path, a web page least of all, can flip switches.
        self.control_path = f"/control/{secrets.token_urlsafe(18)}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, so that stopping the server ends it."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, known as a thread that stopping the server waits for."""
        self._serving.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._serving.discard(threading.current_thread())

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say nothing of a caller who hung up, and nothing on anybody's screen."""
        if not isinstance(sys.exception(), OSError):
            _log.exception("the sandbox failed at a connection")

    def serve(self) -> None:
        """Answer callers until `end()`; unlike `serve_forever`, asleep while nobody calls."""
        while not self.stopping.is_set():
            self.handle_request()

    def end(self) -> None:
        """Have `serve()` return."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection((self._reached_at, self.port), timeout=1).close()

    def hang_up(self) -> None:
        """End every connection: a stopped server answers nobody."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._serving - {threading.current_thread()}):
            thread.join(_PATIENCE)


class Sandbox:
    """A KashFlow-compatible service on this machine, listening on 127.0.0.1 unless set otherwise.

    A `host` that others reach is warned of on standard error when it starts. `home` is where its
    books are kept (None: in memory, gone at the end); `port` 0 finds a free one; `suppliers` and
    `customers` are how many there are to be at least (None: the few named ones). Use it as a
    context manager, or `start()` and `stop()` it; once. Raises `PortTaken`, `HostUnknown`,
    `HomeTaken`, `HomeUnusable`, `BooksDamaged`.
    """

    def __init__(
        self,
        home: Path | None = None,
        port: int = 0,
        suppliers: int | None = None,
        customers: int | None = None,
        host: str = HOST,
    ) -> None:
        if not host:  # to the system it would mean every address there is
            raise HostUnknown("The sandbox was given no address to listen on.")
        self.account = Account(home, suppliers, customers)
        self.troubles = Troubles()
        self._host = host
        try:
            self._listener = Listener(host, port, self.account, self.troubles)
        except (gaierror, UnicodeError):
            self.account.close()
            raise HostUnknown(f"There is no address {host} to listen on.") from None
        except OSError as error:
            self.account.close()
            if error.errno == errno.EADDRNOTAVAIL:
                raise HostUnknown(f"This machine does not have the address {host}.") from None
            raise PortTaken(
                f"The sandbox cannot listen on port {port}: {error.strerror}."
            ) from None
        except OverflowError:
            self.account.close()
            raise PortTaken(f"There is no port {port}; the highest is 65535.") from None
        self.account.file_url = f"{self._listener.origin}/files/"
        self.account.remote_logins.origin = self._listener.origin
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Sandbox({self.endpoint!r})"

    @property
    def endpoint(self) -> str:
        """The address of the service."""
        return self._listener.endpoint

    @property
    def control(self) -> str:
        """The address of the control endpoint; knowing it is the permission to use it."""
        return f"{self._listener.origin}{self._listener.control_path}"

    @property
    def username(self) -> str:
        """The name to log in with."""
        return self.account.username

    @property
    def password(self) -> str:
        """The password that the API takes now."""
        return self.account.password

    @property
    def autoauth_key(self) -> str:
        """The AutoAuth key."""
        return self.account.autoauth_key

    def misbehave(self, operation: str, kind: str, **options: Any) -> None:
        """Ask for trouble: see `troubles` for kinds and options. Raises `WrongFault`."""
        self.troubles.add(Trouble(operation, kind, **options))

    def behave(self) -> None:
        """Take back all trouble that is still to come."""
        self.troubles.clear()

    def start(self) -> Self:
        """Begin to serve, in threads of its own."""
        if not is_loopback(self._host):
            sys.stderr.write(_WARNING.format(host=one_line(self._host)))
        serve = self._listener.serve
        self._thread = threading.Thread(target=serve, name="sandbox-listener", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, end every connection and write the books down."""
        if self._thread is not None:
            self._listener.end()
            self._thread.join()
            self._thread = None
        self._listener.hang_up()
        self._listener.server_close()
        self.account.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


# A sandbox in a process of its own, until it is told to stop.

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(
    port: int = 0,
    home: Path | None = None,
    suppliers: int | None = None,
    customers: int | None = None,
    json_output: bool = False,
    fault: Sequence[str] = (),
    out: TextIO | None = None,
    ended: SimpleQueue[None] | None = None,
    host: str = HOST,
) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP comes or `ended` is put into; return exit code 0.

    `fault` holds misbehaviours as `troubles.parse_troubles` reads them. What is printed once it
    listens is one line of JSON (`endpoint`, `username`, `password`, `autoauth_key`, `control`) or
    the same for people; a `host` that others reach is warned of on standard error. Raises
    `SandboxError` where it cannot start. Signals are handled when called from the main thread.
    """
    troubles = [trouble for text in fault for trouble in parse_troubles(text)]
    # A queue, because a handler that sets an Event can meet the lock its own thread holds.
    ended = ended or SimpleQueue()
    sandbox = Sandbox(home, port, suppliers, customers, host)
    for trouble in troubles:
        sandbox.troubles.add(trouble)
    with _ended_by_signals(ended), sandbox:
        told = _json(sandbox) if json_output else _text(sandbox, home)
        print(told, file=out or sys.stdout, flush=True)
        _wait(ended)
    return 0


def _wait(ended: SimpleQueue[None]) -> None:
    """Wait in short turns: a signal just before a wait would be heard only at its end."""
    while True:
        try:
            return ended.get(timeout=0.2)
        except Empty:
            continue


@contextmanager
def _ended_by_signals(ended: SimpleQueue[None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.put(None)

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _json(sandbox: Sandbox) -> str:
    names = ("endpoint", "username", "password", "autoauth_key", "control")
    return json_escaped(orjson.dumps({name: getattr(sandbox, name) for name in names}).decode())


def _text(sandbox: Sandbox, home: Path | None) -> str:
    kept = "in memory, and are gone when it ends" if home is None else f"in {one_line(str(home))}"
    return (
        "The KashFlow sandbox is listening. It is for practice: nothing reaches a real account.\n"
        f"\n  Address      {one_line(sandbox.endpoint)}"
        f"\n  Username     {sandbox.username}"
        f"\n  Password     {sandbox.password}"
        f"\n  AutoAuth key {sandbox.autoauth_key}"
        f"\n  Control      {one_line(sandbox.control)}\n"
        f"\nIts books are kept {kept}. Press ctrl+c to end it."
    )
