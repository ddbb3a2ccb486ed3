"""The six lists as the last sync left them: look, filter, and see one record whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.text import Text
from textual.containers import Container, VerticalScroll
from textual.widgets import Static

from kfclient.desk.model.list_names import ListName
from kfclient.visible import one_line
from screens.app_screen import BACK, Act, AppScreen
from screens.format import ago
from screens.watch import Watch
from screens.widgets.filter_box import FilterBox, TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.model.business import ListStatus
    from kfclient.desk.sync.lists import ListRecord as Record

NAMES = tuple(ListName)
HEADINGS = {
    ListName.CHART: ("Code", "Category", "Type"),
    ListName.SUPPLIERS: ("Code", "Supplier", "E-mail or postcode"),
    ListName.CUSTOMERS: ("Code", "Customer", "E-mail or postcode"),
    ListName.TAX_RATES: ("Rate", "Tax rate", "Description"),
    ListName.PROJECTS: ("Number", "Project", "State, reference"),
    ListName.BANK_ACCOUNTS: ("Code", "Bank account", ""),
}


class ReadList(msgspec.Struct, frozen=True):
    """A list as it was read: its records, and how the last sync of each list went."""

    name: ListName
    records: Sequence[Record]
    status: Mapping[str, ListStatus]


class ListsScreen(AppScreen[None]):
    """Shows one list at a time; left and right, or 1 to 6, change between them."""

    CSS_PATH = "lists.tcss"
    ACTS = (
        Act("turn(-1)", "left,comma", "List before", "Show the list before"),
        Act(
            "turn(1)",
            "right,full_stop",
            "Next list",
            "Show the next list (also 1 to 6)",
            footer=True,
        ),
        *(
            Act(f"show({number - 1})", str(number), name.heading, f"Show: {name.heading}")
            for number, name in enumerate(NAMES, 1)
        ),
        Act("filter", "slash", "Filter", "Show only records with the words typed", footer=True),
        Act(
            "details", "enter", "Details", "Read all that KashFlow says of the record", footer=True
        ),
        Act("sync", "s", "Sync now", "Fetch the lists from KashFlow again", footer=True),
        BACK,
    )

    def __init__(self, business: str, name: str) -> None:
        super().__init__(name, "Lists")
        self.business = business
        self.business_name = name
        self.current = NAMES[0]
        self.listed: Sequence[Record] | None = None
        self.records: dict[str, Record] = {}
        self.rows: list[tuple[str, Row]] = []
        self.status: Mapping[str, ListStatus] = {}
        self.told = Text()

    def body(self) -> Iterable[Widget]:
        """Return the lists' names, the filter box, the table and the details."""
        yield Static("", id="names", classes="line")
        yield TextLine(id="about", classes="line muted")
        yield FilterBox("/ to filter by code, name or detail")
        with Container(id="parts"):
            yield LedgerTable(id="records", classes="first")
            with VerticalScroll(id="details", can_focus=False):
                yield Static("", id="fields")

    def on_mount(self) -> None:
        """Show the first list, whoever syncs it."""
        self.show_columns()
        self.show_names()
        businesses = self.services.desk.businesses
        self.watcher: Watch[ReadList] = Watch(
            self, lambda: (businesses.revision, self.current), self.read, self.take
        )

    # What is shown

    def read(self) -> ReadList:
        """Return the list that is to be shown, and how its last sync went."""
        desk, name = self.services.desk, self.current
        connection = desk.businesses.get(self.business).connection
        return ReadList(
            name, desk.lists.read(self.business, name), connection.lists if connection else {}
        )

    def take(self, found: ReadList) -> None:
        """Show the list, unless another one was asked for meanwhile."""
        if found.name is not self.current:
            return
        self.status = found.status
        if found.records is not self.listed:
            self.list_records(found.records)
        self.show_about()

    def list_records(self, records: Sequence[Record]) -> None:
        """Show other records than before."""
        self.listed = records
        self.records = {}
        self.rows = []
        for record in records:
            key = str(record.id)
            self.records[key] = record
            row = Row(key, (record.code, record.name, record.detail))
            self.rows.append((" ".join(row.cells).casefold(), row))
        self.show_rows()

    def show_columns(self) -> None:
        """Head the columns; wide terminals have more room for the last."""
        code, name, detail = HEADINGS[self.current]
        width = 36 if self.has_class("-wide") else 24
        columns = (Column(code, 12), Column(name), Column(detail, width))
        self.query_one(LedgerTable).show_columns(*columns)

    def on_resize(self) -> None:
        """Give the columns the room there is."""
        self.show_columns()
        self.show_rows()

    def show_names(self) -> None:
        """Show the names of the lists, the present one standing out."""
        text = Text(no_wrap=True)
        for name in NAMES:
            text.append(f" {name.heading} ", style="reverse" if name is self.current else "")
        self.query_one("#names", Static).update(text)

    def show_about(self) -> None:
        """Say how many records there are, and from when."""
        status = self.status.get(self.current.value)
        shown, whole = len(self.query_one(LedgerTable).rows), len(self.rows)
        count = f"{whole:,} records" if shown == whole else f"{shown:,} of {whole:,} records"
        synced = ago(status.synced_at if status else None, self.services.desk.clock())
        said = [] if status is None else [*status.remarks]
        said[:0] = [status.problem.sentence] if status and status.problem else []
        trouble = f"  ! {' '.join(said)}" if said else ""
        self.query_one("#about", TextLine).say(f"{count}, synced {synced}{trouble}")

    def show_rows(self) -> None:
        """Fill the table with what has the words typed."""
        wanted = self.query_one(FilterBox).wanted
        table = self.query_one(LedgerTable)
        table.empty = (
            "Nothing has these words. Esc in the filter shows all."
            if self.rows
            else "Nothing here yet. s  Sync now"
        )
        table.show_rows(row for text, row in self.rows if all(word in text for word in wanted))

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Show the record under the cursor."""
        record = self.records.get(event.key or "")
        text = Text()
        if record is not None:
            for label, value in record.fields.items():
                text.append(f"{label}: ", style="dim")
                text.append(f"{one_line(value)}\n")
        text.rstrip()
        if text != self.told:
            self.told = text
            self.query_one("#fields", Static).update(text)
            self.query_one("#details", VerticalScroll).scroll_home(animate=False)

    def on_ledger_table_chosen(self) -> None:
        """Open the details with Enter."""
        self.action_details()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words typed."""
        event.stop()
        self.show_rows()
        self.show_about()
        if event.value:
            self.query_one(LedgerTable).action_jump(0)

    # Commands

    def action_turn(self, by: int) -> None:
        """Show the next list, or the one before."""
        self.action_show((NAMES.index(self.current) + by) % len(NAMES))

    def action_show(self, index: int) -> None:
        """Show one of the six lists."""
        self.current = NAMES[index]
        self.show_columns()
        self.listed, self.records, self.rows = None, {}, []
        self.show_names()
        self.watcher.again()

    def action_details(self) -> None:
        """Make the details larger, to read them whole, or small again."""
        self.toggle_class("-reading")

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.query_one(FilterBox).focus()

    def action_sync(self) -> None:
        """Fetch the lists again."""
        self.services.show_sync(self.business, self.business_name)
