"""Ending a process at its nth write or send, as often as wanted, without starting anew.

A process that has loaded everything forks a child for each try; the child opens the home, counts
every write to a file, every sync, every rename and every send to KashFlow, and kills itself at the
one it is told: before a write, before a send, and right after a send. Sends alone are an
enumeration of their own, a fifth as long.
"""

from __future__ import annotations

import datetime as dt
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kfclient.desk import Desk
from kfclient.sandbox import Sandbox
from kfclient.store import ConnectionSecret, Home, Secrets
from tests.desk.moments import moment_at

WRITES = ("write", "pwrite", "writev", "fdatasync", "fsync", "replace", "rename")
DONE = 0
_LOADED = (
    "kfclient.api.client",
    "kfclient.api.wsdl",
    "kfclient.api.transport",
    "kfclient.desk.runs.publish",
    "kfclient.desk.published.undo",
    "kfclient.desk.items.duplicates",
    "kfclient.store.encrypted_file",
)
"""What is loaded when it is first needed, which is once for all children."""


class Crashes:
    """Publishes and undoes items in processes that end suddenly."""

    def __init__(self, root: Path, business: str, sandbox: Sandbox) -> None:
        self._terms = {
            "root": str(root),
            "business": business,
            "password": sandbox.password,
            "key": sandbox.autoauth_key,
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, json.dumps(self._terms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=Path.cwd(),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def publish(
        self,
        item_ids: Sequence[str],
        point: int,
        now: dt.datetime,
        *,
        counted: Sequence[str] = WRITES,
        lanes: int = 1,
    ) -> bool:
        """Publish these items, ending at that point; tell whether it came so far.

        `counted` names the calls of `os` that are points, beside the sends.
        """
        return self._order("publish", item_ids, point, now, counted, lanes)

    def undo(
        self,
        item_ids: Sequence[str],
        point: int,
        now: dt.datetime,
        *,
        counted: Sequence[str] = WRITES,
    ) -> bool:
        """Undo these items, ending at that point; tell whether it came so far."""
        return self._order("undo", item_ids, point, now, counted, 1)

    def _order(
        self,
        work: str,
        item_ids: Sequence[str],
        point: int,
        now: dt.datetime,
        counted: Sequence[str],
        lanes: int,
    ) -> bool:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "work": work,
            "items": list(item_ids),
            "point": point,
            "now": now.isoformat(),
            "counted": list(counted),
            "lanes": lanes,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        status = int(self._process.stdout.readline())
        assert status in (DONE, -signal.SIGKILL), status
        return status != DONE


class _Countdown:
    """Kills this process when it has been asked as often as it was told."""

    def __init__(self, point: int) -> None:
        self._left = point

    def __call__(self) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, names: Sequence[str]) -> None:
        """Count these calls of `os`, and every send before and after it."""
        for name in names:
            setattr(os, name, self._before(getattr(os, name)))
        send = socket.socket.sendall

        def sendall(sock: socket.socket, *arguments: Any) -> None:
            self()
            send(sock, *arguments)
            self()

        socket.socket.sendall = sendall  # type: ignore[method-assign,assignment]

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self()
            return real(*arguments, **named)

        return counted


def _carry_out(terms: dict[str, str], order: dict[str, Any]) -> None:
    home = Home(Path(terms["root"]))
    secrets = Secrets(home.root, memory=True)
    backend = secrets.choices()[0].id
    secrets.save(terms["business"], ConnectionSecret(terms["password"], terms["key"]), backend)
    now = dt.datetime.fromisoformat(order["now"])
    desk = Desk(home, secrets, person="anna", clock=lambda: now, moment=lambda: moment_at(now))
    business, countdown = terms["business"], _Countdown(order["point"])
    if order["work"] == "undo":
        shown = desk.undoing.plan(business, order["items"])
        countdown.watch(order["counted"])
        desk.undoing.undo(business, shown)
    else:
        plan = desk.publishing.plan(business, order["items"])
        countdown.watch(order["counted"])
        desk.publishing.publish(business, plan, lanes=order["lanes"])
    desk.close()


def main() -> None:
    """Fork a child for each order on standard input; answer how it ended."""
    from kfclient.api.wsdl import our_contract

    for name in _LOADED:
        importlib.import_module(name)
    our_contract()
    gc.freeze()  # what a child collects it would have to copy
    terms = json.loads(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _carry_out(terms, json.loads(line))
            os._exit(DONE)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
