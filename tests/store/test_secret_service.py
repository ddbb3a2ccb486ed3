"""A real Secret Service: GNOME Keyring in a session bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.store.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = ("dbus-run-session", "gnome-keyring-daemon")

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in NEEDED),
    reason=f"the real Secret Service is NOT tested: {' and '.join(NEEDED)} are needed",
)

ROUND_TRIP = """
import pathlib, sys
from kfclient.store.errors import SecretMissing
from kfclient.store.secrets import ConnectionSecret, Secrets
secret = ConnectionSecret("pa55 w\\u00f6rd\\nline two", "1234ABCD-1234")
secrets = Secrets(pathlib.Path(sys.argv[1]) / "home")
choice = secrets.default_choice()
print(choice.id, choice.usable)
secrets.save("acme", ConnectionSecret("older", "key"), choice.id)
secrets.save("acme", secret, choice.id)
again = Secrets(pathlib.Path(sys.argv[1]) / "home")
print(again.load("acme", choice.id) == secret)
elsewhere = Secrets(pathlib.Path(sys.argv[1]) / "other")
for each, business in ((again, "other"), (elsewhere, "acme")):
    try:
        each.load(business, choice.id)
    except SecretMissing as problem:
        print(problem.code)
again.forget("acme", choice.id)
again.forget("acme", choice.id)
try:
    again.load("acme", choice.id)
except SecretMissing as problem:
    print(problem.code)
"""

LOCKED = """
import pathlib, sys
from kfclient.store.errors import SecretsError
from kfclient.store.secrets import Secrets
try:
    Secrets(pathlib.Path(sys.argv[1])).load("acme", "secret-service")
except SecretsError as problem:
    print(problem.code)
"""

UNLOCKED = "printf login-pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null"


def in_a_session(tmp_path: Path, code: str, before: str) -> str:
    """Run code in a session bus of its own, after a shell command."""
    (tmp_path / "code.py").write_text(code)
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    environment = os.environ | {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
    }
    command = f"{before}; {sys.executable} {tmp_path}/code.py {tmp_path}; kill $(jobs -p) 2>&-; :"
    ended = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.stdout or ended.stderr


def test_a_secret_comes_back_from_gnome_keyring(tmp_path: Path) -> None:
    said = in_a_session(tmp_path, ROUND_TRIP, UNLOCKED)

    assert said.split() == [
        *("secret-service", "True"),
        "True",
        *("secret-missing", "secret-missing"),
        "secret-missing",
    ]
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("data/**/*") if file.is_file())
    assert kept
    assert b"pa55" not in kept
    assert b"1234ABCD" not in kept


def test_a_keyring_that_nobody_unlocked_is_said(tmp_path: Path) -> None:
    said = in_a_session(tmp_path, LOCKED, ":")

    assert said.strip() in ("keyring-trouble", "keyring-locked", "no-keyring")
