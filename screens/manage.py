"""One business: how it stands with KashFlow, and everything that can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from kfclient.desk.events import SyncEnded, SyncStarted
from kfclient.desk.model.business import Role
from kfclient.visible import one_line
from screens.app_screen import BACK, Act, AppScreen
from screens.audit import AuditScreen
from screens.connect import ConnectWizard
from screens.dialogs import ConfirmScreen, PromptScreen
from screens.format import ago, is_admin, items_shown, on, state_shown
from screens.items import ItemsScreen
from screens.keyring import KeyringScreen
from screens.lists import ListsScreen
from screens.people import PeopleScreen
from screens.settings import SettingsScreen
from screens.watch import watch_business
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.model.business import BusinessSummary, Connection
    from screens.watch import Watch

ROLES = {Role.ADMIN: "an Admin", Role.STANDARD: "a Standard user", None: "not named here"}
ADMINS_ONLY = {"connect", "reconnect", "disconnect", "rename"}


class ManageScreen(AppScreen[None]):
    """Says how a business stands and lists what can be done, each with its key."""

    CSS_PATH = "manage.tcss"
    ACTS = (
        Act("connect", "c", "Connect", "Connect this business to KashFlow", footer=True),
        Act(
            "items",
            "i",
            "Items",
            "Import, complete and publish costs, sales and claims",
            footer=True,
        ),
        Act("lists", "l", "Lists", "Look at the six lists from KashFlow", footer=True),
        Act("sync", "s", "Sync now", "Fetch the six lists from KashFlow again", footer=True),
        Act("settings", "t", "Settings", "Tax data and default tax codes"),
        Act("people", "p", "People", "Who is an Admin, who a Standard user"),
        Act("keyring", "w", "Keyring", "Where password and key are kept; move them"),
        Act("trail", "h", "Audit trail", "Who did what, when, and from where"),
        Act("rename", "n", "Rename", "Give the business another name here"),
        Act(
            "reconnect",
            "r",
            "Reconnect",
            "Give password and key again; all else is kept",
            footer=True,
        ),
        Act("disconnect", "d", "Disconnect", "Remove password and key; lists and items stay"),
        BACK,
    )

    def __init__(self, business: str, name: str) -> None:
        super().__init__("Connections", name)
        self.business = business
        self.summary: BusinessSummary | None = None
        self.told = Text()

    def body(self) -> Iterable[Widget]:
        """Return what the business is, and what can be done."""
        yield Static("", id="facts")
        yield LedgerTable(
            Column("Key", 3), Column("To do", 12), Column(""), id="todo", classes="first"
        )

    def on_mount(self) -> None:
        """Listen, and show how the business stands, whoever changes it."""
        self.services.events.subscribe(self, self.heard)
        self.watcher: Watch[BusinessSummary] = watch_business(self, self.business, self.show)

    def heard(self, event: Event) -> None:
        """Show what has happened to this business."""
        if event.business == self.business and isinstance(event, SyncStarted | SyncEnded):
            self.watcher.again()

    # What is shown

    def show(self, summary: BusinessSummary) -> None:
        """Show the facts and what can be done."""
        self.summary = summary
        self.retitle("Connections", summary.business.name)
        facts = Text()
        for label, value in self.facts(summary):
            facts.append(f"{label:<11}", style="dim" if value else "")
            facts.append(f"{one_line(value)}\n")
        facts.rstrip()
        if facts != self.told:
            self.told = facts
            self.query_one("#facts", Static).update(facts)
        self.query_one(LedgerTable).show_rows(self.rows(summary))
        self.refresh_bindings()

    def facts(self, summary: BusinessSummary) -> Iterable[tuple[str, str]]:
        """Return what there is to show, label and text."""
        business, connection = summary.business, summary.business.connection
        yield "State", state_shown(summary.state)
        if connection is None:
            yield "", "Connect it to KashFlow to sync its lists and publish its items."
        else:
            yield from self.connection_facts(connection)
        yield "Items", items_shown(summary.items)
        yield "You", f"{self.services.desk.person}, {ROLES[summary.role]}"
        if not is_admin(summary):
            yield "", f"Admins: {business.admins}"

    def connection_facts(self, connection: Connection) -> Iterable[tuple[str, str]]:
        """Return what there is to show of the connection."""
        yield "Company", connection.company.name or "(no name in KashFlow)"
        yield "Server", f"{connection.endpoint} as {connection.username}"
        yield "Connected", f"{on(connection.connected_at)} by {connection.connected_by}"
        yield "Last sync", ago(connection.last_sync, self.services.desk.clock())
        notes = [("", connection.problem)] if connection.problem else []
        if not notes:
            failed = [(name, status.problem) for name, status in connection.lists.items()]
            notes = [(name.replace("-", " "), note) for name, note in failed if note][:1]
        for name, note in notes:
            about = f"{name.capitalize()}: " if name else ""
            yield "Problem", f"{about}{note.sentence} {note.cure}".strip()

    def rows(self, summary: BusinessSummary) -> Iterable[Row]:
        """Return what can be done; what only an Admin may do says whom to ask."""
        for act in self.possible_acts():
            if act.do == "back":
                continue
            words, tone = act.help, ""
            if act.do in ADMINS_ONLY and not is_admin(summary):
                words, tone = f"Admins only: ask {summary.business.admins}", "dim"
            yield Row(act.do, (act.keys, act.words, words), tone)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to connect what is not connected, and the rest to what is."""
        del parameters
        connected = self.summary is not None and self.summary.business.connection is not None
        if action == "connect":
            return not connected
        return connected or action not in {"sync", "reconnect", "disconnect", "keyring"}

    async def on_ledger_table_chosen(self, event: LedgerTable.Chosen) -> None:
        """Do what was chosen."""
        if event.key is not None:
            await self.run_action(event.key)

    # Commands

    @property
    def business_name(self) -> str:
        """The business's name."""
        return self.trail[-1]

    def action_items(self) -> None:
        """Go to the items."""
        self.app.push_screen(ItemsScreen(self.business, self.business_name))

    def action_lists(self) -> None:
        """Go to the lists."""
        self.app.push_screen(ListsScreen(self.business, self.business_name))

    def action_sync(self) -> None:
        """Sync, or look at the sync that is running."""
        self.services.show_sync(self.business, self.business_name)

    def action_settings(self) -> None:
        """Go to the settings."""
        self.app.push_screen(SettingsScreen(self.business, self.business_name))

    def action_people(self) -> None:
        """Go to the people."""
        self.app.push_screen(PeopleScreen(self.business, self.business_name))

    def action_keyring(self) -> None:
        """Go to the places where the password may be kept."""
        self.app.push_screen(KeyringScreen(self.business, self.business_name))

    def action_trail(self) -> None:
        """Go to the audit trail."""
        self.app.push_screen(AuditScreen(self.business, self.business_name))

    def action_rename(self) -> None:
        """Ask for another name; only an Admin, others learn whom to ask."""
        businesses, seen = self.services.desk.businesses, self.business_name
        self.ask(
            lambda: businesses.require_admin(self.business, "rename"),
            lambda _: self.app.push_screen(
                PromptScreen(
                    "Rename this business",
                    lambda name: businesses.rename(self.business, name, seen=seen).name,
                    more="Only its name here; nothing changes in KashFlow.",
                    value=self.business_name,
                ),
                self.renamed,
            ),
        )

    def renamed(self, name: str | None) -> None:
        """Show the new name."""
        if name is not None:
            self.watcher.again()

    def action_connect(self) -> None:
        """Begin to connect."""
        if self.summary is not None:
            ConnectWizard(self, self.summary.business).begin()

    def action_reconnect(self) -> None:
        """Begin to reconnect: the same way."""
        self.action_connect()

    def action_disconnect(self) -> None:
        """Disconnect, after a question; only for an Admin, others learn whom to ask."""
        businesses = self.services.desk.businesses
        self.ask(
            lambda: businesses.require_admin(self.business, "disconnect"),
            lambda _: self.app.push_screen(
                ConfirmScreen(
                    f"Disconnect {self.business_name} from KashFlow?",
                    yes="Disconnect",
                    more="The password and the AutoAuth key are removed from this machine. Lists, "
                    "items and settings stay here, and nothing changes in KashFlow. To publish "
                    "again, connect it again.",
                ),
                self.disconnect,
            ),
        )

    def disconnect(self, yes: bool | None) -> None:
        """Disconnect, when the person has said yes."""
        if yes:
            connecting = self.services.desk.connecting
            self.ask(lambda: connecting.disconnect(self.business), self.disconnected)

    def disconnected(self, done: None) -> None:
        """Say that it is done."""
        del done
        self.notify(
            f"{self.business_name} is disconnected; its lists and items stay.", markup=False
        )
        self.watcher.again()
