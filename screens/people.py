"""The people of a business: who is an Admin, who a Standard user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from kfclient.desk.errors import WrongValue
from kfclient.desk.model.business import Role
from kfclient.errors import tell
from screens.app_screen import BACK, Act, AppScreen
from screens.dialogs import ConfirmScreen, PromptScreen
from screens.format import is_admin
from screens.watch import watch_business
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

    from kfclient.desk.model.business import BusinessSummary
    from kfclient.errors import Problem
    from screens.watch import Watch

MAY = {
    Role.ADMIN: "everything: connect, settings, people too",
    Role.STANDARD: "look, sync, import, complete and publish items",
}
ABOUT = "People are the users of this machine, by the name they log in with."


class PeopleScreen(AppScreen[None]):
    """Lists the people; an Admin adds them, changes what they may do, and removes them."""

    ACTS = (
        Act("add", "a", "Add", "Add a person as a Standard user", footer=True),
        Act(
            "change",
            "enter",
            "Change role",
            "Make the person Admin, or Standard again",
            footer=True,
        ),
        Act("remove", "x", "Remove", "Take the person off the list", footer=True),
        BACK,
    )

    def __init__(self, business: str, name: str) -> None:
        super().__init__(name, "People")
        self.business = business
        self.business_name = name
        self.summary: BusinessSummary | None = None
        self.whom = ""

    def body(self) -> Iterable[Widget]:
        """Return the explanation, the table, and room for a problem."""
        yield Static(ABOUT, classes="line muted")
        yield LedgerTable(
            Column("Person", 20), Column("Role", 9), Column("May do"), id="people", classes="first"
        )
        yield TextLine(id="trouble", classes="warn", grows=True)

    def on_mount(self) -> None:
        """Show the people, whoever changes them."""
        self.watcher: Watch[BusinessSummary] = watch_business(self, self.business, self.show)

    def show(self, summary: BusinessSummary) -> None:
        """Show the people, and who may change them."""
        self.summary = summary
        me, people = self.services.desk.person, summary.business.people
        self.query_one(LedgerTable).show_rows(
            Row(name, (f"{name} (you)" if name == me else name, role.value.title(), MAY[role]))
            for name, role in sorted(people.items())
        )
        allowed = is_admin(summary)
        whom = f"Only an Admin may change this: ask {summary.business.admins}, or the accountant."
        if self.whom != ("" if allowed else whom):
            self.whom = "" if allowed else whom
            self.say(self.whom)
        self.refresh_bindings()

    def say(self, text: str) -> None:
        """Show a line under the table."""
        self.query_one("#trouble", TextLine).say(text)

    def refused(self, problem: Problem) -> None:
        """Say why it was not done."""
        self.say(tell(problem))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show what only an Admin may do as out of reach for others."""
        del parameters
        if action in {"add", "change", "remove"} and self.summary is not None:
            return True if is_admin(self.summary) else None
        return True

    def on_ledger_table_chosen(self) -> None:
        """Change the role with Enter."""
        self.action_change()

    @property
    def chosen(self) -> tuple[str, Role] | None:
        """The person under the cursor; None where this one may change nothing."""
        name = self.query_one(LedgerTable).cursor_key
        if self.summary is None or name is None or not is_admin(self.summary):
            return None
        return name, self.summary.business.people[name]

    def is_user(self, person: str) -> bool:
        """Whether somebody can log in with that name."""
        return self.services.desk.businesses.is_user(person)

    def set_role(self, person: str, role: Role | None, seen: Mapping[str, Role]) -> str:
        """Store a person's role, where they are as `seen`; runs off the screen's thread.

        Raises LastAdmin, WrongValue, ChangedMeanwhile.
        """
        self.services.desk.businesses.set_role(self.business, person, role, seen=seen)
        return person

    def put(self, person: str, role: Role | None, seen: Mapping[str, Role]) -> None:
        """Store a person's role and show it, or show why not."""
        self.say(self.whom)
        self.ask(
            lambda: self.set_role(person, role, seen), lambda _: self.watcher.again(), self.refused
        )

    @property
    def people(self) -> Mapping[str, Role]:
        """The people as they are shown."""
        return self.summary.business.people if self.summary is not None else {}

    def action_add(self) -> None:
        """Ask for a name, and add the person as a Standard user."""
        seen = self.people
        asked: set[str] = set()

        def add(name: str) -> str:
            if not self.is_user(name.strip()) and name.strip() not in asked:
                asked.add(name.strip())
                raise WrongValue(
                    f"This machine has no user {name.strip()}.",
                    "Correct the name, or add it all the same: press Enter once more.",
                )
            if name.strip() in seen:
                raise WrongValue(
                    f"{name.strip()} is on the list already.", "Change the role there."
                )
            return self.set_role(name.strip(), Role.STANDARD, seen)

        self.app.push_screen(
            PromptScreen("Add a person", add, more=f"{ABOUT} They begin as a Standard user."),
            lambda added: self.watcher.again() if added else None,
        )

    def action_change(self) -> None:
        """Make the person Admin, or Standard again."""
        if self.chosen is not None:
            person, role = self.chosen
            other = Role.STANDARD if role is Role.ADMIN else Role.ADMIN
            if other is Role.STANDARD or self.is_user(person):
                self.put(person, other, self.people)
                return
            seen = self.people
            more = "Nobody can log in with that name, so nobody can use the role for now."
            self.app.push_screen(
                ConfirmScreen(f"Make {person} Admin?", yes="Make Admin", more=more),
                lambda yes: self.put(person, other, seen) if yes else None,
            )

    def action_remove(self) -> None:
        """Take the person off the list, after a question."""
        if self.chosen is None:
            return
        (person, _), seen = self.chosen, self.people
        question = f"Take {person} off the people of {self.business_name}?"
        more = "They can still look, sync and publish here, but are not named any more."
        self.app.push_screen(
            ConfirmScreen(question, yes="Remove", more=more),
            lambda yes: self.put(person, None, seen) if yes else None,
        )
