"""The six steps in KashFlow: ticked here, shown in a picture of its settings page, with traps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.text import Text
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Button, Static

from kfclient.desk.model.business import GUIDE, STEPS
from screens.app_screen import BACK, Act, AppScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.widgets.field import TickBox
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from screens.connect_checks import Wizard


# KashFlow's API Settings page as a picture in text, and what commonly goes wrong on it.
#
# Where things are on that page: https://help.dext.com (KashFlow: connect), and
# https://help.satago.com/en/articles/13247-connecting-to-kashflow for the password and addresses.

_PICTURE = """\
┌─ KashFlow ──────────────────────────── ① Apps > API Settings ─┐
│  ② [x] Enable SOAP API                                        │
│     [ ] Restrict Access to specific IP addresses          (a) │
│  ③ [x] Enable AutoAuth      ⑤ 1234ABCD-1234  [ Copy code ]    │
│  ④ Username: your name for KashFlow                           │
│     Password: (•) the one you log in with                     │
│               ( ) a separate API password                 (b) │
│                                                  ⑥ [ Update ] │
└───────────────────────────────────────────────────────────────┘"""

_PLACES = {"open": "①", "soap": "②", "autoauth": "③", "username": "④", "key": "⑤", "save": "⑥"}


class Trap(msgspec.Struct, frozen=True):
    """Something that commonly goes wrong; `mark` is its letter in the picture."""

    mark: str
    title: str
    text: str


TRAPS = (
    Trap(
        "(a)",
        "Restrict Access to specific IP addresses",
        "If it is ticked, leave it: with AutoAuth Kashdeck adds this machine's address to the "
        "list by itself.",
    ),
    Trap(
        "(b)",
        "A separate API password",
        "If it is chosen, give that password to Kashdeck. The one you log in with is refused then.",
    ),
    Trap(
        "(c)",
        "The page is missing, grey or will not save",
        "Your accountant may have locked API Settings, or the plan lacks the API. Ask whoever "
        "looks after the account to do these steps.",
    ),
)


def picture(step: str) -> Text:
    """Return the picture, 65 cells by 9 lines, with the place of this step made to stand out."""
    text = Text(_PICTURE, no_wrap=True)
    for place in _PLACES.values():
        text.highlight_words([place], style="bold")
    text.highlight_words([_PLACES[step]], style="reverse bold")
    return text


def traps() -> Text:
    """Return the traps, a title and a sentence each."""
    text = Text()
    for trap in TRAPS:
        text.append(f"{trap.mark} {trap.title}\n", style="bold")
        text.append(f"{trap.text}\n")
    text.rstrip()
    return text


GATED = "Tick the box first: without the steps KashFlow refuses."


class ConnectStepsScreen(AppScreen[None]):
    """Says what to do in KashFlow, and goes on to the credentials once that is confirmed.

    Opened again from the credentials it only shows the steps; `cure` is then the step that cures
    what went wrong.
    """

    CSS_PATH = "connect_steps.tcss"
    ACTS = (
        Act(
            "tick",
            "space",
            "Tick",
            "Tick the step, or take the tick off; ticks are kept",
            footer=True,
        ),
        Act("done", "d", "All done", "Say that you have done these steps", footer=True),
        Act("connect", "c", "Connect software", "Go on to the credentials", footer=True),
        Act("traps", "t", "Traps", "Show what commonly goes wrong, or the picture", footer=True),
        Act("copy", "w", "Copy guide", "Copy the address of KashFlow's guide", footer=False),
        BACK,
    )

    def __init__(self, wizard: Wizard, *, review: bool = False, cure: str = "") -> None:
        super().__init__(*wizard.trail, "Steps in KashFlow")
        self.wizard = wizard
        self.review = review
        self.cure = cure
        self.ticks = wizard.ticks

    def body(self) -> Iterable[Widget]:
        """Return the steps, the picture and what leads on."""
        yield Static(self.intro(), classes="line strong", id="intro", markup=False)
        with Container(id="parts"):
            with Vertical(id="left"):
                yield LedgerTable(Column("", 3), Column("In KashFlow"), id="steps", classes="first")
                yield Static("", id="how", markup=False)
            with Vertical(id="right"):
                yield Static(picture("open"), id="picture")
                yield Static(traps(), id="traps", classes="hidden")
        yield Static(f"Guide: {GUIDE}  (w copies)", id="guide", classes="line muted", markup=False)
        yield from self.way_on()

    def way_on(self) -> Iterable[Widget]:
        """Return what leads on: back when only looking, else the box and the button it gates."""
        if self.review:
            yield Button("Back to credentials", id="back", compact=True)
            return
        yield TickBox("I have done these steps", id="confirm")
        with Horizontal(classes="line"):
            yield Button("Connect software", id="connect", compact=True, disabled=True)
            yield Static(GATED, id="gate", classes="muted", markup=False)

    def intro(self) -> str:
        """Return the line above the steps."""
        if self.cure:
            place = [step.id for step in STEPS].index(self.cure) + 1
            return f"Step {place} cures it: look at it again in KashFlow, then come back."
        if self.wizard.software.asks_address:
            return "What to do in KashFlow. The sandbox has it done already."
        return "Do these six things in KashFlow, in your browser. Space ticks one."

    def on_mount(self) -> None:
        """Show the ticks, with the cursor on the step that is asked for or the first to do."""
        self.show()
        todo = (step.id for step in STEPS if step.id not in self.ticks)
        self.query_one(LedgerTable).go_to(self.cure or next(todo, STEPS[0].id))

    def show(self) -> None:
        """Fill the table."""
        self.query_one(LedgerTable).show_rows(
            Row(
                step.id,
                ("[✓]" if step.id in self.ticks else "[ ]", f"{number}  {step.title}"),
                "good" if step.id in self.ticks else "",
            )
            for number, step in enumerate(STEPS, 1)
        )

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say how the step is done, and mark its place in the picture."""
        for step in STEPS:
            if step.id == event.key:
                self.query_one("#how", Static).update(step.how)
                self.query_one("#picture", Static).update(picture(step.id))

    def on_ledger_table_chosen(self) -> None:
        """Tick with Enter too."""
        self.action_tick()

    def on_tick_box_changed(self) -> None:
        """Let the person on, or not."""
        self.show_gate()

    def show_gate(self) -> None:
        """Open the button when the box is ticked; otherwise show why it is closed."""
        done = self.query_one(TickBox).ticked
        self.query_one("#connect", Button).disabled = not done
        self.query_one("#gate", Static).update("" if done else GATED)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go on, or back."""
        if event.button.id == "back":
            self.action_back()
        else:
            self.action_connect()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what leads on when only looking, and what is shown already."""
        del parameters
        if action == "traps":
            return not self.has_class("-wide")  # they are there already
        return not (self.review and action in {"done", "connect"})

    def on_resize(self) -> None:
        """Offer to show the traps where they have no room of their own."""
        self.refresh_bindings()

    def action_tick(self) -> None:
        """Tick the step under the cursor, or take its tick off, and go to the next."""
        table = self.query_one(LedgerTable)
        step = table.cursor_key
        if step is None:
            return
        self.ticks ^= {step}
        on, desk, business = step in self.ticks, self.services.desk, self.wizard.business.id
        self.ask(lambda: desk.businesses.tick(business, step, on), lambda _: None)
        self.show()
        if on:
            table.action_move(1)

    def action_done(self) -> None:
        """Tick or untick the box that says that all is done."""
        box = self.query_one(TickBox)
        box.action_tick()
        self.show_gate()
        self.query_one("#connect" if box.ticked else "#confirm").focus()

    def action_connect(self) -> None:
        """Go on to the credentials, once the box is ticked."""
        if self.query_one(TickBox).ticked:
            self.app.push_screen(ConnectCredentialsScreen(self.wizard))
        else:
            self.query_one("#gate", Static).add_class("bad")
            self.query_one(TickBox).focus()

    def action_traps(self) -> None:
        """Show the traps in the picture's place, or the picture again."""
        self.query_one("#picture").toggle_class("hidden")
        self.query_one("#traps").toggle_class("hidden")

    def action_copy(self) -> None:
        """Copy the address of KashFlow's guide."""
        self.services.copy_text(GUIDE, "The guide's address")
