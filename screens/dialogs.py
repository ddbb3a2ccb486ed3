"""Dialogs over any screen: a question, a problem, a prompt, a text, help, a broken-off run."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypeVar

from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Static

from kfclient.errors import tell
from kfclient.visible import one_line
from screens.app_screen import Act, Dialog, Question, do_it

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.screen import Screen

    from kfclient.desk.business.status import RunStatus
    from kfclient.errors import Problem


T = TypeVar("T")


class ConfirmScreen(Question, Dialog[bool]):
    """Asks; dismisses with True for yes, False or None for no.

    y goes to the button that says yes, as Tab does, and Enter presses it.
    """

    CSS_PATH = "dialogs.tcss"
    ACTS = (
        Act("yes", "y", "Yes, then Enter", "Go to yes; Enter says it", footer=True),
        Act("no", "n", "No", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )
    ANSWERS = frozenset("yn")
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, *, yes: str, more: str = "") -> None:
        super().__init__()
        self.question = question
        self.yes = yes
        self.more = more

    def compose(self) -> ComposeResult:
        """Lay out the question, what it means, and the two answers."""
        with Vertical(classes="panel"):
            yield Static(one_line(self.question), classes="panel-title", markup=False)
            if self.more:
                yield Static(self.more, classes="panel-text", markup=False)
            with Horizontal(classes="panel-buttons"):
                yield Button(f"y Enter  {self.yes}", id="yes", variant="warning", compact=True)
                yield Button("n  Cancel", id="no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the button."""
        self.dismiss(event.button.id == "yes")

    def take_back(self) -> None:
        """Leave the button that says yes."""
        self.set_focus(self.query_one("#no"))

    def action_yes(self) -> None:
        """Go to the button that says yes."""
        self.set_focus(self.query_one("#yes"))

    def action_no(self) -> None:
        """Say no."""
        self.dismiss(False)


# What takes the keys while something is looked up that a screen then asks about: they were meant
# for neither that screen nor the one below.


class WaitScreen(Dialog[None]):
    """Says what is looked up; Escape gives the waiting up, and what is found is dropped then."""

    CSS_PATH = "dialogs.tcss"
    ACTS = (Act("back", "escape", "Leave it", "Go back; nothing was done", footer=True),)

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
        self.then: Callable[[], object] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the words."""
        with Vertical(classes="panel"):
            yield Static(one_line(self.words), classes="panel-title", markup=False)
            yield Static(f"Esc  {self.ACTS[0].words}", classes="panel-label")

    def on_screen_resume(self) -> None:
        """Go on with what was found while another question was over this."""
        self.end()

    def found(self, then: Callable[[], object]) -> None:
        """Close, and do this."""
        self.then = then
        self.end()

    def end(self) -> None:
        """Close once there is something to do, and do it."""
        if self.then is not None and self.on_top:
            self.dismiss(None)
            self.then()


class LeavingScreen(WaitScreen):
    """Waits until nothing is on its way any more, then goes; Escape stays."""

    ACTS = (Act("back", "escape", "Stay", "Stay here; what was stopped stays so", footer=True),)

    def __init__(self, busy: Callable[[], bool], go: Callable[[], object]) -> None:
        super().__init__("Leaving as soon as what is on its way has come to its end…")
        self.busy = busy
        self.go = go

    def on_mount(self) -> None:
        """Look often whether it has."""
        self.set_interval(LOOKS_EVERY, self.look)

    def look(self) -> None:
        """Go once nothing is on its way."""
        if not self.busy():
            self.go()


LOOKS_EVERY = 0.1
"""In seconds."""


def look_first(
    screen: Screen[Any], words: str, work: Callable[[], T], then: Callable[[T], object]
) -> None:
    """Do `work` in the lane of the items while no key does anything but leave it, then `then`."""
    wait = WaitScreen(words)
    screen.app.push_screen(wait)
    wait.ask(
        work,
        lambda result: wait.found(lambda: then(result)),
        lambda problem: wait.found(lambda: screen.app.push_screen(ErrorScreen(problem))),
        lane="items",
    )


# A problem, where it cannot be shown at the field or row it belongs to: sentence and cure.


class ErrorScreen(Question, Dialog[None]):
    """Shows one problem; Enter or escape closes it, `w` copies it.

    It comes when it comes, so the Enter behind a word does not close it unread.
    """

    CSS_PATH = "dialogs.tcss"
    ACTS = (
        Act("copy", "w", "Copy", "Copy this text to the clipboard", footer=True),
        Act("back", "escape", "Close", footer=True),
    )
    ANSWERS = frozenset()
    AUTO_FOCUS = "#close"

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem

    def compose(self) -> ComposeResult:
        """Lay out the sentence and the cure."""
        with Vertical(classes="panel problem"):
            yield Static(title_of(self.problem), classes="panel-title", markup=False)
            yield Static(one_line(self.problem.sentence), classes="panel-text", markup=False)
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


# A small screen that asks for one line of text, and keeps it until it can be used.


class PromptScreen(Dialog[str]):
    """Asks for a line and hands it to `work`; dismisses with what `work` returns.

    `work` runs off the screen's thread. A problem it raises is shown at the field, with what was
    typed still in it.
    """

    CSS_PATH = "dialogs.tcss"
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


# A text to read over the screen that it belongs to; it can be copied whole.


class TextViewerScreen(Dialog[None]):
    """Shows a heading and a text, which scrolls."""

    CSS_PATH = "text_viewer.tcss"
    ACTS = (
        Act("copy", "w", "Copy", "Copy this text to the clipboard", footer=True),
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
            yield Static("w  copy     Esc  close", classes="panel-label")

    def action_copy(self) -> None:
        """Copy heading and text."""
        self.services.copy_text(f"{self.heading}\n\n{self.text}", "The text")


# Help: every command of the screen before it, with its keys, in the same words.

TABLE_KEYS = (
    ("↑ ↓  or  k j", "Move"),
    ("PgUp PgDn", "Move by a page"),
    ("Home End  or  g G", "First, last"),
    ("Enter", "Open or choose"),
    ("Tab", "Next part of the screen"),
    ("Ctrl+P", "Every command, found by typing"),
    ("Ctrl+T", "Light or dark"),
    ("Ctrl+Q", "Quit; what is on its way ends first"),
    ("Ctrl+Z", "Back to the shell; fg returns"),
)
KEYS_WIDTH, WORDS_WIDTH = 18, 37


class HelpScreen(Dialog[None]):
    """Lists the commands of a screen."""

    CSS_PATH = "dialogs.tcss"
    ACTS = (Act("back", "escape,question_mark", "Close", footer=True),)

    def __init__(self, title: str, acts: Sequence[Act]) -> None:
        super().__init__()
        self.heading = title
        self.acts = acts

    def compose(self) -> ComposeResult:
        """Lay out the commands, then the keys that work everywhere."""
        with VerticalScroll(classes="panel"):
            yield Static(self.heading, classes="panel-title", markup=False)
            lines = [(keys_shown(act.keys), act.help or act.words) for act in self.acts]
            for keys, words in [*lines, ("", ""), *TABLE_KEYS]:
                yield Static(help_line(keys, words), markup=False)


def help_line(keys: str, words: str) -> str:
    """Return the keys and, beside them, the words, which may take several lines."""
    lines = wrap(words, WORDS_WIDTH) or [""]
    indent = "\n" + " " * (KEYS_WIDTH + 1)
    return f"{keys:<{KEYS_WIDTH}} {indent.join(lines)}"


SHOWN = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "slash": "/",
    "question_mark": "?",
    "delete": "Del",
}


def keys_shown(keys: str) -> str:
    """Return keys as a person knows them: `slash` as /, `ctrl+s` as Ctrl+S."""
    names = [SHOWN.get(key, key.replace("ctrl+", "Ctrl+")) for key in keys.split(",")]
    return ", ".join(names)


# A run of publishing that was broken off: carry it on, leave it for now, or give it up.

CARRY_ON, GIVE_UP = "carry-on", "give-up"
MORE = (
    "Nothing is lost, and nothing goes twice: what has no answer yet is looked for in KashFlow "
    "first. Only what was shown and agreed to then is sent."
)
ANSWERS = """\
y    carry it on
Esc  leave it for now
g    give it up: what was not sent stays in the inbox"""
THEN_ENTER = {
    "": f"{ANSWERS}\nEnter after y or g does it.",
    "carry_on": "Enter carries it on; any other key takes that back.",
    "give_up": "Enter gives it up; any other key takes that back.",
}


class ResumeRunScreen(Question, Dialog[str]):
    """Asks; dismisses with `CARRY_ON`, `GIVE_UP`, or None to leave it. Enter alone does nothing."""

    CSS_PATH = "dialogs.tcss"
    ANSWERS = frozenset("yg")
    ACTS = (
        do_it("Do it"),
        Act("choose('carry_on')", "y", "Carry on", "Publish the rest of it, as it was shown; Enter "
            "then does it", footer=True),
        Act("choose('give_up')", "g", "Give up", "End it, what was not sent stays in the inbox; "
            "Enter then does it", footer=True),
        Act("back", "escape", "Leave", "Decide another time", footer=True),
    )  # fmt: skip

    def __init__(self, seen: RunStatus) -> None:
        super().__init__()
        self.seen = seen

    def compose(self) -> ComposeResult:
        """Lay out what was broken off, and the answers."""
        with Vertical(classes="panel"):
            yield Static(left_of(self.seen), classes="panel-title", markup=False)
            yield Static(MORE, classes="panel-text", markup=False)
            yield Static(THEN_ENTER[""], classes="panel-label", id="answers", markup=False)

    def show_choice(self) -> None:
        """Say what Enter does."""
        self.query_one("#answers", Static).update(THEN_ENTER[self.chosen])

    def action_carry_on(self) -> None:
        """Carry it on."""
        self.dismiss(CARRY_ON)

    def action_give_up(self) -> None:
        """Give it up."""
        self.dismiss(GIVE_UP)


def left_of(seen: RunStatus) -> str:
    """Return `12 items are left of the run begun by anna at 14:02, which was broken off.`."""
    left = max(0, seen.items - seen.published - seen.held)
    when = f" at {seen.started_at.astimezone():%H:%M}" if seen.started_at is not None else ""
    items = "1 item is" if left == 1 else f"{left} items are"
    return f"{items} left of the run begun by {seen.who}{when}, which was broken off."
