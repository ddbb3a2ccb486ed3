"""The fields of an item, header and lines: typing, moving, copying, lines put in and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from kfclient.desk.model.fields import DOCUMENTS, FORM_HEAD, FORM_LINE, ITEM_FIELDS, FieldSpec
from kfclient.desk.model.item import Item, Kind
from kfclient.money import figures
from kfclient.visible import stacked
from screens.files import files_shown
from screens.item_draft import (
    ItemDraft,
    Texts,
    Unreadable,
    line_texts,
)
from screens.widgets.field import Cycle
from screens.widgets.filter_box import TextLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import DescendantBlur


# The fields of the item form: inputs of one line that know which text of the item they are.


class ItemField(Input):
    """One field: `field` is its name in the item, `line` the line it stands in, if any."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.next_field", "Next field", show=False),
        Binding("down", "screen.line(1)", "Line below", show=False),
        Binding("up", "screen.line(-1)", "Line above", show=False),
    ]

    def __init__(self, field: str, text: str, line: LineFields | None = None) -> None:
        super().__init__(text, compact=True, classes=f"field-{field}")
        self.field = field
        self.line = line

    @property
    def name_in_item(self) -> str:
        """The field's name as findings have it: `date`, `lines.2.vat`."""
        return f"lines.{self.line.number}.{self.field}" if self.line else self.field

    def show_problem(self, text: str) -> None:
        """Mark the field as one that cannot be read; "" takes the mark off."""
        self.set_class(bool(text), "wrong")


class LineHeadings(Horizontal):
    """The words over the lines' fields."""

    def compose(self) -> ComposeResult:
        """Lay out a word over each field."""
        yield Static("#", classes="number")
        for field, spec in FORM_LINE.items():
            yield Static(spec.heading or spec.label, classes=f"field-{field}")


class LineFields(Vertical):
    """A line of an item: its number, a field each, and below them what cannot be read."""

    def __init__(self, number: int, texts: Texts) -> None:
        super().__init__(classes="line-fields")
        self.number = number
        self.fields = {field: ItemField(field, texts.now[field], self) for field in FORM_LINE}

    def compose(self) -> ComposeResult:
        """Lay out the fields in one row."""
        with Horizontal():
            yield Static(str(self.number), classes="number")
            yield from self.fields.values()
        yield TextLine(classes="problem hidden", grows=True)

    def renumber(self, number: int) -> None:
        """Show another number, after a line above was put in or taken out."""
        if number != self.number:
            self.number = number
            self.query_one(".number", Static).update(str(number))

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say which fields of the line cannot be read; `problems` go by field."""
        for field, widget in self.fields.items():
            widget.show_problem(problems.get(field, ""))
        said = [f"   ✗ {FORM_LINE[field].label}: {text}" for field, text in problems.items()]
        below = self.query_one(".problem", TextLine)
        below.say(stacked(said))
        below.set_class(not said, "hidden")


# The fields of an item above its lines: kind, contact, dates, currency, payment, note.


def _pairs() -> list[tuple[FieldSpec, ...]]:
    specs = list(FORM_HEAD.values())
    return [tuple(specs[at : at + 2]) for at in range(0, len(specs), 2)]


class ItemHeader(Vertical):
    """The header of a draft; what is typed comes to the screen as `Input.Changed`."""

    def __init__(self, draft: ItemDraft, home_currency: str) -> None:
        super().__init__()
        self.draft = draft
        self.home_currency = home_currency
        texts = draft.header.now
        self.fields = {field: ItemField(field, texts[field]) for field in FORM_HEAD}

    def compose(self) -> ComposeResult:
        """Lay out the fields in pairs, each pair with room for what cannot be read."""
        draft = self.draft
        with Horizontal(classes="pair"):
            yield Static(ITEM_FIELDS["kind"].label, classes="label")
            yield Cycle([kind.value for kind in Kind], draft.kind.value, id="kind")
            yield Static(ITEM_FIELDS["document"].label, classes="label second")
            yield Cycle(DOCUMENTS, draft.document, id="document")
        for pair in _pairs():
            with Horizontal(classes="pair"):
                for spec in pair:
                    yield from self._labelled(spec, second=spec is not pair[0])
            yield TextLine(classes="problem hidden", id=f"wrong-{pair[0].name}", grows=True)
        with Horizontal(classes="pair"):
            yield Static(ITEM_FIELDS["files"].label, classes="label")
            yield TextLine(id="files")

    def _labelled(self, spec: FieldSpec, *, second: bool) -> ComposeResult:
        """Lay out a field of a pair with its label, and what stands beside it."""
        name = spec.name
        if name == "exchange_rate":
            yield TextLine(id="rate-label", grows=True)
            yield self.fields[name]
            yield TextLine(id="rate-home", grows=True)
            return
        classes = "label second" if second else "label"
        words = spec.heading or spec.label_of(self.draft.kind)
        yield TextLine(words, classes=classes, id=f"label-{name}")
        yield self.fields[name]
        if not second and name != "currency":
            yield TextLine(classes="beside", id=f"beside-{name}")

    def show_draft(self) -> None:
        """Show what goes with the texts: whose name it is, its code, whether a rate is needed."""
        draft = self.draft
        self.query_one("#kind", Cycle).set_value(draft.kind.value)
        self.query_one("#document", Cycle).set_value(draft.document)
        self._say("#label-contact", FORM_HEAD["contact"].label_of(draft.kind))
        self._say("#beside-contact", draft.contact_code)
        texts = draft.header.now
        currency = texts["currency"].strip().upper()
        foreign = currency != self.home_currency
        rate = self.fields["exchange_rate"]
        if not foreign and texts["exchange_rate"]:
            texts["exchange_rate"] = rate.value = ""
        self._say("#rate-label", f"1 {currency or '?'} =" if foreign else "")
        self._say("#rate-home", self._rate_words(currency) if foreign else "")
        rate.display = foreign
        self._say("#label-bank_account", "Paid into" if draft.kind is Kind.SALE else "Paid from")
        self._say("#files", f"{files_shown(draft.files)}   (F9 changes them)")

    def _rate_words(self, currency: str) -> str:
        """Return the home currency, and what the rate is the other way round."""
        try:
            rate = self.draft.header.value("exchange_rate")
        except Unreadable:
            rate = None
        home = self.home_currency
        return f"{home}   (1 {home} = {figures(rate)} {currency})" if rate else home

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say below their row which fields cannot be read; `problems` go by field."""
        for pair in _pairs():
            said = []
            for spec in pair:
                text = problems.get(spec.name, "")
                self.fields[spec.name].show_problem(text)
                said += [f"✗ {spec.label_of(self.draft.kind)}: {text}"] if text else []
            below = self.query_one(f"#wrong-{pair[0].name}", TextLine)
            below.say(stacked(said))
            below.set_class(not said, "hidden")

    def _say(self, where: str, text: str) -> None:
        self.query_one(where, TextLine).say(text)


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
    def field(self) -> ItemField | None:
        """The field with the focus."""
        focused = self.screen.focused
        return focused if isinstance(focused, ItemField) else None

    def field_of(self, name: str) -> ItemField:
        """Return the field of this name."""
        if not name.startswith("lines."):
            return self.header.fields[name]
        _, number, field = name.split(".")
        return self.rows()[int(number) - 1].fields[field]

    def has(self, name: str) -> bool:
        """Whether there is a field of this name; lines can be taken out."""
        return any(field.name_in_item == name for field in self.query(ItemField).results())

    def texts_of(self, field: ItemField) -> dict[str, str]:
        """Return the texts that a field's is one of."""
        return self.draft.texts(field.line.number - 1 if field.line else None).now

    # Typing

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take what was typed."""
        if isinstance(event.input, ItemField) and event.input.is_attached:
            self.take(event.input)

    def take(self, field: ItemField) -> None:
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

    def put(self, field: ItemField, text: str) -> None:
        """Put a text into a field, as if it were typed."""
        field.value = text
        field.cursor_position = len(text)
        self.take(field)

    def put_contact(self, field: ItemField, name: str, code: str) -> None:
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
        if isinstance(event.widget, ItemField) and event.widget.is_attached:
            self.take(event.widget)
            self.try_to_read(event.widget)

    def try_to_read(self, field: ItemField) -> None:
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
        for field in self.query(ItemField).results():
            self.take(field)  # what was typed a moment ago too
        item, self.unreadable = self.draft.read()
        self.show_unreadable()
        if not self.unreadable:
            return item
        self.screen.set_focus(self.field_of(next(iter(self.unreadable))))
        return None

    # Moving

    def next_field(self, field: ItemField) -> None:
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

    def next_line(self, field: ItemField, by: int) -> None:
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

    def copy_above(self, field: ItemField, before: Item | None) -> bool:
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

    async def insert_line(self, field: ItemField | None) -> None:
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
