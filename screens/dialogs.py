"""A question before something that cannot be taken back; Enter alone does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from screens.room import Act, Panel

if TYPE_CHECKING:
    from textual.app import ComposeResult


class QuestionScreen(Panel[bool]):
    """Asks; dismisses with True for yes, False or None for no."""

    CSS_PATH = "panels.tcss"
    ACTS = (
        Act("yes", "y", "Yes", footer=True),
        Act("no", "n", "No", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, *, yes: str, more: str = "") -> None:
        super().__init__()
        self.question = question
        self.yes = yes
        self.more = more

    def compose(self) -> ComposeResult:
        """Lay out the question, what it means, and the two answers."""
        with Vertical(classes="panel"):
            yield Static(self.question, classes="panel-title", markup=False)
            if self.more:
                yield Static(self.more, classes="panel-text", markup=False)
            with Horizontal(classes="panel-buttons"):
                yield Button(f"y  {self.yes}", id="yes", variant="warning", compact=True)
                yield Button("n  Cancel", id="no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the button."""
        self.dismiss(event.button.id == "yes")

    def action_yes(self) -> None:
        """Say yes."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Say no."""
        self.dismiss(False)
