"""Gathers costs that a person paid out of their pocket into one expense claim."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from kfclient.dates import parse_date, shown_date
from kfclient.desk.model.item import Item, Kind
from kfclient.errors import Problem, tell
from screens.app_screen import Act, AppScreen
from screens.item_words import amount_shown
from screens.picker import Choice, PickerScreen, candidates, heading
from screens.widgets.field import Field
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

PICKS = {"person": "contact", "account": "bank_account", "method": "payment_method"}
EXPLAINED = "They leave the inbox as one claim, and come back when it is taken apart."


class ClaimScreen(AppScreen[Item]):
    """Asks whose claim it is and how it was paid; dismisses with the claim."""

    CSS_PATH = "claim.tcss"
    AUTO_FOCUS = "#person-input"
    ACTS = (
        Act("gather", "ctrl+s", "Gather", "Make one claim of these costs", footer=True,
            priority=True),
        Act("choose", "f4", "Choose", "Choose from the synced list", footer=True, priority=True),
        Act("go_on", "enter", "Next field", "Go on to the next field"),
        Act("back", "escape", "Back", "Go back; the costs stay as they are", footer=True),
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str, costs: Sequence[Item]) -> None:
        super().__init__(business_name, "Items", "Expense claim")
        self.business = business_id
        self.costs = costs

    def body(self) -> Iterable[Widget]:
        """Return the costs, their sums, and the fields."""
        yield LedgerTable(
            Column("No.", 5, "right"), Column("Date", 12), Column("Where"),
            Column("Gross", 15, "right"), id="costs",
        )  # fmt: skip
        yield TextLine(id="sums", grows=True)
        persons = list(dict.fromkeys(one.owner for one in self.costs if one.owner))
        person = persons[0] if len(persons) == 1 else ""
        yield Field("person", "Person", value=person, note="Who spent the money. F4 chooses.")
        yield Field("reference", "Reference", note="Empty: numbered after its date.")
        yield Field("date", "Date", note="Empty: today.")
        yield Field("account", "Paid from", note="Empty: the claim is unpaid. F4 chooses.")
        yield Field("method", "Payment method", note="How it was paid. F4 chooses.")
        yield TextLine(id="problem", classes="bad", grows=True)

    def on_mount(self) -> None:
        """Show the costs."""
        self.query_one(LedgerTable).show_rows(
            Row(
                one.id,
                (
                    one.id,
                    shown_date(one.date),
                    f"{one.contact} {one.reference}",
                    amount_shown(one.gross, one.currency),
                ),
            )
            for one in self.costs
        )
        self.query_one("#sums", TextLine).say(f"{sums(self.costs)}. {EXPLAINED}")

    def value(self, field: str) -> str:
        """Return what is typed in a field."""
        return self.query_one(f"#{field}", Field).value.strip()

    def on_input_submitted(self) -> None:
        """Go on with Enter."""
        self.action_go_on()

    def action_go_on(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_choose(self) -> None:
        """Offer what the field with the focus can be."""
        field = next(
            (one for one in self.query(Field).results() if one.input is self.focused), None
        )
        if field is None or field.id not in PICKS:
            return
        desk, name = self.services.desk, PICKS[field.id]

        def picked(one: Choice | None) -> None:
            if one is not None:
                field.input.value = one.name
                self.focus_next()

        def offer(offered: list[Choice]) -> None:
            if self.on_top:
                title = "Choose the person" if name == "contact" else heading(name, Kind.CLAIM)
                self.app.push_screen(PickerScreen(title, offered, field.value), picked)

        self.ask(lambda: candidates(desk, self.business, name, Kind.CLAIM), offer)

    def action_gather(self) -> None:
        """Make the claim; what keeps it from being made is shown here."""
        claims, costs = self.services.desk.claims, [one.id for one in self.costs]
        person, reference, day = (self.value(one) for one in ("person", "reference", "date"))
        account, method = self.value("account"), self.value("method")

        def gather() -> Item:
            return claims.gather(
                self.business,
                person,
                costs,
                reference,
                parse_date(day) if day else None,
                bank_account=account,
                payment_method=method,
            )

        self.ask(gather, self.dismiss, self.refused, lane="items")

    def refused(self, problem: Problem) -> None:
        """Say why no claim was made; the costs stay as they are."""
        self.query_one("#problem", TextLine).say(f"✗ {tell(problem)}")


def sums(costs: Sequence[Item]) -> str:
    """Return `3 costs: 120.00 GBP and 12.00 EUR`."""
    currencies = dict.fromkeys(one.currency for one in costs)
    parts = [
        amount_shown(
            sum((one.gross for one in costs if one.currency == currency), Decimal(0)), currency
        ).strip()
        for currency in currencies
    ]
    count = f"{len(costs)} cost{'' if len(costs) == 1 else 's'}"
    return f"{count}: {' and '.join(parts)}"
