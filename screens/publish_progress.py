"""Publishing as it goes: a bar, a line an item, what each came to, and what is left at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from kfclient.desk.publish.report import PublishResult, result_of
from kfclient.desk.publish.runs import Wish
from screens.publishing_words import bar, is_broken, row_of, said, summary
from screens.question import QuestionScreen
from screens.review import Approved, ReviewScreen
from screens.room import Act, Room
from screens.unknown import UnknownScreen
from screens.widgets.ledger_table import Column, LedgerTable
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.timer import Timer
    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.planning import Plan
    from kfclient.errors import Problem
    from screens.services import PublishJob

REDRAW_SECONDS = 0.2
STILL = "What is being sent is finished first. The rest stays in the inbox, ready."


class PublishingScreen(Room[None]):
    """Shows the publishing of a business, whoever carries it out, while it goes on and after."""

    CSS_PATH = "publishing.tcss"
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
        """Show how far it is, and again with every news; count down while it waits."""
        self.services.news.subscribe(self, self.on_news)
        self.set_interval(1.0, self.count_down)
        self.draw()

    @property
    def job(self) -> PublishJob | None:
        """The publishing that is shown."""
        return self.services.publish_job(self.business)

    def on_news(self, event: Event) -> None:
        """Draw again soon: at most five times a second, however fast the news come."""
        if event.business == self.business and self.drawing is None:
            self.drawing = self.set_timer(REDRAW_SECONDS, self.draw)

    def count_down(self) -> None:
        """Show for how long it still waits."""
        job = self.job
        if job is not None and job.waiting is not None and not job.ended:
            self.query_one("#bar", Line).say(bar(job, stopping=self.stopping))

    def draw(self) -> None:
        """Show how far it is."""
        self.drawing = None
        job = self.job
        if job is None:
            return
        self.query_one("#bar", Line).say(bar(job, stopping=self.stopping))
        self.query_one("#counts", Line).say(summary(job))
        table = self.query_one(LedgerTable)
        table.show_rows(row_of(job, planned) for planned in job.plan.items)
        self.refresh_bindings()

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say all about the item under the cursor."""
        job = self.job
        text = "" if job is None or event.key is None else said(job, event.key)
        self.query_one("#reason", Line).say(text)
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
            self.services.resume_publish(self.business, lambda _: self.draw())
        elif job is not None:
            wish = Wish.GO_ON if job.paused else Wish.PAUSE
            self.services.steer_publish(self.business, wish)

    def action_stop(self) -> None:
        """Stop, after a question."""
        question = QuestionScreen("Stop publishing?", yes="Stop", more=STILL)
        self.app.push_screen(question, lambda yes: self.stop() if yes else None)

    def stop(self) -> None:
        """Ask the work to stop at its next safe point, whoever does it."""
        self.stopping = True
        self.services.steer_publish(self.business, Wish.STOP)
        self.draw()

    def action_rest(self) -> None:
        """Show what is left of published items, to be published after a look."""
        publishing, wanted = self.services.desk.publishing, self.left()
        self.ask(lambda: publishing.plan(self.business, wanted), self.review, lane="items")

    def review(self, plan: Plan) -> None:
        """Show a plan, and carry it out once it is agreed to."""

        def approved(answer: Approved | None) -> None:
            if answer is not None:
                self.services.start_publish(
                    answer.plan,
                    create_suppliers=answer.agreed.suppliers,
                    create_customers=answer.agreed.customers,
                )
                self.stopping = False
                self.draw()

        if self.on_top:
            self.app.push_screen(ReviewScreen(self.business_name, plan), approved)

    def action_look(self) -> None:
        """Look in KashFlow for what is of unknown outcome."""
        publishing = self.services.desk.publishing
        self.query_one("#reason", Line).say("Looking in KashFlow…")
        lane = f"publish-{self.business}"
        self.ask(lambda: publishing.resolve(self.business), self.settled, self.failed, lane=lane)

    def action_decide(self) -> None:
        """Show what was sent beside what KashFlow has."""
        key = self.query_one(LedgerTable).cursor_key or ""
        screen = UnknownScreen(self.business, self.business_name, key)
        self.app.push_screen(screen, lambda _: self.look_again())

    def look_again(self) -> None:
        """Show how the items stand now, after a person has decided."""
        items, job = self.services.desk.items, self.job
        if job is not None:
            wanted = list(job.state)
            self.ask(lambda: results_of(items, self.business, wanted), self.settled)

    def settled(self, results: Iterable[PublishResult]) -> None:
        """Show what is known of items now."""
        job = self.job
        if job is not None:
            for result in results:
                job.note(result)
        self.draw()

    def failed(self, problem: Problem) -> None:
        """Say why KashFlow could not be looked at."""
        self.query_one("#reason", Line).say(f"✗ {problem.sentence} {problem.cure}".rstrip())


def results_of(items: Items, business: str, wanted: Iterable[str]) -> list[PublishResult]:
    """Return how these items stand now; those that are gone from the inbox are left out."""
    every = items.by_id(business)
    return [
        result_of(every[one], items.state(business, every[one])) for one in wanted if one in every
    ]
