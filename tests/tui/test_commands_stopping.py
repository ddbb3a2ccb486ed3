"""Ctrl-C and SIGTERM: work ends at a safe point, with its own exit code, and nothing is lost."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.slow import slow_replies
from tests.tui.kashdeck import NAME, ROOT, Kashdeck
from tests.waiting import HANG, until


def _start(kashdeck: Kashdeck, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tui", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=kashdeck.environment,
        cwd=ROOT,
    )


def _wait_until_heard(process: subprocess.Popen[str]) -> None:
    """Wait until a signal that was sent has been heeded: until the main thread ran since.

    It wakes ten times a second while others publish, and a handler comes before all else it does.
    """
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        time.sleep(2)
        return

    def switches() -> int:
        return sum(map(int, re.findall(r"_ctxt_switches:\s*(\d+)", status.read_text())))

    before = switches()
    until(lambda: switches() > before + 3)


def test_ctrl_c_stops_a_sync_and_keeps_the_old_lists(connected: Kashdeck) -> None:
    sandbox = connected.sandbox
    sandbox.account.calls.clear()
    sandbox.misbehave("GetSuppliers", "slow")
    with slow_replies(sandbox) as slow, _start(connected, "sync", NAME) as process:
        slow.until_held(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HANG)
        assert slow.held == 1, "it did not wait for what was slow"
    assert process.returncode == 130, (out, err)
    assert "Stopping at the next safe point" in err
    assert "Traceback" not in err
    assert connected.json("lists", NAME, "suppliers")["count"] == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_publishing_lets_the_document_on_its_way_come_to_its_end(
    filled: Kashdeck, number: signal.Signals
) -> None:
    sandbox = filled.sandbox
    sandbox.misbehave("InsertReceipt", "slow", times=None)
    words = ("publish", NAME, "1", "2", "3", "--lanes", "1", "--json")
    with slow_replies(sandbox) as slow, _start(filled, *words) as process:
        slow.until_held(1)
        process.send_signal(number)
        _wait_until_heard(process)
        slow.let_go()
        out, err = process.communicate(timeout=HANG)
    sandbox.behave()
    assert process.returncode == 130, (out, err)
    states = [item["state"] for item in filled.json("items", NAME)["items"]][:3]
    assert states == ["published", "ready", "ready"]
    assert len(sandbox.account.receipts()) == 1
    answer = filled.json("publish", NAME, "--resume")
    assert answer["published"] == 3, "the program had to go; nobody has asked to stop"
    assert len(sandbox.account.receipts()) == 3


def test_a_reader_that_leaves_does_not_stop_publishing(filled: Kashdeck) -> None:
    with _start(filled, "publish", NAME, "1", "2") as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait(timeout=HANG)
    assert process.returncode in {0, 141}
    assert len(filled.sandbox.account.receipts()) in {0, 2}, "before the first, or all"
