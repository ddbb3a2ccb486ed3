"""The sandbox as one object: an account, a listener, and where to find both."""

from __future__ import annotations

import contextlib
import errno
import logging
import secrets
import socket
import sys
import threading
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socket import gaierror
from types import TracebackType
from typing import Any, Self

from kfclient.sandbox.account import Account
from kfclient.sandbox.errors import HostUnknown, PortTaken
from kfclient.sandbox.troubles import Trouble, Troubles
from kfclient.sandbox.web import PATH, Handler

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
    """A KashFlow-compatible service on this machine, listening on 127.0.0.1 unless told otherwise.

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
            sys.stderr.write(_WARNING.format(host=self._host))
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
