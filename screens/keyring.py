"""Where a business's password and AutoAuth key are kept on this machine, and moving them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.errors import tell
from screens.app_screen import BACK, Act, AppScreen
from screens.dialogs import ConfirmScreen
from screens.format import is_admin
from screens.watch import Watch
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from kfclient.desk.model.business import BusinessSummary, Connection
    from kfclient.errors import Problem
    from screens.services import Place

HISTORY = (
    "Your password store is under git: what was kept there is still in its history, encrypted as "
    "it was."
)
AGAIN = "Moving once more wipes it, where that place can be used."


class Kept(msgspec.Struct, frozen=True):
    """How a business stands, and the places that hold its secrets still and could not be wiped."""

    summary: BusinessSummary
    left: Sequence[str]


class KeyringScreen(AppScreen[None]):
    """Lists the places; an Admin moves password and key to the one under the cursor."""

    CSS_PATH = "keyring.tcss"
    ACTS = (
        Act("move", "enter", "Keep them there", "Move password and key to this place", footer=True),
        BACK,
    )

    def __init__(self, business: str, name: str) -> None:
        super().__init__(name, "Keyring")
        self.business = business
        self.business_name = name
        self.choices: Sequence[Place] = ()
        self.kept: Kept | None = None
        self.moving = ""
        self.whom = ""

    def body(self) -> Iterable[Widget]:
        """Return where they are, the places, what the place under the cursor means, and news."""
        yield TextLine("Looking for keyrings…", id="where", grows=True)
        yield LedgerTable(
            Column("State", 10), Column("Place"), id="places", classes="first", empty=""
        )
        yield TextLine(id="about", grows=True)
        yield TextLine(id="trouble", classes="warn", grows=True)

    def on_mount(self) -> None:
        """Show the places, and where the secrets are, whoever moves them."""
        desk, business = self.services.desk, self.business
        self.watcher: Watch[Kept] = Watch(
            self,
            lambda: desk.businesses.revision,
            lambda: Kept(desk.businesses.summary(business), desk.connecting.left_behind(business)),
            self.take,
        )
        # Keyrings are asked once: some need seconds to say that they are not there.
        self.ask(lambda: desk.secrets.choices(), self.offer, lane="secrets")

    # What is shown

    def offer(self, choices: Sequence[Place]) -> None:
        """Show the places."""
        self.choices = choices
        self.show()
        if self.place is not None:
            self.query_one(LedgerTable).go_to(self.place)

    def take(self, kept: Kept) -> None:
        """Show where the secrets are."""
        self.kept = kept
        self.show()
        names = kept.summary.business.admins
        whom = f"Only an Admin may move them: ask {names}, or the accountant."
        if self.whom != ("" if is_admin(kept.summary) else whom):
            self.whom = "" if is_admin(kept.summary) else whom
            self.say(self.whom)
        self.refresh_bindings()

    def show(self) -> None:
        """Show places and secrets together, as soon as both are known."""
        if not self.choices or self.kept is None:
            return
        self.query_one("#where", TextLine).say(self.where())
        self.query_one(LedgerTable).show_rows(self.row(choice) for choice in self.choices)

    def row(self, choice: Place) -> Row:
        """Return a place's line."""
        if choice.id == self.place:
            return Row(choice.id, ("● in use", choice.title), "good")
        if choice.usable:
            return Row(choice.id, ("○ possible", choice.title))
        return Row(choice.id, ("- not now", choice.title), "dim")

    def where(self) -> str:
        """Say where the secrets are, and where they are besides."""
        if self.place is None:
            return "This business is not connected, so there is no password to keep."
        if self.moving:
            return f"Moving the password and the AutoAuth key to: {self.moving}…"
        notice = self.services.desk.secrets.notice()
        left = self.kept.left if self.kept is not None else ()
        told = [self.kept_in(self.place)]
        told += [f"! A copy is still in: {self.called(place)}. {AGAIN}" for place in left]
        return "\n".join((*told, notice) if notice else told)

    def kept_in(self, place: str) -> str:
        """Say where the secrets are."""
        for choice in self.choices:
            if choice.id == place and choice.typed:
                return "The password is kept nowhere: it is typed each time."
        return f"The password and the AutoAuth key are kept in: {self.called(place)}."

    def called(self, place: str) -> str:
        """Return what a place is called."""
        titles = {choice.id: choice.title for choice in self.choices}
        return titles.get(place, f"{place}, which is not on this machine")

    def say(self, text: str) -> None:
        """Show a line under the table."""
        self.query_one("#trouble", TextLine).say(text)

    @property
    def place(self) -> str | None:
        """The id of the place that is in use; None while the business is not connected."""
        connection = self.kept.summary.business.connection if self.kept is not None else None
        return None if connection is None else connection.secrets_in

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say what a place means, or why it cannot be used."""
        for choice in self.choices:
            if choice.id == event.key:
                text = choice.why_not or choice.about
                self.query_one("#about", TextLine).say(text)

    # Moving

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show what only an Admin may do as out of reach for others."""
        del parameters
        if action == "move" and self.kept is not None:
            return True if is_admin(self.kept.summary) and self.place is not None else None
        return True

    def on_ledger_table_chosen(self) -> None:
        """Move with Enter."""
        self.action_move()

    def action_move(self) -> None:
        """Move password and key to the place under the cursor, after a question."""
        key = self.query_one(LedgerTable).cursor_key
        choice = next((one for one in self.choices if one.id == key), None)
        if choice is None or self.moving or self.place is None:
            return
        if not self.check_action("move", ()):
            return
        if not choice.usable:
            self.say(f"! {choice.why_not}")
            return
        left = self.kept.left if self.kept is not None else ()
        if choice.id == self.place and not left:
            self.say("i They are kept there already.")
            return
        typed = any(one.id == self.place and one.typed for one in self.choices)
        wiped = "" if typed else f"\nThey are wiped from: {self.called(self.place)}."
        question, yes = f"Move the password of {self.business_name}?", "Move"
        more = f"To: {choice.title}.\n{choice.about}{wiped}"
        if choice.id == self.place:
            question, yes = "Wipe the copies that are left?", "Wipe"
            more = "The password stays where it is."
        self.app.push_screen(
            ConfirmScreen(question, yes=yes, more=more),
            lambda yes: self.move(choice) if yes else None,
        )

    def move(self, choice: Place) -> None:
        """Move them there; what has to be asked for on the way is asked by the app."""
        self.moving = choice.title
        self.say("")
        self.show()
        desk, before = self.services.desk, self.place

        def keep() -> Connection:
            try:
                return desk.connecting.keep_secrets_in(self.business, choice.id)
            finally:
                # A place that keeps nothing has it lent for what comes next: here nothing does.
                desk.secrets.take_back(self.business)

        self.ask(
            keep,
            lambda connection: self.moved(before, connection),
            self.refused,
            lane="secrets",
        )

    def moved(self, before: str | None, connection: Connection) -> None:
        """Say that it is done."""
        self.moving = ""
        self.notify(self.kept_in(connection.secrets_in), markup=False)
        if before and before != connection.secrets_in:
            self.say(f"! {HISTORY}" if self.services.desk.secrets.keeps_history(before) else "")
        self.watcher.again()

    def refused(self, problem: Problem) -> None:
        """Say why they were not moved: they are where they were."""
        self.moving = ""
        self.say(f"✗ {tell(problem)}")
        self.show()
