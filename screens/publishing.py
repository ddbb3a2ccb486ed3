"""Publishing as it goes: a bar, a line an item, and what each came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from kfclient.desk.item import Kind
from kfclient.errors import tell
from screens.item_words import amount_shown
from screens.question import QuestionScreen
from screens.room import Act, Room
from screens.widgets.ledger_table import Column, LedgerTable, Row
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.timer import Timer
    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.planning import PlannedItem
    from screens.services import PublishJob

SHOWN = {
    "waiting": ("· waiting", "dim"),
    "sending": ("↑ sending", ""),
    "published": ("■ published", "good"),
    "held": ("✗ held", "warn"),
    "unknown": ("! unknown", "bad"),
}
BAR = 30
NAMES_SHOWN = 3
REDRAW_SECONDS = 0.2
ONCE = "Nothing already published is published again."
UNKNOWN = (
    "It is not sent again before KashFlow has been looked at: go back to the items and press r."
)


class PublishingScreen(Room[None]):
    """Shows the publishing of a business, while it goes on and after."""

    CSS_PATH = "publishing.tcss"
    ACTS = (
        Act("stop", "x", "Stop", "Stop after what is being sent", footer=True),
        Act("back", "escape", "Back", "Go back; publishing goes on", footer=True),
    )

    def __init__(self, business_id: str, business_name: str) -> None:
        super().__init__(business_name, "Items", "Publishing")
        self.business = business_id
        self.drawing: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Return the bar, the counts, the table of items, and all about one of them."""
        yield Line(id="bar")
        yield Line(id="counts", grows=True)
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
            yield Line(id="reason", grows=True)

    def on_mount(self) -> None:
        """Show how far it is, and again with every news."""
        self.services.news.subscribe(self, self.on_news)
        self.draw()

    @property
    def job(self) -> PublishJob | None:
        """The publishing that is shown."""
        return self.services.publish_job(self.business)

    def on_news(self, event: Event) -> None:
        """Draw again soon: at most five times a second, however fast the news come."""
        if event.business == self.business and self.drawing is None:
            self.drawing = self.set_timer(REDRAW_SECONDS, self.draw)

    def draw(self) -> None:
        """Show how far it is."""
        self.drawing = None
        job = self.job
        if job is None:
            return
        self.query_one("#bar", Line).say(bar(job))
        self.query_one("#counts", Line).say(summary(job))
        table = self.query_one(LedgerTable)
        table.show_rows(row_of(job, planned) for planned in job.plan.items)
        self.refresh_bindings()

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say all about the item under the cursor."""
        job = self.job
        text = "" if job is None or event.key is None else said(job, event.key)
        self.query_one("#reason", Line).say(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to stop only while something goes on."""
        if action == "stop":
            job = self.job
            return job is not None and not job.ended and not job.cancel.is_set
        return super().check_action(action, parameters)

    def action_stop(self) -> None:
        """Stop, after a question."""
        question = QuestionScreen(
            "Stop publishing?",
            yes="Stop",
            more="What is being sent is finished first. The rest stays in the inbox, ready.",
        )
        self.app.push_screen(question, lambda yes: self.stop() if yes else None)

    def stop(self) -> None:
        """Ask the work to stop at its next safe point."""
        if self.job is not None:
            self.job.cancel.cancel()
            self.draw()


def bar(job: PublishJob) -> str:
    """Return the bar: how many items have come to an end, of how many."""
    whole = len(job.state)
    over = sum(state not in ("waiting", "sending") for state in job.state.values())
    filled = BAR * over // whole if whole else BAR
    if job.ended:
        words = "stopped" if job.cancelled else "done"
    else:
        words = "stopping after what is being sent" if job.cancel.is_set else "publishing"
    return f"{'█' * filled}{'░' * (BAR - filled)}  {over} of {whole}, {words}"


def summary(job: PublishJob) -> str:
    """Return what it has come to so far, and at the end what to do next."""
    states = list(job.state.values())
    parts = [f"{states.count('published')} published"]
    parts += [f"{states.count('held')} held" if "held" in states else ""]
    parts += [f"{states.count('unknown')} of unknown outcome" if "unknown" in states else ""]
    told = [f"{', '.join(part for part in parts if part)}. {ONCE}"]
    if job.created:
        more = len(job.created) - NAMES_SHOWN
        names = ", ".join(job.created[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        told.append(f"Created in KashFlow: {names}.")
    if job.problem is not None:
        told.append(f"✗ {tell(job.problem)}")
    return "\n".join(told)


def row_of(job: PublishJob, planned: PlannedItem) -> Row:
    """Return an item's row."""
    state = job.state[planned.item_id]
    words, tone = SHOWN[state]
    if state == "waiting" and job.ended:
        words = "· not sent"
    problem = job.problems.get(planned.item_id)
    number = job.numbers.get(planned.item_id)
    result = problem.sentence if problem else ""
    if number is not None:
        result = f"No. {number}{'  ! look' if problem else ''}"
    cells = (
        words,
        planned.item_id,
        "Invoice" if planned.kind is Kind.SALE else "Purchase",
        planned.contact,
        amount_shown(planned.gross, planned.currency),
        result,
    )
    return Row(planned.item_id, cells, tone)


def said(job: PublishJob, item_id: str) -> str:
    """Return all about one item: what is sent, and what it came to."""
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
    return "\n".join([*told, planned.sentence])
