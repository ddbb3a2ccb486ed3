"""The box above a table into which a person types to see fewer rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widgets import Input

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
