"""Work in a thread of its own, for who waits for it no longer than they have to."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfclient.cancel import Cancel

T = TypeVar("T")

_LOOK_EVERY = 0.1


def in_thread(work: Callable[[], T], name: str) -> Future[T]:
    """Do `work` in a daemon thread of that name; the future has what it returned, or raised.

    A daemon, so that one that hangs in the network or a keyring keeps no program from ending.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again by who asks for the result
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def waited_for(work: Callable[[], T], cancel: Cancel) -> T:
    """Do `work` in a thread and return what it returns; Cancelled as soon as that is asked.

    For a call to KashFlow that cannot itself be cancelled, and may end unheard.
    """
    future = in_thread(work, "waited-for")
    while not wait([future], timeout=_LOOK_EVERY).done:
        cancel.check()
    return future.result()
