"""Ctrl-C and SIGTERM: work ends at a safe point, with its own exit code, and nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.tui.kashdeck import NAME, ROOT, Kashdeck


def _start(kashdeck: Kashdeck, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tui", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=kashdeck.environment,
        cwd=ROOT,
    )


def _wait_for(true: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_ctrl_c_stops_a_sync_and_keeps_the_old_lists(connected: Kashdeck) -> None:
    sandbox = connected.sandbox
    sandbox.account.calls.clear()
    sandbox.misbehave("GetSuppliers", "slow", seconds=30)
    with _start(connected, "sync", NAME) as process:
        _wait_for(lambda: sandbox.account.calls["GetSuppliers"])
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, (out, err)
    assert "Stopping at the next safe point" in err
    assert "Traceback" not in err
    assert connected.json("lists", NAME, "suppliers")["count"] == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_publishing_lets_the_document_on_its_way_come_to_its_end(
    filled: Kashdeck, number: signal.Signals
) -> None:
    sandbox = filled.sandbox
    sandbox.misbehave("InsertReceipt", "slow", seconds=1.5)
    with _start(filled, "publish", NAME, "1", "2", "3", "--lanes", "1", "--json") as process:
        _wait_for(lambda: sandbox.account.calls["InsertReceipt"])
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
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
        process.wait(timeout=20)
    assert process.returncode in {0, 141}
    assert len(filled.sandbox.account.receipts()) in {0, 2}, "before the first, or all"
