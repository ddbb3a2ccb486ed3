"""A real Secret Service: GNOME Keyring in a session bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.store.processes import ROOT
from tests.waiting import HANG

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

IN_THE_MIDDLE = """
import os, pathlib, signal, subprocess, sys
import secretstorage
from kfclient.desk import Desk, Draft
from kfclient.desk.events import SyncStarted
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.store.secrets import ConnectionSecret

def ask(*words):
    words = ["dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
             *words]
    return subprocess.run(words, capture_output=True, text=True).stdout.split()[-1]

def lock():
    secretstorage.get_default_collection(secretstorage.dbus_init()).lock()

def unlock():
    subprocess.run("printf login-pass | gnome-keyring-daemon --replace --unlock"
                   " --components=secrets >/dev/null 2>&1", shell=True, check=True)

def kill():
    number = ask("org.freedesktop.DBus.GetConnectionUnixProcessID",
                 "string:org.freedesktop.secrets")
    os.kill(int(number), signal.SIGKILL)

desk = Desk.open(pathlib.Path(sys.argv[1]) / "home")
with Sandbox() as sandbox:
    business = desk.businesses.add("Acme").id
    draft = Draft(software="sandbox", endpoint=sandbox.endpoint, username=sandbox.username,
                  password=sandbox.password, autoauth_key=sandbox.autoauth_key)
    print(desk.connecting.connect(business, draft).secrets_in)

    def sync(happens=None):
        def listen(event):
            if happens and isinstance(event, SyncStarted): happens()
        try:
            print(len(desk.syncing.sync(business, listen).failed))
        except Problem as problem:
            print(problem.code, "|", problem.sentence, problem.cure)
        connection = desk.businesses.get(business).connection
        print(connection.lists["suppliers"].count, connection.needs_reconnecting)

    sync()
    sync(lock)
    try:
        desk.connecting.disconnect(business)
    except Problem as problem:
        print(problem.code, desk.businesses.get(business).connection is not None)
    unlock()
    sync()
    sync(kill)
    unlock()
    sync()
    desk.connecting.keep_secrets_in(business, "secret-service")
    os.environ["KASHDECK_PASSPHRASE_FILE"] = sys.argv[1] + "/passphrase"
    desk.connecting.keep_secrets_in(business, "encrypted-file")
    print(desk.connecting.left_behind(business))
    try:
        desk.secrets.load(business, "secret-service")
    except Problem as problem:
        print(problem.code)
    sync()
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
        timeout=3 * HANG,
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


def test_a_keyring_that_is_locked_or_gone_in_the_middle_is_said_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery")
    (tmp_path / "passphrase").chmod(0o600)

    said = in_a_session(tmp_path, IN_THE_MIDDLE, UNLOCKED).splitlines()
    # The keyring that is started again tells where it listens, in some versions.
    lines = [line for line in said if not line.startswith("GNOME_KEYRING_CONTROL=")]

    assert lines[:3] == ["secret-service", "0", "7 False"]
    assert lines[3].startswith("keyring-locked | The system's keyring is locked")
    assert "Unlock the system's keyring" in lines[3]
    assert lines[4] == "7 False", "the lists stay, and there is nothing to reconnect"
    assert lines[5] == "keyring-locked True", "disconnecting does not forget where the password is"
    assert lines[6:8] == ["0", "7 False"]
    assert lines[8].split(" | ")[0] in ("keyring-locked", "keyring-trouble")
    assert lines[9:12] == ["7 False", "0", "7 False"]
    assert lines[12:] == ["[]", "secret-missing", "0", "7 False"], "moved, and wiped where it was"
    kept = b"".join(file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file())
    assert b"login-pass" not in kept
