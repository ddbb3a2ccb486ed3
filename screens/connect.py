"""Connecting a business: choosing the software, the way through the screens, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.containers import Vertical
from textual.widgets import Button, Static

from kfclient.desk.model.business import SOFTWARE, software
from screens.app_screen import BACK, Act, AppScreen
from screens.connect_checks import Wizard
from screens.connect_steps import ConnectStepsScreen
from screens.sync import SyncScreen
from screens.widgets.filter_box import FilterBox
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen
    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.model.business import Business, Company, Connection
    from screens.services import Services


# Choosing the accounting software that a business shall be connected to.


class ChooseSoftwareScreen(AppScreen[None]):
    """Lists what Kashdeck connects to; Enter goes on to the steps in it."""

    CSS_PATH = "connect_software.tcss"
    ACTS = (
        Act("choose", "enter", "Choose", "Connect to the software under the cursor", footer=True),
        Act("filter", "slash", "Filter", "Show only software with the words typed", footer=True),
        BACK,
    )

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(*wizard.trail, "Software")
        self.wizard = wizard

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
            self.wizard.software = software(event.key)
            self.app.push_screen(ConnectStepsScreen(self.wizard))

    def action_choose(self) -> None:
        """Choose what is under the cursor."""
        self.query_one(LedgerTable).action_choose()

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.query_one(FilterBox).focus()


# The confirmation: which company's books the business is connected to now.


class ConnectedScreen(AppScreen[None]):
    """Says whose books these are; Finish goes on to the first sync, which runs already."""

    CSS_PATH = "connect_done.tcss"
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
        self.app.switch_screen(SyncScreen(self.business.id, self.business.name))

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


class ConnectWizard(Wizard):
    """Shows the screens of the way, one after the other, and ends it."""

    def begin(self) -> None:
        """Show the first screen of the way; only to an Admin, others learn whom to ask."""
        services, doing = self.base.services, "reconnect" if self.again else "connect"
        self.base.ask(
            lambda: services.desk.businesses.require_admin(self.business.id, doing),
            lambda _: self._first(),
        )

    def _first(self) -> None:
        if not self.base.is_current:
            return  # the key was pressed twice
        first = ConnectStepsScreen(self) if self.again else ChooseSoftwareScreen(self)
        self.base.app.push_screen(cast("Screen[None]", first))

    def look_at_steps(self, cure: str) -> None:
        """Show the steps in KashFlow again, the one that cures a problem marked."""
        self.base.app.push_screen(ConnectStepsScreen(self, review=True, cure=cure))

    def connected(self, connection: Connection) -> None:
        """Leave the screens of the way, which wipes the secrets, and start the first sync."""
        services: Services = self.base.services
        app = self.base.app
        while app.screen is not self.base:
            app.pop_screen()
        services.start_sync(self.business.id)
        app.push_screen(ConnectedScreen(self.business, connection, again=self.again))
