"""The checks of new credentials, live: six lines, and what to do when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import Button, Static

from kfclient.cancel import Cancel
from kfclient.desk.business.checks import CHECKS, step_for
from kfclient.desk.events import CheckFailed, CheckPassed, CheckStarted
from kfclient.desk.model.business import SOFTWARE, STEPS, software
from screens.app_screen import Act, AppScreen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.model.business import Business, Connection
    from kfclient.desk.model.draft import Draft
    from kfclient.errors import Problem
    from screens.app_screen import AppScreen


# What the screens of connecting have in common.


class Wizard:
    """Connecting a business for the first time, or (when it is connected) again.

    It holds no secrets: those are in the credentials screen alone, which is gone as soon as the
    business is connected. `base` is the screen that it began on and ends on.
    """

    def __init__(self, base: AppScreen[Any], business: Business) -> None:
        self.base = base
        self.business = business
        self.before = business.connection
        self.ticks = set(business.ticks)
        self.software = software(self.before.software) if self.before else SOFTWARE[0]

    @property
    def again(self) -> bool:
        """Whether the business is being reconnected."""
        return self.before is not None

    @property
    def trail(self) -> tuple[str, str]:
        """How the title lines of the screens on the way begin."""
        return self.business.name, "Reconnect" if self.again else "Connect"

    def look_at_steps(self, cure: str) -> None:
        """Show the steps in KashFlow again, the one that cures a problem marked."""
        raise NotImplementedError

    def connected(self, connection: Connection) -> None:
        """Leave the screens of the way: the business is connected."""
        raise NotImplementedError


# The checks.

SYMBOLS = {"waiting": "○", "checking": "◐", "passed": "✓", "failed": "✗"}
COLOURS = {"waiting": "muted", "checking": "strong", "passed": "good", "failed": "bad"}


class ConnectChecksScreen(AppScreen[str]):
    """Runs the checks; dismisses with the id of the step that cures a failure, or with ""."""

    CSS_PATH = "connect_checks.tcss"
    AUTO_FOCUS = ""
    ACTS = (
        Act("cure", "g", "Go to the step", "Go to the step in KashFlow that cures it", footer=True),
        Act("again", "t", "Try again", "Run the checks again", footer=True),
        Act("copy", "w", "Copy", "Copy what went wrong to the clipboard", footer=True),
        Act("back", "escape", "Credentials", "Stop, and go back to the credentials", footer=True),
    )

    def __init__(self, wizard: Wizard, draft: Draft) -> None:
        super().__init__(*wizard.trail, "Checking")
        self.wizard = wizard
        self.draft: Draft | None = draft
        self.cancel = Cancel()
        self.states = dict.fromkeys((check.id for check in CHECKS), "waiting")
        self.details = dict.fromkeys(self.states, "")
        self.problem: Problem | None = None

    def body(self) -> Iterable[Widget]:
        """Return a line a check, and room for what went wrong."""
        yield Static("Checking these credentials with KashFlow", id="about", classes="line strong")
        with Vertical(id="checks"):
            for check in CHECKS:
                yield Static("", id=f"check-{check.id}", classes="line")
        with Vertical(id="trouble", classes="hidden"):
            yield Static("", id="sentence", markup=False)
            yield Static("What to do", classes="muted")
            yield Static("", id="cure", markup=False)
            yield Button("", id="go", compact=True)
            yield Button(
                "esc  Back to credentials; what you typed is still there", id="back", compact=True
            )
            yield Button("t  Try again", id="again", compact=True)

    def on_mount(self) -> None:
        """Start."""
        self.run_checks()

    def on_unmount(self) -> None:
        """Forget the secrets, and let the checks stop."""
        self.cancel.cancel()
        self.draft = None

    def run_checks(self) -> None:
        """Run all checks in the background."""
        draft, cancel, business = self.draft, self.cancel, self.wizard.business.id
        if draft is None:
            return
        self.problem = None
        self.set_states("waiting")
        self.show_trouble()
        connecting = self.services.desk.connecting
        work = connecting.reconnect if self.wizard.again else connecting.connect
        self.ask(
            lambda: work(business, draft, self.heard, cancel),
            self.passed,
            self.failed,
            lane=f"connect-{business}",
        )

    # What the checks report

    def heard(self, event: Event) -> None:
        """Take an event from the thread that does the checks over to this one."""
        self.call_later(self.note, event)

    def note(self, event: Event) -> None:
        """Show an event on its line."""
        if isinstance(event, CheckStarted):
            if event.check == CHECKS[0].id:
                self.set_states("waiting")  # begun afresh, after a passphrase was asked for
            self.set_state(event.check, "checking")
        elif isinstance(event, CheckPassed):
            self.set_state(event.check, "passed", event.detail)
        elif isinstance(event, CheckFailed):
            self.set_state(event.check, "failed")

    def set_states(self, state: str) -> None:
        """Show every check in this state."""
        for check in CHECKS:
            self.set_state(check.id, state)

    def set_state(self, check_id: str, state: str, detail: str = "") -> None:
        """Show a check's state, and what was found."""
        self.states[check_id], self.details[check_id] = state, detail
        check = next(check for check in CHECKS if check.id == check_id)
        shown = detail if state == "passed" else ("" if state == "waiting" else state)
        line = self.query_one(f"#check-{check_id}", Static)
        line.set_classes(f"line {COLOURS[state]}")
        line.update(Text(f" {SYMBOLS[state]} {check.title:<34} {shown}", no_wrap=True))

    def passed(self, connection: Connection) -> None:
        """Leave for the confirmation."""
        self.wizard.connected(connection)

    def failed(self, problem: Problem) -> None:
        """Say what went wrong, and offer the ways on."""
        if problem.code != "cancelled":
            self.problem = problem
            self.show_trouble()

    def show_trouble(self) -> None:
        """Show the problem and its ways on, or clear them away."""
        problem, trouble = self.problem, self.query_one("#trouble")
        trouble.set_class(problem is None, "hidden")
        self.refresh_bindings()
        if problem is None:
            return
        self.query_one("#sentence", Static).update(f"✗ {problem.sentence}")
        self.query_one("#cure", Static).update(problem.cure)
        step, go = step_for(problem), self.query_one("#go", Button)
        go.set_class(not step, "hidden")
        if step:
            place, title = next((n, s.title) for n, s in enumerate(STEPS, 1) if s.id == step)
            go.label = f"g  Go to step {place}: {title}"
        self.query_one("#go" if step else "#back", Button).focus()

    # The ways on

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done just now."""
        del parameters
        if action == "cure":
            return self.problem is not None and bool(step_for(self.problem))
        return self.problem is not None or action not in {"again", "copy"}

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        {"go": self.action_cure, "back": self.action_back, "again": self.action_again}[
            str(event.button.id)
        ]()

    def action_cure(self) -> None:
        """Go to the step that cures the problem."""
        if self.problem is not None:
            self.dismiss(step_for(self.problem))

    def action_again(self) -> None:
        """Run the checks again."""
        self.run_checks()

    def action_copy(self) -> None:
        """Copy the problem's text."""
        if self.problem is not None:
            self.services.copy_text(f"{self.problem.sentence} {self.problem.cure}", "The text")

    def action_back(self) -> None:
        """Stop, and go back to the credentials."""
        self.dismiss("")
