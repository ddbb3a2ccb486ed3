"""Asks for the passphrase of the encrypted file that keeps the secrets, once a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Input, Static

from kfclient.errors import Problem, tell
from screens.room import Act, Panel
from screens.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.app import ComposeResult

EXPLAINED = (
    "Passwords and AutoAuth keys are kept in an encrypted file. Its passphrase is asked for once a "
    "session and kept nowhere."
)
ADVICE = (
    "Choose eight characters or more; four or five plain words are good. If it is lost, the "
    "businesses must be reconnected; nothing else is lost."
)
HOURS = 8
KEEP = f"Keep it unlocked for my other sessions for {HOURS} hours"


class PassphraseScreen(Panel[bool]):
    """Unlocks (or makes) the encrypted file; dismisses with True when it is open."""

    CSS_PATH = "panels.tcss"
    ACTS = (Act("back", "escape", "Cancel", footer=True),)

    def __init__(self, backend: str) -> None:
        super().__init__()
        self.backend = backend
        self.first = ""

    @property
    def new(self) -> bool:
        """Whether the passphrase is being chosen, not given."""
        return bool(self.services.desk.secrets.is_new(self.backend))

    def compose(self) -> ComposeResult:
        """Lay out the explanation, the field, and room for a problem."""
        with Vertical(classes="panel"):
            title = "Choose a passphrase" if self.new else "Passphrase"
            yield Static(title, classes="panel-title", id="passphrase-title", markup=False)
            yield Static(EXPLAINED, classes="panel-text", markup=False)
            if self.new:
                yield Static(ADVICE, classes="panel-text", markup=False)
            yield Input(password=True, id="passphrase", placeholder="Passphrase", compact=True)
            yield Static("", classes="panel-error", id="passphrase-problem", markup=False)
            ways = "Enter  OK     Esc  cancel"
            if self.services.desk.secrets.can_keep():
                yield TickBox(KEEP, id="keep")
                ways = "Enter  OK     Tab Space  tick     Esc  cancel"
            yield Static(ways, classes="panel-label")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the passphrase; a new one is asked for twice."""
        field = event.input
        given = field.value
        field.value = ""
        if self.new and not self.first:
            self.first = given
            self.query_one("#passphrase-title", Static).update("The same passphrase again")
            self.say("")
            return
        if self.new and given != self.first:
            self.first = ""
            self.query_one("#passphrase-title", Static).update("Choose a passphrase")
            self.say("The two were not the same. Start again.")
            return
        self.first = ""
        secrets, hours = self.services.desk.secrets, HOURS if self.keep else 0
        self.say("Unlocking…")
        self.services.ask(
            lambda: secrets.unlock(self.backend, given, keep_hours=hours),
            self.opened,
            self.refused,
            lane="secrets",
        )

    @property
    def keep(self) -> bool:
        """Whether it is to stay unlocked for other sessions."""
        return any(box.ticked for box in self.query(TickBox))

    def opened(self, kept: bool) -> None:
        """Leave; say so where it is open for this session alone, against what was asked for."""
        if self.keep and not kept:
            self.notify("It could not be kept for other sessions; it is open in this one.")
        self.dismiss(True)

    def refused(self, problem: Problem) -> None:
        """Say why it did not open, and ask again."""
        self.query_one("#passphrase-title", Static).update(
            "Choose a passphrase" if self.new else "Passphrase"
        )
        self.say(tell(problem))

    def say(self, text: str) -> None:
        """Show a line under the field."""
        self.query_one("#passphrase-problem", Static).update(text)
