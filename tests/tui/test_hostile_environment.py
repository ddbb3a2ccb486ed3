"""Whatever surrounds it, a command says in a sentence what stands in its way."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.kashdeck import NAME, ROOT, SALES, Kashdeck
from tests.tui.test_terminal import ESCAPES, on_terminal
from tui.commands import COMMANDS

ODD = os.fsdecode(b"K\xe4ufe")
"""A name as a zip file from Windows leaves it: no UTF-8."""
UNFORESEEN = "did not foresee"
ENDLESS = {"sandbox", "demo"}


def test_words_that_are_no_text_are_named_by_every_command(
    connected: Kashdeck, tmp_path: Path
) -> None:
    odd = str(tmp_path / ODD)
    for command in sorted(one.name for one in COMMANDS if one.name not in ENDLESS):
        for words in ([odd], [NAME, odd], [NAME, "1", f"note={odd}"], ["--json", odd]):
            ran = connected.run(command, *words)
            assert UNFORESEEN not in ran.err + ran.out
            assert ran.code in (1, 2) or command in ("backup", "restore"), ran


def test_a_file_of_any_name_is_imported_and_backed_up(connected: Kashdeck, tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    paper = folder / "bill.pdf"
    paper.write_bytes(b"%PDF")
    sales = folder / f"{ODD}.csv"
    sales.write_bytes(Path(SALES).read_bytes())

    ran = connected.run("import", NAME, str(sales))
    assert ran.code == 0, ran
    assert "items added" in ran.out
    assert connected.json("import", NAME, str(sales))["added"] == []
    assert "K\ufffdufe.csv" in connected.run("audit", NAME).out

    assert connected.run("backup", str(folder / ODD)).code == 0
    assert "K\\udce4ufe" not in str(connected.json("backup", str(folder / f"{ODD}2")))


@pytest.mark.parametrize(
    ("words", "closed"),
    [(["items", NAME, "--json"], False), (["items", NAME], False), (["status"], True)],
)
def test_output_that_cannot_be_written_is_said_and_so_is_what_was_done(
    connected: Kashdeck, words: list[str], closed: bool
) -> None:
    command = [sys.executable, "-m", "tui", *words]
    if closed:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            env=connected.environment,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
    told = done.stderr.decode()
    assert done.returncode == 2, told
    why = "it is closed" if closed else "no space left on device"
    assert told.startswith(f"Standard output could not be written ({why})")
    assert "What the command had done by then is done" in told
    assert "Traceback" not in told


def test_a_disk_that_keeps_no_locks_is_named(
    connected: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refused)
    for words in (["status"], ["add", NAME, "contact=Pennine Water"], ["items", NAME], ["doctor"]):
        ran = connected.run(*words)
        assert UNFORESEEN not in ran.err, ran
        if words[0] in ("status", "add"):
            assert (ran.code, "keeps no locks" in ran.err) == (2, True), ran
    assert "The locks could not be examined: No locks available." in ran.out


def test_without_a_home_folder_kashdeck_home_is_asked_for(
    connected: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # a user without an entry
    connected.environment.pop("HOME", None)
    assert connected.run("items", NAME).code == 0
    assert UNFORESEEN not in connected.run("doctor").err
    connected.environment.pop("KASHDECK_HOME")
    ran = connected.run("status")
    assert ran.code == 2
    assert ran.err.startswith("There is no home folder here: HOME is not set")


@pytest.mark.parametrize("zone", ["nonsense", ":/etc/passwd", "UTC+99999", "A" * 5000])
def test_a_time_zone_that_is_none_stops_nothing(connected: Kashdeck, zone: str) -> None:
    connected.environment["TZ"] = zone
    done = subprocess.run(
        [sys.executable, "-m", "tui", "audit", NAME],
        capture_output=True,
        env=connected.environment,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    assert b"UTC" in done.stderr or zone != "UTC+99999"


def test_the_terminal_itself_says_how_large_it_is(connected: Kashdeck) -> None:
    connected.run("add", NAME, "contact=" + "A very long name of a supplier " * 6)
    with on_terminal(
        connected.home, "items", NAME, columns=60, COLUMNS="300", LINES="2"
    ) as terminal:
        shown = ESCAPES.sub(b"", terminal.read_to_end()).decode()
    assert "Item" in shown
    assert max(len(line) for line in shown.splitlines()) <= 60
