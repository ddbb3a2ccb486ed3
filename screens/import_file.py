"""Brings a CSV file into the inbox, and says what became of every row."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Static

from kfclient.errors import Problem, tell
from kfclient.visible import stacked
from screens.app_screen import BACK, Act, AppScreen
from screens.files import PathBox, complete
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.importing.import_file import ChangedItem, ImportReport

EXPLAINED = (
    "Type the path of a CSV file and press Enter. Tab completes names, ~ is your home folder.\n\n"
    "What can be imported: costs and expense claims as Dext exports them, and sales with the "
    "columns Reference, Date, Contact, Description, Category, Quantity, Unit Price, Tax Rate, "
    "Currency and Project.\n\n"
    "A file that is imported twice adds nothing. A row that cannot be read is left out and shown "
    "here, and so is what the file says otherwise than it is here; it never stops the others."
)


class ImportScreen(AppScreen[None]):
    """Asks for a file, imports it, and reports."""

    CSS_PATH = "import_file.tcss"
    AUTO_FOCUS = "#path"
    ACTS = (
        Act("import_now", "enter", "Import", "Import the file", footer=True),
        Act("complete", "tab", "Complete", "Complete the path", footer=True),
        Act("dates", "f4", "Dates", "Read the dates with the month first, or the day"),
        Act("marks", "f5", "Decimals", "Read the amounts with a decimal comma, or point"),
        Act("correct", "f6", "Correct", "Take the file as correcting what is here", footer=True),
        Act("add_more", "f7", "Add", "Add as more items what the file says otherwise", footer=True),
        Act("keep", "f8", "Keep", "Keep what is here, and ask no more", footer=True),
        Act("outside", "f9", "Take files", "Take the files too that lie outside the folder"),
        BACK,
    )

    def __init__(self, business_id: str, business_name: str) -> None:
        super().__init__(business_name, "Items", "Import")
        self.business = business_id
        self.running = False
        self.reasons: dict[str, str] = {}
        self.asked: Path | None = None
        self.outside = False
        self.last = Path()
        self.unsure: tuple[str, ...] = ()
        self.order = self.mark = ""

    def body(self) -> Iterable[Widget]:
        """Return the field, the report, and the rows that were left out."""
        yield Static("File to import", classes="muted")
        yield PathBox(placeholder="~/Downloads/costs.csv", id="path", compact=True)
        yield Static(EXPLAINED, id="said", markup=False)
        yield LedgerTable(
            Column("Line", 6, "right"), Column("What was left out or differs, and why"), id="bad"
        )
        yield Static("", id="reason", markup=False)

    @property
    def box(self) -> PathBox:
        """The field of the path."""
        return self.query_one(PathBox)

    def say(self, text: str) -> None:
        """Say something below the path."""
        self.query_one("#said", Static).update(text)

    # The path

    def on_path_box_completing(self) -> None:
        """Complete the path."""
        self.action_complete()

    def action_complete(self) -> None:
        """Complete the path off the screen's thread: folders may be far away."""
        typed = self.box.value

        def show(completed: tuple[str, tuple[str, ...]]) -> None:
            path, names = completed
            if self.box.value != typed:
                return
            self.box.show_completed(path)
            if not names:
                self.say(f"Nothing here begins with {typed}" if typed else "This folder is empty.")
            elif len(names) > 1:
                self.say("  ".join(names))

        self.ask(lambda: complete(typed), show)

    def on_input_submitted(self) -> None:
        """Import with Enter."""
        self.action_import_now()

    # The import

    def action_import_now(self) -> None:
        """Import the file."""
        typed = self.box.value.strip()
        if not typed:
            self.say("Type the path of a file first.")
            return
        if self.running:
            return
        path = Path(os.path.expanduser(typed))  # noqa: PTH111 - Path's own raises without a home
        from kfclient.desk.importing.csvfile import is_standard_input

        if is_standard_input(path):
            self.say("Here the keyboard is standard input: name a file.")
            return
        self.order = self.mark = ""
        self.bring(path, "ask")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the answers only while the file that was imported asks for one."""
        if action in {"correct", "add_more", "keep"}:
            return self.asked is not None
        if action == "outside":
            return self.outside
        if action in {"dates", "marks"}:
            return {"dates": "dates", "marks": "amounts"}[action] in self.unsure
        return super().check_action(action, parameters)

    def action_dates(self) -> None:
        """Read the dates with the month first; and when that was so, with the day first."""
        self.order = "day-first" if self.order == "month-first" else "month-first"
        self.read_so()

    def action_marks(self) -> None:
        """Read the amounts with a decimal comma; and when that was so, with a decimal point."""
        self.mark = "." if self.mark == "," else ","
        self.read_so()

    def read_so(self) -> None:
        """Import the file again as the person says that it writes, and keep the offer."""
        if not self.running:
            self.bring(self.last, "ask", self.unsure)

    def action_correct(self) -> None:
        """Take the file as correcting what is here."""
        self.answer("correct")

    def action_add_more(self) -> None:
        """Add what the file says otherwise as more items."""
        self.answer("add")

    def action_keep(self) -> None:
        """Keep what is here, and ask no more."""
        self.answer("keep")

    def action_outside(self) -> None:
        """Import the file again, with the files that lie outside its folder."""
        if self.outside and not self.running:
            self.bring(self.last, "ask", self.unsure, files_outside=True)

    def answer(self, answer: str) -> None:
        """Import the file that asked again, with the answer."""
        if self.asked is not None and not self.running:
            self.bring(self.asked, answer)

    def bring(
        self, path: Path, answer: str, unsure: tuple[str, ...] = (), *, files_outside: bool = False
    ) -> None:
        """Import the file off the screen's thread; `unsure` can be said otherwise after it too."""
        from kfclient.desk.importing.import_file import Answer
        from kfclient.desk.importing.values import Spelling

        self.last, said = path, Spelling(self.order, self.mark)
        self.running = True
        self.asked = None
        self.outside = False
        self.remove_class("with-bad")
        self.say("Importing…")
        importing = self.services.desk.importing

        def show(report: ImportReport) -> None:
            self.asked = path if report.asks else None
            self.outside = bool(report.outside)
            self.unsure = tuple(dict.fromkeys((*report.unsure, *unsure)))
            self.refresh_bindings()
            self.show_report(report)

        self.ask(
            lambda: importing.import_file(
                self.business, path, said, Answer(answer), files_outside=files_outside
            ),
            show,
            self.refused,
            lane="items",
        )

    def refused(self, problem: Problem) -> None:
        """Say why the file cannot be imported."""
        self.running = False
        self.say(f"✗ {tell(problem)}")
        self.box.focus()

    def show_report(self, report: ImportReport) -> None:
        """Say what became of the file."""
        self.running = False
        told = [f"✓ {report.file} ({report.format}): {counted(len(report.added))} added."]
        if report.already:
            told.append(f"  {counted(report.already)} there already, left as they are.")
        if report.bad:
            rows = "1 row was" if len(report.bad) == 1 else f"{len(report.bad)} rows were"
            told.append(f"✗ {rows} left out; the table has their lines and the reasons.")
        if "dates" in self.unsure:
            told.append("? F4 reads the dates with the month first, and again with the day first.")
        if "amounts" in self.unsure:
            told.append("? F5 reads the amounts with a decimal comma, and again with a point.")
        if report.changed:
            told.append(
                f"! {counted(len(report.changed))} here with other contents: see the table."
            )
        if report.asks:
            told.append(
                "  F6 takes the file as correcting them, F7 adds it as more items, F8 keeps."
            )
        if report.outside:
            told.append(
                f"! {_files(len(report.outside))} outside the folder of this file, so not taken: "
                "see the table. F9 takes them."
            )
        told += [f"i {note}" for note in report.notes]
        if report.added:
            told.append("Esc goes back to the items.")
        self.say(stacked(told))
        left_out = [
            (row.line, row.reason, stacked((f"Line {row.line}: {row.reason}", row.text)))
            for row in report.bad
        ]
        left_out += [
            (one.line, f"{_short(one)}: {one.reason}", _long(one)) for one in report.changed
        ]
        left_out += [
            (one.line, one.reason, f"Line {one.line}: {one.reason} F9 takes it.")
            for one in report.outside
        ]
        left_out.sort(key=lambda row: row[0])
        self.reasons = {str(at): reason for at, (_, _, reason) in enumerate(left_out)}
        self.set_class(bool(left_out), "with-bad")
        self.query_one("#bad", LedgerTable).show_rows(
            Row(str(at), (str(line), told)) for at, (line, told, _) in enumerate(left_out)
        )
        if left_out:
            self.query_one("#bad").focus()

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say all about the row under the cursor."""
        self.query_one("#reason", Static).update(self.reasons.get(event.key or "", ""))


def _short(one: ChangedItem) -> str:
    """Return which item the file knows otherwise, and in what."""
    fields = ", ".join(field for field, _, _ in one.differences)
    return f"Item {one.item} ({one.name}) differs in {fields}"


def _long(one: ChangedItem) -> str:
    """Return all that differs, as it is here and as the file says."""
    told = [f"{field}: {was or 'none'} -> {now or 'none'}" for field, was, now in one.differences]
    return stacked((f"Line {one.line}: item {one.item} ({one.name}). {one.reason}", *told))


def _files(count: int) -> str:
    """Return "1 file is", "3 files are"."""
    return "1 file is" if count == 1 else f"{count} files are"


def counted(items: int) -> str:
    """Return "1 item", "12 items" or "no item"."""
    if not items:
        return "no item"
    return f"{items} item" if items == 1 else f"{items} items"
