"""The words of a run of publishing: how far it is, what it came to, an item's row and its steps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kfclient.desk.errors import BrokenOff
from kfclient.desk.inbox.item import Kind
from kfclient.errors import tell
from screens.item_words import amount_shown
from screens.review_words import counted
from screens.widgets.ledger_table import Row

if TYPE_CHECKING:
    from kfclient.desk.publish.planning import PlannedItem
    from screens.services import PublishJob

SHOWN = {
    "waiting": ("· waiting", "dim"),
    "sending": ("↑ sending", ""),
    "published": ("■ published", "good"),
    "left": ("■ part left", "warn"),
    "held": ("✗ held", "warn"),
    "unknown": ("! unknown", "bad"),
}
BAR = 30
NAMES_SHOWN = 3
ONCE = "Nothing already published is published again."
UNKNOWN = "It is not sent again before KashFlow has been looked at: press r, or w to decide."


def state_of(job: PublishJob, item_id: str) -> str:
    """Return where an item of the run stands, a key of `SHOWN`."""
    state = job.state[item_id]
    return "left" if state == "published" and job.left.get(item_id) else state


def is_broken(job: PublishJob) -> bool:
    """Whether the session that carried it out has gone before its end."""
    return job.problem is not None and job.problem.code == BrokenOff.code


def seconds_left(job: PublishJob) -> int:
    """Return for how many seconds the run still waits by itself."""
    return max(0, round(job.waits_until - time.monotonic()))


def bar(job: PublishJob, *, stopping: bool) -> str:
    """Return the bar: how many items have come to an end, of how many."""
    whole = len(job.state)
    over = sum(state not in ("waiting", "sending") for state in job.state.values())
    filled = BAR * over // whole if whole else BAR
    if job.ended:
        words = "broken off" if is_broken(job) else "stopped" if job.cancelled else "done"
    elif stopping:
        words = "stopping after what is being sent"
    elif job.paused:
        words = "paused: p goes on"
    elif job.waiting is not None:
        words = f"waiting {seconds_left(job)} s, then it goes on"
    else:
        words = "publishing" if job.mine else "published by another session"
    return f"{'█' * filled}{'░' * (BAR - filled)}  {over} of {whole}, {words}"


def summary(job: PublishJob) -> str:
    """Return what it has come to so far, and at the end what to do next."""
    states = [state_of(job, item_id) for item_id in job.state]
    published = states.count("published") + states.count("left")
    parts = [f"{published} published"]
    parts += [f"{states.count('held')} held" if "held" in states else ""]
    parts += [f"{states.count('unknown')} of unknown outcome" if "unknown" in states else ""]
    told = [f"{', '.join(part for part in parts if part)}. {ONCE}"]
    if left := states.count("left"):
        more = " l publishes just that." if job.ended else ""
        told.append(f"Something is left to do for {counted(left, 'published item')}.{more}")
    if job.created:
        rest = len(job.created) - NAMES_SHOWN
        names = ", ".join(job.created[:NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
        told.append(f"Created in KashFlow: {names}.")
    if job.waiting is not None and not job.ended:
        told.append(f"! {job.waiting.problem.sentence}")
    if job.problem is not None:
        told.append(f"✗ {job.problem.sentence if is_broken(job) else tell(job.problem)}")
    if is_broken(job):
        told.append("p carries it on.")
    return "\n".join(told)


def row_of(job: PublishJob, planned: PlannedItem) -> Row:
    """Return an item's row."""
    item_id = planned.item_id
    state = state_of(job, item_id)
    words, tone = SHOWN[state]
    if state == "waiting" and job.ended:
        words = "· not sent"
    problem = job.problems.get(item_id)
    number = job.numbers.get(item_id)
    result = problem.sentence if problem else ""
    if number is not None:
        steps = len(job.steps.get(item_id, {}))
        beside = f", {counted(steps, 'step')}" if steps else ""
        result = f"No. {number}{beside}{'  ! look' if problem else ''}"
    cells = (
        words,
        item_id,
        "Invoice" if planned.kind is Kind.SALE else "Purchase",
        planned.contact,
        amount_shown(planned.gross, planned.currency),
        result,
    )
    return Row(item_id, cells, tone)


def said(job: PublishJob, item_id: str) -> str:
    """Return all about one item: what is sent, what it came to, and each of its steps."""
    planned = next(one for one in job.plan.items if one.item_id == item_id)
    state, problem = job.state[item_id], job.problems.get(item_id)
    told = []
    if state == "unknown":
        what = problem.sentence if problem else "KashFlow may have it or not."
        told.append(f"! {what} {UNKNOWN}")
    elif state == "published" and item_id in job.numbers:
        told.append(f"■ In KashFlow as No. {job.numbers[item_id]}.")
    if problem is not None and state != "unknown":
        told.append(f"{'!' if state == 'published' else '✗'} {tell(problem)}")
    told += step_lines(job, item_id)
    return "\n".join([*told, planned.sentence])


def step_lines(job: PublishJob, item_id: str) -> list[str]:
    """Return a line for each step that followed the document, and for what is left."""
    told = {
        what: f"✗ {what}: {why}" if why else f"✓ {what}"
        for what, why in job.steps.get(item_id, {}).items()
    }
    for step in job.left.get(item_id, ()):
        why = f": {tell(step.problem)}" if step.problem is not None else ""
        state = "! Of unknown outcome" if step.unknown else "✗ Left to do"
        told[step.what] = f"{state}, {step.what}{why}"
    return list(told.values())
