"""The fields of the item form: inputs of one line that know which text of the item they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from screens.item_draft import LINE_FIELDS, Texts
from screens.widgets.line import Line

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

HEADINGS = {
    "category": "Category",
    "description": "Description",
    "quantity": "Qty",
    "unit_price": "Net price",
    "tax_rate": "Tax",
    "vat": "VAT",
    "project": "Project",
}


class Field(Input):
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
        for field, words in HEADINGS.items():
            yield Static(words, classes=f"field-{field}")


class LineFields(Vertical):
    """A line of an item: its number, a field each, and below them what cannot be read."""

    def __init__(self, number: int, texts: Texts) -> None:
        super().__init__(classes="line-fields")
        self.number = number
        self.fields = {field: Field(field, texts.now[field], self) for field in LINE_FIELDS}

    def compose(self) -> ComposeResult:
        """Lay out the fields in one row."""
        with Horizontal():
            yield Static(str(self.number), classes="number")
            yield from self.fields.values()
        yield Line(classes="problem hidden", grows=True)

    def renumber(self, number: int) -> None:
        """Show another number, after a line above was put in or taken out."""
        if number != self.number:
            self.number = number
            self.query_one(".number", Static).update(str(number))

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say which fields of the line cannot be read; `problems` go by field."""
        for field, widget in self.fields.items():
            widget.show_problem(problems.get(field, ""))
        said = [f"   ✗ {HEADINGS[field]}: {text}" for field, text in problems.items()]
        below = self.query_one(".problem", Line)
        below.say("\n".join(said))
        below.set_class(not said, "hidden")
