"""A secret is found in what others write, however they spell it, and words that are none stay."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from kfclient.spellings import hide

SECRET = "Zq9/Planted+7x%w &£5"
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "small": str.lower,
    "capitals": str.upper,
    "percent-encoded": lambda one: quote(one, safe=""),
    "as a form": quote_plus,
    "percent-encoded, small": lambda one: quote(one, safe="").lower(),
    "percent-encoded twice": lambda one: quote(quote(one, safe=""), safe=""),
    "every sign percent-encoded": lambda one: "".join(f"%{byte:02x}" for byte in one.encode()),
    "in Latin-1": lambda one: quote(one.encode("latin-1"), safe=""),
    "as HTML": lambda one: html.escape(one).replace("£", "&pound;"),
    "as HTML twice": lambda one: html.escape(html.escape(one)),
    "numbers": lambda one: "".join(f"&#{ord(sign)};" for sign in one),
    "numbers, escaped": lambda one: "".join(f"&amp;#x{ord(sign):X};" for sign in one),
    "JSON": lambda one: json.dumps(one)[1:-1],
    "JSON, all of it": lambda one: "".join(f"\\u{ord(sign):04x}" for sign in one),
    "in groups": lambda one: " ".join(one),
    "without spaces": lambda one: one.replace(" ", ""),
    "in two lines": lambda one: one.replace(" ", "\r\n\t"),
    "signs lost": lambda one: one.replace("£", "?"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_found_however_it_is_spelled(way: str) -> None:
    written = WAYS[way](SECRET)
    for secret in (SECRET, "1234ABCD-1234"):
        written = WAYS[way](secret)
        shown = hide(f"No: {written}; and {written}", (SECRET, "1234ABCD-1234"), "***")
        assert shown.startswith("No: ***")
        assert shown.count("***") == 2
        assert len(shown) < 22


def test_a_text_that_breaks_off_in_the_middle_of_one_does_not_show_its_half() -> None:
    for size in range(10, len(SECRET)):
        assert hide(f"No: {SECRET[:size]}", (SECRET,), "***", cut=True).startswith("No: ***")
    assert hide("No: Zq9", (SECRET,), "***", cut=True) == "No: Zq9"


def test_signs_count_where_letters_are_few() -> None:
    assert hide("A1 and !!££a1%", ("!!££A1%",), "***") == "A1 and ***"
    assert hide("a1 and %21%21%C2%A3£a1%25", ("!!££A1%",), "***") == "a1 and ***"


def test_what_is_no_secret_stays() -> None:
    text = "KashFlow has invoice 1234 of ABCD: 100% &amp; more %41 \\x41"
    assert hide(text, ("1234ABCD-1234", "", "abc"), "***", cut=True) == text
