"""Looks Kashdeck over on this machine: what is wrong, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from screens.doctor_words import Part, headline, parts_of, whole_report
from screens.reading import ReadingScreen
from screens.room import BACK, Act, Room
from screens.widgets.ledger_table import Column, LedgerTable
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.doctor import Report

LOOKING = "Looking Kashdeck over; keyrings that do not answer take some seconds…"
SAFE = "y copies the report: it is safe to show."


class DoctorScreen(Room[None]):
    """Lists what is to be mended, what is worth knowing, and what was looked at."""

    CSS_PATH = "doctor.tcss"
    ACTS = (
        Act("again", "r", "Look again", "Look Kashdeck over once more", footer=True),
        Act("network", "n", "Ask servers", "Ask each business's server whether it is there",
            footer=True),
        Act("whole", "enter", "Details", "Read all that is known of the line", footer=True),
        Act("copy", "y", "Copy", "Copy the whole report: no secret, amount or name is in it",
            footer=True),
        BACK,
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__("Doctor")
        self.report: Report | None = None
        self.parts: dict[str, Part] = {}

    def body(self) -> Iterable[Widget]:
        """Return how things stand, the lines, and the one under the cursor in full."""
        yield Line(id="about", classes="line")
        yield LedgerTable(Column("State", 7), Column("What"), id="found", classes="first", empty="")
        with VerticalScroll(id="part", can_focus=False):
            yield Line(id="text", grows=True)

    def on_mount(self) -> None:
        """Look Kashdeck over."""
        self.examine()

    def examine(self, *, network: bool = False) -> None:
        """Look Kashdeck over, off the screen's thread."""
        from kfclient.desk.doctor import examine

        root = self.services.desk.home.root
        self.query_one("#about", Line).say("Asking the servers…" if network else LOOKING)
        self.ask(lambda: examine(root, network=network), self.show, lane="doctor")

    def show(self, report: Report) -> None:
        """Show what was found."""
        self.report = report
        self.parts = {part.key: part for part in parts_of(report)}
        self.query_one("#about", Line).say(f"{headline(report)}. {SAFE}")
        self.query_one(LedgerTable).show_rows(part.row for part in self.parts.values())

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Show the line under the cursor in full."""
        part = self.parts.get(event.key or "")
        told = self.query_one("#text", Line)
        text = part.text if part is not None else ""
        if text != told.content:
            told.say(text)
            self.query_one("#part").scroll_home(animate=False)

    def on_ledger_table_chosen(self) -> None:
        """Read the line whole with Enter."""
        self.action_whole()

    # Commands

    def action_again(self) -> None:
        """Look Kashdeck over once more."""
        self.examine()

    def action_network(self) -> None:
        """Look Kashdeck over, and ask the servers too."""
        self.examine(network=True)

    def action_whole(self) -> None:
        """Show all of the line under the cursor."""
        part = self.parts.get(self.query_one(LedgerTable).cursor_key or "")
        if part is not None:
            self.app.push_screen(ReadingScreen(part.heading, part.text))

    def action_copy(self) -> None:
        """Copy the whole report."""
        if self.report is not None:
            self.services.copy_text(whole_report(self.report), "The report")
