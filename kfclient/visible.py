"""Text as a terminal may have it: names come from files, from colleagues and from KashFlow."""

from __future__ import annotations

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterable

_UNSEEN = "\N{REPLACEMENT CHARACTER}"
_BREAKS = str.maketrans(dict.fromkeys("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))


def visible(text: str) -> str:
    """Return text that cannot steer a terminal; its line breaks stay.

    Controls (escapes, C1), marks that turn the direction of writing and letters that no font has
    become U+FFFD, blanks of any kind a space.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    """Return visible text on one line: a line break in somebody's data makes no line of ours."""
    if text.isprintable():
        return text
    return visible(text.replace("\r\n", "\n").translate(_BREAKS))


def stacked(lines: Iterable[str]) -> str:
    """Return visible lines below one another, as many as were given."""
    return "\n".join(map(one_line, lines))


def json_escaped(text: str) -> str:
    """Return JSON that says the same and cannot steer a terminal: what is not seen is escaped.

    The text is JSON already, on lines of its own, whose controls below a space are escaped.
    """
    unseen = (char for char in set(text) if not char.isprintable() and char != "\n")
    return text.translate({ord(char): _escaped(char) for char in unseen})


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _shown(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    return " " if char == "\t" or (char.isspace() and char > "\x9f") else _UNSEEN
