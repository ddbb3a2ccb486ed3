"""A table for lists of any length: it draws only the lines on the screen.

Textual's DataTable needs seconds for 20,000 rows; this one needs what is visible. State is told by
a symbol and a word, never by colour alone, and text from outside is never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kfclient.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from textual import events
    from textual.binding import BindingType


class Column(msgspec.Struct, frozen=True):
    """A column: `width` in cells; 0 shares what is left. Amounts align "right"."""

    title: str
    width: int = 0
    align: Literal["left", "right"] = "left"


class Row(msgspec.Struct, frozen=True):
    """A row: its key, one text a column, and a tone: "", "good", "warn", "bad" or "dim"."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""


class LedgerTable(ScrollView, can_focus=True):
    """Rows with a cursor, marks, arrow and vi keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "ledger--head",
        "ledger--cursor",
        "ledger--blurred",
        "ledger--good",
        "ledger--warn",
        "ledger--bad",
        "ledger--dim",
    }
    DEFAULT_CSS = """
    LedgerTable { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    LedgerTable .ledger--head { text-style: bold; color: $text-muted; background: $panel; }
    LedgerTable .ledger--cursor { background: $primary; color: $text; text-style: bold; }
    LedgerTable .ledger--blurred { background: $panel; text-style: bold; }
    LedgerTable .ledger--good { color: $text-success; }
    LedgerTable .ledger--warn { color: $text-warning; }
    LedgerTable .ledger--bad { color: $text-error; }
    LedgerTable .ledger--dim { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("home,g", "jump(0)", "First", show=False),
        Binding("end,G", "jump(-1)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: LedgerTable, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> LedgerTable:
            """The table."""
            return self.table

    class Chosen(Moved):
        """A row was chosen with Enter or a click."""

    class MarksChanged(Moved):
        """Rows were marked or unmarked with space."""

    def __init__(
        self,
        *columns: Column,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
        markable: bool = False,
        empty: str = "Nothing here yet.",
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = columns
        self.rows: tuple[Row, ...] = ()
        self.cursor = 0
        self.marked: set[str] = set()
        self.markable = markable
        self.empty = empty

    # What is shown

    def show_rows(self, rows: Iterable[Row], known: Collection[str] | None = None) -> None:
        """Replace the rows; cursor and marks stay with their rows' keys.

        Marks stay on rows that are not shown just now, where `known` has the keys of all there are.

        Only lines that are others than before are drawn anew: a whole table is dear over SSH.
        """
        key, before = self.cursor_key, (self.rows, self.cursor, self.scroll_offset.y)
        self.rows = tuple(rows)
        keys = [row.key for row in self.rows]
        self.marked.intersection_update(keys if known is None else known)
        if key in keys:
            self.cursor = keys.index(key)
        self.cursor = max(0, min(self.cursor, len(self.rows) - 1))
        self._measure()
        self._follow()
        self._redraw_after(*before)
        self.post_message(self.Moved(self, self.cursor_key))

    def lay_out(self, columns: tuple[Column, ...]) -> None:
        """Have the rows in these columns, as wide as there is room for; they have the cells."""
        if self.columns is not columns:
            self.columns = columns
            self.refresh()

    def show_columns(self, *columns: Column) -> None:
        """Replace the columns; rows with as many cells must follow."""
        self.columns = columns
        self.rows = ()
        self.refresh()

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor, None in an empty table."""
        return self.rows[self.cursor].key if self.rows else None

    def go_to(self, key: str) -> None:
        """Put the cursor on the row with this key, if it is there."""
        for index, row in enumerate(self.rows):
            if row.key == key:
                self._place(index)
                return

    def mark_all(self, keys: Iterable[str]) -> None:
        """Mark just these rows."""
        self.marked = set(keys)
        self.refresh()
        self.post_message(self.MarksChanged(self, self.cursor_key))

    # Keys and mouse

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self._place(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self._place(self.cursor + by * max(1, self.size.height - 2))

    def action_jump(self, to: int) -> None:
        """Put the cursor on the first or last row."""
        self._place(len(self.rows) - 1 if to < 0 else to)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.rows:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_key(self, event: events.Key) -> None:
        """Mark with space, in tables with marks."""
        if event.key == "space" and self.markable and self.rows:
            event.stop()
            event.prevent_default()
            self.marked ^= {self.rows[self.cursor].key}
            self._redraw(self.cursor)
            self.post_message(self.MarksChanged(self, self.cursor_key))
            self.action_move(1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a second click chooses it."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y >= 1 and index < len(self.rows):
            again = index == self.cursor
            self._place(index)
            if again:
                self.action_choose()

    def on_resize(self) -> None:
        """Keep the cursor in sight when the terminal's size changes."""
        self._measure()
        self._follow()

    def on_focus(self) -> None:
        """Redraw the cursor's line alone: a whole repaint is dear over SSH."""
        self._redraw(self.cursor)

    def on_blur(self) -> None:
        """Redraw the cursor's line alone."""
        self._redraw(self.cursor)

    # Drawing

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows) + 1)

    def _follow(self) -> None:
        visible = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + visible:
            top = self.cursor - visible + 1
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _place(self, index: int) -> None:
        index = max(0, min(index, len(self.rows) - 1))
        if index == self.cursor or not self.rows:
            return
        before, self.cursor = self.cursor, index
        self._follow()
        self._redraw(before)
        self._redraw(index)
        self.post_message(self.Moved(self, self.cursor_key))

    def _redraw_after(self, rows: Sequence[Row], cursor: int, top: int) -> None:
        """Draw what is not as it was with these rows, this cursor and this first line in sight."""
        if not rows or len(rows) != len(self.rows) or top != self.scroll_offset.y:
            self.refresh()
            return
        for index in range(top, min(len(rows), top + self.size.height)):
            moved = cursor != self.cursor and index in (cursor, self.cursor)
            if moved or rows[index] != self.rows[index]:
                self._redraw(index)

    def _redraw(self, index: int) -> None:
        line = index + 1 - self.scroll_offset.y
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        if y == 0:
            titles = tuple(column.title for column in self.columns)
            style = self.get_component_rich_style("ledger--head")
            return Strip([Segment(self._line(titles, width, ""), style)], width)
        index = y - 1 + self.scroll_offset.y
        if index >= len(self.rows):
            text = self.empty if not self.rows and y == 1 else ""
            dim = self.get_component_rich_style("ledger--dim")
            return Strip([Segment(set_cell_size(f" {text}", width), dim)], width)
        row = self.rows[index]
        mark = "●" if row.key in self.marked else " "
        return Strip([Segment(self._line(row.cells, width, mark), self._style(index, row))], width)

    def _style(self, index: int, row: Row) -> Style:
        if index == self.cursor:
            name = "ledger--cursor" if self.has_focus else "ledger--blurred"
            return self.get_component_rich_style(name)
        if row.tone:
            return self.get_component_rich_style(f"ledger--{row.tone}")
        return self.rich_style

    def _line(self, cells: Sequence[str], width: int, mark: str) -> str:
        lead = f"{mark or ' '} " if self.markable else " "
        fixed = sum(column.width for column in self.columns) + len(self.columns) - 1 + len(lead)
        shares = sum(1 for column in self.columns if not column.width)
        left = max(0, width - fixed)
        parts = []
        for column, cell in zip(self.columns, cells, strict=True):
            room = column.width
            if not room:
                room = left // shares
                left -= room
                shares -= 1
            parts.append(fitted(cell, room, column.align))
        return set_cell_size(lead + " ".join(parts), width)


def fitted(text: str, room: int, align: str = "left") -> str:
    """Return the text in exactly `room` cells, an ellipsis where it had to be cut."""
    text = " ".join(one_line(text).split())
    length = cell_len(text)
    if length > room:
        return set_cell_size(text, room - 1) + "…" if room > 0 else ""
    return " " * (room - length) + text if align == "right" else text + " " * (room - length)
