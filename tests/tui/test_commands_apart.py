"""Every command as a process of its own: what a shell starts does what the other tests call."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from kfclient.store import kernel_keyring
from kfclient.store.redaction import redact
from kfclient.store.secrets import Secrets
from tests.tui.kashdeck import COSTS, NAME, SALES, Kashdeck
from tui.commands import COMMANDS

ON_A_TERMINAL = {"demo"}
"""Started by the tests of the terminal."""

SERVING = {"sandbox"}
"""Started by its own tests, which wait for its line and end it."""

LIFE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("import", NAME, COSTS), "10 items added"),
    (("import", NAME, SALES), "5 items added"),
    (("settings", NAME, "settle_seconds=0"), "settle_seconds"),
    (
        ("add", NAME, "contact=Pennine Water", "reference=PW-77", "date=31/08/2026"),
        "Item 16: cost, invoice",
    ),
    (("edit", NAME, "9", "category=7803"), "Tidewater Marine Paints"),
    (("check", NAME, "9"), "ready"),
    (("claim", NAME, "Ann Lee", "4", "5"), "Ann Lee"),
    (("copy", NAME, "1"), "Item 18: cost, invoice"),
    (("remove", NAME, "18"), "1 item removed"),
    (("undo-edit", NAME), "Taken back: the deletion of item 18."),
    (("undo-edit", NAME, "--redo"), "Done again: the deletion of item 18."),
    (("sync", NAME), "Suppliers: 7"),
    (("publish", NAME, "1", "2", "--create-suppliers", "--yes"), "2 items published"),
    (("verify", NAME), "2 items compared: 2 as published, 0 not."),
    (("attach", NAME, "1", COSTS), "costs.csv (attached)"),
    (("resolve", NAME), "outcome is known"),
    (("undo", NAME, "2", "--yes"), "is out again"),
    (("people", NAME, "elena", "standard"), "elena"),
    (("share", "--stop"), "alone"),
    (("keyring", NAME, "ask"), "typed each time"),
)
"""What changes something, in order, and a part of what is said."""

LOOKS = (
    ("status", "--json"),
    ("connections", "--json"),
    ("lists", NAME, "suppliers"),
    ("items", NAME, "--json"),
    ("item", NAME, "10"),
    ("publish", NAME, "3", "--dry-run", "--body"),
    ("verify", NAME, "--json"),
    ("keyring", NAME),
    ("doctor", "--network"),
    ("audit", "verify", NAME, "--json"),
    ("items", "Nobody", "--json"),
    ("edit", "--help"),
    ("stats",),
)
"""What changes nothing, so that twice is the same: troubles and wrong use as well."""


@pytest.mark.slow
def test_each_command_works_as_a_process_and_says_the_same_when_it_is_called(
    kashdeck: Kashdeck, tmp_path: Path
) -> None:
    sandbox, backup = kashdeck.sandbox, str(tmp_path / "books.zip")
    begun = set(ON_A_TERMINAL | SERVING)

    def does(*words: str, said: str, stdin: str = "") -> None:
        begun.add(words[0])
        ran = kashdeck.process(*words, stdin=stdin)
        assert ran.code == 0, (words, ran)
        assert said in ran.out, (words, ran)

    kashdeck.make_cheap_file()
    address = ("--endpoint", sandbox.endpoint, "--username", sandbox.username, "--secrets-stdin")
    does(
        *("connect", NAME, *address, "--secrets-in", "encrypted-file"),
        said="Chart of accounts",
        stdin=kashdeck.secrets,
    )
    if kernel_keyring.available():
        does("unlock", said="Unlocked")
    does("lock", said="Locked.")
    for words, said in LIFE[:-1]:
        does(*words, said=said)
    for words in LOOKS:
        assert kashdeck.process(*words) == kashdeck.run(*words), words
    does(*LIFE[-1][0], said=LIFE[-1][1])
    does("backup", backup, said="Backed up")
    does("restore", backup, "--yes", said="Restored")
    does("reconnect", NAME, *address, said="Suppliers: 7", stdin=kashdeck.secrets)
    does("disconnect", NAME, "--yes", said="is disconnected")
    looks = {words[0] for words in LOOKS} - {"stats"}
    assert begun | looks | {"unlock"} == {command.name for command in COMMANDS}
    Secrets(kashdeck.home).lock("encrypted-file")


def test_a_command_that_is_called_leaves_this_process_as_it_was(connected: Kashdeck) -> None:
    before = all_that_a_command_changes()
    assert connected.run("sync", NAME).code == 0
    assert connected.run("publish", NAME, "--follow").code == 2
    assert all_that_a_command_changes() == before


def all_that_a_command_changes() -> dict[str, Any]:
    """Return what a process is free to change, as long as it is one command's alone."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "words": sys.argv,
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "signals": [signal.getsignal(number) for number in numbers],
        "core dumps": resource.getrlimit(resource.RLIMIT_CORE),
        "others may look": sys.platform != "linux" or ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
        "log": (logging.getLogger().level, list(logging.getLogger().handlers)),
        "hidden": str(redact),
    }
