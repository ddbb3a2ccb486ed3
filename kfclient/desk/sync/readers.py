"""Reading several lists at once: a thread each, and one that listens to them all."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kfclient.desk.business.list_names import ListName
from kfclient.desk.sync.list_reading import READERS, Whole

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.cancel import Cancel

T = TypeVar("T")

_LOOK_EVERY = 0.1
_GRACE = 1.0


class Rows(msgspec.Struct, frozen=True):
    """Rows of a list that have come so far, this many seconds after the start."""

    list: ListName
    rows: int
    seconds: float


class Came(msgspec.Struct, frozen=True):
    """A list that came whole."""

    list: ListName
    whole: Whole
    seconds: float


class Failed(msgspec.Struct, frozen=True):
    """A list that did not come, and why: a Problem (Cancelled too), or a mistake of ours."""

    list: ListName
    error: Exception


Told = Rows | Came | Failed


class Readings:
    """Reads lists at once, a daemon thread each, and hands what they tell to one thread.

    A thread that hangs in the network cannot keep the program from ending, and what it brings
    after everybody has stopped listening changes nothing.
    """

    def __init__(
        self,
        names: Collection[ListName],
        call: Callable[[Callable[[KashFlow], Whole]], Whole],
        cancel: Cancel,
    ) -> None:
        self._names = names
        self._call = call
        self._cancel = cancel
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._start = time.monotonic()

    def __iter__(self) -> Iterator[Told]:
        """Start the readings; yield what they tell until each has ended.

        Once cancelled, those that have not ended within a second are left behind.
        """
        for name in self._names:
            threading.Thread(
                target=self._read, args=(name,), name=f"sync-{name.value}", daemon=True
            ).start()
        pending = set(self._names)
        leave_at = float("inf")
        while pending and time.monotonic() < leave_at:
            try:
                told = self._told.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                if self._cancel.is_set:
                    leave_at = min(leave_at, time.monotonic() + _GRACE)
                continue
            if not isinstance(told, Rows):
                pending.discard(told.list)
            yield told

    def _read(self, name: ListName) -> None:
        def on_rows(rows: int) -> None:
            self._told.put(Rows(name, rows, self._seconds()))

        try:
            whole = self._call(lambda kashflow: READERS[name](kashflow, on_rows, self._cancel))
        except Exception as error:  # noqa: BLE001 - judged, or raised again, by who listens
            self._told.put(Failed(name, error))
        else:
            self._told.put(Came(name, whole, self._seconds()))

    def _seconds(self) -> float:
        return time.monotonic() - self._start


def waited_for(work: Callable[[], T], cancel: Cancel) -> T:
    """Do `work` in a daemon thread and return what it returns; Cancelled as soon as that is asked.

    For a call to KashFlow that cannot itself be cancelled, and may end unheard.
    """
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            future.set_exception(error)

    threading.Thread(target=run, name="waited-for", daemon=True).start()
    while not concurrent.futures.wait([future], timeout=_LOOK_EVERY).done:
        cancel.check()
    return future.result()
