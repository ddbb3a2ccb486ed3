"""Choosing the accounting software that a business shall be connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from kfclient.desk.business.software import SOFTWARE, software
from screens.kashflow_steps import KashFlowStepsScreen
from screens.room import BACK, Act, Room
from screens.widgets.filter_box import FilterBox
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget
    from textual.widgets import Input

    from screens.attempt import Attempt


class ChooseSoftwareScreen(Room[None]):
    """Lists what Kashdeck connects to; Enter goes on to the steps in it."""

    CSS_PATH = "choose_software.tcss"
    ACTS = (
        Act("choose", "enter", "Choose", "Connect to the software under the cursor", footer=True),
        Act("filter", "slash", "Filter", "Show only software with the words typed", footer=True),
        BACK,
    )

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(*attempt.trail, "Software")
        self.attempt = attempt

    def body(self) -> Iterable[Widget]:
        """Return the question, the filter box and the list."""
        yield Static("Which software keeps the books of this business?", classes="line strong")
        yield FilterBox("/ to filter by name")
        yield LedgerTable(
            Column("Software", 18),
            Column(""),
            id="software",
            classes="first",
            empty="Nothing of that name. Esc in the filter shows everything there is.",
        )
        yield Static("", id="about", classes="muted", markup=False)

    def on_mount(self) -> None:
        """Show everything there is; in the demo its own server is what one wants."""
        self.show()
        if self.services.demo is not None:
            self.query_one(LedgerTable).go_to("sandbox")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words typed."""
        event.stop()
        self.show()

    def show(self) -> None:
        """Fill the list."""
        wanted = self.query_one(FilterBox).wanted
        self.query_one(LedgerTable).show_rows(
            Row(choice.id, (choice.name, choice.about))
            for choice in SOFTWARE
            if all(word in f"{choice.name} {choice.about}".casefold() for word in wanted)
        )

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say whole what the line may have cut."""
        about = software(event.key).about if event.key else ""
        self.query_one("#about", Static).update(about)

    def on_ledger_table_chosen(self, event: LedgerTable.Chosen) -> None:
        """Go on to the steps."""
        if event.key is not None:
            self.attempt.software = software(event.key)
            self.app.push_screen(KashFlowStepsScreen(self.attempt))

    def action_choose(self) -> None:
        """Choose what is under the cursor."""
        self.query_one(LedgerTable).action_choose()

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.query_one(FilterBox).focus()
