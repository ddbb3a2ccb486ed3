"""A small screen that asks for one line of text, and keeps it until it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Input, Static

from kfclient.errors import tell
from screens.room import Act, Panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from kfclient.errors import Problem


class EntryScreen(Panel[str]):
    """Asks for a line and hands it to `work`; dismisses with what `work` returns.

    `work` runs off the screen's thread. A problem it raises is shown at the field, with what was
    typed still in it.
    """

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS = "Input"
    ACTS = (
        Act("enter", "enter", "OK", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )

    def __init__(
        self, title: str, work: Callable[[str], str], *, more: str = "", value: str = ""
    ) -> None:
        super().__init__()
        self.heading = title
        self.work = work
        self.more = more
        self.value = value

    def compose(self) -> ComposeResult:
        """Lay out the question, the field, and room for a problem."""
        with Vertical(classes="panel"):
            yield Static(self.heading, classes="panel-title", markup=False)
            if self.more:
                yield Static(self.more, classes="panel-text", markup=False)
            yield Input(self.value, compact=True)
            yield Static("", classes="panel-error", id="entry-problem", markup=False)
            yield Static("Enter  OK     Esc  cancel", classes="panel-label")

    def on_input_changed(self) -> None:
        """Take back what was said of the text before."""
        self.query_one("#entry-problem", Static).update("")

    def on_input_submitted(self) -> None:
        """Use what is typed."""
        self.action_enter()

    def action_enter(self) -> None:
        """Use what is typed; stay when it cannot be used."""
        text = self.query_one(Input).value
        self.ask(lambda: self.work(text), self.dismiss, self.refused)

    def refused(self, problem: Problem) -> None:
        """Say at the field why it cannot be used."""
        self.query_one("#entry-problem", Static).update(tell(problem))
