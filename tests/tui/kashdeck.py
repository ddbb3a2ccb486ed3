"""Runs `kashdeck` as a person or a script would: a process each, on a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from kfclient.sandbox import Sandbox

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

    `written` is everything that commands have written so far, for a search.
    """

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.home = folder / "home"
        self.sandbox = sandbox
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
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
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
        """Connect the business to the sandbox, its secrets in the encrypted file."""
        words = ["connect", name, "--endpoint", self.sandbox.endpoint]
        if "--secrets-in" not in more:
            words += ["--secrets-in", "encrypted-file"]
        return self.run(
            *words,
            "--username",
            self.sandbox.username,
            "--secrets-stdin",
            *more,
            stdin=self.secrets,
        )
