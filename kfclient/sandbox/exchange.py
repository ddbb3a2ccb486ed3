"""One SOAP call over HTTP, with whatever trouble was asked for on the way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from kfclient.sandbox import pages
from kfclient.sandbox.dispatch import answer, refuse
from kfclient.sandbox.schema import Record
from kfclient.sandbox.soap import Fault, Request, Version, read_call, write_reply
from kfclient.sandbox.troubles import Trouble

if TYPE_CHECKING:
    from kfclient.sandbox.web import Handler

_log = logging.getLogger(__name__)
_TRICKLE = 12
_HTML = "text/html; charset=utf-8"


class Exchange:
    """A call that came in over `handler`'s connection, and its answer."""

    def __init__(self, handler: Handler, version: Version, body: bytes) -> None:
        self._handler = handler
        self._server = handler.server
        self._version = version
        self._body = body

    def run(self) -> None:
        """Execute the call and send what the caller is to meet."""
        headers = self._handler.headers
        try:
            request = read_call(
                self._version,
                headers.get("Content-Type", ""),
                headers.get("SOAPAction"),
                self._body,
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
        answers = self._execute(request) if trouble.is_committing else refuse(trouble.text)
        if kind in ("slow", "refuse"):
            self._reply(request, answers)
        elif kind in ("drop-before", "drop-after"):
            self._handler.hang_up()
        elif kind in ("html-503", "html-200"):
            self._handler.send(_HTML, [pages.maintenance()], HTTPStatus(int(kind[-3:])))
        elif kind == "redirect":
            headers = {"Location": f"{self._server.endpoint}?moved"}
            self._handler.send(_HTML, [b"<html></html>"], HTTPStatus.TEMPORARY_REDIRECT, headers)
        elif kind == "fault-500":
            raise Fault(
                "Server was unable to process request. ---> Timeout expired.  The timeout period "
                "elapsed prior to completion of the operation or the server is not responding.",
                "Server",
                request.version,
            )
        else:
            whole = b"".join(write_reply(request.operation, request.version, answers))
            self._spoil(whole, trouble)

    def _spoil(self, whole: bytes, trouble: Trouble) -> None:
        """Send a reply that is cut short, ill-formed, or slower than anyone should wait."""
        half = whole[: len(whole) // 2]
        if trouble.kind == "truncate-clean":
            self._send([half])
        elif trouble.kind == "bad-xml":
            self._send([whole.replace(b"</Status>", b"</Statuz>")])
        elif trouble.kind == "truncate":
            self._promise(len(whole))
            self._handler.wfile.write(half)
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
