"""Two people changed one item: what each of them has, field by field, and which of it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from kfclient.desk.model.fields import in_order
from kfclient.desk.model.item import Item, ItemLine
from kfclient.visible import one_line
from screens.app_screen import Act, AppScreen
from screens.item_details import ItemDetailsScreen
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget


# Two people's versions of one item, side by side: what differs, and the item made of both.


class EditedField(msgspec.Struct, frozen=True):
    """A field in which two versions of an item differ, as texts; `before` is what both began with.

    `field` is named as findings name it: `date`, or `lines.2.vat`; `lines` where the versions
    have not the same number of lines, so that these cannot be compared one by one.
    """

    field: str
    label: str
    before: str
    mine: str
    theirs: str

    @property
    def theirs_alone(self) -> bool:
        """Whether only the other person changed it."""
        return self.mine == self.before


def differences(before: Item, mine: Item, theirs: Item) -> list[EditedField]:
    """Return where two versions of an item differ, both made from `before`."""
    every = zip(_shown(before, theirs), _shown(mine, theirs), _shown(theirs, theirs), strict=True)
    alike = len(before.lines) == len(mine.lines) == len(theirs.lines)
    found = [
        EditedField(field, label, was, ours, other)
        for (field, label, was), (_, _, ours), (_, _, other) in every
        if ours != other
    ]
    if alike:
        return found + [one for number in range(len(mine.lines)) for one in
                        _line_differences(number, before, mine, theirs)]  # fmt: skip
    if mine.lines != theirs.lines:
        versions = (before, mine, theirs)
        found.append(EditedField("lines", "Lines", *(_lines_shown(one) for one in versions)))
    return found


def merged(
    mine: Item, theirs: Item, found: Collection[EditedField], wanted: Collection[str]
) -> Item:
    """Return their item with the `wanted` fields of mine, as it can be saved over theirs."""
    values = {field: getattr(mine, field) for field in wanted if not field.startswith("lines")}
    if "contact" in wanted:
        values["contact_code"] = mine.contact_code
    lines = list(mine.lines if "lines" in wanted else theirs.lines)
    for one in found:
        if one.field in wanted and one.field.startswith("lines."):
            _, number, field = one.field.split(".")
            index = int(number) - 1
            value = {field: getattr(mine.lines[index], field)}
            lines[index] = msgspec.structs.replace(lines[index], **value)
    return msgspec.structs.replace(theirs, lines=tuple(lines), **values)


def _shown(item: Item, named_after: Item) -> Iterator[tuple[str, str, str]]:
    for spec in in_order(Item):
        if not spec.in_conflict:
            continue
        value = spec.show(getattr(item, spec.name))
        if spec.name == "contact":
            value = f"{value} {item.contact_code}".rstrip()
        yield spec.name, spec.label_of(named_after.kind), value


def _line_differences(number: int, before: Item, mine: Item, theirs: Item) -> Iterator[EditedField]:
    for spec in in_order(ItemLine):
        field = spec.name
        texts = [spec.show(getattr(one.lines[number], field)) for one in (before, mine, theirs)]
        if texts[1] != texts[2]:
            label = spec.label
            if len(mine.lines) > 1:
                label = f"{number + 1}. {label}"
            yield EditedField(f"lines.{number + 1}.{field}", label, *texts)


def _lines_shown(item: Item) -> str:
    count = f"{len(item.lines)} line{'' if len(item.lines) == 1 else 's'}"
    return f"{count}, net {item.net:,.2f}, VAT {item.vat:,.2f}"


NARROW = (Column("Field", 15), Column("Kept", 6), Column("Yours"), Column("Theirs"))
WIDE = (*NARROW[:2], Column("Before"), *NARROW[2:])
EMPTY = "(empty)"


class EditConflictScreen(AppScreen[Item]):
    """Shows where `mine` and `theirs`, both made from `before`, differ.

    At first what only they changed is theirs, and the rest mine. Dismisses with the item to be
    saved over theirs, or with None: nothing is decided then.
    """

    CSS_PATH = "edit_conflict.tcss"
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
        self.found: Sequence[EditedField] = differences(before, mine, theirs)
        self.wanted = {one.field for one in self.found if not one.theirs_alone}

    def body(self) -> Iterable[Widget]:
        """Return what happened, the fields that differ, and the one under the cursor in full."""
        told = f"{self.who} saved this item while you changed it. Nothing of yours is saved yet."
        yield TextLine(told, id="happened", classes="warn", grows=True)
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
        table.lay_out(WIDE if wide else NARROW)
        table.show_rows(self.row(one, wide=wide) for one in self.found)

    def row(self, one: EditedField, *, wide: bool) -> Row:
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
                    text.append(f"{one_line(value) or EMPTY}\n")
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
