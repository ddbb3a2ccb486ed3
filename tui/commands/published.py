"""What a publishing run came to, told: the same words and exit code wherever it is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.output import count, say, say_json, warn
from tui.commands.shapes import Shape, item_shape
from tui.commands.standings import problem_shape
from tui.commands.stopping import STOPPED

if TYPE_CHECKING:
    from kfclient.desk import Desk
    from kfclient.desk.business.business import Business
    from kfclient.desk.publish.planning import Plan
    from kfclient.desk.publish.report import PublishReport


def tell_published(
    desk: Desk, business: Business, plan: Plan, report: PublishReport, *, as_json: bool
) -> int:
    """Tell what became of the items, and return the exit code.

    1 when an item was held back, is of unknown outcome, or has something left to do; for all that
    was ready also when others are to review. 130 when it was stopped.
    """
    shape = _shape(desk, plan, report)
    if as_json:
        say_json(shape)
    elif shape["items"]:
        _tell(business, report, shape)
    if report.cancelled:
        return STOPPED
    review = shape["to_review"] if plan.everything else 0
    return 1 if shape["held"] or shape["unknown"] or shape["left"] or review else 0


def _tell(business: Business, report: PublishReport, shape: Shape) -> None:
    there = f"{shape['already']} in KashFlow already, " if shape["already"] else ""
    say(
        f"{count(shape['published'], 'item')} published, {there}{shape['held']} held back, "
        f"{shape['unknown']} of unknown outcome."
    )
    if shape["left"]:
        say(f"{count(shape['left'], 'item')} in KashFlow with something left to do.")
    if report.stopped is not None:
        warn(f"{report.stopped.sentence}\n{report.stopped.cure}".rstrip())
    if shape["unknown"]:
        warn(f"Look in KashFlow for the unknown ones with: kashdeck resolve {business.id}")


def _shape(desk: Desk, plan: Plan, report: PublishReport) -> Shape:
    """Return every item that was asked for, as it stands now; what was left out is held back.

    But for those in KashFlow already, also when that was only found out now by looking there.
    """
    states = desk.items.states(plan.business)
    results = {result.item_id: result.problem for result in report.results}
    left_out = {left.item_id: left.reason for left in plan.behind if left.item_id not in results}
    already = {item_id for item_id in left_out if states[item_id].value == "published"}
    reasons = {item_id: left_out[item_id] for item_id in left_out if item_id not in already}
    planned = [one.item_id for one in plan.items]
    shapes = []
    for item_id in dict.fromkeys((*planned, *results, *left_out)):
        if item_id not in states:
            continue  # taken out of the inbox meanwhile
        problem = results.get(item_id, report.stopped)
        shape = item_shape(desk.items.get(plan.business, item_id), states[item_id], problem)
        if item_id in reasons:
            shape["problem"] = {"code": "left-out", "sentence": reasons[item_id], "cure": None}
        shapes.append(shape)
    published = sum(shape["id"] in results and shape["state"] == "published" for shape in shapes)
    unknown = sum(shape["state"] == "unknown" for shape in shapes)
    return {
        "items": shapes,
        "published": published,
        "already": len(already),
        "held": len(shapes) - published - len(already) - unknown,
        "unknown": unknown,
        "left": report.left,
        "to_review": sum(state.value == "to-review" for state in states.values()),
        "stopped": problem_shape(report.stopped),
        "cancelled": report.cancelled,
    }
