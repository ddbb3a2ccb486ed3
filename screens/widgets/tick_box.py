"""A box to tick; whether it is ticked is told by what stands in it, not by its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.binding import BindingType


class TickBox(Widget, can_focus=True):
    """One line, "[ ] words"; Space, Enter or a click ticks it."""

    DEFAULT_CSS = """
    TickBox { height: 1; width: auto; }
    TickBox:focus { background: $primary; color: $text; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,enter", "tick", "Tick", show=False)]

    ticked: reactive[bool] = reactive(False)

    class Changed(Message):
        """The box was ticked, or the tick taken off."""

    def __init__(self, words: str, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.words = words

    def render(self) -> str:
        """Draw the box and its words."""
        return rf"\[{'✓' if self.ticked else ' '}] {self.words}"

    def watch_ticked(self) -> None:
        """Tell the screen."""
        self.post_message(self.Changed())

    def on_click(self) -> None:
        """Tick with the mouse too."""
        self.action_tick()

    def action_tick(self) -> None:
        """Tick the box, or take the tick off."""
        self.ticked = not self.ticked
