"""A problem, where it cannot be shown at the field or row it belongs to: sentence and cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from kfclient.errors import tell
from screens.room import Act, Panel

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from kfclient.errors import Problem


class ProblemScreen(Panel[None]):
    """Shows one problem; Enter or escape closes it, `y` copies it."""

    CSS_PATH = "panels.tcss"
    ACTS = (
        Act("copy", "y", "Copy", "Copy this text to the clipboard", footer=True),
        Act("back", "escape", "Close", footer=True),
    )
    AUTO_FOCUS = "#close"

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem

    def compose(self) -> ComposeResult:
        """Lay out the sentence and the cure."""
        with Vertical(classes="panel problem"):
            yield Static(title_of(self.problem), classes="panel-title", markup=False)
            yield Static(self.problem.sentence, classes="panel-text", markup=False)
            if self.problem.cure:
                yield Static("What to do", classes="panel-label", markup=False)
                yield Static(self.problem.cure, classes="panel-text", markup=False)
            with Horizontal(classes="panel-buttons"):
                yield Button("Close", id="close", compact=True)

    def on_button_pressed(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the problem's text."""
        self.services.copy_text(tell(self.problem), "The text")


def title_of(problem: Problem) -> str:
    """Return the line above a problem: what a person may not do has not gone wrong."""
    return "Only an Admin may do this" if problem.code == "not-allowed" else "✗ That did not work"
