"""Two people changed one item: what each of them has, field by field, and which of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from kfclient.desk.inbox.item import Item
from screens.differences import Difference, differences, merged
from screens.item_details import ItemDetailsScreen
from screens.room import Act, Room
from screens.widgets.ledger_table import Column, LedgerTable, Row
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget


NARROW = (Column("Field", 15), Column("Kept", 6), Column("Yours"), Column("Theirs"))
WIDE = (*NARROW[:2], Column("Before"), *NARROW[2:])
EMPTY = "(empty)"


class CompareScreen(Room[Item]):
    """Shows where `mine` and `theirs`, both made from `before`, differ.

    At first what only they changed is theirs, and the rest mine. Dismisses with the item to be
    saved over theirs, or with None: nothing is decided then.
    """

    CSS_PATH = "compare.tcss"
    ACTS = (
        Act("save", "ctrl+s", "Save", "Save the item with what is kept", footer=True),
        Act("turn", "space,enter", "Swap", "Keep the other of the two in this field", footer=True),
        Act("mine", "m", "Keep mine", "Keep yours in every field", footer=True),
        Act("theirs", "t", "Take theirs", "Keep theirs in every field", footer=True),
        Act("look", "l", "Look", "Look at the item as they saved it", footer=True),
        Act("back", "escape", "Back", "Back to the form; nothing is saved", footer=True),
    )

    def __init__(
        self, business: tuple[str, str], before: Item, mine: Item, theirs: Item, who: str
    ) -> None:
        """Compare for `business`, its id and name; `who` saved theirs."""
        super().__init__(business[1], "Items", f"Item {mine.id}", "Both changed it")
        self.business = business
        self.mine_item = mine
        self.theirs_item = theirs
        self.who = who
        self.found: Sequence[Difference] = differences(before, mine, theirs)
        self.wanted = {one.field for one in self.found if not one.theirs_alone}

    def body(self) -> Iterable[Widget]:
        """Return what happened, the fields that differ, and the one under the cursor in full."""
        told = f"{self.who} saved this item while you changed it. Nothing of yours is saved yet."
        yield Line(told, id="happened", classes="warn", grows=True)
        yield LedgerTable(*NARROW, id="fields", classes="first")
        with VerticalScroll(id="texts", can_focus=False):
            yield Static("", id="text", markup=False)

    def on_mount(self) -> None:
        """Show the fields."""
        self.show()

    def on_resize(self) -> None:
        """Show what it was before, too, where there is room."""
        self.call_after_refresh(self.show)

    def show(self) -> None:
        """Show which of the two is kept in each field."""
        table, wide = self.query_one(LedgerTable), self.has_class("-wide")
        columns = WIDE if wide else NARROW
        if table.columns is not columns:
            table.columns = columns
            table.refresh()
        table.show_rows(self.row(one, wide=wide) for one in self.found)

    def row(self, one: Difference, *, wide: bool) -> Row:
        """Return a field's line."""
        kept = "yours" if one.field in self.wanted else "theirs"
        texts = (one.before, one.mine, one.theirs) if wide else (one.mine, one.theirs)
        return Row(one.field, (one.label, kept, *(text or EMPTY for text in texts)))

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Show the field under the cursor in full."""
        text = Text()
        for one in self.found:
            if one.field == event.key:
                for label, value in (
                    ("Before", one.before), ("Yours", one.mine), ("Theirs", one.theirs)
                ):  # fmt: skip
                    text.append(f"{label:<8}", style="dim")
                    text.append(f"{value or EMPTY}\n")
        text.rstrip()
        self.query_one("#text", Static).update(text)

    def on_ledger_table_chosen(self) -> None:
        """Keep the other one with Enter."""
        self.action_turn()

    # Commands

    def keep(self, wanted: set[str]) -> None:
        """Keep mine in these fields, theirs in the others."""
        self.wanted = wanted
        self.show()

    def action_turn(self) -> None:
        """Keep the other one in the field under the cursor."""
        self.keep(self.wanted ^ {self.query_one(LedgerTable).cursor_key or ""})

    def action_mine(self) -> None:
        """Keep mine everywhere."""
        self.keep({one.field for one in self.found})

    def action_theirs(self) -> None:
        """Keep theirs everywhere."""
        self.keep(set())

    def action_look(self) -> None:
        """Look at the item as they saved it."""
        self.app.push_screen(ItemDetailsScreen(*self.business, self.mine_item.id))

    def action_save(self) -> None:
        """Answer with the item that is to be saved."""
        self.dismiss(merged(self.mine_item, self.theirs_item, self.found, self.wanted))
