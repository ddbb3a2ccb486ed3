"""The credentials of a business: username, password and AutoAuth key, as KashFlow shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Button, Input, Static

from kfclient.desk.model.draft import Draft, clean_endpoint, clean_key, key_problem
from kfclient.errors import Problem
from screens.app_screen import BACK, IN_ORDER, Act, AppScreen, FieldByField
from screens.connect_checks import ConnectChecksScreen
from screens.passphrase import KeyringChoiceScreen
from screens.widgets.field import Field, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from screens.connect_checks import Wizard

USERNAME_NOTE = "As Apps > API Settings shows it; often not your e-mail."
SEPARATE_NOTE = "The one you log in with, or the separate API password."
KEY_NOTE = "From that page, with Copy code; it looks like 1234ABCD-1234."


class ConnectCredentialsScreen(FieldByField, AppScreen[None]):
    """Asks for the credentials; password and key are in its fields alone, and wiped with it."""

    CSS_PATH = "connect_credentials.tcss"
    AUTO_FOCUS = ""
    ACTS = (
        Act(
            "reveal",
            "f2,ctrl+r",
            "Reveal",
            "Show the password and the key, or hide them",
            footer=True,
        ),
        Act(
            "steps",
            "f3,ctrl+o",
            "Steps",
            "Look at the steps in KashFlow; what you typed stays",
            footer=True,
        ),
        Act(
            "fill", "f4,ctrl+g", "Fill in", "Fill in the sandbox's credentials (demo)", footer=True
        ),
        Act("next", "f5,ctrl+n", "Next", "Check these credentials with KashFlow", footer=True),
        *IN_ORDER,
        BACK,
    )

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(*wizard.trail, "Credentials")
        self.wizard = wizard
        self.secrets_in = ""

    def body(self) -> Iterable[Widget]:
        """Return the fields, the demo's frame and the button."""
        yield Static(f"The credentials for {self.wizard.software.name}", classes="line strong")
        before = self.wizard.before
        if before is not None and before.doubtful:
            before = None  # somebody may have put it here: the person types where it goes
        if self.wizard.software.asks_address:
            demo = self.services.demo
            address = before.endpoint if before else (demo.endpoint if demo else "")
            yield Field("endpoint", "Server's address", value=address, placeholder="https://")
        username = before.username if before else ""
        yield Field("username", "Username", value=username, note=USERNAME_NOTE)
        yield Field("password", "Password", secret=True, note=SEPARATE_NOTE, clean=first_line)
        yield Field("key", "API key", secret=True, note=KEY_NOTE, clean=clean_key)
        yield Button("Next: check them with KashFlow", id="next", compact=True)
        yield from self.demo_panel()

    def demo_panel(self) -> Iterable[Widget]:
        """Return the sandbox's credentials, in the demo alone."""
        demo = self.services.demo
        if demo is None or not self.wizard.software.asks_address:
            return
        lines = (
            ("Server's address", demo.endpoint),
            ("Username", demo.username),
            ("Password", demo.password),
            ("API key", demo.autoauth_key),
        )
        panel = Vertical(
            *(
                Static(f"{label:<17} {value}", classes="line", markup=False)
                for label, value in lines
            ),
            id="demo",
        )
        panel.border_title = "DEMO: the sandbox's credentials"
        panel.border_subtitle = "F4 fills them in"
        yield panel

    def on_mount(self) -> None:
        """Begin at the first field that is empty."""
        next(field.input for field in self.query(Field) if not field.value).focus()

    def on_unmount(self) -> None:
        """Wipe what was typed."""
        for field in self.query(Field):
            field.wipe()

    def field(self, name: str) -> Field:
        """Return the field of this id."""
        return self.query_one(f"#{name}", Field)

    # As it is typed

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check the key as it is typed; take back what was said of a field that is changed."""
        for field in self.query(Field):
            if field.input is event.input:
                if field.id == "key":
                    self.check_key(field)
                else:
                    field.say()

    def check_key(self, field: Field) -> None:
        """Say whether the key has its shape, and tidy it."""
        typed = field.value
        clean = clean_key(typed)
        if clean != typed:
            field.input.value = clean
            return
        odd = key_problem(clean)
        if not clean:
            field.say()
        elif odd:
            field.say(odd, "warn")
        else:
            field.say("✓ It has the right shape.", "good")

    def ahead(self) -> None:
        """Go on to the checks."""
        self.action_next()

    def on_button_pressed(self) -> None:
        """Go on to the checks."""
        self.action_next()

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to fill in the sandbox's credentials in the demo alone."""
        del parameters
        return action != "fill" or bool(self.services.demo and self.wizard.software.asks_address)

    def on_screen_suspend(self) -> None:
        """Hide what is revealed as soon as something else is on the screen."""
        self.hide(hidden=True)

    def action_reveal(self) -> None:
        """Show the password and the key, or hide them again."""
        self.hide(hidden=not self.field("password").input.password)

    def hide(self, *, hidden: bool) -> None:
        """Show dots in the place of the password and the key, or show them."""
        for name in ("password", "key"):
            self.field(name).input.password = hidden

    def action_steps(self) -> None:
        """Look at the steps again."""
        self.look_at_steps("")

    def look_at_steps(self, cure: str) -> None:
        """Show the steps over this screen, the one that cures a problem marked."""
        self.wizard.look_at_steps(cure)

    def action_fill(self) -> None:
        """Fill in the sandbox's credentials."""
        demo = self.services.demo
        if demo is None:
            return
        self.field("endpoint").input.value = demo.endpoint
        self.field("username").input.value = demo.username
        self.field("password").input.value = demo.password
        self.field("key").input.value = demo.autoauth_key
        self.query_one("#next", Button).focus()

    def action_next(self) -> None:
        """Check the fields here, then the credentials with KashFlow."""
        if self.complete():
            self.keep()

    # On the way to the checks

    def complete(self) -> bool:
        """Whether every field can be used; says at the fields what is wrong, and goes there."""
        wrong: list[Field] = []
        for field, problem in self.odd_fields():
            if problem:
                field.say(f"✗ {problem}")
                wrong.append(field)
        if wrong:
            wrong[0].input.focus()
        return not wrong

    def odd_fields(self) -> Iterable[tuple[Field, str]]:
        """Return each field with what is wrong about it, "" when nothing is."""
        if self.wizard.software.asks_address:
            field = self.field("endpoint")
            yield field, endpoint_problem(field.value)
        username, password, key = (self.field(name) for name in ("username", "password", "key"))
        yield username, "" if username.value.strip() else "The username is missing."
        yield password, "" if password.value else "The password is missing."
        yield key, key_problem(key.value)

    def keep(self) -> None:
        """Find out where the secrets will be kept; where the system has no place, ask."""
        before = self.wizard.before
        if before is not None:
            self.check(before.secrets_in)
        elif self.secrets_in:
            self.check(self.secrets_in)
        else:
            secrets = self.services.desk.secrets
            self.ask(
                lambda: (secrets.default_choice(), secrets.choices()),
                lambda found: (
                    self.check(found[0].id)
                    if found[0] is not None
                    else self.app.push_screen(KeyringChoiceScreen(found[1]), self.check)
                ),
                lane="secrets",
            )

    def check(self, place: str | None) -> None:
        """Check the credentials with KashFlow, the secrets to be kept in this place."""
        if place is None or not self.is_current:
            return  # not now; or the key was pressed twice
        self.secrets_in = place
        software = self.wizard.software
        asked = software.asks_address
        draft = Draft(
            software=software.id,
            endpoint=self.field("endpoint").value if asked else software.endpoint,
            username=self.field("username").value,
            password=self.field("password").value,
            autoauth_key=self.field("key").value,
            secrets_in=place,
        )
        self.app.push_screen(ConnectChecksScreen(self.wizard, draft), self.checked)

    def checked(self, cure: str | None) -> None:
        """Come back from checks that failed, to the step that cures the problem if there is one."""
        if cure:
            self.look_at_steps(cure)


def endpoint_problem(text: str) -> str:
    """Say what is wrong with a server's address, "" when nothing is."""
    try:
        clean_endpoint(text)
    except Problem as problem:
        return problem.sentence
    return ""
