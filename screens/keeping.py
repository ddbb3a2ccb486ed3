"""Where the password and the AutoAuth key are to be kept, where the system offers no keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from screens.room import Act, Panel
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult

    from screens.services import Place

EXPLAINED = (
    "Kashdeck never keeps a password or an AutoAuth key in plain text. This session has no keyring "
    "of its own that it can use, as is usual over SSH, so please choose where to keep them."
)


class KeepingScreen(Panel[str]):
    """Asks once per business; dismisses with the id of the place, None for "not now"."""

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS = "LedgerTable"
    ACTS = (
        Act("choose", "enter", "Keep them there", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )

    def __init__(self, choices: Sequence[Place]) -> None:
        """Offer these places, those that can be used first."""
        super().__init__()
        self.choices = sorted(choices, key=lambda choice: not choice.usable)

    def compose(self) -> ComposeResult:
        """Lay out the question and the places."""
        with Vertical(classes="panel"):
            yield Static("Where shall the password be kept?", classes="panel-title", markup=False)
            yield Static(EXPLAINED, classes="panel-text", markup=False)
            table = LedgerTable(Column("Place"))
            table.styles.height = len(self.choices) + 1
            yield table
            yield Static("", classes="panel-text", id="why", markup=False)
            yield Static("Enter  keep them there     Esc  cancel", classes="panel-label")

    def on_mount(self) -> None:
        """Show the places."""
        self.query_one(LedgerTable).show_rows(self.rows())

    def rows(self) -> Iterable[Row]:
        """Return the places, those that cannot be used now at the end."""
        for choice in self.choices:
            symbol, tone = ("●", "") if choice.usable else ("○", "dim")
            yield Row(choice.id, (f"{symbol} {choice.title}",), tone)

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say what a place means, or why it cannot be used."""
        for choice in self.choices:
            if choice.id == event.key:
                self.query_one("#why", Static).update(choice.why_not or choice.about)

    def on_ledger_table_chosen(self, event: LedgerTable.Chosen) -> None:
        """Answer with the place, if it can be used."""
        if any(choice.id == event.key and choice.usable for choice in self.choices):
            self.dismiss(event.key)

    def action_choose(self) -> None:
        """Choose the place under the cursor."""
        self.query_one(LedgerTable).action_choose()
