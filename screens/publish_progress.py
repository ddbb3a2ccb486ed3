"""Publishing as it goes: a bar, a line an item, what each came to, and what is left at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from kfclient.desk.errors import BrokenOff
from kfclient.desk.model.sides import side_of
from kfclient.desk.publish.journal_records import PublishResult, result_of
from kfclient.desk.runs.runs import RunRequest
from kfclient.errors import tell
from kfclient.visible import stacked
from screens.app_screen import Act, AppScreen
from screens.dialogs import ConfirmScreen, look_first
from screens.item_words import amount_shown
from screens.publish_review import Approved, PublishReviewScreen, counted
from screens.resolve import ResolveScreen
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.timer import Timer
    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.plan import Plan, PlannedItem
    from kfclient.errors import Problem
    from screens.services import PublishJob


# The words of a run of publishing: how far it is, what it came to, an item's row and its steps.

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
        words = job.problem.sentence if is_broken(job) else tell(job.problem)
        told += f"✗ {words}".split("\n")
    if is_broken(job):
        told.append("p carries it on.")
    return stacked(told)


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
        side_of(planned.kind).document.capitalize(),
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
        told += f"{'!' if state == 'published' else '✗'} {tell(problem)}".split("\n")
    told += step_lines(job, item_id)
    return stacked([*told, planned.sentence])


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


REDRAW_SECONDS = 0.2
STILL = "What is being sent is finished first. The rest stays in the inbox, ready."


class PublishProgressScreen(AppScreen[None]):
    """Shows the publishing of a business, whoever carries it out, while it goes on and after."""

    CSS_PATH = "publish_progress.tcss"
    ACTS = (
        Act("pause", "p", "Pause or go on", "Send nothing new for a while, or go on", footer=True),
        Act("stop", "x", "Stop", "Stop after what is being sent", footer=True),
        Act("rest", "l", "What is left", "Publish just what is left of published items",
            footer=True),
        Act("look", "r", "Look in KashFlow", "Look in KashFlow for what is of unknown outcome",
            footer=True),
        Act("decide", "w", "Decide", "Say what became of the item of unknown outcome",
            footer=True),
        Act("back", "escape", "Back", "Go back; publishing goes on", footer=True),
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str) -> None:
        super().__init__(business_name, "Items", "Publishing")
        self.business = business_id
        self.business_name = business_name
        self.drawing: Timer | None = None
        self.stopping = False

    def body(self) -> Iterable[Widget]:
        """Return the bar, the counts, the table of items, and all about one of them."""
        yield TextLine(id="bar")
        yield TextLine(id="counts", grows=True)
        yield LedgerTable(
            Column("State", 12),
            Column("No.", 5, "right"),
            Column("As", 8),
            Column("Contact"),
            Column("Gross", 14, "right"),
            Column("In KashFlow"),
            classes="first",
        )
        with VerticalScroll(id="about"):
            yield TextLine(id="reason", grows=True)

    def on_mount(self) -> None:
        """Show how far it is, and again with every event; count down while it waits."""
        self.services.events.subscribe(self, self.heard)
        self.set_interval(1.0, self.count_down)
        self.draw()

    @property
    def job(self) -> PublishJob | None:
        """The publishing that is shown."""
        return self.services.publishing.job(self.business)

    def heard(self, event: Event) -> None:
        """Draw again soon: at most five times a second, however fast events come."""
        if event.business == self.business and self.drawing is None:
            self.drawing = self.set_timer(REDRAW_SECONDS, self.draw)

    def count_down(self) -> None:
        """Show for how long it still waits."""
        job = self.job
        if job is not None and job.waiting is not None and not job.ended:
            self.query_one("#bar", TextLine).say(bar(job, stopping=self.stopping))

    def draw(self) -> None:
        """Show how far it is."""
        self.drawing = None
        job = self.job
        if job is None:
            return
        self.query_one("#bar", TextLine).say(bar(job, stopping=self.stopping))
        self.query_one("#counts", TextLine).say(summary(job))
        table = self.query_one(LedgerTable)
        table.show_rows(row_of(job, planned) for planned in job.plan.items)
        self.refresh_bindings()

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say all about the item under the cursor."""
        job = self.job
        text = "" if job is None or event.key is None else said(job, event.key)
        self.query_one("#reason", TextLine).say(text)
        self.refresh_bindings()

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to do: steering while it goes on, the rest once it has ended."""
        job = self.job
        going = job is not None and not job.ended
        key = self.query_one(LedgerTable).cursor_key if self.is_mounted else None
        offered = {
            "pause": (going and not self.stopping) or (job is not None and is_broken(job)),
            "stop": going and not self.stopping,
            "rest": not going and bool(self.left()),
            "look": not going and job is not None and "unknown" in job.state.values(),
            "decide": not going and job is not None and job.state.get(key or "") == "unknown",
        }
        return offered.get(action, True) and super().check_action(action, parameters)

    def left(self) -> list[str]:
        """Return the published items of which something is left that may be sent."""
        job = self.job
        found = {} if job is None else job.left
        return [
            key for key, steps in found.items() if steps and not any(one.unknown for one in steps)
        ]

    def action_pause(self) -> None:
        """Pause, or go on; a run that broke off is carried on."""
        job = self.job
        if job is not None and is_broken(job):
            self.services.publishing.resume(self.business, lambda _: self.draw())
        elif job is not None:
            request = RunRequest.GO_ON if job.paused else RunRequest.PAUSE
            self.services.publishing.steer(self.business, request)

    def action_stop(self) -> None:
        """Stop, after a question."""
        question = ConfirmScreen("Stop publishing?", yes="Stop", more=STILL)
        self.app.push_screen(question, lambda yes: self.stop() if yes else None)

    def stop(self) -> None:
        """Ask the work to stop at its next safe point, whoever does it."""
        self.stopping = True
        self.services.publishing.steer(self.business, RunRequest.STOP)
        self.draw()

    def action_rest(self) -> None:
        """Show what is left of published items, to be published after a look."""
        publishing, wanted = self.services.desk.publishing, self.left()
        look_first(
            self,
            "Looking what would be sent…",
            lambda: publishing.plan(self.business, wanted),
            self.review,
        )

    def review(self, plan: Plan) -> None:
        """Show a plan, and carry it out once it is agreed to."""

        def approved(answer: Approved | None) -> None:
            if answer is not None:
                self.services.publishing.start(
                    answer.plan,
                    create_suppliers=answer.agreed.suppliers,
                    create_customers=answer.agreed.customers,
                )
                self.stopping = False
                self.draw()

        if self.on_top:
            self.app.push_screen(PublishReviewScreen(self.business_name, plan), approved)

    def action_look(self) -> None:
        """Look in KashFlow for what is of unknown outcome."""
        resolving = self.services.desk.resolving
        self.query_one("#reason", TextLine).say("Looking in KashFlow…")
        lane = f"publish-{self.business}"
        self.ask(lambda: resolving.resolve(self.business), self.resolved, self.failed, lane=lane)

    def action_decide(self) -> None:
        """Show what was sent beside what KashFlow has."""
        key = self.query_one(LedgerTable).cursor_key or ""
        screen = ResolveScreen(self.business, self.business_name, key)
        self.app.push_screen(screen, lambda _: self.look_again())

    def look_again(self) -> None:
        """Show how the items stand now, after a person has decided."""
        items, job = self.services.desk.items, self.job
        if job is not None:
            wanted = list(job.state)
            self.ask(lambda: results_of(items, self.business, wanted), self.resolved)

    def resolved(self, results: Iterable[PublishResult]) -> None:
        """Show what is known of items now."""
        job = self.job
        if job is not None:
            for result in results:
                job.note(result)
        self.draw()

    def failed(self, problem: Problem) -> None:
        """Say why KashFlow could not be looked at."""
        self.query_one("#reason", TextLine).say(f"✗ {problem.sentence} {problem.cure}".rstrip())


def results_of(items: Items, business: str, wanted: Iterable[str]) -> list[PublishResult]:
    """Return how these items stand now; those that are gone from the inbox are left out."""
    every = items.by_id(business)
    return [
        result_of(every[one], items.state(business, every[one])) for one in wanted if one in every
    ]
