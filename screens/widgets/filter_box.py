"""The box above a table into which a person types to see fewer rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from textual.binding import BindingType


class FilterBox(Input):
    """Filters the table it belongs to: `/` comes here, Enter and Down go to the table.

    Escape clears it and goes back to the table. What is typed comes to the screen as
    `Input.Changed`; `wanted` is how the rows must be searched.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter", "leave", "To the list", show=True),
        Binding("escape", "clear", "Clear", show=True),
    ]

    def __init__(self, placeholder: str, table: str = "LedgerTable") -> None:
        """Make the box for the table that the selector `table` finds on the same screen."""
        super().__init__(placeholder=placeholder, id="filter", compact=True, select_on_focus=False)
        self.table = table

    @property
    def wanted(self) -> tuple[str, ...]:
        """The words typed, capitals forgiven; a row is wanted when it has them all."""
        return tuple(self.value.casefold().split())

    def action_leave(self) -> None:
        """Go to the table."""
        self.screen.query_one(self.table).focus()

    def action_clear(self) -> None:
        """Show every row again, and go to the table."""
        self.value = ""
        self.action_leave()


# Text that a screen says again and again: painted, and laid out, only when it changes.


class TextLine(Static):
    """A text, never markup. One that `grows` takes the room its text needs, the others stay.

    Static lays the whole screen out anew with every update, which a person who types into a form
    of many fields can feel, and which sends bytes over SSH for nothing.
    """

    def __init__(
        self,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
        grows: bool = False,
    ) -> None:
        super().__init__(text, markup=False, id=id, classes=classes)
        self.grows = grows

    def say(self, text: str) -> None:
        """Show a text, where it is another than before."""
        if text != self.content:
            self.update(text, layout=self.grows)
