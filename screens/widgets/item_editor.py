"""The fields of an item, header and lines: typing, moving, copying, lines put in and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from kfclient.desk.inbox.item import Item, Kind
from screens.item_draft import ItemDraft, Unreadable, line_texts
from screens.widgets.cycle import Cycle
from screens.widgets.item_fields import Field, LineFields, LineHeadings
from screens.widgets.item_header import ItemHeader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import DescendantBlur
    from textual.widgets import Input

WORKS_OUT_VAT = ("quantity", "unit_price", "tax_rate")


class ItemEditor(Vertical):
    """Edits a draft.

    `unreadable` has a sentence for each field that cannot be read, by its name as findings have it
    (`date`, `lines.2.vat`); it is said at the field once the field is left.
    """

    class Edited(Message):
        """The draft is another."""

    def __init__(self, draft: ItemDraft, home_currency: str) -> None:
        super().__init__()
        self.draft = draft
        self.home_currency = home_currency
        self.unreadable: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out the header, and below it the lines, which scroll."""
        yield ItemHeader(self.draft, self.home_currency)
        yield LineHeadings()
        with VerticalScroll(id="lines", can_focus=False):
            for number, texts in enumerate(self.draft.lines, start=1):
                yield LineFields(number, texts)

    def on_mount(self) -> None:
        """Show what goes with the header's texts."""
        self.header.show_draft()

    @property
    def header(self) -> ItemHeader:
        """The fields above the lines."""
        return self.query_one(ItemHeader)

    def rows(self) -> list[LineFields]:
        """Return the lines' fields, in order."""
        return list(self.query_one("#lines").query(LineFields))

    @property
    def field(self) -> Field | None:
        """The field with the focus."""
        focused = self.screen.focused
        return focused if isinstance(focused, Field) else None

    def field_of(self, name: str) -> Field:
        """Return the field of this name."""
        if not name.startswith("lines."):
            return self.header.fields[name]
        _, number, field = name.split(".")
        return self.rows()[int(number) - 1].fields[field]

    def has(self, name: str) -> bool:
        """Whether there is a field of this name; lines can be taken out."""
        return any(field.name_in_item == name for field in self.query(Field).results())

    def texts_of(self, field: Field) -> dict[str, str]:
        """Return the texts that a field's is one of."""
        return self.draft.texts(field.line.number - 1 if field.line else None).now

    # Typing

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take what was typed."""
        if isinstance(event.input, Field) and event.input.is_attached:
            self.take(event.input)

    def take(self, field: Field) -> None:
        """Take a field's text, and work out the VAT where it follows."""
        if self.texts_of(field)[field.field] == field.value:
            return
        self.texts_of(field)[field.field] = field.value
        if field.field == "contact":
            self.draft.contact_code = ""
        if field.line is not None and field.field in WORKS_OUT_VAT:
            vat = self.draft.work_out_vat(field.line.number - 1)
            if vat is not None:
                field.line.fields["vat"].value = vat
        if field.name_in_item in self.unreadable:
            self.try_to_read(field)
        self.edited()

    def edited(self) -> None:
        """Show what goes with the texts, and tell the screen."""
        self.header.show_draft()
        self.post_message(self.Edited())

    def put(self, field: Field, text: str) -> None:
        """Put a text into a field, as if it were typed."""
        field.value = text
        field.cursor_position = len(text)
        self.take(field)

    def put_contact(self, field: Field, name: str, code: str) -> None:
        """Put a contact in that was picked; its code settles whose name it is."""
        self.put(field, name)
        self.draft.contact_code = code
        self.edited()

    def on_cycle_turned(self, event: Cycle.Turned) -> None:
        """Take the kind or the document."""
        if event.cycle.id == "kind":
            self.draft.set_kind(Kind(event.value))
        else:
            self.draft.document = event.value
        self.edited()

    # What cannot be read

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Say what cannot be read once a field is left, not while it is being typed."""
        if isinstance(event.widget, Field) and event.widget.is_attached:
            self.take(event.widget)
            self.try_to_read(event.widget)

    def try_to_read(self, field: Field) -> None:
        """Say at the field whether its text can be read."""
        name, line = field.name_in_item, field.line
        before = self.unreadable.pop(name, "")
        try:
            self.draft.texts(line.number - 1 if line else None).value(field.field)
        except Unreadable as problem:
            self.unreadable[name] = str(problem)
        if before != self.unreadable.get(name, ""):
            self.show_unreadable()
            self.post_message(self.Edited())

    def show_unreadable(self) -> None:
        """Say at their fields what cannot be read."""
        self.header.show_problems(self.unreadable)
        for row in self.rows():
            prefix = f"lines.{row.number}."
            row.show_problems(
                {
                    field.removeprefix(prefix): text
                    for field, text in self.unreadable.items()
                    if field.startswith(prefix)
                }
            )

    def whole(self) -> Item | None:
        """Return the item, or None and go to the first field that cannot be read."""
        for field in self.query(Field).results():
            self.take(field)  # what was typed a moment ago too
        item, self.unreadable = self.draft.read()
        self.show_unreadable()
        if not self.unreadable:
            return item
        self.screen.set_focus(self.field_of(next(iter(self.unreadable))))
        return None

    # Moving

    def next_field(self, field: Field) -> None:
        """Go to the field after this one; the rate may have appeared a moment ago.

        After currency and rate that is the first line: how it was paid is filled in less often,
        and Tab goes there.
        """
        self.take(field)
        rate = self.header.fields["exchange_rate"]
        if field.field == "currency" and rate.display:
            self.screen.set_focus(rate)
        elif field.field in ("currency", "exchange_rate"):
            self.screen.set_focus(self.rows()[0].fields["category"])
        else:
            self.screen.focus_next()

    def next_line(self, field: Field, by: int) -> None:
        """Go to the same field of the line below (1) or above (-1), or out of the lines."""
        rows = self.rows()
        at = field.line.number - 1 + by if field.line else -1
        if field.line is None:
            self.screen.focus_next() if by > 0 else self.screen.focus_previous()
        elif 0 <= at < len(rows):
            self.screen.set_focus(rows[at].fields[field.field])
        elif at < 0:
            self.screen.set_focus(self.header.fields["currency"])

    # Lines

    def copy_above(self, field: Field, before: Item | None) -> bool:
        """Copy the text of the line above, or of the item before; False where there is neither."""
        if field.line is not None and field.line.number > 1:
            above = self.draft.lines[field.line.number - 2].now[field.field]
        elif before is not None:
            above = ItemDraft(before).texts(0 if field.line else None).now[field.field]
        else:
            return False
        if field.field == "contact" and before is not None:
            self.put_contact(field, above, before.contact_code)
        else:
            self.put(field, above)
        self.next_field(field)
        return True

    async def insert_line(self, field: Field | None) -> None:
        """Put an empty line below the field's, or below all."""
        at = field.line.number if field is not None and field.line else len(self.draft.lines)
        texts = line_texts()
        self.draft.lines.insert(at, texts)
        row = LineFields(at + 1, texts)
        await self.query_one("#lines").mount(row, after=at - 1)
        self.lines_moved(at + 1, 1)
        self.screen.set_focus(row.fields["category"])

    async def delete_line(self, line: LineFields, field: str) -> None:
        """Take a line out and stay in the column of `field`; the last one left is emptied."""
        if len(self.draft.lines) == 1:
            for one in line.fields.values():
                self.put(one, "")
            return
        at, rows = line.number - 1, self.rows()
        del self.draft.lines[at]
        beside = rows[at + 1] if at + 1 < len(rows) else rows[at - 1]
        self.screen.set_focus(beside.fields[field])
        await line.remove()
        self.lines_moved(at + 1, -1)

    def lines_moved(self, number: int, by: int) -> None:
        """Renumber after a line was put in (1) or taken out (-1) at this number."""
        moved = {}
        for name, text in self.unreadable.items():
            _, line, field = name.split(".") if name.startswith("lines.") else ("", "", name)
            if not line or int(line) < number:
                moved[name] = text
            elif by > 0 or int(line) > number:
                moved[f"lines.{int(line) + by}.{field}"] = text
        self.unreadable = moved
        for at, row in enumerate(self.rows(), start=1):
            row.renumber(at)
        self.show_unreadable()
        self.edited()
