"""What will be sent, in the bookkeeper's words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kfclient.money import plain, shown
from tui.commands.output import count, say
from tui.commands.shapes import finding_shapes

if TYPE_CHECKING:
    from kfclient.desk.item import Finding
    from kfclient.desk.planning import Plan


def plan_shape(plan: Plan, bodies: Mapping[str, str]) -> dict[str, Any]:
    """Return a plan as `publish --dry-run` gives it."""
    return {
        "dry_run": True,
        "items": [
            {
                "id": item.item_id,
                "kind": item.kind.value,
                "contact": item.contact,
                "sentence": item.sentence,
                "operation": item.operation,
                "currency": item.currency,
                "net": plain(item.net),
                "vat": plain(item.vat),
                "gross": plain(item.gross),
                "findings": finding_shapes(item.findings),
                "body": bodies.get(item.item_id),
            }
            for item in plan.items
        ],
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


def tell_plan(plan: Plan, bodies: Mapping[str, str] | None = None, *, brief: bool = False) -> None:
    """Write what would be sent, what is left out and why, and the totals.

    `brief` only counts what is left out, for when nobody asked for it by number.
    """
    if not plan.items:
        say("There is nothing to send.")
    for item in plan.items:
        say(f"Item {item.item_id}: {item.sentence}")
        _tell_findings(item.findings)
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
    if plan.tax_note:
        say(plan.tax_note)


def _tell_left_out(plan: Plan, *, brief: bool) -> None:
    if brief and plan.left_out:
        say(f"Left out, to be looked at first: {count(len(plan.left_out), 'item')}.")
        return
    for left in plan.left_out:
        say(f"Item {left.item_id} is left out: {left.reason}")
        _tell_findings(left.findings)


def _tell_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        say(f"  {finding.code}: {finding.sentence}")
