"""The confirmation: which company's books the business is connected to now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Button, Static

from screens.room import Act, Room
from screens.syncing import SyncingScreen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.business.business import Business, Company, Connection


class ConnectedScreen(Room[None]):
    """Says whose books these are; Finish goes on to the first sync, which runs already."""

    CSS_PATH = "connected.tcss"
    AUTO_FOCUS = "#finish"
    ACTS = (
        Act("finish", "f", "Finish", "Go on to the sync, which has begun", footer=True),
        Act("back", "escape", "Finish", "Go on to the sync, which has begun"),
    )

    def __init__(self, business: Business, connection: Connection, *, again: bool) -> None:
        super().__init__(business.name, "Reconnect" if again else "Connect", "Done")
        self.business = business
        self.connection = connection
        self.again = again

    def body(self) -> Iterable[Widget]:
        """Return the company, what comes next, and the button."""
        done = "connected again" if self.again else "connected"
        with Vertical(id="confirmation"):
            yield Static(f"✓ {self.business.name} is {done}", classes="good strong", markup=False)
            yield Static("")
            for label, value in company_facts(self.connection.company):
                yield Static(f"{label:<22} {value}", markup=False)
            yield Static("")
            yield Static(
                "Make sure this is the company you meant; if it is not, disconnect it in Manage.",
                classes="muted",
            )
            yield Static(
                "The six lists are being fetched from KashFlow now. Nothing is changed there.",
                classes="muted",
            )
            yield Static("")
            yield Button("Finish", id="finish", compact=True)

    def on_button_pressed(self) -> None:
        """Go on."""
        self.action_finish()

    def action_finish(self) -> None:
        """Go on to the sync."""
        self.app.switch_screen(SyncingScreen(self.business.id, self.business.name))

    def action_back(self) -> None:
        """Go on to the sync: there is nothing to go back to."""
        self.action_finish()


def company_facts(company: Company) -> Iterable[tuple[str, str]]:
    """Return what KashFlow says of a company, label and text, leaving out what it does not say."""
    vat = company.vat_number or ("registered" if company.vat_registered else "not registered")
    facts = (
        ("Company in KashFlow", company.name or "(it has no name there)"),
        ("Postcode", company.postcode),
        ("VAT", vat),
        ("E-mail", company.email),
        ("Currency of the books", company.currency),
    )
    return [(label, value) for label, value in facts if value]
