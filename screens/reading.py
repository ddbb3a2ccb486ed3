"""A text to read over the screen that it belongs to; it can be copied whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Static

from screens.room import Act, Panel

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ReadingScreen(Panel[None]):
    """Shows a heading and a text, which scrolls."""

    CSS_PATH = "reading.tcss"
    ACTS = (
        Act("copy", "y", "Copy", "Copy this text to the clipboard", footer=True),
        Act("back", "escape,enter", "Close", footer=True),
    )

    def __init__(self, heading: str, text: str, tone: str = "") -> None:
        """`tone` is "" or "bad", as tables have it."""
        super().__init__()
        self.heading = heading
        self.text = text
        self.tone = tone

    def compose(self) -> ComposeResult:
        """Lay out heading and text."""
        with VerticalScroll(classes=f"panel {self.tone}"):
            yield Static(self.heading, classes="panel-title", markup=False)
            yield Static(self.text, id="text", markup=False)
            yield Static("y  copy     Esc  close", classes="panel-label")

    def action_copy(self) -> None:
        """Copy heading and text."""
        self.services.copy_text(f"{self.heading}\n\n{self.text}", "The text")
