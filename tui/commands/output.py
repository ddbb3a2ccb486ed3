"""What commands write: text for people, one JSON object for programs."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TextIO

_UNSEEN = "\N{REPLACEMENT CHARACTER}"


def safe(text: str) -> str:
    """Return text that cannot steer a terminal: names come from files and from KashFlow."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else _UNSEEN for char in text)


def say(text: str = "") -> None:
    """Write text for a person to standard output."""
    sys.stdout.write(_fitted(safe(text), sys.stdout) + "\n")


def warn(text: str) -> None:
    """Write text for a person to standard error."""
    sys.stderr.write(_fitted(safe(text), sys.stderr) + "\n")


def _fitted(text: str, stream: TextIO) -> str:
    """Break lines between words where a terminal would break them anywhere."""
    if not stream.isatty():
        return text
    import shutil
    import textwrap

    room = shutil.get_terminal_size().columns
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())] + "  "
        broken = textwrap.wrap(
            line,
            room,
            subsequent_indent=indent,
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += broken if len(line) > room else [line]
    return "\n".join(lines)


def say_json(answer: Mapping[str, Any]) -> None:
    """Write one JSON object on one line, in UTF-8 whatever the terminal's encoding.

    Dates are ISO; times are UTC, ISO, to the second, with Z; None is null.
    """
    sys.stdout.flush()
    sys.stdout.buffer.write(_fast_json(answer) if "orjson" in sys.modules else _plain_json(answer))
    sys.stdout.buffer.flush()


def _fast_json(answer: Mapping[str, Any]) -> bytes:
    import orjson

    options = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(answer, option=options)


def _plain_json(answer: Mapping[str, Any]) -> bytes:
    """Return the same bytes; loading orjson would take longer than a short answer is worth."""
    import json

    def told(value: Any) -> str:
        if hasattr(value, "tzinfo"):
            return str(value.isoformat(timespec="seconds").replace("+00:00", "Z"))
        return str(value.isoformat())  # a date

    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=told)
    return text.encode(errors="replace") + b"\n"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 item", "3 items"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
