"""What will be sent, in the bookkeeper's words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kfclient.desk.inbox.item import Severity
from kfclient.desk.publish.followups import PlannedFile, PlannedNote, PlannedPayment
from kfclient.money import plain, shown
from tui.commands.output import count, say
from tui.commands.shapes import Shape, finding_shapes

if TYPE_CHECKING:
    from kfclient.desk.inbox.item import Finding
    from kfclient.desk.publish.followups import Followup
    from kfclient.desk.publish.planning import Plan, PlannedItem

_TOLD = (
    "W-TAX-OFF",
    "W-SUPPLIER-NEW",
    "W-CUSTOMER-NEW",
    "W-PAYMENT-METHOD-",
    "W-BANK-ACCOUNT-UNKNOWN",
    "W-BANK-ACCOUNT-AMBIGUOUS",
)
"""What the plan's own words say already, once for all items or in an item's sentence."""


def plan_shape(plan: Plan, bodies: Mapping[str, str]) -> Shape:
    """Return a plan as `publish --dry-run` gives it."""
    return {
        "dry_run": True,
        "items": [_item_shape(item, bodies.get(item.item_id)) for item in plan.items],
        "left_out": [
            {
                "id": left.item_id,
                "reason": left.reason,
                "findings": finding_shapes(left.findings),
            }
            for left in plan.left_out
        ],
        "new_suppliers": list(plan.new_suppliers),
        "new_customers": list(plan.new_customers),
        "totals": [
            {
                "currency": total.currency,
                "count": total.count,
                "net": plain(total.net),
                "vat": plain(total.vat),
                "gross": plain(total.gross),
            }
            for total in plan.totals
        ],
        "tax_note": plan.tax_note or None,
        "fingerprint": plan.fingerprint,
    }


def _item_shape(item: PlannedItem, body: str | None) -> Shape:
    creates = item.creates
    return {
        "id": item.item_id,
        "kind": item.kind.value,
        "contact": item.contact,
        "sentence": item.sentence,
        "operation": item.operation,
        "reference": item.invoice.customer_reference or None,
        "date": item.invoice.invoice_date,
        "due_date": item.invoice.due_date,
        "currency": item.currency,
        "net": plain(item.net),
        "vat": plain(item.vat),
        "gross": plain(item.gross),
        "number": item.number,
        "creates": None if creates is None else {"kind": creates.kind, "name": creates.name},
        "followups": [_followup_shape(one) for one in item.followups],
        "findings": finding_shapes(item.findings),
        "body": body,
    }


def _followup_shape(followup: Followup) -> Shape:
    """Return what follows a document: its payment, a file or its note, by `kind`."""
    if isinstance(followup, PlannedPayment):
        return {
            "kind": "payment",
            "date": followup.payment.pay_date,
            "amount": plain(followup.payment.pay_amount),
            "currency": followup.currency,
            "bank_account": followup.account,
            "payment_method": followup.method,
        }
    if isinstance(followup, PlannedFile):
        return {
            "kind": "file",
            "name": followup.name,
            "path": followup.path,
            "bytes": followup.size,
            "sha256": followup.digest or None,
        }
    return {"kind": "note", "date": followup.day, "text": followup.text}


def tell_plan(plan: Plan, bodies: Mapping[str, str] | None = None, *, brief: bool = False) -> None:
    """Write what would be sent, what is left out and why, and the totals.

    `brief` only counts what is left out, for when nobody asked for it by number.
    """
    if not plan.items:
        say("There is nothing to send.")
    for item in plan.items:
        say(f"Item {item.item_id}: {item.sentence}")
        _tell_findings(one for one in item.findings if not one.code.startswith(_TOLD))
        if bodies and item.item_id in bodies:
            say(bodies[item.item_id])
    _tell_left_out(plan, brief=brief)
    for names, one in ((plan.new_suppliers, "supplier"), (plan.new_customers, "customer")):
        if names:
            say(f"KashFlow does not have {count(len(names), one)}: {', '.join(names)}")
    for total in plan.totals:
        net, vat, gross = (
            shown(amount, total.currency) for amount in (total.net, total.vat, total.gross)
        )
        say(f"Total {total.currency}: net {net}, VAT {vat}, gross {gross}")
    following = _following(plan)
    if following:
        say(f"After the documents: {following}")
    if plan.tax_note:
        say(plan.tax_note)


def _following(plan: Plan) -> str:
    """Return how many payments, files and notes follow the documents, "" for none."""
    kinds = Counter(type(one) for item in plan.items for one in item.followups)
    nouns = ((PlannedPayment, "payment"), (PlannedFile, "file"), (PlannedNote, "note"))
    return ", ".join(count(kinds[kind], noun) for kind, noun in nouns if kinds[kind])


def _tell_left_out(plan: Plan, *, brief: bool) -> None:
    if brief and plan.left_out:
        say(f"Left out, to be looked at first: {count(len(plan.left_out), 'item')}.")
        return
    for left in plan.left_out:
        say(f"Item {left.item_id} is left out: {left.reason}")
        _tell_findings(one for one in left.findings if one.severity is Severity.STOP)


def _tell_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        say(f"  {finding.code}: {finding.sentence}")
        if finding.severity is Severity.STOP and finding.cure:
            say(f"    {finding.cure}")
