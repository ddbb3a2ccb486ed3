"""The files of one item, in KashFlow or on their way: attached later, replaced, taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from kfclient.errors import tell
from screens.files import absolute
from screens.question import QuestionScreen
from screens.room import BACK, Act, Room
from screens.widgets.ledger_table import Column, LedgerTable, Row
from screens.widgets.line import Line
from screens.widgets.path_box import PathBox, complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget

    from kfclient.desk.after.attaching import AttachedFile
    from kfclient.desk.publish.report import PublishResult
    from kfclient.errors import Problem

ASK = "Type a path: Enter attaches it, F7 puts it in the place of the file under the cursor."


class ItemFilesScreen(Room[None]):
    """Shows the files of an item, and changes them at once, in KashFlow where the item is there."""

    CSS_PATH = "item_files.tcss"
    AUTO_FOCUS = "PathBox"
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

    def body(self) -> Iterable[Widget]:
        """Return the path, what is said of it, and the files."""
        yield Static("File to attach", classes="muted")
        yield PathBox(placeholder="~/Downloads/invoice.pdf", compact=True)
        yield Line(ASK, id="said", grows=True)
        yield LedgerTable(
            Column("State", 15), Column("File"), Column("Size", 9, "right"),
            empty="No files yet.",
        )  # fmt: skip

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
                "Attaching…", lambda: attaching.add(self.business, self.item_id, path), "Attached."
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
                lambda: attaching.replace(self.business, self.item_id, old, path),
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
                    lambda: attaching.remove(self.business, self.item_id, old),
                    "Taken off.",
                ),
            )

    def sure(self, question: str, more: str, act: Callable[[], None]) -> None:
        """Ask, then do it."""
        asking = QuestionScreen(question, yes="Do it", more=more)
        self.app.push_screen(asking, lambda yes: act() if yes else None)

    def work(self, doing: str, work: Callable[[], PublishResult], done: str) -> None:
        """Change the files, off the screen's thread, and say what came of it."""
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
