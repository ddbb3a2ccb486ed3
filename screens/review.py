"""What publishing would send: words, SOAP body, sums; nothing goes before it is agreed to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from textual.containers import VerticalScroll

from kfclient.desk.item import Kind
from kfclient.errors import Problem, tell
from screens.item_words import amount_shown, findings_shown
from screens.room import Act, Room
from screens.widgets.ledger_table import Column, LedgerTable, Row
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from kfclient.desk.planning import Plan, PlannedItem

NAMES_SHOWN = 3
NARROW = (
    Column("No.", 5, "right"),
    Column("As", 10),
    Column("Contact"),
    Column("Net", 12, "right"),
    Column("VAT", 10, "right"),
    Column("Gross", 14, "right"),
)
WIDE = (*NARROW[:2], Column("What it becomes in KashFlow"), *NARROW[3:])


class Agreed(msgspec.Struct, frozen=True):
    """That the plan may be carried out, and whether what is missing may be created."""

    suppliers: bool = False
    customers: bool = False


class ReviewScreen(Room[Agreed]):
    """Shows a plan; dismisses with what was agreed to, or None. Enter alone does nothing."""

    CSS_PATH = "review.tcss"
    ACTS = (
        Act("publish", "y", "Publish", "Yes, publish this to KashFlow", footer=True),
        Act("body", "b", "SOAP body", "Show what goes over the wire, or the words", footer=True),
        Act("suppliers", "s", "Agree suppliers", "Agree to creating the suppliers", footer=True),
        Act("customers", "c", "Agree customers", "Agree to creating the customers", footer=True),
        Act("copy", "w", "Copy", "Copy the words or the SOAP body shown to the clipboard"),
        Act("back", "escape", "Cancel", "Go back; nothing is sent", footer=True),
    )

    def __init__(self, business_name: str, plan: Plan) -> None:
        super().__init__(business_name, "Items", "Publish")
        self.plan = plan
        self.agreed = Agreed()
        self.body_shown = False
        self.bodies: dict[str, str] = {}
        self.planned = {one.item_id: one for one in plan.items}
        self.left_out = {one.item_id: one for one in plan.left_out}

    # What it shows

    def body(self) -> Iterable[Widget]:
        """Return the counts, what is said loudly, what would be created, items, sums, words."""
        yield Line(id="counts", grows=True)
        yield Line(self.plan.tax_note, id="tax-note", grows=True)
        yield Line(id="suppliers", classes="agree", grows=True)
        yield Line(id="customers", classes="agree", grows=True)
        yield LedgerTable(
            *NARROW,
            id="plan",
            classes="first",
            empty="There is nothing to publish: no item is ready.",
        )
        yield Line(id="totals", grows=True)
        with VerticalScroll(id="about"):
            yield Line(id="words", grows=True)

    def on_mount(self) -> None:
        """Show the plan."""
        self.set_class(bool(self.plan.tax_note), "tax-off")
        self.show_plan()

    def going(self) -> list[PlannedItem]:
        """Return the items that would be sent with what is agreed to now."""
        return [one for one in self.plan.items if self.goes(one)]

    def goes(self, planned: PlannedItem) -> bool:
        """Whether an item would be sent: what it needs created must be agreed to."""
        if planned.creates is None:
            return True
        new_customer = planned.creates.kind == "customer"
        return self.agreed.customers if new_customer else self.agreed.suppliers

    def show_plan(self) -> None:
        """Show everything as it follows from what is agreed to now."""
        going = self.going()
        self.query_one("#counts", Line).say(counts(going, self.plan))
        self.query_one("#suppliers", Line).say(
            box("s", "supplier", self.plan.new_suppliers, agreed=self.agreed.suppliers)
        )
        self.query_one("#customers", Line).say(
            box("c", "customer", self.plan.new_customers, agreed=self.agreed.customers)
        )
        for kind, names in (("suppliers", self.plan.new_suppliers),
                            ("customers", self.plan.new_customers)):  # fmt: skip
            self.query_one(f"#{kind}").set_class(not names, "hidden")
        self.query_one("#totals", Line).say(totals(going))
        self.show_rows()
        self.refresh_bindings()

    def show_rows(self) -> None:
        """Show a row an item, with the words where there is room for them."""
        table, wide = self.query_one(LedgerTable), self.has_class("-wide")
        columns = WIDE if wide else NARROW
        if table.columns is not columns:
            table.columns = columns
            table.refresh()
        rows = [row_of(one, goes=self.goes(one), wide=wide) for one in self.plan.items]
        rows += [
            Row(one.item_id, (one.item_id, "left out", one.reason, "", "", ""), "dim")
            for one in self.plan.left_out
        ]
        table.show_rows(rows)

    def on_resize(self) -> None:
        """Use the columns that fit the new width, once Textual has told which it is."""
        self.call_after_refresh(self.show_rows)

    def on_ledger_table_moved(self) -> None:
        """Say all about the item under the cursor."""
        self.show_words()

    def show_words(self) -> None:
        """Show the words of the item under the cursor, or its SOAP body."""
        key = self.query_one(LedgerTable).cursor_key
        if key is not None and self.body_shown and key in self.planned:
            self.show_body(key)
        else:
            self.say(self.words_of(key))

    def say(self, text: str) -> None:
        """Show a text below the table."""
        self.query_one("#words", Line).say(text)
        self.query_one("#about").scroll_home(animate=False)

    def words_of(self, key: str | None) -> str:
        """Return all that is to say about an item."""
        if key in self.left_out:
            out = self.left_out[key]
            told = [f"Item {key} is left out: {out.reason}"]
            return "\n".join([*told, *findings_shown(out.findings)])
        if key not in self.planned:
            return ""
        planned = self.planned[key]
        told = [planned.sentence]
        if not self.goes(planned) and planned.creates is not None:
            kind = planned.creates.kind
            told.append(
                f"? Left out until you agree to creating the {kind} {planned.creates.name}: "
                f"press {kind[0]}."
            )
        # That tax data is off stands above all items already.
        findings = [one for one in planned.findings if one.code != "W-TAX-OFF"]
        return "\n".join([*told, *findings_shown(findings)])

    def show_body(self, key: str) -> None:
        """Show the SOAP body of an item; making it takes a moment the first time."""
        if key in self.bodies:
            self.say(self.bodies[key])
            return
        self.say("Making the SOAP body…")
        publishing, business = self.services.desk.publishing, self.plan.business
        planned = self.planned[key]

        def made(text: str) -> None:
            self.bodies[key] = text
            self.show_words()

        self.ask(lambda: publishing.envelope(business, planned), made, self.no_body)

    def no_body(self, problem: Problem) -> None:
        """Say why there is no SOAP body to show."""
        self.say(f"✗ {tell(problem)}")

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what there is to agree to."""
        offered = {
            "publish": bool(self.going()),
            "suppliers": bool(self.plan.new_suppliers),
            "customers": bool(self.plan.new_customers),
            "body": bool(self.plan.items),
        }
        return offered.get(action, True) and super().check_action(action, parameters)

    def action_body(self) -> None:
        """Change between the words and the SOAP body."""
        self.body_shown = not self.body_shown
        self.set_class(self.body_shown, "body-shown")
        self.show_words()

    def action_copy(self) -> None:
        """Copy what is shown below the table."""
        key = self.query_one(LedgerTable).cursor_key or ""
        shown = self.bodies.get(key, "") if self.body_shown else ""
        self.services.copy_text(shown or self.words_of(key), "The text")

    def action_suppliers(self) -> None:
        """Agree to creating the missing suppliers, or take that back."""
        self.agreed = msgspec.structs.replace(self.agreed, suppliers=not self.agreed.suppliers)
        self.show_plan()

    def action_customers(self) -> None:
        """Agree to creating the missing customers, or take that back."""
        self.agreed = msgspec.structs.replace(self.agreed, customers=not self.agreed.customers)
        self.show_plan()

    def action_publish(self) -> None:
        """Yes: publish."""
        self.dismiss(self.agreed)


def counts(going: Sequence[PlannedItem], plan: Plan) -> str:
    """Return how many documents would be made, and how many items are left out."""
    sales = sum(one.kind is Kind.SALE for one in going)
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((len(going) - sales, "purchase"), (sales, "invoice"))
        if count
    ]
    out = len(plan.left_out) + len(plan.items) - len(going)
    left = f" {out} left out." if out else ""
    if not going:
        return f"Nothing to publish yet.{left}"
    return f"{' and '.join(parts)} to publish: y sends. Nothing has been sent yet.{left}"


def box(key: str, word: str, names: Sequence[str], *, agreed: bool) -> str:
    """Return the box that agrees to creating what KashFlow does not have."""
    many = f"{len(names)} {word}s that are" if len(names) != 1 else f"1 {word} that is"
    listed = ", ".join(names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        listed += f" and {len(names) - NAMES_SHOWN} more"
    tick = "x" if agreed else " "
    return f"{key} [{tick}] Create {many} not in KashFlow: {listed}"


def totals(going: Sequence[PlannedItem]) -> str:
    """Return a line of sums for every currency."""
    lines = []
    for currency in dict.fromkeys(one.currency for one in going):
        mine = [one for one in going if one.currency == currency]
        net, vat, gross = (
            sum((getattr(one, part) for one in mine), Decimal(0))
            for part in ("net", "vat", "gross")
        )
        lines.append(f"Total {currency} ({len(mine)}): net {net:,.2f}, VAT {vat:,.2f}, "
                     f"gross {gross:,.2f}")  # fmt: skip
    return "\n".join(lines)


def row_of(planned: PlannedItem, *, goes: bool, wide: bool) -> Row:
    """Return an item's row; one that would not go says so."""
    kind = "Invoice" if planned.kind is Kind.SALE else "Purchase"
    cells = (
        planned.item_id,
        kind if goes else "? left out",
        planned.sentence if wide else planned.contact,
        f"{planned.net:,.2f}",
        f"{planned.vat:,.2f}",
        amount_shown(planned.gross, planned.currency),
    )
    return Row(planned.item_id, cells, "" if goes else "warn")
