"""A field with a few values to choose from: left and right, or space, go round them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType


class Cycle(Static, can_focus=True):
    """Shows one of its values, as `< cost >`."""

    DEFAULT_CSS = """
    Cycle { height: 1; width: auto; background: $panel; }
    Cycle:focus { background: $primary; color: $text; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "turn(1)", "Next", show=False),
        Binding("left,h", "turn(-1)", "Previous", show=False),
        Binding("enter", "app.focus_next", "Next field", show=False),
    ]

    class Turned(Message):
        """Another value is shown."""

        def __init__(self, cycle: Cycle, value: str) -> None:
            super().__init__()
            self.cycle = cycle
            self.value = value

    def __init__(self, values: Sequence[str], value: str, *, id: str) -> None:  # noqa: A002
        """Make it with its values in their order; a value that is not among them joins them."""
        super().__init__(markup=False, id=id)
        self.values = [*values] if value in values else [value, *values]
        self.value = value

    def on_mount(self) -> None:
        """Show the value."""
        self.set_value(self.value)

    def set_value(self, value: str) -> None:
        """Show a value, without a message."""
        self.value = value
        self.update(f"< {value} >")

    def action_turn(self, by: int) -> None:
        """Go round the values."""
        at = self.values.index(self.value)
        self.set_value(self.values[(at + by) % len(self.values)])
        self.post_message(self.Turned(self, self.value))
