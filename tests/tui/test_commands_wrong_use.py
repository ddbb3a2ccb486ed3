"""What each command says to wrong words: a sentence, a way on, exit code 2, and no traceback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.kashdeck import COSTS, NAME, ROOT, Kashdeck
from tui.commands import COMMANDS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stats",), "Did you mean: kashdeck status"),
        (("--frobnicate",), "There is no option --frobnicate"),
        (("status", "Nobody Ltd"), "There is no business called “Nobody Ltd”"),
        (("status", "a", "b"), "Unrecognized arguments: b"),
        (("sync",), "Say which"),
        (("sync", "x", "--all"), "Say which"),
        (("sync", "Nobody Ltd"), "kashdeck connections"),
        (("lists", "x"), "LIST"),
        (("lists", "x", "unicorns"), "The lists are chart-of-accounts"),
        (("import", "x"), "FILE"),
        (("items", "x", "--state", "lost"), "to-review"),
        (("item", "x"), "ITEM"),
        (("edit", "x", "1"), "FIELD=VALUE"),
        (("edit", "x", "1", "date"), "is not KEY=VALUE"),
        (("edit", "x", "1", "date=1", "date=2"), "given twice"),
        (("publish", "x"), "Say which"),
        (("publish", "x", "1", "--ready"), "Say which"),
        (("publish", "x", "1", "--body"), "--dry-run"),
        (("settings", "x", "loud"), "is not KEY=VALUE"),
        (("people", "x", "elena"), "admin, standard or none"),
        (("people", "x", "elena", "king"), "admin"),
        (("connect", "x"), "--username"),
        (("connect", "x", "--username", "u"), "--secrets-stdin"),
        (("connect", "x", "--username", "u", "--password", "p"), "Unrecognized"),
        (("connect", "x", "--username", "u", "--software", "xero", "--secrets-stdin"), "xero"),
        (("connect", "x", "--username", "u", "--software", "sandbox"), "--endpoint"),
        (
            ("connect", "x", "--username", "u", "--endpoint", "http://books.example/"),
            "https is needed",
        ),
        (("disconnect",), "NAME"),
        (("reconnect", "x", "--username", "u"), "There is no business"),
        (("sandbox", "--port", "many"), "invalid int value"),
        (("sandbox", "--port", "-1"), "cannot be less than 0"),
        (("sandbox", "--port", "99999"), "65535"),
        (("sandbox", "--fault", "InsertReceipt:explode"), "There is no misbehaviour"),
        (("demo",), "needs a terminal"),
        ((), "needs a terminal"),
    ],
)
def test_wrong_words_are_told_in_a_sentence(
    kashdeck: Kashdeck, words: tuple[str, ...], said: str
) -> None:
    ran = kashdeck.run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not kashdeck.home.exists(), "wrong use writes nothing"


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        ("", "two lines"),
        ("only the password\n", "two lines"),
        ("\n1234ABCD-1234\n", "two lines"),
        ("pässword\nnot a key\n", "AutoAuth key"),
        (b"\xff\xfe\n1234ABCD-1234\n", "UTF-8"),
    ],
)
def test_secrets_that_cannot_be_used(kashdeck: Kashdeck, stdin: str | bytes, said: str) -> None:
    words = ("connect", NAME, "--endpoint", kashdeck.sandbox.endpoint, "--username", "u")
    ran = kashdeck.run(*words, "--secrets-stdin", stdin=stdin)
    assert ran.code == 2
    assert said in ran.err
    assert "pässword" not in ran.err
    assert kashdeck.sandbox.account.calls == {}, "nothing was sent"


def test_errors_come_as_json_on_standard_output_where_json_was_asked_for(
    kashdeck: Kashdeck,
) -> None:
    answer = kashdeck.json("status", "Nobody Ltd", code=2)
    assert answer == {
        "error": {
            "code": "business-unknown",
            "sentence": "There is no business called “Nobody Ltd” here.",
            "cure": "See the names with: kashdeck connections",
        }
    }
    assert kashdeck.json("publish", code=2)["error"]["code"] == "wrong-use"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_help_with_an_example(kashdeck: Kashdeck, command: object) -> None:
    name = getattr(command, "name", "")
    ran = kashdeck.run(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: kashdeck {name}")
    assert f"  kashdeck {name}" in ran.out.split("for example:")[1]
    assert max(len(line) for line in ran.out.splitlines()) <= 80


def test_the_overview_names_every_command(kashdeck: Kashdeck) -> None:
    out = kashdeck.run("--help").out
    for command in COMMANDS:
        assert f"  {command.name} " in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_a_dumb_terminal_is_pointed_at_the_commands(kashdeck: Kashdeck) -> None:
    parent, child = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tui"],
            stdin=child,
            stdout=child,
            stderr=subprocess.PIPE,
            env={**kashdeck.environment, "TERM": "dumb"},
            cwd=ROOT,
            timeout=30,
            check=False,
        )
    finally:
        os.close(parent)
        os.close(child)
    assert done.returncode == 2
    assert b"kashdeck --help" in done.stderr


def test_a_reader_that_leaves_early_is_no_trouble(kashdeck: Kashdeck) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "tui", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=kashdeck.environment,
        cwd=ROOT,
        timeout=30,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_terminal_of_another_encoding_gets_marks_for_letters_it_lacks(
    kashdeck: Kashdeck,
) -> None:
    kashdeck.environment |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ran = kashdeck.process("status", "Café Léon")
    assert ran.code == 2
    assert "?Caf? L?on?" in ran.err


def test_what_nobody_foresaw_is_one_sentence_and_a_line_in_the_log(
    kashdeck: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(args: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr("tui.commands.settings.run_settings", broken)
    ran = kashdeck.run("settings", "Harbour")
    assert (ran.code, ran.out) == (2, "")
    assert "did not foresee" in ran.err
    assert "Traceback" not in ran.err
    log = (kashdeck.home / "kashdeck.log").read_text(encoding="utf-8")
    assert str(kashdeck.home / "kashdeck.log") in ran.err
    assert "Traceback" in json.loads(log)["traceback"]


def test_a_secret_without_end_is_refused_and_a_file_may_be_standard_input(
    connected: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("reconnect", NAME, "--secrets-stdin")
    ran = connected.run(*words, stdin="x" * 70_000)
    assert ran.code == 2
    assert "a line without end" in ran.err
    costs = Path(COSTS).read_bytes()
    assert connected.run("import", NAME, "/dev/stdin", stdin=costs).code in {0, 1}
    monkeypatch.setattr("kfclient.desk.importing.csvfile._LARGEST", len(costs) - 1)
    ran = connected.run("import", NAME, "/dev/stdin", stdin=costs)
    assert ran.code == 2
    assert "larger than" in ran.err
