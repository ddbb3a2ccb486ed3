"""The sandbox as a program: starts, says where it listens, serves until it is ended."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TextIO

import orjson

from kfclient.sandbox.faults import parse_troubles
from kfclient.sandbox.server import HOST, Sandbox
from kfclient.visible import json_escaped, one_line

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(
    port: int = 0,
    home: Path | None = None,
    suppliers: int | None = None,
    customers: int | None = None,
    json_output: bool = False,
    fault: Sequence[str] = (),
    out: TextIO | None = None,
    ended: SimpleQueue[None] | None = None,
    host: str = HOST,
) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP comes or `ended` is put into; return exit code 0.

    `fault` holds misbehaviours as `troubles.parse_troubles` reads them. What is printed once it
    listens is one line of JSON (`endpoint`, `username`, `password`, `autoauth_key`, `control`) or
    the same for people; a `host` that others reach is warned of on standard error. Raises
    `SandboxError` where it cannot start. Signals are handled when called from the main thread.
    """
    troubles = [trouble for text in fault for trouble in parse_troubles(text)]
    # A queue, because a handler that sets an Event can meet the lock its own thread holds.
    ended = ended or SimpleQueue()
    sandbox = Sandbox(home, port, suppliers, customers, host)
    for trouble in troubles:
        sandbox.troubles.add(trouble)
    with _ended_by_signals(ended), sandbox:
        told = _json(sandbox) if json_output else _text(sandbox, home)
        print(told, file=out or sys.stdout, flush=True)
        _wait(ended)
    return 0


def _wait(ended: SimpleQueue[None]) -> None:
    """Wait in short turns: a signal just before a wait would be heard only at its end."""
    while True:
        try:
            return ended.get(timeout=0.2)
        except Empty:
            continue


@contextmanager
def _ended_by_signals(ended: SimpleQueue[None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.put(None)

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _json(sandbox: Sandbox) -> str:
    names = ("endpoint", "username", "password", "autoauth_key", "control")
    return json_escaped(orjson.dumps({name: getattr(sandbox, name) for name in names}).decode())


def _text(sandbox: Sandbox, home: Path | None) -> str:
    kept = "in memory, and are gone when it ends" if home is None else f"in {one_line(str(home))}"
    return (
        "The KashFlow sandbox is listening. It is for practice: nothing reaches a real account.\n"
        f"\n  Address      {one_line(sandbox.endpoint)}"
        f"\n  Username     {sandbox.username}"
        f"\n  Password     {sandbox.password}"
        f"\n  AutoAuth key {sandbox.autoauth_key}"
        f"\n  Control      {one_line(sandbox.control)}\n"
        f"\nIts books are kept {kept}. Press ctrl+c to end it."
    )
