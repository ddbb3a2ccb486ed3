"""The files of an item: typed as paths, with what keeps one from going, taken out again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from kfclient.desk.check.files import check_files
from kfclient.desk.inbox.item import Item, Severity
from screens.room import Act, Panel
from screens.widgets.ledger_table import Column, LedgerTable, Row
from screens.widgets.line import Line
from screens.widgets.path_box import PathBox, complete

if TYPE_CHECKING:
    from textual.app import ComposeResult

ASK = "Type a path and press Enter. Tab completes names."


class FilesScreen(Panel[tuple[str, ...]]):
    """Changes a list of files; dismisses with it, or with None where nothing shall change."""

    CSS_PATH = "files.tcss"
    AUTO_FOCUS = "PathBox"
    ACTS = (
        Act("done", "f9,ctrl+s", "Done", "Take these files", footer=True, priority=True),
        Act("add", "enter", "Add", "Add the file whose path is typed", footer=True),
        Act("take_out", "delete,f8", "Take out", "Take the file under the cursor out", footer=True),
        Act("back", "escape", "Cancel", "Leave the files as they were", footer=True),
    )

    def __init__(self, heading: str, files: tuple[str, ...], done: str = "F9 takes these") -> None:
        """`done` says what F9 does."""
        super().__init__()
        self.heading = heading
        self.files = files
        self.done = done

    def compose(self) -> ComposeResult:
        """Lay out the path, what is said of it, and the files."""
        with Vertical(classes="panel"):
            yield Static(self.heading, classes="panel-title", markup=False)
            yield PathBox(placeholder="~/Downloads/invoice.pdf", compact=True)
            yield Line(ASK, id="said")
            yield LedgerTable(
                Column("File", 28), Column("Size", 9, "right"), Column("What is known"),
                empty="No files yet.",
            )  # fmt: skip
            yield Line(id="whole")
            keys = f"{self.done}   F8 takes one out   Esc cancels"
            yield Static(keys, classes="panel-label", markup=False)

    def on_mount(self) -> None:
        """Show the files."""
        self.look()

    @property
    def box(self) -> PathBox:
        """The field of the path."""
        return self.query_one(PathBox)

    def say(self, text: str) -> None:
        """Say something below the path."""
        self.query_one("#said", Line).say(text)

    def look(self) -> None:
        """Look at the files off the screen's thread: they may be far away."""
        files = self.files
        self.ask(lambda: [row_of(path) for path in files], self.show)

    def show(self, rows: list[Row]) -> None:
        """Show the files that were looked at."""
        self.query_one(LedgerTable).show_rows(rows)

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Show the whole path of the file under the cursor, and all that is known of it."""
        told = [row.cells[2] for row in event.table.rows if row.key == event.key]
        self.query_one("#whole", Line).say("\n".join([event.key or "", *told]))

    # The path

    def on_path_box_completing(self) -> None:
        """Complete the path off the screen's thread; an empty one goes on to the table."""
        typed = self.box.value
        if not typed:
            self.query_one(LedgerTable).focus()
            return

        def show(completed: tuple[str, tuple[str, ...]]) -> None:
            path, names = completed
            if self.box.value == typed:
                self.box.show_completed(path)
                self.say("  ".join(names) if len(names) != 1 else ASK)

        self.ask(lambda: complete(typed), show)

    def on_input_submitted(self) -> None:
        """Add with Enter."""
        self.action_add()

    def action_add(self) -> None:
        """Add the file that is typed, if it is one."""
        typed = self.box.value.strip()
        path = absolute(typed)
        if not typed:
            self.say(ASK)
        elif path in self.files:
            self.say("i That file is among them already.")
        else:
            self.ask(lambda: Path(path).is_file(), lambda there: self.added(path, there=there))

    def added(self, path: str, *, there: bool) -> None:
        """Take a file that is there."""
        if not there:
            self.say("✗ There is no such file, or it cannot be read.")
            return
        self.files = (*self.files, path)
        self.box.value = ""
        self.say(ASK)
        self.look()

    def action_take_out(self) -> None:
        """Take the file under the cursor out."""
        key = self.query_one(LedgerTable).cursor_key
        self.files = tuple(path for path in self.files if path != key)
        self.look()

    def action_done(self) -> None:
        """Answer with the files."""
        self.dismiss(self.files)


def absolute(typed: str) -> str:
    """Return the path as it can be found from anywhere."""
    return os.path.abspath(os.path.expanduser(typed))  # noqa: PTH100, PTH111 - Path's own raise


def row_of(path: str) -> Row:
    """Return a file's row, as the file is now."""
    findings = check_files(Item(files=(path,)))
    place = Path(path)
    try:
        size = f"{max(1, round(place.stat().st_size / 1024)):,} KB"
    except OSError:
        size = ""
    told = " ".join(one.sentence for one in findings)
    stops = any(one.severity is Severity.STOP for one in findings)
    sign = "✗ " if stops else ("i " if told else "✓ ")
    return Row(path, (place.name, size, f"{sign}{told or 'can go'}"), "bad" if stops else "")


def files_shown(files: tuple[str, ...]) -> str:
    """Return the files as a form has room for: `2: invoice.pdf, photo.jpg`."""
    names = ", ".join(Path(path).name for path in files)
    return f"{len(files)}: {names}" if files else "none"
