"""`kashdeck status` takes short cuts; each ends where the long way does."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path

import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.store import Home
from tests.tui.kashdeck import Kashdeck
from tui.commands import status
from tui.commands.output import say_json
from tui.commands.usage import Parser


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--json"],
        ["harbour lane"],
        ["--json", "Harbour Lane"],
        ["harbour-lane", "--json"],
        ["--json", "--json"],
        [""],
    ],
)
def test_usual_words_need_no_parser_and_mean_the_same(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setenv("KASHDECK_HOME", str(tmp_path))
    home = Home(tmp_path)
    for name in ("Harbour Lane", "Pier & Söhne"):
        Businesses(home).add(name)
    home.close()

    assert status.run_status_plain(words) == 0
    plain = capfdbinary.readouterr().out
    parser = Parser("status", "how businesses stand")
    status.status_arguments(parser)
    args: argparse.Namespace = parser.parse_intermixed_args(words)
    assert status.run_status(args) == 0

    assert plain == capfdbinary.readouterr().out
    assert b"Harbour Lane" in plain


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["a", "b"], ["--jsn"], ["--", "a"], ["-x"]])
def test_unusual_words_are_the_parsers(words: list[str]) -> None:
    assert status.run_status_plain(words) is None


def test_json_is_the_same_to_the_byte_whoever_writes_it(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    moment = dt.datetime(2026, 3, 31, 9, 30, 5, 999_999, tzinfo=dt.UTC)
    answer = {
        "text": "Pier & “Söhne” </a>\n\t\\ \u2028 \x01 \U0001f600",
        "numbers": [0, -1, 1.5, 10**15, True, False, None],
        "times": {"at": moment, "whole": moment.replace(microsecond=0), "day": moment.date()},
        "empty": [{}, [], ""],
    }
    say_json(answer)
    fast = capfdbinary.readouterr().out
    monkeypatch.delitem(sys.modules, "orjson")
    say_json(answer)

    assert fast == capfdbinary.readouterr().out
    assert json.loads(fast)["times"]["at"] == "2026-03-31T09:30:05Z"
    assert fast.count(b"\n") == 1


def test_a_home_that_cannot_be_understood_is_one_sentence(kashdeck: Kashdeck) -> None:
    kashdeck.home.mkdir()
    (kashdeck.home / "state.json").write_text("{")
    assert kashdeck.json("status", code=2)["error"]["code"] == "state-damaged"
