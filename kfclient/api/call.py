"""One call on the wire: its deadline, who may stop it, and whether it may have arrived.

Also the limit of calls to one account at once, the limits of a single call, and how often a
reading call is tried again.
"""

from __future__ import annotations

import _thread
import math
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeVar
from weakref import WeakValueDictionary

from kfclient.api.credentials import SecretFields
from kfclient.api.errors import (
    ReplyLost,
    ReplyTooSlow,
    ServerBusy,
    ServerTrouble,
    ServerUnreachable,
)
from kfclient.cancel import Cancel
from kfclient.errors import Cancelled

if TYPE_CHECKING:
    from types import TracebackType

    from kfclient.api.trace import TracedCall

_LOOK_EVERY = 0.05

_CURRENT: ContextVar[Call] = ContextVar("call")


def current() -> Call:
    """Return the call that this thread is in."""
    return _CURRENT.get()


@dataclass(eq=False)
class Call:
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
    secrets: SecretFields = field(default_factory=SecretFields)
    trace: TracedCall | None = None
    sent: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        self._begun = False
        self._deadline = math.inf
        self._done = threading.Event()
        self._socket: socket.socket | None = None
        self._held = ExitStack()
        self._token: Token[Call] = _CURRENT.set(self)
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


# At most so many calls at once to one account, whichever client of this process makes them.
#
# What KashFlow bears is documented nowhere; public clients make three or four at the most.

_QUEUE_LOOK_EVERY = 0.05


class CallLimit:
    """The calls that one account has under way, and those that wait, first come first served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = 0
        self._waiting: deque[object] = deque()
        self._mine = threading.local()

    @contextmanager
    def lane(self, at_most: int, cancel: Cancel | None = None) -> Iterator[None]:
        """Hold a lane once fewer than `at_most` are taken; `cancel` ends the wait with `Cancelled`.

        A call that a thread makes from within another (out of its `on_rows`) shares its lane:
        waiting for itself it would wait for ever.
        """
        held: int = getattr(self._mine, "held", 0)
        if not held:
            self._take(max(1, at_most), cancel)
        self._mine.held = held + 1
        try:
            yield
        finally:
            self._mine.held = held
            if not held:
                self._leave()

    def _take(self, at_most: int, cancel: Cancel | None) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._busy >= at_most:
                    if cancel is not None:
                        cancel.check()
                    self._changed.wait(_QUEUE_LOOK_EVERY if cancel is not None else None)
                self._busy += 1
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()


_known: WeakValueDictionary[tuple[str, str], CallLimit] = WeakValueDictionary()
_knowing = threading.Lock()


def call_limit_of(url: str, username: str) -> CallLimit:
    """Return the lanes that all calls of this process as `username` to `url` share."""
    account = (url.casefold(), username.casefold())
    with _knowing:
        lanes = _known.get(account)
        if lanes is None:
            lanes = _known[account] = CallLimit()
        return lanes


# How long a call to KashFlow may take, how much it may bring, how often a reading one is tried.


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes.

    `reading` and `writing` bound a whole call, from its start to the last byte of its reply;
    ASP.NET gives up on a request of its own accord after 110 s. `silence` bounds the wait for the
    next byte, `size` the reply after decompression. A reading call is tried up to `tries` times,
    about `pause` apart, twice that after the second, and so on; a writing call once. `patience` is
    how long a reading call waits, in all, for a server that asks to be left alone. At most
    `lanes` calls are made at once to one account, by all clients of this process together; a call
    waits for its lane before its time begins.
    """

    connect: float = 10.0
    silence: float = 120.0
    reading: float = 300.0
    writing: float = 60.0
    size: int = 256 * 1024 * 1024
    tries: int = 3
    pause: float = 0.5
    patience: float = 120.0
    lanes: int = 4


# Trying a reading call again: a few times, a little later each time, never in step.

T = TypeVar("T")

_PASSING = (ServerUnreachable, ReplyLost, ServerTrouble)
_LONGEST_PAUSE = 30.0


def retried(
    call: Callable[[bool], T],
    limits: Limits,
    cancel: Cancel | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Return what `call` returns, trying up to `limits.tries` times while the trouble may pass.

    `call` is told whether it is called again: the kept connection may be what the trouble was.
    Trouble that may pass is a server that cannot be reached, a lost reply and a server in trouble;
    anything else, a wrong password above all (accounts get locked), is raised at once. A server
    that asks to be left alone is, for `limits.patience` seconds in all, which counts as no try.
    Waits by `sleep`, or by `cancel`, which ends the wait with `Cancelled`; what nobody can end is
    a quarter as patient. Only for calls that change nothing.
    """
    tries = waits = 0
    waited = 0.0
    patience = limits.patience if cancel is not None else limits.patience / 4
    while True:
        try:
            return call(tries > 0)
        except ServerBusy as busy:
            waits += 1
            asked = (
                _pause(limits.pause * 4, waits) if busy.retry_after is None else busy.retry_after
            )
            waited += (seconds := max(asked, limits.pause))
            if waited > patience:
                raise
        except _PASSING:
            tries += 1
            if tries >= limits.tries:
                raise
            seconds = _pause(limits.pause, tries)
        _wait(seconds + random.uniform(0, limits.pause / 2), cancel, sleep)  # noqa: S311


def _pause(first: float, times: int) -> float:
    """Return how long to wait after so many times that came to nothing: twice as long each time."""
    longer: float = first * 2 ** min(times - 1, 16)
    return min(longer, _LONGEST_PAUSE)


def _wait(seconds: float, cancel: Cancel | None, sleep: Callable[[float], object]) -> None:
    if cancel is None:
        sleep(seconds)
        return
    cancel.wait(seconds)
    cancel.check()
