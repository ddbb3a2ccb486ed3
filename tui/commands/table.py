"""Plain text tables that fit the terminal."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
NARROWEST = 8


class Column:
    """A column: amounts go to the `right`; a column that `gives` way is cut when room is short."""

    __slots__ = ("gives", "heading", "right")

    def __init__(self, heading: str, *, right: bool = False, gives: bool = False) -> None:
        self.heading = heading
        self.right = right
        self.gives = gives


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int = 0) -> str:
    """Return the rows under their headings, cut to `room` cells (0: no limit).

    Amounts have two decimals each, so the right-hand edge lines up their points. A column that is
    empty in every row is left out.
    """
    kept = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    shown = [columns[at] for at in kept]
    cells = [[_one_line(row[at]) for at in kept] for row in rows]
    widths = [
        max([cells_wide(column.heading), *(cells_wide(row[at]) for row in cells)])
        for at, column in enumerate(shown)
    ]
    if room:
        _give_way(widths, shown, room)
    lines = [_line([column.heading for column in shown], shown, widths)]
    lines += [_line(row, shown, widths) for row in cells]
    return "\n".join(lines)


def room_here() -> int:
    """Return the terminal's width in cells, 0 when the output goes to a file or a pipe."""
    if not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def cells_wide(text: str) -> int:
    """Return how many terminal cells the text takes."""
    if text.isascii():
        return len(text)
    return sum(_char_cells(char) for char in text)


def _char_cells(char: str) -> int:
    import unicodedata  # for names beyond ASCII alone

    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _give_way(widths: list[int], columns: Sequence[Column], room: int) -> None:
    """Narrow the widest columns that give way, a cell at a time, until the line fits."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - room
    able = [at for at, column in enumerate(columns) if column.gives]
    while over > 0:
        at = max(able, key=lambda one: widths[one], default=-1)
        if at < 0 or widths[at] <= NARROWEST:
            return
        widths[at] -= 1
        over -= 1


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        text = _cut(cell, width)
        blank = " " * (width - cells_wide(text))
        padded.append(blank + text if column.right else text + blank)
    return GAP.join(padded).rstrip()


def _cut(text: str, width: int) -> str:
    if cells_wide(text) <= width:
        return text
    kept, used = "", 1
    for char in text:
        used += _char_cells(char)
        if used > width:
            break
        kept += char
    return kept + "…"
