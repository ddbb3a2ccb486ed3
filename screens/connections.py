"""The home screen: the businesses on this machine and how each stands with KashFlow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual.widgets import Static

from kfclient.desk.errors import NotConnected
from kfclient.desk.events import SyncEnded, SyncStarted
from kfclient.desk.model.connection_state import ConnectionState, publish_lock
from kfclient.visible import stacked
from screens.app_screen import DOCTOR, Act, AppScreen
from screens.dialogs import ErrorScreen, PromptScreen
from screens.format import TONES, ago, items_shown, state_shown
from screens.watch import Watch
from screens.widgets.filter_box import FilterBox
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.events import Event
    from kfclient.desk.model.business import Business, BusinessSummary


# A business in the words of the home screen: its line, and what that has no room for.

NARROW = (Column("State", 20), Column("Business"), Column("Last sync", 14),
          Column("Ready", 6, "right"), Column("Review", 6, "right"))  # fmt: skip
WIDE = (Column("State", 20), Column("Business"), Column("Company in KashFlow"),
        Column("Last sync", 21), Column("Ready", 6, "right"),
        Column("To review", 9, "right"))  # fmt: skip


def business_cells(
    summary: BusinessSummary, state: ConnectionState, now: datetime, *, wide: bool
) -> tuple[str, ...]:
    """Return the cells of a business's line, for the columns `WIDE` or `NARROW`."""
    connection = summary.business.connection
    synced = ago(connection.last_sync, now) if connection else ""
    counts = tuple(f"{n:,}" if n else "" for n in (summary.items.ready, summary.items.to_review))
    if wide:
        company = connection.company.name if connection else ""
        return (state_shown(state), summary.business.name, company, synced, *counts)
    return (state_shown(state), summary.business.name, synced.partition(",")[0], *counts)


def strip(summary: BusinessSummary, now: datetime) -> str:
    """Return what the columns have no room for, in up to four lines."""
    connection = summary.business.connection
    items = f"Items: {items_shown(summary.items)}"
    if connection is None:
        return f"Not connected: c connects it to KashFlow.\n{items}"
    synced = ago(connection.last_sync, now)
    lines = [f"{connection.company.name or 'No name'} in KashFlow, synced {synced}", items]
    note = connection.problem or next(
        (status.problem for status in connection.lists.values() if status.problem), None
    )
    if note is not None:
        lines.append(f"! {note.sentence} {note.cure}")
    return stacked(lines)


def words_of(summary: BusinessSummary) -> str:
    """Return what a business is found by: its name, its company and its state."""
    connection = summary.business.connection
    company = connection.company.name if connection else ""
    return f"{summary.business.name} {company} {summary.state.value}".casefold()


BEGIN = """\
Welcome to Kashdeck.

  a   Add your first business

Then connect it to KashFlow, sync its six lists, and publish its costs, sales and expense claims.
"""


class ConnectionsScreen(AppScreen[None]):
    """Lists the businesses; hundreds are filtered by typing after `/`.

    The screens that it leads to are loaded when they are first asked for: this one comes sooner.
    """

    CSS_PATH = "connections.tcss"
    ACTS = (
        Act(
            "manage",
            "enter",
            "Manage",
            "Everything that can be done with the business",
            footer=True,
        ),
        Act("add", "a", "Add", "Add a business", footer=True),
        Act(
            "connect",
            "c",
            "Connect",
            "Connect the business to KashFlow, or reconnect it",
            footer=True,
        ),
        Act("sync", "s", "Sync now", "Fetch the business's six lists from KashFlow", footer=True),
        Act(
            "items",
            "i",
            "Items",
            "Import, complete and publish costs, sales and claims",
            footer=True,
        ),
        Act("lists", "l", "Lists", "Look at the business's six lists from KashFlow"),
        DOCTOR,
        Act("filter", "slash", "Filter", "Show only businesses with the words typed", footer=True),
    )

    def __init__(self) -> None:
        super().__init__("Connections")
        self.summaries: dict[str, BusinessSummary] = {}
        self.connected: list[str] = []
        self.shown: list[Row] = []
        self.told = ""
        self.shown_at: datetime | None = None

    def body(self) -> Iterable[Widget]:
        """Return the filter box, the table, and the strip on the business under the cursor."""
        yield FilterBox("/ to filter by name or company")
        yield LedgerTable(*NARROW, id="businesses", classes="first")
        yield Static("", id="strip", markup=False)
        yield Static(BEGIN, id="begin", classes="hidden", markup=False)

    def on_mount(self) -> None:
        """Show the businesses, and watch for what this or another session changes."""
        self.services.events.subscribe(self, self.heard)
        self.watcher: Watch[list[BusinessSummary]] = Watch(
            self, self.revision, self.read, self.take
        )

    def on_resize(self) -> None:
        """Show more columns where there is room."""
        table = self.query_one(LedgerTable)
        columns = WIDE if self.has_class("-wide") else NARROW
        if table.columns is not columns:
            key = table.cursor_key
            table.show_columns(*columns)
            self.show()
            table.go_to(key or "")

    # What is shown

    def heard(self, event: Event) -> None:
        """Show at once what this session does."""
        if isinstance(event, SyncStarted | SyncEnded):
            self.watcher.again()

    def revision(self) -> tuple[object, ...]:
        """Return what changes with the businesses, and with who syncs or sends, in any session."""
        desk = self.services.desk
        syncing = {one for one in self.connected if desk.syncing.running(one)}
        at_work = {
            one: desk.items.revision(one)
            for one in self.connected
            if desk.home.is_locked(publish_lock(one))
        }
        return desk.businesses.revision, syncing, at_work, self.shown_at is not None

    def read(self) -> list[BusinessSummary]:
        """Return how the businesses stand: at first as was counted last, then as it is now."""
        desk = self.services.desk
        return desk.businesses.all() if self.shown_at is None else desk.summaries()

    def take(self, summaries: list[BusinessSummary]) -> None:
        """Show the businesses as they are now."""
        self.summaries = {summary.business.id: summary for summary in summaries}
        self.connected = [one.business.id for one in summaries if one.business.connection]
        self.show()

    def show(self) -> None:
        """Fill the table with what has the words typed; nothing goes out if nothing changed."""
        wanted = self.query_one(FilterBox).wanted
        rows = [
            self.row(summary)
            for summary in self.summaries.values()
            if all(word in words_of(summary) for word in wanted)
        ]
        self.shown_at = self.services.desk.clock()
        table = self.query_one(LedgerTable)
        if rows != self.shown or len(rows) != len(table.rows):
            self.shown = rows
            table.empty = "No business has these words. Esc in the filter shows all."
            table.show_rows(rows)
        self.show_strip()
        for part in ("#filter", "#businesses", "#strip"):
            self.query_one(part).set_class(not self.summaries, "hidden")
        self.query_one("#begin").set_class(bool(self.summaries), "hidden")
        if self.summaries and self.focused is None:
            table.focus()

    def row(self, summary: BusinessSummary) -> Row:
        """Return a business's line."""
        state, now = self.state_of(summary), self.services.desk.clock()
        cells = business_cells(summary, state, now, wide=self.has_class("-wide"))
        return Row(summary.business.id, cells, TONES.get(state, ""))

    def state_of(self, summary: BusinessSummary) -> ConnectionState:
        """Return how the business stands; a sync that has just been asked for counts as one."""
        job = self.services.sync_job(summary.business.id)
        if job is not None and not job.ended:
            return ConnectionState.SYNCING
        return summary.state

    def on_ledger_table_moved(self) -> None:
        """Say more of the business under the cursor; words such as "just now" have aged since."""
        now = self.services.desk.clock()
        if self.shown_at is not None and abs(now - self.shown_at) > timedelta(minutes=1):
            self.show()
        self.show_strip()

    def show_strip(self) -> None:
        """Show what the columns have no room for, if it is not what is shown already."""
        text = strip(self.chosen, self.services.desk.clock()) if self.chosen else ""
        if text != self.told:
            self.told = text
            self.query_one("#strip", Static).update(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words typed."""
        event.stop()
        self.show()
        if event.value:
            self.query_one(LedgerTable).action_jump(0)

    def on_ledger_table_chosen(self) -> None:
        """Open the business with Enter."""
        self.action_manage()

    # Commands

    @property
    def chosen(self) -> BusinessSummary | None:
        """The business under the cursor."""
        return self.summaries.get(self.query_one(LedgerTable).cursor_key or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer just the beginning while there is no business."""
        del parameters
        always = action in {"add", "doctor"} or action not in {act.do for act in self.ACTS}
        return always or bool(self.summaries)

    def action_add(self) -> None:
        """Ask for a name, add the business, and begin to connect it."""
        businesses = self.services.desk.businesses

        def added(business: str | None) -> None:
            if business is not None:
                self.query_one(FilterBox).value = ""
                self.ask(businesses.all, lambda found: self.begin(found, business))

        self.app.push_screen(
            PromptScreen(
                "Add a business",
                lambda name: businesses.add(name).id,
                more="The name you know it by. You are its first Admin.",
            ),
            added,
        )

    def begin(self, summaries: list[BusinessSummary], business: str) -> None:
        """Show the new business, and begin to connect it."""
        self.take(summaries)
        self.query_one(LedgerTable).go_to(business)
        self.connect(self.summaries[business].business)

    def connect(self, business: Business) -> None:
        """Connect the business, or reconnect it."""
        from screens.connect import ConnectWizard

        ConnectWizard(self, business).begin()

    def action_manage(self) -> None:
        """Open the business under the cursor."""
        from screens.manage import ManageScreen

        if self.chosen is not None:
            business = self.chosen.business
            self.app.push_screen(ManageScreen(business.id, business.name))

    def action_connect(self) -> None:
        """Connect the business under the cursor, or reconnect it."""
        if self.chosen is not None:
            self.connect(self.chosen.business)

    def action_sync(self) -> None:
        """Sync the business under the cursor, or look at the sync that is running."""
        if self.chosen is None:
            return
        business = self.chosen.business
        if business.connection is None:
            sentence = f"{business.name} is not connected to KashFlow."
            self.app.push_screen(ErrorScreen(NotConnected(sentence, "c connects it first.")))
            return
        self.services.show_sync(business.id, business.name)

    def action_items(self) -> None:
        """Go to the items of the business under the cursor."""
        from screens.items import ItemsScreen

        if self.chosen is not None:
            business = self.chosen.business
            self.app.push_screen(ItemsScreen(business.id, business.name))

    def action_lists(self) -> None:
        """Go to the lists of the business under the cursor."""
        from screens.lists import ListsScreen

        if self.chosen is not None:
            business = self.chosen.business
            self.app.push_screen(ListsScreen(business.id, business.name))

    def action_doctor(self) -> None:
        """Look Kashdeck over."""
        from screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen())

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.query_one(FilterBox).focus()
