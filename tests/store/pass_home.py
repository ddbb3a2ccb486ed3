"""A real `pass` store with a real GPG key of its own, in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = ("pass", "gpg", "gpgconf")
GPG_PASSPHRASE = "gpg says please"

needs_pass = pytest.mark.skipif(
    any(shutil.which(program) is None for program in NEEDED),
    reason=f"the real pass is NOT tested: {', '.join(NEEDED)} are needed",
)


class PassHome:
    """A store with one key, which gpg's agent knows only after `warm`."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.environment = {
            "GNUPGHOME": str(folder / "gnupg"),
            "PASSWORD_STORE_DIR": str(self.store),
        }
        (folder / "gnupg").mkdir(mode=0o700)
        quietly = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase")
        kind = ("future-default", "default", "never")
        self.run(*quietly, GPG_PASSPHRASE, "--quick-gen-key", "anna@example.com", *kind)
        self.run("pass", "init", "anna@example.com")
        self.run("pass", "insert", "--multiline", "kindling", given="kindling")

    def run(self, *words: str, given: str = "") -> str:
        """Run a program in this store's environment."""
        return subprocess.run(
            words,
            input=given,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def warm(self) -> None:
        """Have gpg's agent know the passphrase, as after typing it."""
        words = ("--pinentry-mode", "loopback", "--passphrase", GPG_PASSPHRASE)
        self.run("gpg", "--batch", "--quiet", *words, "-d", str(self.store / "kindling.gpg"))

    def cool(self) -> None:
        """Have it forget."""
        self.run("gpgconf", "--kill", "gpg-agent")

    def type_for(self, pinentry: Path, answer: str) -> None:
        """Have gpg ask a program of ours, which answers for the person."""
        pinentry.write_text(
            "#!/bin/sh\necho 'OK hello'\nwhile read -r word rest; do case $word in\n"
            f"GETPIN) {answer} ;;\nBYE) echo OK; exit ;;\n*) echo OK ;;\nesac; done\n"
        )
        pinentry.chmod(0o700)
        folder = Path(self.environment["GNUPGHOME"])
        (folder / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\n")
        self.cool()


@contextlib.contextmanager
def pass_home() -> Iterator[PassHome]:
    """Make a store; the folder's name is short, for gpg's sockets must fit into 107 letters."""
    folder = Path(tempfile.mkdtemp(prefix="kd-pass-", dir="/tmp"))
    try:
        home = PassHome(folder)
        try:
            yield home
        finally:
            home.cool()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
