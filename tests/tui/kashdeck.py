"""Runs `kashdeck` as a person or a script would, on a home of its own.

A process for each command would spend nine tenths of its time on its start, so `run` calls the
command here, with everything around it as a new process would find it, and put back afterwards.
`process` runs what a shell would: for what is about signals, terminals, secrets and the start.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from kfclient.sandbox import Sandbox
from kfclient.store.log import stop_logging
from kfclient.store.redaction import redact
from tests.store.cheap_file import make_cheap_file
from tui.cli import main

ROOT = Path(__file__).parents[2]
NAME = "Harbour Lane Trading"
COSTS = str(ROOT / "tui" / "samples" / "costs.csv")
SALES = str(ROOT / "tui" / "samples" / "sales.csv")
PASSPHRASE = "correct horse battery"


class Ran(NamedTuple):
    """What a command ended with and wrote."""

    code: int
    out: str
    err: str


class Kashdeck:
    """The command, with `KASHDECK_HOME` and a passphrase file in `folder`.

    `written` is everything that commands have written so far, for a search. With `apart` every
    command is a process of its own.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, *, apart: bool = False) -> None:
        self.home = folder / "home"
        self.sandbox = sandbox
        self.apart = apart
        self.written = ""
        passphrase = folder / "passphrase"
        passphrase.write_text(PASSPHRASE + "\n", encoding="utf-8")
        passphrase.chmod(0o600)
        self.environment = {
            **os.environ,
            "KASHDECK_HOME": str(self.home),
            "KASHDECK_PASSPHRASE_FILE": str(passphrase),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
            # No test may write into the keyring of whoever runs it.
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
        }

    def run(self, *words: str, stdin: str | bytes = "") -> Ran:
        """Run a command to its end, here, as `process` would."""
        if self.apart:
            return self.process(*words, stdin=stdin)
        return self._ended(*_called(words, _as_bytes(stdin), self.environment))

    def process(self, *words: str, stdin: str | bytes = "") -> Ran:
        """Run a command to its end, as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words],
            input=_as_bytes(stdin),
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return self._ended(done.returncode, done.stdout, done.stderr)

    def _ended(self, code: int, out: bytes, err: bytes) -> Ran:
        ran = Ran(code, out.decode(), err.decode())
        self.written += ran.out + ran.err
        return ran

    def json(self, *words: str, code: int = 0, stdin: str = "") -> Any:
        """Run a command with `--json` and return its one object; it must end with `code`."""
        ran = self.run(*words, "--json", stdin=stdin)
        assert (ran.code, ran.err) == (code, ran.err), ran
        assert ran.out.count("\n") == 1, ran.out
        return json.loads(ran.out)

    @property
    def secrets(self) -> str:
        """The two lines that `--secrets-stdin` takes."""
        return f"{self.sandbox.password}\n{self.sandbox.autoauth_key}\n"

    def connect(self, *more: str, name: str = NAME) -> Ran:
        """Connect the business to the sandbox, its secrets in an encrypted file that opens fast."""
        words = ["connect", name, "--endpoint", self.sandbox.endpoint]
        if "--secrets-in" not in more:
            words += ["--secrets-in", "encrypted-file"]
            self.make_cheap_file()
        return self.run(
            *words,
            "--username",
            self.sandbox.username,
            "--secrets-stdin",
            *more,
            stdin=self.secrets,
        )

    def make_cheap_file(self) -> None:
        """Make the encrypted file with the passphrase in the file, where there is neither yet."""
        named = self.environment.get("KASHDECK_PASSPHRASE_FILE")
        if named and not (self.home / "secrets.json").exists():
            make_cheap_file(self.home, Path(named).read_text("utf-8").rstrip("\n"))


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _called(
    words: tuple[str, ...], stdin: bytes, environment: dict[str, str]
) -> tuple[int, bytes, bytes]:
    """Call the command; return its exit code and what it wrote to either stream."""
    out, err = io.BytesIO(), io.BytesIO()
    reads = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    says = io.TextIOWrapper(out, encoding="utf-8")
    warns = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace")
    with (
        mock.patch.multiple(sys, argv=["kashdeck", *words], stdin=reads, stdout=says, stderr=warns),
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(ROOT),
        _as_it_was(),
    ):
        code = main(words)
        says.flush()
        warns.flush()
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Let the block find this process as a new one is, and leave it as it was before."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    signals = {number: signal.getsignal(number) for number in numbers}
    known = vars(redact).copy()
    # What one command has learned to hide, the next one would not know.
    vars(redact).update(_sealed=(), _told=())
    try:
        # A limit that was lowered could not be raised again.
        with _memory_as_it_was(), mock.patch.object(resource, "setrlimit"):
            yield
    finally:
        stop_logging()
        vars(redact).update(known)
        for number, handler in signals.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _memory_as_it_was() -> Iterator[None]:
    """Let others look into this process again after the block."""
    if sys.platform != "linux":
        yield
        return
    prctl = ctypes.CDLL(None).prctl
    before = prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
    try:
        yield
    finally:
        prctl(4, before, 0, 0, 0)  # PR_SET_DUMPABLE
