"""Asks for a password that is kept nowhere: it is typed for one piece of work, and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from kfclient.desk.connect.connecting import clean_key, key_problem
from screens.form_keys import IN_ORDER, FieldByField
from screens.room import Act, Panel
from screens.widgets.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from kfclient.errors import Problem

EXPLAINED = "What you type is used for this alone, and forgotten right after."


class SecretNeededScreen(FieldByField, Panel[bool]):
    """Takes the password, and the AutoAuth key where it is needed; dismisses with True then."""

    CSS_PATH = "panels.tcss"
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
            yield Static(f"{self.problem.sentence} {EXPLAINED}", classes="panel-text", markup=False)
            yield Field("password", "Password", secret=True, clean=_first_line)
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


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
