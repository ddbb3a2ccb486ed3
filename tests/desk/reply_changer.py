"""A server in front of the sandbox that changes its replies, as a test says."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from kfclient.sandbox import Sandbox


@dataclass
class Answer:
    """What comes back over HTTP."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(
        default_factory=lambda: {"Content-Type": "text/xml; charset=utf-8"}
    )


Change = Callable[[Callable[[], Answer]], Answer]
"""Is given what asks the sandbox, to call it or not."""


class ReplyChanger:
    """The sandbox at another address; `change` says what becomes of an operation's replies."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._changes: dict[str, tuple[Change, int | None]] = {}
        self._lock = threading.Lock()
        self.calls: list[str] = []

    def change(self, operation: str, change: Change, times: int | None = None) -> None:
        """Have these replies changed, so many or all; `*` is any operation without its own."""
        with self._lock:
            self._changes[operation] = (change, times)

    def replace(self, operation: str, before: bytes, after: bytes) -> None:
        """Have something in these replies replaced."""

        def change(ask: Callable[[], Answer]) -> Answer:
            answer = ask()
            return Answer(answer.body.replace(before, after), answer.status)

        self.change(operation, change)

    def leave(self) -> None:
        """Change nothing any more."""
        with self._lock:
            self._changes.clear()

    def __enter__(self) -> Self:
        changer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                action = self.headers["SOAPAction"].strip('"')
                try:
                    answer = changer.answer(action, body)
                except (OSError, HTTPException):  # the sandbox was told to hang up
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        """The address a client is to be given."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/service.asmx"

    def answer(self, action: str, body: bytes) -> Answer:
        """Answer one request."""
        operation = action.rpartition("/")[2]

        def ask() -> Answer:
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
            request = urllib.request.Request(self._sandbox.endpoint, body, headers)
            try:
                with urllib.request.urlopen(request) as reply:
                    return Answer(reply.read(), reply.status)
            except urllib.error.HTTPError as error:
                return Answer(error.read(), error.code)

        with self._lock:
            self.calls.append(operation)
            name = operation if operation in self._changes else "*"
            change, times = self._changes.get(name, (None, None))
            if change is not None and times is not None:
                self._changes[name] = (change, times - 1)
                if times <= 0:
                    change = None
        return ask() if change is None else change(ask)
