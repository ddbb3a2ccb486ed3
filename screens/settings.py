"""The settings of a business, made from the list of settings that the desk declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.errors import ChangedMeanwhile
from kfclient.desk.model.settings import SETTINGS, SettingKind, show_tax_code, spec_of
from screens.app_screen import BACK, Act, AppScreen
from screens.dialogs import PromptScreen
from screens.format import is_admin
from screens.watch import watch_business
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.model.business import BusinessSummary, Settings
    from kfclient.desk.model.settings import SettingSpec
    from screens.watch import Watch

TAX_OFF = (
    "! Publish tax data is OFF. Each item goes to KashFlow as one gross amount with VAT N/A: no "
    "VAT is recorded there, and the VAT return will miss it."
)
TAX_ON = "● Publish tax data is on: net amounts and VAT go to KashFlow separately."
NO_DEFAULT = " Items that name no tax rate wait to be reviewed until a default is set."

OVER_THEIRS = "Enter puts yours in its place; Esc leaves it as it is now."


class SettingsScreen(AppScreen[None]):
    """Shows each setting with its value; an Admin changes it with Enter."""

    CSS_PATH = "settings.tcss"
    ACTS = (
        Act("change", "enter", "Change", "Change the setting under the cursor", footer=True),
        Act(
            "switch",
            "space",
            "On or off",
            "Turn the setting under the cursor on or off",
            footer=True,
        ),
        BACK,
    )

    def __init__(self, business: str, name: str) -> None:
        super().__init__(name, "Settings")
        self.business = business
        self.summary: BusinessSummary | None = None

    def body(self) -> Iterable[Widget]:
        """Return the loud line on tax data, the table and the explanation."""
        yield TextLine(id="tax", grows=True)
        yield LedgerTable(Column("Setting", 34), Column("Now"), id="settings", classes="first")
        yield TextLine(id="explained", grows=True)
        yield TextLine(id="whom", classes="warn", grows=True)

    def on_mount(self) -> None:
        """Show the settings, whoever changes them."""
        self.watcher: Watch[BusinessSummary] = watch_business(self, self.business, self.show)

    def show(self, summary: BusinessSummary) -> None:
        """Show the values, and who may change them."""
        self.summary = summary
        settings = summary.business.settings
        self.show_tax(settings)
        self.query_one(LedgerTable).show_rows(
            Row(spec.key, (spec.title, value_shown(spec, settings))) for spec in SETTINGS
        )
        whom = (
            f"Only an Admin may change settings: ask {summary.business.admins}, or the accountant."
        )
        self.query_one("#whom", TextLine).say("" if is_admin(summary) else whom)
        self.refresh_bindings()

    def show_tax(self, settings: Settings) -> None:
        """Say what the present choice on tax data means for the books."""
        line = self.query_one("#tax", TextLine)
        bare = settings.default_tax_code_costs is None or settings.default_tax_code_sales is None
        on = TAX_ON + NO_DEFAULT if bare else TAX_ON
        line.say(on if settings.publish_tax_data else TAX_OFF)
        line.set_class(not settings.publish_tax_data, "loud")

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Explain the setting under the cursor."""
        if event.key is not None:
            self.query_one("#explained", TextLine).say(spec_of(event.key).help)

    def on_ledger_table_chosen(self) -> None:
        """Change with Enter."""
        self.action_change()

    @property
    def spec(self) -> SettingSpec:
        """The setting under the cursor."""
        return spec_of(self.query_one(LedgerTable).cursor_key or SETTINGS[0].key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show what only an Admin may do as out of reach for others."""
        del parameters
        if action in {"change", "switch"} and self.summary is not None:
            return True if is_admin(self.summary) else None
        return True

    def action_change(self) -> None:
        """Change the setting under the cursor: a switch at once, others are asked for."""
        if self.summary is None or not is_admin(self.summary):
            return
        spec = self.spec
        if spec.kind is SettingKind.SWITCH:
            self.action_switch()
            return
        now = spec.text_of(self.summary.business.settings)
        self.ask(lambda: self.possible(spec), lambda more: self.enter(spec, now, more))

    def possible(self, spec: SettingSpec) -> str:
        """Return what may be entered; reads the synced tax rates, off the screen's thread."""
        if spec.kind is not SettingKind.TAX_CODE:
            return spec.help
        rates = {rate.value for rate in self.services.desk.lists.tax_rates(self.business)}
        known = ", ".join(show_tax_code(rate) for rate in sorted(rates, reverse=True))
        among = f" KashFlow has {known}." if known else ""
        return f"{spec.help}{among} Also possible: n/a, or none."

    def enter(self, spec: SettingSpec, now: str, more: str) -> None:
        """Ask for the setting's new value."""
        if self.summary is None:
            return
        seen = [self.summary.business.settings]

        def change(text: str) -> str:
            try:
                return self.changed(spec.key, text, seen[0])
            except ChangedMeanwhile as problem:
                seen[0] = self.services.desk.businesses.get(self.business).settings
                raise ChangedMeanwhile(problem.sentence, OVER_THEIRS) from None

        self.app.push_screen(
            PromptScreen(spec.title, change, more=more, value=now),
            lambda done: self.watcher.again() if done else None,
        )

    def action_switch(self) -> None:
        """Turn the setting under the cursor on or off."""
        spec, summary = self.spec, self.summary
        if summary is None or not is_admin(summary) or spec.kind is not SettingKind.SWITCH:
            return
        seen = summary.business.settings
        other = spec.show(not getattr(seen, spec.key))
        self.ask(lambda: self.changed(spec.key, other, seen), lambda _: self.watcher.again())

    def changed(self, key: str, text: str, seen: Settings) -> str:
        """Change a setting that is as `seen`; runs off the screen's thread.

        Raises WrongValue, NotAllowed, ChangedMeanwhile.
        """
        self.services.desk.businesses.change_settings(self.business, {key: text}, seen=seen)
        return key


def value_shown(spec: SettingSpec, settings: Settings) -> str:
    """Return a setting's value with its unit."""
    unit = " seconds" if spec.kind is SettingKind.SECONDS else ""
    return f"{spec.text_of(settings)}{unit}"
