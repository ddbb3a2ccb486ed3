"""What starting costs beside what it stands on: a bare Python, an empty Textual app.

What is promised is CPU, which other programs' turns are no part of; the clock is told beside it.
What Python compiles is kept between the runs, as it is for a program that was installed.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.model.business import Company, Connection, ListStatus
from kfclient.desk.model.list_names import ListName
from kfclient.store import Home
from tests.benchmarks.figure import Figure

ROOT = Path(__file__).parents[2]
BARE = ("-c", "pass")
KASHDECK = ("-c", "import sys; from tui.cli import main; sys.exit(main())")
"""What the command `kashdeck` runs."""
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("Connections")
Empty().run()
"""
SEEN = b"Connections"
LATEST = 60.0

Cost = tuple[float, float]
"""Seconds by the clock, and of the program's CPU."""


def figures(rounds: int = 25) -> Iterator[Figure]:
    """Measure by turns, so that a busy machine is busy for both; medians of pairs."""
    with tempfile.TemporaryDirectory(prefix="kashdeck-bench-") as folder:
        environment = {**os.environ, "KASHDECK_HOME": f"{folder}/home", "PYTHONPATH": str(ROOT)}
        environment |= {"PYTHONPYCACHEPREFIX": f"{folder}/compiled", "TERM": "xterm-256color"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        _fill(Path(folder) / "home")
        yield from _compared(
            ("kashdeck status", "a bare Python"),
            lambda: _run((*KASHDECK, "status"), environment),
            lambda: _run(BARE, environment),
            at_most=4.5,
            rounds=rounds,
        )
        yield from _compared(
            ("the app's first frame", "an empty Textual app's"),
            lambda: _first_frame(KASHDECK, environment),
            lambda: _first_frame(("-c", EMPTY), environment),
            at_most=1.7,
            rounds=rounds,
        )


def _compared(
    names: tuple[str, str],
    ours: Callable[[], Cost],
    other: Callable[[], Cost],
    *,
    at_most: float,
    rounds: int,
) -> Iterator[Figure]:
    ours(), other()  # what is compiled, and what the system then has in memory
    pairs = [(ours(), other()) for _ in range(rounds)]
    for name, costs in zip(names, zip(*pairs, strict=True), strict=True):
        yield Figure(name, statistics.median(clock for clock, _ in costs) * 1_000, "ms")
    ratio = statistics.median(mine / others for (_, mine), (_, others) in pairs)
    yield Figure(f"{names[0]} / {names[1]}, CPU", ratio, "times", at_most=at_most)


def _fill(root: Path) -> None:
    """Make a home with three connected businesses."""
    home, now = Home(root), datetime.now(UTC)
    lists = {name.value: ListStatus(count=20, synced_at=now, added=20) for name in ListName}
    businesses = Businesses(home)
    for name in ("Harbour Lane", "Pier Four", "Tern Street"):
        connection = Connection(
            software="kashflow",
            endpoint="https://example.test/api/service.asmx",
            username="anna-api",
            secrets_in="encrypted-file",
            company=Company(name=f"{name} Ltd"),
            connected_at=now,
            connected_by="anna",
            last_sync=now,
            lists=lists,
        )
        businesses.save_connection(businesses.add(name).id, connection)
    home.close()


def _run(words: tuple[str, ...], environment: dict[str, str]) -> Cost:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    cpu = _ended(process)
    assert process.returncode == 0
    return time.perf_counter() - began, cpu


def _ended(process: subprocess.Popen[bytes]) -> float:
    """Wait for a program's end, and return the seconds of CPU that it has had."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _first_frame(words: tuple[str, ...], environment: dict[str, str]) -> Cost:
    """Return what it costs until the title is on a terminal of 80 by 24."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    began, came = time.perf_counter(), b""
    with subprocess.Popen(
        [sys.executable, *words],
        env=environment,
        cwd=ROOT,
        stdin=far,
        stdout=far,
        stderr=far,
        start_new_session=True,
    ) as process:
        try:
            while SEEN not in came and time.perf_counter() < began + LATEST:
                if select.select([near], [], [], LATEST)[0]:
                    came += os.read(near, 65_536)
            assert SEEN in came, came
            clock = time.perf_counter() - began
        finally:
            process.kill()
            cpu = _ended(process)
            os.close(far)
            os.close(near)
    return clock, cpu
