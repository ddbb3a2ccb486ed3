"""The files of an item: typed as paths before it is sent, and those of one that is in KashFlow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from kfclient.cancel import Cancel
from kfclient.desk.events import Event, PublishWaiting
from kfclient.desk.items.check_lines import check_files
from kfclient.desk.model.item import Item, Severity
from kfclient.errors import tell
from kfclient.visible import stacked
from screens.app_screen import BACK, Act, Acting, AppScreen, Dialog
from screens.dialogs import ConfirmScreen
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.screen import Screen
    from textual.widget import Widget

    from kfclient.desk.publish.journal_records import PublishResult
    from kfclient.desk.published.attach import AttachedFile
    from kfclient.errors import Problem


# A field for a file's path: Tab completes it as a shell does, and ~ is the home folder.

MOST_SHOWN = 200


def complete(typed: str) -> tuple[str, tuple[str, ...]]:
    """Return the path as far as it can only go on in one way, and the names it may go on with.

    Hidden files are offered only when a dot was typed; folders end with a slash.
    """
    if typed == "~":
        return "~/", ()
    folder, _, start = typed.rpartition("/")
    where = Path(os.path.expanduser(f"{folder}/") if "/" in typed else ".")  # noqa: PTH111 - no raise
    names = []
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not start.startswith(".")
                if entry.name.startswith(start) and not hidden:
                    names.append(entry.name + ("/" if entry.is_dir() else ""))
    except OSError:
        return typed, ()
    if not names:
        return typed, ()
    head = f"{folder}/" if "/" in typed else ""
    return head + _same_start(names), tuple(sorted(names)[:MOST_SHOWN])


def _same_start(names: list[str]) -> str:
    """Return what all names begin with."""
    first, last = min(names), max(names)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[:same]


class PathBox(Input):
    """The field; asks the screen to complete what was typed when Tab is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
    ]

    class Completing(Message):
        """Tab was pressed."""

    def action_complete(self) -> None:
        """Ask for completion: reading a folder may take long, so not here."""
        self.post_message(self.Completing())

    def show_completed(self, text: str) -> None:
        """Show the completed path, ready to type on."""
        self.value = text
        self.cursor_position = len(text)


# The files of an item.


class PathOverFiles(Acting):
    """What a screen or a dialog has that asks for a path above a table of files."""

    ASKS: ClassVar[str]
    """What is said below the path while there is nothing else to say."""

    @property
    def box(self) -> PathBox:
        """The field of the path."""
        return cast("Screen[Any]", self).query_one(PathBox)

    def say(self, text: str) -> None:
        """Say something below the path."""
        cast("Screen[Any]", self).query_one("#said", TextLine).say(text)

    def on_path_box_completing(self) -> None:
        """Complete the path off the screen's thread; an empty one goes on to the table."""
        typed = self.box.value
        if not typed:
            cast("Screen[Any]", self).query_one(LedgerTable).focus()
            return

        def show(completed: tuple[str, tuple[str, ...]]) -> None:
            path, names = completed
            if self.box.value == typed:
                self.box.show_completed(path)
                self.say("  ".join(names) if len(names) != 1 else self.ASKS)

        self.ask(lambda: complete(typed), show)


class FilesScreen(PathOverFiles, Dialog[tuple[str, ...]]):
    """Changes a list of files; dismisses with it, or with None where nothing shall change."""

    CSS_PATH = "files.tcss"
    AUTO_FOCUS = "PathBox"
    ASKS = "Type a path and press Enter. Tab completes names."
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
        """Lay out the path, what is found of it, and the files."""
        with Vertical(classes="panel"):
            yield Static(self.heading, classes="panel-title", markup=False)
            yield PathBox(placeholder="~/Downloads/invoice.pdf", compact=True)
            yield TextLine(self.ASKS, id="said")
            yield LedgerTable(
                Column("File", 28), Column("Size", 9, "right"), Column("What is known"),
                empty="No files yet.",
            )  # fmt: skip
            yield TextLine(id="whole")
            keys = f"{self.done}   F8 takes one out   Esc cancels"
            yield Static(keys, classes="panel-label", markup=False)

    def on_mount(self) -> None:
        """Show the files."""
        self.look()

    def look(self) -> None:
        """Look at the files off the screen's thread: they may be far away."""
        files = self.files
        self.ask(lambda: [row_of_path(path) for path in files], self.show)

    def show(self, rows: list[Row]) -> None:
        """Show the files that were looked at."""
        self.query_one(LedgerTable).show_rows(rows)

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Show the whole path of the file under the cursor, and all that is known of it."""
        told = [row.cells[2] for row in event.table.rows if row.key == event.key]
        self.query_one("#whole", TextLine).say(stacked([event.key or "", *told]))

    # The path

    def on_input_submitted(self) -> None:
        """Add with Enter."""
        self.action_add()

    def action_add(self) -> None:
        """Add the file that is typed, if it is one."""
        typed = self.box.value.strip()
        path = absolute(typed)
        if not typed:
            self.say(self.ASKS)
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
        self.say(self.ASKS)
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


def row_of_path(path: str) -> Row:
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


# The files of one item, in KashFlow or on their way: attached later, replaced, taken off.


class ItemFilesScreen(PathOverFiles, AppScreen[None]):
    """Shows the files of an item, and changes them at once, in KashFlow where the item is there."""

    CSS_PATH = "item_files.tcss"
    AUTO_FOCUS = "PathBox"
    ASKS = "Type a path: Enter attaches it, F7 puts it in the place of the file under the cursor."
    ACTS = (
        Act("attach", "enter", "Attach", "Attach the file whose path is typed", footer=True),
        Act("replace", "f7", "Replace", "Put the file that is typed in the place of the one under "
            "the cursor", footer=True),
        Act("take_off", "f8,delete", "Take off", "Take the file under the cursor off the item",
            footer=True),
        BACK,
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str, item_id: str) -> None:
        super().__init__(business_name, "Items", f"Item {item_id}", "Files")
        self.business = business_id
        self.item_id = item_id
        self.busy = False
        self.cancel = Cancel()

    def body(self) -> Iterable[Widget]:
        """Return the path, what is found of it, and the files."""
        yield Static("File to attach", classes="muted")
        yield PathBox(placeholder="~/Downloads/invoice.pdf", compact=True)
        yield TextLine(self.ASKS, id="said", grows=True)
        yield LedgerTable(
            Column("State", 15), Column("File"), Column("Size", 9, "right"),
            empty="No files yet.",
        )  # fmt: skip

    def on_mount(self) -> None:
        """Show the files."""
        self.look()

    def on_unmount(self) -> None:
        """Wait for a busy server no longer."""
        self.cancel.cancel()

    def heard(self, event: Event) -> None:
        """Say that a busy server is waited for; off the screen's thread."""
        if isinstance(event, PublishWaiting):
            seconds = max(1, round(event.seconds))
            told = f"Waits {seconds} seconds: {event.problem.sentence}"
            self.call_later(self.say, told)

    def look(self) -> None:
        """Read how the files stand; asks KashFlow nothing."""
        attaching = self.services.desk.attaching
        self.ask(lambda: attaching.files(self.business, self.item_id), self.show, self.failed)

    def show(self, files: list[AttachedFile]) -> None:
        """Show the files."""
        self.query_one(LedgerTable).show_rows(row_of(at, one) for at, one in enumerate(files))
        self.refresh_bindings()

    def failed(self, problem: Problem) -> None:
        """Say what did not work."""
        self.busy = False
        self.say(f"✗ {tell(problem)}")
        self.look()

    # The path

    def on_input_submitted(self) -> None:
        """Attach with Enter."""
        self.action_attach()

    # Commands

    def chosen(self) -> str:
        """Return the name of the file under the cursor, "" for none."""
        table = self.query_one(LedgerTable)
        return table.rows[table.cursor].cells[1] if table.rows else ""

    def action_attach(self) -> None:
        """Attach the file that is typed."""
        attaching, path = self.services.desk.attaching, absolute(self.box.value.strip())
        if self.box.value.strip():
            self.work(
                "Attaching…",
                lambda: attaching.add(
                    self.business, self.item_id, path, listener=self.heard, cancel=self.cancel
                ),
                "Attached.",
            )

    def action_replace(self) -> None:
        """Put the file that is typed in the place of the one under the cursor, after a question."""
        attaching, old, typed = self.services.desk.attaching, self.chosen(), self.box.value.strip()
        if not old or not typed:
            self.say("i Type the path of the new file, and put the cursor on the old one.")
            return
        path = absolute(typed)
        self.sure(
            f"Put it in the place of {old}?",
            "The new file is attached first; then the old one is deleted in KashFlow.",
            lambda: self.work(
                "Replacing…",
                lambda: attaching.replace(
                    self.business,
                    self.item_id,
                    old,
                    path,
                    listener=self.heard,
                    cancel=self.cancel,
                ),
                "Replaced.",
            ),
        )

    def action_take_off(self) -> None:
        """Take the file under the cursor off the item, after a question."""
        attaching, old = self.services.desk.attaching, self.chosen()
        if old:
            self.sure(
                f"Take {old} off the item?",
                "It is deleted in KashFlow, where it is there. The file on this machine stays.",
                lambda: self.work(
                    "Taking it off…",
                    lambda: attaching.remove(
                        self.business, self.item_id, old, listener=self.heard, cancel=self.cancel
                    ),
                    "Taken off.",
                ),
            )

    def sure(self, question: str, more: str, act: Callable[[], None]) -> None:
        """Ask, then do it."""
        asking = ConfirmScreen(question, yes="Do it", more=more)
        self.app.push_screen(asking, lambda yes: act() if yes else None)

    def work(self, doing: str, work: Callable[[], PublishResult], done: str) -> None:
        """Change the files, off the screen's thread, and show what came of it."""
        if self.busy:
            return
        self.busy = True
        self.say(doing)

        def over(result: PublishResult) -> None:
            self.busy = False
            problems = [step.problem for step in result.left if step.problem is not None]
            if result.problem is not None:
                problems.append(result.problem)
            if problems:
                self.say(f"! {tell(problems[-1])}")
            else:
                self.box.value = ""
                self.say(f"✓ {done}")
            self.look()

        self.ask(work, over, self.failed, lane=f"publish-{self.business}")


def row_of(at: int, file: AttachedFile) -> Row:
    """Return a file's row."""
    if file.attached:
        state, tone = "■ in KashFlow", "good"
    elif file.unknown:
        state, tone = "! unknown", "bad"
    else:
        state, tone = "· to be sent", "warn" if file.problem else ""
    size = f"{max(1, round(file.size / 1024)):,} KB"
    return Row(str(at), (state, file.name, size), tone)
