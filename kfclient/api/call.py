"""One call on the wire: how long it may take, who may stop it, and whether it may have arrived."""

from __future__ import annotations

import _thread
import math
import socket
import threading
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from kfclient.api.credentials import Secrets
from kfclient.api.errors import ReplyTooSlow
from kfclient.errors import Cancelled

if TYPE_CHECKING:
    from types import TracebackType

    from kfclient.api.limits import Limits
    from kfclient.api.trace import TracedCall
    from kfclient.cancel import Cancel

_LOOK_EVERY = 0.05

_CURRENT: ContextVar[Exchange] = ContextVar("exchange")


def current() -> Exchange:
    """Return the exchange that this thread is in."""
    return _CURRENT.get()


@dataclass(eq=False)
class Exchange:
    """The terms of one call, and what has become of it so far.

    `write` says that it changes the books, `alone` that it has a connection of its own, which
    ends with it: a kept one may be dead without anybody knowing. `trace` is told what travels.
    `lane` is held from `begin` on: its request is made by then, and a connection of its own open,
    so that no other call waits for that.

    Once it is begun, a watch ends the connection as soon as the deadline has passed or the
    person has cancelled, whatever the call is waiting for; a socket's own timeouts are per read,
    and a server that drips outlasts them. `check` then says which of the two it was.
    """

    limits: Limits
    lane: AbstractContextManager[None] = field(default_factory=nullcontext)
    write: bool = False
    alone: bool = False
    cancel: Cancel | None = None
    secrets: Secrets = field(default_factory=Secrets)
    trace: TracedCall | None = None
    sent: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        self._begun = False
        self._deadline = math.inf
        self._done = threading.Event()
        self._socket: socket.socket | None = None
        self._held = ExitStack()
        self._token: Token[Exchange] = _CURRENT.set(self)
        return self

    def begin(self) -> float:
        """Wait for the lane, once, and return for how long in seconds; may raise `Cancelled`.

        The call's time runs from then on.
        """
        if self._begun:
            return 0.0
        came = time.monotonic()
        self._held.enter_context(self.lane)
        self._begun = True
        allowed = self.limits.writing if self.write else self.limits.reading
        now = time.monotonic()
        self._deadline = now + allowed
        # Not threading.Thread: its start waits until the thread runs, for every call anew.
        _thread.start_new_thread(self._watch, ())
        return now - came

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        _CURRENT.reset(self._token)
        self._held.close()

    @property
    def remaining(self) -> float:
        """Seconds left before the deadline, never less than a moment (sockets take 0 for never)."""
        return max(0.001, self._deadline - time.monotonic())

    def leaving(self, sock: socket.socket | None) -> None:
        """Note that the next thing to happen is the first byte going out over `sock`."""
        self._socket = sock
        self.sent = True

    def check(self) -> None:
        """Raise `Cancelled` or `ReplyTooSlow` if the call has been stopped."""
        if self.cancel is not None:
            self.cancel.check()
        if time.monotonic() >= self._deadline:
            raise ReplyTooSlow("KashFlow's reply had not come, or not wholly, after the time set.")

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_EVERY if self.cancel else self.remaining):
            try:
                self.check()
            except (Cancelled, ReplyTooSlow):
                if self._hang_up():
                    return

    def _hang_up(self) -> bool:
        sock = self._socket
        if sock is None:  # still connecting, which has a timeout of its own
            self._done.wait(_LOOK_EVERY)
            return False
        with suppress(OSError):
            # Not sock.shutdown: a TLS socket would drop its state under the thread that reads it.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        return True
