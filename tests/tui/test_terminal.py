"""The app on a real terminal: it starts, is silent when idle, and goes when it is asked to."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kfclient.sandbox import Sandbox
from tests.tui.kashdeck import COSTS, NAME, Kashdeck
from tests.waiting import HANG

ROOT = Path(__file__).parents[2]
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>]")


class Terminal:
    """A pseudo-terminal of 80 by 24 with Kashdeck on it."""

    def __init__(self, home: Path, *words: str, columns: int = 80, **environment: str) -> None:
        self.fd, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", *words],
            cwd=ROOT,
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
            env={
                **os.environ,
                "TERM": "xterm-256color",
                "KASHDECK_HOME": str(home),
                **environment,
            },
        )
        os.close(far)
        self.waiting = select.poll()
        self.waiting.register(self.fd, select.POLLIN | select.POLLHUP)

    def read(self, seconds: float) -> bytes:
        """Return what comes within so many seconds."""
        until, came = time.monotonic() + seconds, b""
        while (left := until - time.monotonic()) > 0:
            if self.waiting.poll(left * 1000):
                try:
                    came += os.read(self.fd, 65536)
                except OSError:
                    break
        return came

    def read_until(self, text: bytes) -> bytes:
        """Return what comes until the text is on the screen."""
        until, came = time.monotonic() + HANG, b""
        while text not in ESCAPES.sub(b"", came):
            assert time.monotonic() < until, f"{text!r} did not come"
            came += self.read(0.05)
        return came

    def read_to_end(self) -> bytes:
        """Return what comes until the program has ended."""
        until, came = time.monotonic() + HANG, b""
        while self.process.poll() is None:
            assert time.monotonic() < until, "it does not end"
            came += self.read(0.05)
        return came + self.read(0.05)

    def read_to_rest(self) -> bytes:
        """Return what comes until nothing has come for a second."""
        came = b""
        while more := self.read(1.0):
            came += more
        return came

    def hides(self) -> bool:
        """Return whether what is typed now is not shown."""
        return not termios.tcgetattr(self.fd)[3] & termios.ECHO

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self.fd, keys)

    def close_far_end(self) -> None:
        """Take the terminal away, as a lost connection does."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def close(self) -> None:
        """End whatever is left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.close_far_end()


@contextmanager
def on_terminal(
    home: Path, *words: str, columns: int | str = 80, **environment: str
) -> Iterator[Terminal]:
    """Run Kashdeck on a terminal for the length of the block."""
    terminal = Terminal(home, *words, columns=int(columns), **environment)
    try:
        yield terminal
    finally:
        terminal.close()


def test_it_starts_on_a_bare_home_is_silent_when_idle_and_quits(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home", SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22") as terminal:
        start = terminal.read_until(b"Connections") + terminal.read_to_rest()
        assert len(start) < 60_000
        assert b"\x1b[?1003h" not in start, "over SSH the mouse stays off"
        assert terminal.read(1.5) == b""
        terminal.press(b"\x11")
        terminal.read_to_end()
        assert terminal.process.wait(HANG) == 0


def test_a_byte_that_is_no_utf8_does_not_take_the_keyboard_away(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home") as terminal:
        terminal.read_until(b"Connections")
        terminal.press(b"\x1b[M \xa0\xc0")
        terminal.read(0.3)
        terminal.press(b"\x11")
        terminal.read_to_end()
        assert terminal.process.wait(HANG) == 0


def test_a_lost_connection_ends_it_at_once_when_nothing_is_in_flight(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home") as terminal:
        terminal.read_until(b"Connections")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.process.wait(HANG) == 128 + signal.SIGHUP


def test_a_lost_connection_throws_a_demo_away_too(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home", "demo", TMPDIR=str(tmp_path)) as terminal:
        terminal.read_until(b"Connections")
        assert list(tmp_path.glob("kashdeck-demo-*"))
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.process.wait(HANG) == 128 + signal.SIGHUP
    assert not list(tmp_path.glob("kashdeck-demo-*"))


def test_a_lost_connection_lets_what_is_being_sent_come_to_its_end(
    kashdeck: Kashdeck, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert kashdeck.connect().code == 0
    assert kashdeck.run("import", NAME, COSTS).code == 0
    sandbox.misbehave("InsertReceipt", "slow", times=None, seconds=1.0)
    with on_terminal(kashdeck.home, **kashdeck.environment) as terminal:
        terminal.read_until(NAME.encode())
        terminal.press(b"i")
        terminal.read_until(b"Quillon")  # an item's own: the screen before counts the ready ones
        terminal.press(b"p")
        terminal.read_until(b"SOAP body")
        terminal.press(b"y")
        terminal.read_until(b"Enter sends")
        terminal.press(b"\r")
        until = time.monotonic() + HANG
        while not sandbox.account.calls["InsertReceipt"] and time.monotonic() < until:
            terminal.read(0.05)
        terminal.process.send_signal(signal.SIGHUP)
        terminal.close_far_end()
        assert terminal.process.wait(HANG) == 128 + signal.SIGHUP
    items = kashdeck.json("items", NAME)["items"]
    assert not [item for item in items if item["state"] in {"unknown", "publishing"}]
    published = [item for item in items if item["state"] == "published"]
    assert 0 < len(published) < 7, "what was begun, and nothing more"
    assert len(published) == len(sandbox.account.receipts())
    (connection,) = kashdeck.json("status")["connections"]
    assert connection["publishing"]["state"] == "interrupted", "to be carried on"


def test_a_terminal_that_can_show_nothing_gets_a_sentence(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home", TERM="dumb") as terminal:
        said = terminal.read_to_end()
        assert b"kashdeck --help" in said
        assert b"\x1b[" not in said
        assert terminal.process.wait(HANG) == 2


def test_the_first_frame_waits_for_nothing_heavy(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from kfclient.desk import Desk
from tui.app import KashdeckApp
async def main():
    async with KashdeckApp(Desk.open(memory_secrets=True)).run_test() as pilot:
        await pilot.pause()
        print(*[name for name in ("zeep", "lxml", "requests", "keyring") if name in sys.modules])
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KASHDECK_HOME": str(tmp_path / "home")},
    )
    assert done.stdout.split() == []


def test_what_is_typed_for_the_shell_is_no_command(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home") as terminal:
        terminal.read_until(b"Connections")
        terminal.press(b"\x1aadd new\r")
        terminal.read_until(b"There is no shell here")
        terminal.press(b"\x11")
        terminal.read_to_end()
        assert terminal.process.wait(HANG) == 0
    assert not list(tmp_path.glob("home/businesses/*"))
