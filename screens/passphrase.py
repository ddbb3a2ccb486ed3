"""Asks for the encrypted file's passphrase, a password typed each time, or the keyring for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Input, Static

from kfclient.desk.model.draft import clean_key, key_problem
from kfclient.errors import Problem, tell
from screens.app_screen import IN_ORDER, Act, Dialog, FieldByField
from screens.widgets.field import Field, TickBox, first_line
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import ComposeResult

    from screens.services import Place

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


class PassphraseScreen(Dialog[bool]):
    """Unlocks (or makes) the encrypted file; dismisses with True when it is open."""

    CSS_PATH = "dialogs.tcss"
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


# Asks for a password that is kept nowhere: it is typed for one piece of work, and forgotten.

SECRET_EXPLAINED = "What you type is used for this alone, and forgotten right after."  # noqa: S105


class SecretNeededScreen(FieldByField, Dialog[bool]):
    """Takes the password, and the AutoAuth key where it is needed; dismisses with True then."""

    CSS_PATH = "dialogs.tcss"
    ACTS = (*IN_ORDER, Act("back", "escape", "Cancel", footer=True))

    def __init__(
        self,
        business: str,
        problem: Problem,
        give: Callable[[str, str], None],
        *,
        with_key: bool = False,
    ) -> None:
        """Ask for this business's; `give` takes the password and the key, "" where none is."""
        super().__init__()
        self.business = business
        self.problem = problem
        self.give = give
        self.with_key = with_key

    def compose(self) -> ComposeResult:
        """Lay out why it is asked, and the fields."""
        with Vertical(classes="panel"):
            yield Static(f"Password for {self.business}", classes="panel-title", markup=False)
            yield Static(
                f"{self.problem.sentence} {SECRET_EXPLAINED}", classes="panel-text", markup=False
            )
            yield Field("password", "Password", secret=True, clean=first_line)
            if self.with_key:
                yield Field("key", "API key", secret=True, clean=clean_key)
            yield Static("Enter  OK     Esc  cancel; nothing is changed", classes="panel-label")

    def on_unmount(self) -> None:
        """Wipe what was typed."""
        for field in self.query(Field):
            field.wipe()

    def ahead(self) -> None:
        """Give what was typed and leave; say at the fields what is wrong."""
        fields = list(self.query(Field))
        password = fields[0].value
        key = clean_key(fields[-1].value) if self.with_key else ""
        problems = ["" if password else "The password is missing."]
        if self.with_key:
            problems.append(key_problem(key))
        for field, odd in zip(fields, problems, strict=True):
            field.say(f"✗ {odd}" if odd else "")
        if any(problems):
            fields[next(n for n, odd in enumerate(problems) if odd)].input.focus()
            return
        self.give(password, key)
        self.dismiss(True)


# Where the password and the AutoAuth key are to be kept, where the system offers no keyring.

KEYRING_EXPLAINED = (
    "Kashdeck never keeps a password or an AutoAuth key in plain text. This session has no keyring "
    "of its own that it can use, as is usual over SSH, so please choose where to keep them."
)


class KeyringChoiceScreen(Dialog[str]):
    """Asks once per business; dismisses with the id of the place, None for "not now"."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "LedgerTable"
    ACTS = (
        Act("choose", "enter", "Keep them there", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )

    def __init__(self, choices: Sequence[Place]) -> None:
        """Offer these places, those that can be used first."""
        super().__init__()
        self.choices = sorted(choices, key=lambda choice: not choice.usable)

    def compose(self) -> ComposeResult:
        """Lay out the question and the places."""
        with Vertical(classes="panel"):
            yield Static("Where shall the password be kept?", classes="panel-title", markup=False)
            yield Static(KEYRING_EXPLAINED, classes="panel-text", markup=False)
            table = LedgerTable(Column("Place"))
            table.styles.height = len(self.choices) + 1
            yield table
            yield Static("", classes="panel-text", id="why", markup=False)
            yield Static("Enter  keep them there     Esc  cancel", classes="panel-label")

    def on_mount(self) -> None:
        """Show the places."""
        self.query_one(LedgerTable).show_rows(self.rows())

    def rows(self) -> Iterable[Row]:
        """Return the places, those that cannot be used now at the end."""
        for choice in self.choices:
            symbol, tone = ("●", "") if choice.usable else ("○", "dim")
            yield Row(choice.id, (f"{symbol} {choice.title}",), tone)

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say what a place means, or why it cannot be used."""
        for choice in self.choices:
            if choice.id == event.key:
                self.query_one("#why", Static).update(choice.why_not or choice.about)

    def on_ledger_table_chosen(self, event: LedgerTable.Chosen) -> None:
        """Answer with the place, if it can be used."""
        if any(choice.id == event.key and choice.usable for choice in self.choices):
            self.dismiss(event.key)

    def action_choose(self) -> None:
        """Choose the place under the cursor."""
        self.query_one(LedgerTable).action_choose()
