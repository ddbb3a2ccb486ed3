"""A run of publishing that was broken off: carry it on, leave it for now, or give it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from screens.room import Act, Panel

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from kfclient.desk.publish.run_glance import RunGlance

CARRY_ON, GIVE_UP = "carry-on", "give-up"
MORE = (
    "Nothing is lost, and nothing goes twice: what has no answer yet is looked for in KashFlow "
    "first. Only what was shown and agreed to then is sent."
)
ANSWERS = """\
y    carry it on
Esc  leave it for now
g    give it up: what was not sent stays in the inbox"""


class InterruptedScreen(Panel[str]):
    """Asks; dismisses with `CARRY_ON`, `GIVE_UP`, or None to leave it. Enter alone does nothing."""

    CSS_PATH = "panels.tcss"
    ACTS = (
        Act("carry_on", "y", "Carry on", "Publish the rest of it, as it was shown", footer=True),
        Act("give_up", "g", "Give up", "End it; what was not sent stays in the inbox", footer=True),
        Act("back", "escape", "Leave", "Decide another time", footer=True),
    )

    def __init__(self, seen: RunGlance) -> None:
        super().__init__()
        self.seen = seen

    def compose(self) -> ComposeResult:
        """Lay out what was broken off, and the answers."""
        with Vertical(classes="panel"):
            yield Static(left_of(self.seen), classes="panel-title", markup=False)
            yield Static(MORE, classes="panel-text", markup=False)
            yield Static(ANSWERS, classes="panel-label", markup=False)

    def action_carry_on(self) -> None:
        """Carry it on."""
        self.dismiss(CARRY_ON)

    def action_give_up(self) -> None:
        """Give it up."""
        self.dismiss(GIVE_UP)


def left_of(seen: RunGlance) -> str:
    """Return `12 items are left of the run begun by anna at 14:02, which was broken off.`."""
    left = max(0, seen.items - seen.published - seen.held)
    when = f" at {seen.started_at.astimezone():%H:%M}" if seen.started_at is not None else ""
    items = "1 item is" if left == 1 else f"{left} items are"
    return f"{items} left of the run begun by {seen.who}{when}, which was broken off."
