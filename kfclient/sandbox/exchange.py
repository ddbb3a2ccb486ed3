"""One SOAP call over HTTP, with whatever trouble was asked for on the way."""

from __future__ import annotations

import logging
import secrets
import select
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from kfclient.sandbox import pages
from kfclient.sandbox.dispatch import answer, refuse
from kfclient.sandbox.reading import Reader
from kfclient.sandbox.schema import Record
from kfclient.sandbox.soap import Fault, Request, Version, read_call, write_reply
from kfclient.sandbox.troubles import EVENTS, Trouble

if TYPE_CHECKING:
    from kfclient.sandbox.web import Handler

_log = logging.getLogger(__name__)
_TRICKLE = 12
_TURN = 0.1
_GARBAGE = b"\x00\xff\xfe<<\x1f\x8b& \xc3\x28" * 20
_SPOILT = frozenset({"truncate", "truncate-clean", "bad-xml", "garbage", "trickle"})
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
        headers, switches = self._handler.headers, self._server.account.switches
        try:
            request = read_call(
                self._version,
                headers.get("Content-Type", ""),
                headers.get("SOAPAction"),
                self._body,
                Reader(switches.strict_order, switches.zones_dropped),
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
            self._spoil(whole, trouble)
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

    def _spoil(self, whole: bytes, trouble: Trouble) -> None:
        """Send a reply that is cut short, ill-formed, or slower than anyone should wait."""
        cut = whole[: len(whole) // 2 if trouble.at is None else trouble.at]
        if trouble.kind == "truncate-clean":
            self._send([cut])
        elif trouble.kind == "bad-xml":
            self._send([whole.replace(b"</Status>", b"</Statuz>")])
        elif trouble.kind == "garbage":
            self._send([_GARBAGE])
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
