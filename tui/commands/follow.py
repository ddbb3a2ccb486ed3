"""Publishing that goes on elsewhere: followed, paused, resumed, stopped; and what a run came to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kfclient.desk.business.status import RunPhase, broken_off, command, how_it_goes
from kfclient.desk.errors import NothingRuns
from kfclient.desk.runs.runs import RunRequest
from kfclient.errors import Cancelled
from tui.commands.output import count, say, say_json, tell_problem, warn
from tui.commands.progress import STOPPED, Progress, stoppable
from tui.commands.shapes import Shape, item_shape
from tui.commands.status import problem_shape, run_shape

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from kfclient.desk import Desk
    from kfclient.desk.model.business import Business
    from kfclient.desk.publish.journal_records import PublishReport
    from kfclient.desk.publish.plan import Plan


# What a publishing run came to, printed: the same words and exit code wherever it is waited for.


def tell_published(
    desk: Desk, business: Business, plan: Plan, report: PublishReport, *, as_json: bool
) -> int:
    """Tell what became of the items, and return the exit code.

    1 when an item was held back, is of unknown outcome, is in KashFlow otherwise than it was sent,
    or has something left to do; for all that was ready also when others are to review. 130 when it
    was stopped.
    """
    shape = _shape(desk, plan, report)
    results = {result.item_id for result in report.results}
    amiss = [
        one
        for one in shape["items"]
        if one["id"] in results and one["state"] == "published" and one["problem"]
    ]
    if as_json:
        say_json(shape)
    elif shape["items"]:
        _tell(business, report, shape, amiss)
    if report.cancelled:
        return STOPPED
    review = shape["to_review"] if plan.everything else 0
    return 1 if shape["held"] or shape["unknown"] or shape["left"] or amiss or review else 0


def _tell(business: Business, report: PublishReport, shape: Shape, amiss: Sequence[Shape]) -> None:
    there = f"{shape['already']} in KashFlow already, " if shape["already"] else ""
    say(
        f"{count(shape['published'], 'item')} published, {there}{shape['held']} held back, "
        f"{shape['unknown']} of unknown outcome."
    )
    if shape["left"]:
        say(f"{count(shape['left'], 'item')} in KashFlow with something left to do.")
    for one in amiss:
        problem = one["problem"]
        warn(f"Item {one['id']}: {problem['sentence']} {problem['cure'] or ''}".rstrip())
    if report.stopped is not None:
        tell_problem(report.stopped)
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


_LEFT = b"\nLeft; the publishing goes on.\n"

_HEEDED = 3.0
"""Seconds in which a run does what it is asked, but for what is on its way."""


def follow(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Show the last run as it goes, to its end; Ctrl-C leaves it and 130 is the exit code."""
    status = desk.publishing.status(business.id)
    run = desk.publishing.last_run(business.id)
    if not args.json and status is not None:
        say(f"The publishing of {business.name}: {how_it_goes(*status)}")
    names = {} if run is None else names_of(desk.publishing.plan_of(business.id, run))
    progress = Progress(quiet=args.json, names=names)
    try:
        with stoppable(_LEFT) as cancel:
            run, report = desk.publishing.follow(business.id, progress, cancel)
    except Cancelled:
        if args.json:
            raise
        return STOPPED
    plan = desk.publishing.plan_of(business.id, run)
    return tell_published(desk, business, plan, report, as_json=args.json)


def pause(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Have the run that goes on send nothing new."""
    _ask(desk, business, RunRequest.PAUSE)
    paused = _wait_for(desk, business, RunPhase.PAUSED)
    on = command(business.name, "--resume")
    words = "Paused" if paused else "Asked to pause"
    return _answer(
        desk, business, args, f"{words}; what is on its way is finished.", f"Go on with: {on}"
    )


def go_on(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Have the run that is paused go on."""
    _ask(desk, business, RunRequest.GO_ON)
    _wait_for(desk, business, RunPhase.RUNNING, RunPhase.WAITING)
    following = command(business.name, "--follow")
    return _answer(desk, business, args, "It goes on.", f"Follow it with: {following}")


def stop(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Stop the run that goes on, after what is on its way; or give up one that was broken off."""
    if desk.publishing.interrupted(business.id) is not None:
        desk.publishing.give_up(business.id)
        return _answer(desk, business, args, "Given up. What was not sent stays in the inbox.")
    _ask(desk, business, RunRequest.STOP)
    stopped = _wait_for(desk, business, RunPhase.ENDED)
    words = "Stopped." if stopped else "It stops as soon as what is on its way is finished."
    return _answer(desk, business, args, f"{words} What was not sent stays in the inbox.")


def names_of(plan: Plan) -> dict[str, str]:
    """Return the name to show beside each item's number."""
    return {item.item_id: item.contact for item in plan.items}


def warn_of_broken_off(desk: Desk, business: Business) -> None:
    """Say that a run of the business was broken off, and how to carry it on, if one was."""
    status = desk.publishing.status(business.id)
    if status is not None and status[1] is RunPhase.INTERRUPTED:
        sentence, cure = broken_off(business.name, status[0])
        warn(sentence, *cure.split("\n"))


def tell_run(desk: Desk, business: Business, *words: str, as_json: bool) -> None:
    """Say how the run goes, as JSON, or in these words."""
    if as_json:
        say_json({"run": run_shape(desk.publishing.status(business.id))})
    else:
        say(*words)


def _answer(desk: Desk, business: Business, args: argparse.Namespace, *words: str) -> int:
    tell_run(desk, business, *words, as_json=args.json)
    return 0


def _ask(desk: Desk, business: Business, request: RunRequest) -> None:
    """Ask; raises `NothingRuns`, which says so where a run was broken off."""
    try:
        desk.publishing.ask(business.id, request)
    except NothingRuns:
        status = desk.publishing.status(business.id)
        if status is not None and status[1] is RunPhase.INTERRUPTED:
            raise NothingRuns(*broken_off(business.name, status[0])) from None
        raise


def _wait_for(desk: Desk, business: Business, *wanted: RunPhase) -> bool:
    """Wait a moment until the run stands as it is wanted to; return whether it does."""
    until = time.monotonic() + _HEEDED
    while time.monotonic() < until:
        status = desk.publishing.status(business.id)
        if status is None or status[1] in wanted:
            return True
        time.sleep(0.1)
    return False
