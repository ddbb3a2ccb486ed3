"""How light the commands are: what they load, and how long they take beside a bare interpreter."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.store import Home
from tests.tui.kashdeck import ROOT, Kashdeck

HEAVY = (
    "textual",
    "rich",
    "zeep",
    "keyring",
    "cryptography",
    "lxml",
    "requests",
    "kfclient.sandbox",
)


SLOW = ("argparse", "dataclasses", "inspect", "logging", "msgspec", "orjson", "tinydb")
"""What commands may load, and `status`, which runs in prompts and scripts, need not."""


@pytest.mark.parametrize(
    ("words", "never"),
    [
        ((), (*HEAVY, "argparse", "msgspec", "tinydb")),
        (("--version",), (*HEAVY, "argparse", "msgspec", "tinydb")),
        (("--help",), (*HEAVY, "argparse", "msgspec", "tinydb")),
        (("status",), (*HEAVY, *SLOW)),
        (("status", "--json"), (*HEAVY, *SLOW)),
        (("connections", "--json"), HEAVY),
        (("settings", "--help"), HEAVY),
        (("publish", "--help"), HEAVY),
    ],
)
def test_a_command_loads_only_what_it_needs(
    kashdeck: Kashdeck, words: tuple[str, ...], never: tuple[str, ...]
) -> None:
    home = Home(kashdeck.home)
    Businesses(home).add("Harbour Lane")
    home.close()
    run = f"main({list(words)!r})" if words else "None"
    code = (
        f"import sys; from tui.cli import main; {run};"
        f"sys.stderr.write(' '.join(name for name in {never!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kashdeck.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_starting_costs_little_beside_the_interpreter_itself(kashdeck: Kashdeck) -> None:
    def seconds(*words: str) -> float:
        """Return the least CPU that it took, which others that want the processor disturb least."""
        times = []
        for _ in range(5):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, *words],
                env=kashdeck.environment,
                cwd=ROOT,
                capture_output=True,
                check=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(times)

    bare = seconds("-c", "pass")
    # Measured on two shared cores: bare 9 ms, --version 9 ms, status 28 ms (42 ms where Python may
    # not keep what it compiled). The bounds are wide because a test machine is busy; loading
    # textual or zeep would break them all the same.
    assert seconds("-m", "tui", "--version") < 3 * bare + 0.05
    assert seconds("-m", "tui", "status") < 8 * bare + 0.1


def test_the_home_screen_waits_for_no_other_screen(kashdeck: Kashdeck) -> None:
    later = (
        *("screens.items", "screens.manage", "screens.connect_credentials", "screens.passphrase"),
        *(
            "kfclient.desk.business.connect",
            "kfclient.desk.items.check",
            "kfclient.desk.runs.publish",
        ),
    )
    code = (
        "import sys, tui.app; from kfclient.desk.desk import Desk;"
        "tui.app.KashdeckApp(Desk.open(memory_secrets=True));"
        f"print(*[name for name in {later!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kashdeck.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"
