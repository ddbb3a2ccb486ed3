"""What commands write: text, tables and times for people, one JSON object for programs."""

from __future__ import annotations

import sys

from kfclient.dates import shown_date
from kfclient.errors import tell
from kfclient.visible import json_escaped, one_line, stacked

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any, TextIO

    from kfclient.errors import Told


def say(*lines: str) -> None:
    """Write lines for a person to standard output; none is an empty line.

    A line break within one of them is somebody's data, and makes no line of ours.
    """
    sys.stdout.write(_fitted(stacked(lines), sys.stdout) + "\n")


def warn(*lines: str) -> None:
    """Write lines for a person to standard error, as `say` does."""
    sys.stderr.write(_fitted(stacked(lines), sys.stderr) + "\n")


def tell_problem(problem: Told) -> None:
    """Write a problem to standard error: the sentence, and below it the cure."""
    warn(*tell(problem).split("\n"))


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

    What could steer a terminal (C1, DEL, marks that turn the direction of writing) is escaped, as
    JSON has it for the controls below a space. Dates are ISO; times are UTC, ISO, to the second,
    with Z; None is null.
    """
    sys.stdout.flush()
    text = _fast_json(answer) if "orjson" in sys.modules else _plain_json(answer)
    sys.stdout.buffer.write(_escaped(text))
    sys.stdout.buffer.flush()


def _escaped(text: bytes) -> bytes:
    if text.isascii() and b"\x7f" not in text:
        return text
    return json_escaped(text.decode()).encode()


def _fast_json(answer: Mapping[str, Any]) -> bytes:
    import orjson

    options = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(answer, option=options)
    except orjson.JSONEncodeError:  # a file's name that is not text
        return _plain_json(answer)


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


# Plain text tables that fit the terminal.

_FIRST_COMBINING = "\u0300"
"""Each character before it takes one cell."""

GAP = "  "
NARROWEST = 8


class TextColumn:
    """A column: amounts go to the `right`; a column that `gives` way is cut when room is short."""

    __slots__ = ("gives", "heading", "right")

    def __init__(self, heading: str, *, right: bool = False, gives: bool = False) -> None:
        self.heading = heading
        self.right = right
        self.gives = gives


def table(columns: Sequence[TextColumn], rows: Sequence[Sequence[str]], room: int = 0) -> list[str]:
    """Return the headings and a line a row, cut to `room` cells (0: no limit).

    Amounts have two decimals each, so the right-hand edge lines up their points. A column that is
    empty in every row is left out.
    """
    # Column by column, each text once: in a long list most of them come again and again.
    there = zip(columns, zip(*rows, strict=True), strict=True) if rows else ()
    kept = [(column, (column.heading, *texts)) for column, texts in there if any(texts)]
    cells = [{text: _cell(text) for text in set(texts)} for _, texts in kept]
    widths = [max(map(cells_wide, each.values())) for each in cells]
    if room:
        _give_way(widths, [column for column, _ in kept], room)
    padded = []
    for (column, texts), each, width in zip(kept, cells, widths, strict=True):
        fitting = {text: _padded(cell, width, right=column.right) for text, cell in each.items()}
        padded.append([fitting[text] for text in texts])
    return [GAP.join(row).rstrip() for row in zip(*padded, strict=True)] or [""]


def room_here() -> int:
    """Return the terminal's width in cells, 0 when the output goes to a file or a pipe."""
    if not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def cells_wide(text: str) -> int:
    """Return how many terminal cells the text takes."""
    if text.isascii() or max(text) < _FIRST_COMBINING:
        return len(text)
    return sum(_char_cells(char) for char in text)


def _char_cells(char: str) -> int:
    import unicodedata  # for names beyond ASCII alone

    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cell(text: str) -> str:
    return " ".join(one_line(text).split())


def _give_way(widths: list[int], columns: Sequence[TextColumn], room: int) -> None:
    """Narrow the widest columns that give way, a cell at a time, until the line fits."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - room
    able = [at for at, column in enumerate(columns) if column.gives]
    while over > 0:
        at = max(able, key=lambda one: widths[one], default=-1)
        if at < 0 or widths[at] <= NARROWEST:
            return
        widths[at] -= 1
        over -= 1


def _padded(cell: str, width: int, *, right: bool) -> str:
    """Return the text as wide as its column."""
    wide = cells_wide(cell)
    if wide > width:
        cell = _cut(cell, width)
        wide = cells_wide(cell)
    room = width - wide + len(cell)
    return cell.rjust(room) if right else cell.ljust(room)


def _cut(text: str, width: int) -> str:
    kept, used = "", 1
    for char in text:
        used += _char_cells(char)
        if used > width:
            break
        kept += char
    return kept + "…"


# Times for people: in this machine's zone, to the minute.


def shown_time(moment: datetime | None) -> str:
    """Return "27 Oct 2026 14:05" in local time, "" for never."""
    if moment is None:
        return ""
    local = moment.astimezone()
    return f"{shown_date(local.date())} {local:%H:%M}"
