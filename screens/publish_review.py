"""What publishing would send: words, SOAP body, sums; nothing goes before it is agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from textual.containers import VerticalScroll

from kfclient.desk.model.sides import PURCHASES, SALES, side_of
from kfclient.desk.publish.plan import Agreed, Plan, PlannedFile, PlannedNote, PlannedPayment
from kfclient.errors import Problem, tell
from kfclient.visible import stacked
from screens.app_screen import Act, AppScreen, Question, do_it
from screens.item_words import amount_shown, findings_shown
from screens.quick_fix import QuickFixFlow, is_mendable
from screens.watch import DuplicateWatch
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from textual.widget import Widget

    from kfclient.desk.model.item import Finding
    from kfclient.desk.publish.plan import LeftOut, PlannedItem


# The words of the review: what would be made in KashFlow, what it comes to, and a row an item.

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

_FOLLOWUPS = ((PlannedPayment, "payment"), (PlannedFile, "file"), (PlannedNote, "note"))


def counts(going: Sequence[PlannedItem], plan: Plan, *, asked: bool) -> str:
    """Return what would be made, by which key, and how many items are left out.

    `asked` is whether the key was pressed that only Enter has to follow.
    """
    out = len(plan.left_out) + len(plan.items) - len(going)
    left = f" {out} left out." if out else ""
    if not going:
        return f"Nothing to publish yet.{left}"
    if asked:
        return f"{made(going)}: Enter sends, any other key takes that back.{left}"
    return f"{made(going)}: y sends, with Enter. Nothing is sent yet.{left}"


def made(going: Sequence[PlannedItem]) -> str:
    """Return what would be made: `2 purchases and 1 invoice to publish, with 3 files`."""
    documents = [one for one in going if one.number is None]
    sales = sum(side_of(one.kind) is SALES for one in documents)
    follows = [
        counted(sum(isinstance(one, kind) for item in documents for one in item.followups), word)
        for kind, word in _FOLLOWUPS
    ]
    words = listed(
        (counted(len(documents) - sales, PURCHASES.document), counted(sales, SALES.document))
    )
    beside = listed(follows)
    told = [f"{words} to publish{f', with {beside}' if beside else ''}"] if words else []
    if rest := len(going) - len(documents):
        told.append(f"what is left of {counted(rest, 'published item')}")
    return "; ".join(told)


def counted(count: int, word: str) -> str:
    """Return `2 files`, `1 file`, or "" for none."""
    return f"{count:,} {word}{'' if count == 1 else 's'}" if count else ""


def listed(parts: Iterable[str]) -> str:
    """Return `a, b and c` of the parts that are not ""."""
    *most, last = [part for part in parts if part] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def box(key: str, word: str, names: Sequence[str], *, agreed: bool) -> str:
    """Return the box that agrees to creating what KashFlow does not have."""
    many = f"{len(names)} {word}s that are" if len(names) != 1 else f"1 {word} that is"
    shown = ", ".join(names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        shown += f" and {len(names) - NAMES_SHOWN} more"
    tick = "x" if agreed else " "
    return f"{key} [{tick}] Create {many} not in KashFlow: {shown}"


def totals(going: Sequence[PlannedItem]) -> str:
    """Return a line of sums for every currency; what is in KashFlow already does not count."""
    documents = [one for one in going if one.number is None]
    lines = []
    for currency in dict.fromkeys(one.currency for one in documents):
        mine = [one for one in documents if one.currency == currency]
        net, vat, gross = (
            sum((getattr(one, part) for one in mine), Decimal(0))
            for part in ("net", "vat", "gross")
        )
        lines.append(f"Total {currency} ({len(mine)}): net {net:,.2f}, VAT {vat:,.2f}, "
                     f"gross {gross:,.2f}")  # fmt: skip
    return "\n".join(lines)


def row_of(planned: PlannedItem, *, goes: bool, wide: bool) -> Row:
    """Return an item's row; one that would not go says so, and what is there already too."""
    whom = planned.sentence if wide else planned.contact
    if planned.number is not None:
        there = f"in KF: {planned.number}"
        return Row(planned.item_id, (planned.item_id, "Rest of it", whom, "", "", there))
    kind = side_of(planned.kind).document.capitalize()
    cells = (
        planned.item_id,
        kind if goes else "? left out",
        whom,
        f"{planned.net:,.2f}",
        f"{planned.vat:,.2f}",
        amount_shown(planned.gross, planned.currency),
    )
    return Row(planned.item_id, cells, "" if goes else "warn")


def row_left_out(one: LeftOut) -> Row:
    """Return the row of an item that is not in the plan, with the reason."""
    return Row(one.item_id, (one.item_id, "left out", one.reason, "", "", ""), "dim")


NOT_LOOKED = "i KashFlow was not looked at for duplicates; publishing looks before it sends."


class Approved(msgspec.Struct, frozen=True):
    """That the plan, as it was shown last, may be carried out, and what may be created for it."""

    plan: Plan
    agreed: Agreed


class PublishReviewScreen(Question, AppScreen[Approved]):
    """Shows a plan; dismisses with it and what was agreed to, or None. y, then Enter, agrees.

    KashFlow is looked at for duplicates meanwhile; what that, or mending, changes is planned anew
    and shown, so that what goes is what was shown.
    """

    CSS_PATH = "publish_review.tcss"
    AGREEING = frozenset("sc")
    ACTS = (
        do_it("Send"),
        Act("publish", "y", "Publish", "Yes, publish this to KashFlow: Enter then sends",
            footer=True),
        Act("body", "b", "SOAP body", "Show what goes over the wire, or the words", footer=True),
        Act("suppliers", "s", "Agree suppliers", "Agree to creating the suppliers", footer=True),
        Act("customers", "c", "Agree customers", "Agree to creating the customers"),
        Act("mend", "m", "Mend", "Mend what was found about this item", footer=True),
        Act("copy", "w", "Copy", "Copy the words or the SOAP body shown to the clipboard"),
        Act("back", "escape", "Cancel", "Go back; nothing is sent", footer=True),
    )  # fmt: skip

    def __init__(self, business_name: str, plan: Plan) -> None:
        super().__init__(business_name, "Items", "Publish")
        self.plan = plan
        self.agreed = Agreed()
        self.body_shown = False
        self.quick_fixes = QuickFixFlow(self, plan.business, self.plan_again)
        self.take(plan)

    def take(self, plan: Plan) -> None:
        """Have this plan shown from now on."""
        self.plan = plan
        self.bodies: dict[str, str] = {}
        self.planned = {one.item_id: one for one in plan.items}
        self.left_out = {one.item_id: one for one in plan.left_out}

    # What it shows

    def body(self) -> Iterable[Widget]:
        """Return the counts, the warnings, what would be created, items, sums, words."""
        yield TextLine(id="counts", grows=True)
        yield TextLine(id="watch", classes="muted hidden", grows=True)
        yield TextLine(self.plan.tax_note, id="tax-note", grows=True)
        yield TextLine(id="suppliers", classes="agree", grows=True)
        yield TextLine(id="customers", classes="agree", grows=True)
        yield LedgerTable(
            *NARROW,
            id="plan",
            classes="first",
            empty="There is nothing to publish: no item is ready.",
        )
        yield TextLine(id="totals", grows=True)
        with VerticalScroll(id="about"):
            yield TextLine(id="words", grows=True)

    def on_mount(self) -> None:
        """Show the plan, and look in KashFlow meanwhile."""
        self.show_plan()
        self.duplicates = DuplicateWatch(self, self.plan.business, self.looked)
        self.duplicates.look()

    def on_unmount(self) -> None:
        """Stop looking for duplicates: nobody is there to see them."""
        self.duplicates.stop()

    def looked(self, read: int, problem: Problem | None) -> None:
        """Plan anew where KashFlow had anything to read; show where it could not be looked at."""
        if problem is not None:
            self.query_one("#watch", TextLine).say(NOT_LOOKED)
        self.query_one("#watch", TextLine).set_class(problem is None, "hidden")
        if read:
            self.plan_again()

    def plan_again(self, told: str = "") -> None:
        """Plan the same items anew, after something was mended or found."""
        publishing, plan = self.services.desk.publishing, self.plan
        ids = [one.item_id for one in plan.items] + [one.item_id for one in plan.left_out]
        wanted = None if plan.everything else ids

        def planned(fresh: Plan) -> None:
            if told:
                self.notify(told, timeout=5, markup=False)
            self.take(fresh)
            self.show_plan()

        self.ask(lambda: publishing.plan(plan.business, wanted), planned, lane="items")

    def going(self) -> list[PlannedItem]:
        """Return the items that would be sent with what is agreed to now."""
        return [one for one in self.plan.items if self.goes(one)]

    def goes(self, planned: PlannedItem) -> bool:
        """Whether an item would be sent: what it needs created must be agreed to."""
        if planned.creates is None:
            return True
        return self.agreed.to(planned.creates)

    def show_plan(self) -> None:
        """Show everything as it follows from what is agreed to now."""
        self.chosen = ""
        self.set_class(bool(self.plan.tax_note), "tax-off")
        self.query_one("#tax-note", TextLine).say(self.plan.tax_note)
        self.show_choice()
        self.query_one("#suppliers", TextLine).say(
            box("s", "supplier", self.plan.new_suppliers, agreed=self.agreed.suppliers)
        )
        self.query_one("#customers", TextLine).say(
            box("c", "customer", self.plan.new_customers, agreed=self.agreed.customers)
        )
        for kind, names in (("suppliers", self.plan.new_suppliers),
                            ("customers", self.plan.new_customers)):  # fmt: skip
            self.query_one(f"#{kind}").set_class(not names, "hidden")
        self.query_one("#totals", TextLine).say(totals(self.going()))
        self.show_rows()
        self.refresh_bindings()

    def show_choice(self) -> None:
        """Say what would be sent, and by which key."""
        self.query_one("#counts", TextLine).say(
            counts(self.going(), self.plan, asked=bool(self.chosen))
        )
        self.query_one("#counts").set_class(bool(self.chosen), "strong")

    def show_rows(self) -> None:
        """Show a row an item, with the words where there is room for them."""
        table, wide = self.query_one(LedgerTable), self.has_class("-wide")
        table.lay_out(WIDE if wide else NARROW)
        rows = [row_of(one, goes=self.goes(one), wide=wide) for one in self.plan.items]
        table.show_rows([*rows, *map(row_left_out, self.plan.left_out)])

    def on_resize(self) -> None:
        """Use the columns that fit the new width, once Textual has told which it is."""
        self.call_after_refresh(self.show_rows)

    def on_ledger_table_moved(self) -> None:
        """Say all about the item under the cursor."""
        self.show_words()
        self.refresh_bindings()

    def show_words(self) -> None:
        """Show the words of the item under the cursor, or its SOAP body."""
        key = self.query_one(LedgerTable).cursor_key
        if key is not None and self.body_shown and key in self.planned:
            self.show_body(key)
        else:
            self.say(self.words_of(key))

    def say(self, text: str) -> None:
        """Show a text below the table."""
        self.query_one("#words", TextLine).say(text)
        self.query_one("#about").scroll_home(animate=False)

    def words_of(self, key: str | None) -> str:
        """Return all that is to show about an item."""
        if key in self.left_out:
            out = self.left_out[key]
            told = [f"Item {key} is left out: {out.reason}"]
            return stacked([*told, *findings_shown(out.findings)])
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
        return stacked([*told, *findings_shown(findings)])

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
            "mend": any(map(is_mendable, self.findings())),
        }
        return offered.get(action, True) and super().check_action(action, parameters)

    def findings(self) -> Sequence[Finding]:
        """Return what was found about the item under the cursor."""
        key = self.query_one(LedgerTable).cursor_key or ""
        one = self.planned.get(key) or self.left_out.get(key)
        return () if one is None else one.findings

    def action_mend(self) -> None:
        """Mend what was found about the item under the cursor."""
        key = self.query_one(LedgerTable).cursor_key
        if key is not None:
            self.quick_fixes.mend(key, self.findings())

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
        """Have Enter send."""
        self.choose("send")

    def action_send(self) -> None:
        """Yes: publish."""
        self.dismiss(Approved(self.plan, self.agreed))
