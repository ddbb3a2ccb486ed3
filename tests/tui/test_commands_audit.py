"""`kashdeck audit`: who did what with a business, and whether the trail was bent."""

from __future__ import annotations

import datetime as dt
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kfclient.desk import Desk
from kfclient.desk.model.item import Item
from tests.tui.kashdeck import NAME, ROOT, Kashdeck
from tui.commands.audit import moment
from tui.commands.usage import WrongUse

SSH = "10.0.0.7 50022 10.0.0.1 22"


@pytest.fixture
def worked(kashdeck: Kashdeck, monkeypatch: pytest.MonkeyPatch) -> Kashdeck:
    """The command on a home where Anna has added a business and two items, over SSH."""
    monkeypatch.setenv("SSH_CONNECTION", SSH)
    kashdeck.environment["SSH_CONNECTION"] = SSH
    desk = Desk.open(kashdeck.home, memory_secrets=True, person="anna")
    business = desk.businesses.add(NAME).id
    for contact in ("Pennine Water", "Harrow and Finch Solicitors and Commissioners for Oaths"):
        desk.items.add(business, Item(contact=contact, reference="PEN-1"))
    desk.close()
    return kashdeck


def trail(kashdeck: Kashdeck) -> Path:
    return kashdeck.home / "businesses" / "harbour-lane-trading" / "audit.jsonl"


def on_terminal(kashdeck: Kashdeck, *words: str) -> list[str]:
    """Run a command on a terminal of 80 columns; return the lines it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", *words],
        stdout=theirs,
        env=kashdeck.environment,
        cwd=ROOT,
    )
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 65536):
            shown += data
    except OSError:  # how a terminal ends
        pass
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode().replace("\r\n", "\n").splitlines()


def test_the_trail_is_told_in_sentences_the_newest_last(worked: Kashdeck) -> None:
    worked.run("edit", NAME, "1", "reference=PEN-2")

    lines = worked.run("audit", NAME).out.splitlines()

    assert re.fullmatch("No  When +What", lines[0])
    whole = r" (\d)  \d+ [A-Z][a-z]{2} \d{4} \d\d:\d\d  (.+)"
    rows = [match.groups() for line in lines[1:-1] if (match := re.fullmatch(whole, line))]
    assert [number for number, _ in rows] == ["1", "2", "3", "4"]
    assert rows[1][1] == "anna (from 10.0.0.7) added item 1: cost PEN-1, Pennine Water, £0.00"
    assert rows[3][1].endswith("(from 10.0.0.7) changed item 1: reference PEN-1 -> PEN-2")
    assert lines[-1] == "4 entries."

    assert worked.run("audit", NAME, "--item", "2").out.splitlines()[-1] == "1 entry."
    assert worked.run("audit", NAME, "--since", "1h").out == worked.run("audit", NAME).out
    assert worked.run("audit", NAME, "--since", "2099-01-01").out == "0 entries.\n"


def test_it_fits_eighty_columns(worked: Kashdeck) -> None:
    lines = on_terminal(worked, "audit", NAME)
    assert max(map(len, lines)) <= 80
    start = lines[0].index("What")
    carried_over = [line for line in lines if line.startswith(" " * start)]
    assert carried_over
    assert all(line[start].isalnum() for line in carried_over)


def test_as_json_each_entry_is_whole(worked: Kashdeck) -> None:
    [entry] = worked.json("audit", NAME, "--item", "1")["entries"]
    assert entry["at"].endswith("Z")
    del entry["at"]
    assert entry == {
        "number": 2,
        "who": "anna",
        "origin": "10.0.0.7",
        "action": "item-added",
        "connection": None,
        "item": "1",
        "before": {},
        "after": {
            "kind": "cost",
            "reference": "PEN-1",
            "contact": "Pennine Water",
            "gross": "0.00",
            "currency": "GBP",
        },
        "fingerprint": None,
        "answer": None,
        "sentence": "anna (from 10.0.0.7) added item 1: cost PEN-1, Pennine Water, £0.00",
    }


def test_verify_ends_with_0_for_a_sound_trail_and_1_for_any_other(worked: Kashdeck) -> None:
    ran = worked.run("audit", "verify", NAME)
    assert ran.code == 0
    assert f"The trail of {NAME} is as it was written: 3 entries." in ran.out
    answer = worked.json("audit", NAME, "verify")
    assert answer["head"] in ran.out
    assert (answer["sound"], answer["lines"], answer["troubles"]) == (True, 3, [])

    path = trail(worked)
    path.write_bytes(path.read_bytes().replace(b"Pennine", b"Northern"))

    ran = worked.run("audit", "verify", NAME)
    assert ran.code == 1
    assert "not as it was written: 1 trouble in 3 lines.\n  Line 2 was changed" in ran.out
    answer = worked.json("audit", "verify", NAME, code=1)
    assert [(one["code"], one["line"]) for one in answer["troubles"]] == [("changed", 2)]

    path.unlink()
    ran = worked.run("audit", NAME)
    assert ran.out == "0 entries.\n"
    assert "not as it was written. See: kashdeck audit verify harbour-lane-trading" in ran.err


@pytest.mark.parametrize(
    ("words", "sentence", "cure"),
    [
        (("verify",), "Say of which business", "kashdeck audit verify NAME"),
        (("verify", "Nobody"), "There is no business called “Nobody”", ""),
        (("Harbour", "Lane"), "Give one business", "quotes"),
        ((NAME, "--since", "soon"), "“soon” is no time", "24h"),
        ((NAME, "verify", "--item", "1"), "the whole trail", "Leave out"),
    ],
)
def test_wrong_use_is_told(
    worked: Kashdeck, words: tuple[str, ...], sentence: str, cure: str
) -> None:
    ran = worked.run("audit", *words)
    assert ran.code == 2
    assert sentence in ran.err
    assert cure in ran.err


def test_a_business_may_be_called_verify(worked: Kashdeck) -> None:
    desk = Desk.open(worked.home, memory_secrets=True, person="anna")
    desk.businesses.add("Verify")
    desk.close()
    assert "added the business Verify" in worked.run("audit", "verify").out
    assert "is as it was written: 1 entry." in worked.run("audit", "verify", "Verify").out


def test_a_moment_is_a_day_here_or_so_long_ago() -> None:
    now = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    assert moment("24h", now) == moment("1d", now) == dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    assert moment(" 2 W ", now) == dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)
    midnight = moment("1 Sep 2026", now)
    assert midnight == moment("2026-09-01", now)
    assert midnight.astimezone().timetuple()[:6] == (2026, 9, 1, 0, 0, 0)
    for wrong in ("", "0", "-3d", "999999w", "yesterday", "01/02/03"):
        with pytest.raises(WrongUse):
            moment(wrong, now)
