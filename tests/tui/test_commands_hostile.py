"""Text from outside in commands: it forges no line and steers no terminal, as JSON neither."""

from __future__ import annotations

import json

import pytest

from kfclient.visible import json_escaped, one_line, visible
from tests.tui.kashdeck import NAME, Kashdeck

FORGED = "Three\nItem 1 (published): fine\r\n\u2028  E-FORGED: no\x85x\x0b"
STEERS = "\x9b31m\x9d0;T\x9c\x7f\u202etxe\u2066\U000e0001"
COMMANDS = (
    ("items",),
    ("item", "1"),
    ("check",),
    ("publish", "1", "--dry-run"),
    ("audit",),
    ("attach", "1"),
)


@pytest.fixture
def hostile(kashdeck: Kashdeck) -> Kashdeck:
    assert kashdeck.connect().code == 0
    words = (
        f"contact={FORGED}{STEERS}",
        f"reference={FORGED}",
        "date=2026-11-01",
    )
    line = (f"1.category={FORGED}", f"1.description={STEERS}", "1.unit_price=5")
    kashdeck.run("add", NAME, *words, *line)
    return kashdeck


def test_what_is_quoted_makes_no_line_and_steers_no_terminal(hostile: Kashdeck) -> None:
    for command, *words in COMMANDS:
        said = "".join(hostile.run(command, NAME, *words)[1:])
        assert said, command
        forged = [line for line in said.split("\n") if line.startswith(("Item 1 (pub", "  E-FORG"))]
        assert not forged, command
        assert not [char for char in said if char != "\n" and not char.isprintable()], command


def test_json_says_the_same_and_steers_no_terminal(hostile: Kashdeck) -> None:
    for command, *words in COMMANDS[:-1]:
        out = hostile.run(command, NAME, *words, "--json").out
        assert out.strip("\n").isprintable(), command
        assert STEERS in json.dumps(json.loads(out), ensure_ascii=False), command


@pytest.mark.parametrize(
    "words",
    [
        ("sandbox", "--host", "\x9b2J\x1b[2J\nhome"),
        ("sandbox", "--fault", "No\x1b]0;x\a\n=slow"),
        ("items", "No\x9b\nBusiness"),
        ("No\x1b[2J\nCommand",),
        ("check", NAME, "--item\x9b\n"),
        ("restore", "/nowhere/\x1b[2J\u202e.zip"),
    ],
)
def test_a_sentence_that_quotes_what_was_typed(kashdeck: Kashdeck, words: tuple[str, ...]) -> None:
    ran = kashdeck.run(*words)
    assert ran.code == 2
    said = ran.out + ran.err
    assert not [char for char in said if char != "\n" and not char.isprintable()], said
    assert not any(
        line.startswith(("home", "=slow", "Business", "Command")) for line in said.split("\n")
    )


def test_blanks_stay_blanks_and_names_stay_names() -> None:
    name = "Müller\u00a0& Söhne\u202f日本 e\u0301"
    assert visible(name) == "Müller & Söhne 日本 e\u0301"
    assert one_line("a\r\nb\tc\nd") == "a b c d"
    assert visible("a\r\nb\x1bc") == "a\nb\N{REPLACEMENT CHARACTER}c"
    text = json.dumps({"name": f"é{STEERS}\n"}, ensure_ascii=False)
    assert json.loads(json_escaped(text)) == json.loads(text)
