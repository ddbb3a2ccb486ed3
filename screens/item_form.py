"""The form of an item: everything that KashFlow needs, by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from kfclient.desk.errors import ItemChanged
from kfclient.desk.item import Item, Kind
from kfclient.errors import Problem, tell
from screens.candidates import PICKABLE, candidates, heading, home_currency
from screens.item_draft import ItemDraft, Unreadable, line_texts
from screens.item_words import findings_shown
from screens.picker import Candidate, PickerScreen
from screens.question import QuestionScreen
from screens.room import Act, Room
from screens.widgets.cycle import Cycle
from screens.widgets.item_fields import Field, LineFields, LineHeadings
from screens.widgets.item_header import ItemHeader
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.events import DescendantBlur
    from textual.timer import Timer
    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.item import Finding

WORKS_OUT_VAT = ("quantity", "unit_price", "tax_rate")
LOOK_AFTER = 0.3
"""Seconds after the last key before the item is looked over."""


class ItemFormScreen(Room[Item]):
    """Edits one item, or a new one; dismisses with it once it is saved.

    `before` is the item entered before this one: F6 copies from it where no field is above.
    """

    CSS_PATH = "item_form.tcss"
    AUTO_FOCUS = ".field-contact"
    ACTS = (
        Act("save", "ctrl+s", "Save", "Save the item", footer=True, priority=True),
        Act(
            "choose",
            "f4,ctrl+k",
            "Choose",
            "Choose from the synced list, by code or name",
            footer=True,
            priority=True,
        ),
        Act("copy_above", "f6", "Copy above", "Copy the value of the field above", footer=True),
        Act("insert_line", "f7", "New line", "Insert a line below this one", footer=True),
        Act("delete_line", "f8", "Delete line", "Delete this line", footer=True),
        Act("back", "escape", "Back", "Leave; asks when something was not saved", footer=True),
    )

    def __init__(
        self, business_id: str, business_name: str, item: Item, before: Item | None = None
    ) -> None:
        super().__init__(business_name, "Items", f"Item {item.id}" if item.id else "New item")
        self.business = business_id
        self.before = before
        self.draft = ItemDraft(item)
        self.unreadable: dict[str, str] = {}
        self.waiting: Timer | None = None
        self.saving = False

    # What it shows

    def body(self) -> Iterable[Widget]:
        """Return the fields of the item, its lines, the sums, and what is known of it."""
        home = home_currency(self.services.desk, self.business)
        yield ItemHeader(self.draft, home)
        yield LineHeadings()
        with VerticalScroll(id="lines", can_focus=False):
            for number, texts in enumerate(self.draft.lines, start=1):
                yield LineFields(number, texts)
        yield Line(id="totals")
        with VerticalScroll(id="told", can_focus=False):
            yield Line(id="findings", grows=True)

    def on_mount(self) -> None:
        """Look at the item as it is."""
        self.show_draft()
        self.look()

    @property
    def header(self) -> ItemHeader:
        """The fields above the lines."""
        return self.query_one(ItemHeader)

    def rows(self) -> list[LineFields]:
        """Return the lines' fields, in order."""
        return list(self.query_one("#lines").query(LineFields))

    def show_draft(self) -> None:
        """Show the sums, and what goes with the texts of the header."""
        item, _ = self.draft.read()
        self.header.show_draft()
        self.query_one("#totals", Line).say(
            f"Net {item.net:,.2f}   VAT {item.vat:,.2f}   Gross {item.gross:,.2f} {item.currency}"
        )

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

    def say(self, text: str) -> None:
        """Say something below the lines; nothing while the form is being filled anew."""
        for told in self.query("#findings").results(Line):
            told.say(text)
            self.query_one("#told").scroll_home(animate=False)

    def look_soon(self) -> None:
        """Look the item over once the person stops typing."""
        if self.waiting is not None:
            self.waiting.stop()
        self.waiting = self.set_timer(LOOK_AFTER, self.look)

    def look(self) -> None:
        """Say what is still missing, off the screen's thread."""
        item, problems = self.draft.read()
        if problems:
            self.say("✗ It can be saved once every field can be read.")
            return
        items = self.services.desk.items
        self.ask(lambda: items.findings(self.business, item), self.show_findings, self.failed)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Say what is still missing, or that nothing is."""
        told = findings_shown(findings)
        if not any(finding.code.startswith("E-") for finding in findings):
            told.insert(0, "✓ Ready to publish once it is saved.")
        self.say("\n".join(told))

    def failed(self, problem: Problem) -> None:
        """Say what did not work; nothing typed is lost."""
        self.say(f"✗ {tell(problem)}")

    # Typing

    @property
    def field(self) -> Field | None:
        """The field with the focus."""
        return self.focused if isinstance(self.focused, Field) else None

    @staticmethod
    def name_of(field: Field) -> str:
        """Return a field's name as findings have it."""
        return f"lines.{field.line.number}.{field.field}" if field.line else field.field

    def texts_of(self, field: Field) -> dict[str, str]:
        """Return the texts that a field's is one of."""
        return self.draft.texts(field.line.number - 1 if field.line else None).now

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
        if self.name_of(field) in self.unreadable:
            self.try_to_read(field)
        self.show_draft()
        self.look_soon()

    def try_to_read(self, field: Field) -> None:
        """Say at the field whether its text can be read."""
        name, line = self.name_of(field), field.line
        before = self.unreadable.pop(name, "")
        try:
            self.draft.texts(line.number - 1 if line else None).value(field.field)
        except Unreadable as problem:
            self.unreadable[name] = str(problem)
        if before != self.unreadable.get(name, ""):
            self.show_unreadable()
            self.look()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Say what cannot be read once a field is left, not while it is being typed."""
        if isinstance(event.widget, Field) and event.widget.is_attached:
            self.try_to_read(event.widget)

    def on_cycle_turned(self, event: Cycle.Turned) -> None:
        """Take the kind or the document."""
        if event.cycle.id == "kind":
            self.draft.set_kind(Kind(event.value))
        else:
            self.draft.document = event.value
        self.show_draft()
        self.look_soon()

    def put(self, field: Field, text: str) -> None:
        """Put a text into a field, as if it were typed."""
        field.value = text
        field.cursor_position = len(text)
        self.take(field)

    def action_next_field(self) -> None:
        """Go to the next field; what was typed decides which fields there are."""
        if self.field is not None:
            self.take(self.field)
            self.go_on(self.field)

    def go_on(self, field: Field) -> None:
        """Go to the field after this one; the rate may have appeared a moment ago."""
        rate = self.header.fields["exchange_rate"]
        if field.field == "currency" and rate.display:
            self.set_focus(rate)
        else:
            self.focus_next()

    # Lines

    def action_line(self, by: int) -> None:
        """Go to the same field of the line above or below; from the ends, out of the lines."""
        field = self.field
        if field is None or field.line is None:
            if by > 0:
                self.focus_next()
            else:
                self.focus_previous()
            return
        at = field.line.number - 1 + by
        rows = self.rows()
        if 0 <= at < len(rows):
            self.set_focus(rows[at].fields[field.field])
        elif at < 0:
            self.set_focus(self.header.fields["currency"])

    def action_copy_above(self) -> None:
        """Copy the value of the line above, or of the item entered before this one."""
        field = self.field
        if field is None:
            return
        if field.line is not None and field.line.number > 1:
            above = self.draft.lines[field.line.number - 2].now[field.field]
        elif self.before is not None:
            other = ItemDraft(self.before)
            above = other.texts(0 if field.line else None).now[field.field]
        else:
            self.say("i There is no field above to copy from.")
            return
        self.put(field, above)
        self.go_on(field)

    async def action_insert_line(self) -> None:
        """Put an empty line below this one."""
        field = self.field
        at = field.line.number if field is not None and field.line else len(self.draft.lines)
        texts = line_texts()
        self.draft.lines.insert(at, texts)
        row = LineFields(at + 1, texts)
        await self.query_one("#lines").mount(row, after=at - 1)
        self.lines_changed(at + 1, 1)
        self.set_focus(row.fields["category"])

    async def action_delete_line(self) -> None:
        """Take this line out; the last one left is emptied."""
        field = self.field
        if field is None or field.line is None:
            self.say("i Go to the line that you want to delete.")
            return
        at, name = field.line.number - 1, field.field
        if len(self.draft.lines) == 1:
            for one in field.line.fields.values():
                self.put(one, "")
            return
        del self.draft.lines[at]
        row = field.line
        rows = self.rows()
        beside = rows[at + 1] if at + 1 < len(rows) else rows[at - 1]
        self.set_focus(beside.fields[name])
        await row.remove()
        self.lines_changed(at + 1, -1)

    def lines_changed(self, number: int, by: int) -> None:
        """Renumber the lines after one was put in (1) or taken out (-1) at this number."""
        moved = {}
        for name, text in self.unreadable.items():
            if name.startswith("lines."):
                _, line, field = name.split(".")
                if int(line) == number and by < 0:
                    continue
                shift = by if int(line) >= number else 0
                moved[f"lines.{int(line) + shift}.{field}"] = text
            else:
                moved[name] = text
        self.unreadable = moved
        for at, row in enumerate(self.rows(), start=1):
            row.renumber(at)
        self.show_unreadable()
        self.show_draft()
        self.look_soon()

    # Choosing from a list

    def action_choose(self) -> None:
        """Offer what this field can be."""
        field = self.field
        if field is None or field.field not in PICKABLE:
            self.say("i There is no list for this field: contact, currency, category, tax "
                     "and project have one.")  # fmt: skip
            return
        desk, kind, name = self.services.desk, self.draft.kind, field.field

        def offer(offered: list[Candidate]) -> None:
            if not self.is_current:
                return
            picker = PickerScreen(heading(name, kind), offered, field.value)
            self.app.push_screen(picker, lambda one: self.picked(field, one))

        self.ask(lambda: candidates(desk, self.business, name, kind), offer)

    def picked(self, field: Field, one: Candidate | None) -> None:
        """Put what was picked into its field."""
        if one is None:
            return
        if field.field == "contact":
            self.put(field, one.name)
            self.draft.contact_code = one.code
            self.show_draft()
        elif field.field in ("category", "project"):
            self.put(field, f"{one.code} {one.name}".strip())
        else:
            self.put(field, one.code)
            if one.rate:
                self.put(self.header.fields["exchange_rate"], one.rate)
        self.go_on(field)

    # Saving and leaving

    def action_save(self) -> None:
        """Save the item, or go to the first field that cannot be read."""
        item, self.unreadable = self.draft.read()
        self.show_unreadable()
        if self.unreadable:
            self.set_focus(self.field_of(next(iter(self.unreadable))))
            return
        if self.saving:
            return
        self.saving = True
        items = self.services.desk.items
        store = items.save if item.id else items.add
        self.ask(lambda: store(self.business, item), self.dismiss, self.not_saved, lane="items")

    def field_of(self, name: str) -> Field:
        """Return the field of this name."""
        if not name.startswith("lines."):
            return self.header.fields[name]
        _, number, field = name.split(".")
        return self.rows()[int(number) - 1].fields[field]

    def not_saved(self, problem: Problem) -> None:
        """Say why it was not saved; where somebody else changed the item, offer to look again."""
        self.saving = False
        if problem.code != ItemChanged.code:
            self.failed(problem)
            return
        question = QuestionScreen(
            "Somebody else changed this item meanwhile.",
            yes="Look at it as it is now",
            more="Your changes were not saved. Looking at the item as it is now drops them; "
            "Cancel keeps them on the screen.",
        )
        self.app.push_screen(question, lambda yes: self.look_again() if yes else None)

    def look_again(self) -> None:
        """Show the item as it is stored now."""
        items, item_id = self.services.desk.items, self.draft.item.id

        self.ask(
            lambda: items.get(self.business, item_id),
            lambda item: self.call_later(self.show_item, item),
            self.failed,
        )

    async def show_item(self, item: Item) -> None:
        """Fill the form with another version of the item."""
        if self.waiting is not None:
            self.waiting.stop()
        self.draft = ItemDraft(item)
        self.unreadable = {}
        await self.recompose()
        self.on_mount()
        self.set_focus(self.header.fields["contact"])

    def action_back(self) -> None:
        """Leave; ask first where something would be lost."""
        if not self.draft.changed:
            self.dismiss(None)
            return
        question = QuestionScreen(
            "Leave without saving?", yes="Leave", more="What you changed here is not saved yet."
        )
        self.app.push_screen(question, self.leave)

    def leave(self, yes: bool | None) -> None:
        """Leave after the question."""
        if yes:
            self.dismiss(None)
