"""Work in a thread of its own: what came of it is for who waits, and waiting can be ended."""

from __future__ import annotations

import threading

import pytest

from kfclient.cancel import Cancel
from kfclient.errors import Cancelled
from kfclient.threads import in_thread, waited_for
from tests.waiting import HANG


def test_what_a_thread_returns_is_for_who_waits() -> None:
    name = in_thread(lambda: threading.current_thread().name, "keyring").result(HANG)
    assert name == "keyring"
    assert waited_for(threading.current_thread, Cancel()).daemon


@pytest.mark.parametrize("error", [KeyError("no"), SystemExit(3)])
def test_what_a_thread_raises_is_raised_by_who_waits(error: BaseException) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        waited_for(work, Cancel())


def test_a_cancel_ends_the_waiting_and_leaves_the_thread_behind() -> None:
    cancel, let_go, ended = Cancel(), threading.Event(), threading.Event()

    def work() -> None:
        cancel.cancel()
        let_go.wait(HANG)
        ended.set()

    with pytest.raises(Cancelled):
        waited_for(work, cancel)
    assert not ended.is_set()
    let_go.set()
    assert ended.wait(HANG)
