"""An item of unknown outcome: what was sent beside what KashFlow has, and a person's answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kfclient.errors import tell
from screens.app_screen import Act, AppScreen, Question
from screens.dialogs import ConfirmScreen
from screens.picker import home_currency
from screens.side_by_side import columns_of, of_candidate, of_sent, rows_of
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import LedgerTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.publish.decide import Candidate, Candidates
    from kfclient.desk.publish.journal_records import PublishResult
    from kfclient.errors import Problem

RISK = (
    "The item is ready again then. Should it be in KashFlow after all, publishing it once more "
    "would have it in the books twice."
)


class ResolveScreen(Question, AppScreen[str]):
    """Shows candidates one at a time; dismisses with what was decided, in words, or None."""

    CSS_PATH = "side_by_side.tcss"
    ANSWERS = frozenset("yn")
    AGREEING = frozenset("rhl")
    ACTS = (
        Act("this", "y", "It is this one", "KashFlow's document is this item: take it over",
            footer=True),
        Act("none", "n", "None of these", "It is not in KashFlow: make it ready again, once "
            "KashFlow cannot be at work on it any more", footer=True),
        Act("look", "r", "Look again", "Look in KashFlow again", footer=True),
        Act("turn(1)", "right,l", "Next one", "Show the next of KashFlow's documents",
            footer=True),
        Act("turn(-1)", "left,h", "One before", "Show the one before"),
        Act("back", "escape", "Back", "Decide later; it is not sent again meanwhile",
            footer=True),
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str, item_id: str) -> None:
        super().__init__(business_name, "Items", f"Item {item_id}", "Unknown outcome")
        self.business = business_id
        self.item_id = item_id
        self.found: Candidates | None = None
        self.at = 0
        self.free_at = 0.0

    def body(self) -> Iterable[Widget]:
        """Return what happened, the two side by side, and what the answers mean."""
        yield TextLine("Looking in KashFlow…", id="why", grows=True)
        yield LedgerTable(id="sides", classes="first", empty="")
        yield TextLine(id="wait", grows=True)
        yield TextLine(id="answers", grows=True)

    def on_mount(self) -> None:
        """Look in KashFlow, and count down until "none of these" may be said."""
        self.set_interval(1.0, self.count_down)
        self.look()

    def look(self) -> None:
        """Look in KashFlow for what may be the item."""
        resolving = self.services.desk.resolving
        self.query_one("#why", TextLine).say("Looking in KashFlow…")
        self.ask(lambda: resolving.candidates(self.business, self.item_id), self.show, self.failed)

    def failed(self, problem: Problem) -> None:
        """Say why KashFlow could not be looked at, or why nothing was decided."""
        self.query_one("#why", TextLine).say(f"✗ {tell(problem)}")

    def show(self, found: Candidates) -> None:
        """Show what was found."""
        self.found, self.at = found, 0
        self.free_at = time.monotonic() + found.seconds
        self.show_sides()
        self.count_down()

    def candidate(self) -> Candidate | None:
        """Return the document that is shown beside what was sent."""
        found = self.found.found if self.found is not None else ()
        return found[self.at] if found else None

    def show_sides(self) -> None:
        """Show what was sent, beside one of KashFlow's documents if there is one."""
        if self.found is None:
            return
        one, many = self.candidate(), len(self.found.found)
        told = "! It was sent and no answer came."
        if one is None:
            told = f"{told} KashFlow has nothing that may be it."
        elif many == 1:
            told = f"{told} KashFlow has one document that may be it."
        else:
            told = f"{told} KashFlow has {many} that may be it: this is {self.at + 1} of {many}."
        self.query_one("#why", TextLine).say(told)
        sides = [of_sent(self.found)]
        if one is not None:
            home = home_currency(self.services.desk, self.business)
            sides.append(of_candidate(one, home))
        table = self.query_one(LedgerTable)
        table.show_columns(*columns_of(sides))
        table.show_rows(rows_of(sides))
        self.refresh_bindings()

    def seconds(self) -> int:
        """Return for how long KashFlow may still be at work on it."""
        return max(0, round(self.free_at - time.monotonic()))

    def count_down(self) -> None:
        """Say for how long it is too early to say that it is none of these."""
        if self.found is None:
            return
        wait = self.query_one("#wait", TextLine)
        if left := self.seconds():
            wait.say(f"KashFlow may still be at work on it for {left} seconds; n only after that.")
        elif wait.content:
            wait.say("")
            self.refresh_bindings()
        answers = [f"n: it is not in KashFlow. {RISK}"]
        if self.candidate() is not None:
            answers.insert(0, "y: the document shown is this item; nothing is sent again.")
        self.query_one("#answers", TextLine).say("\n".join(answers))

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be said now."""
        found = self.found.found if self.found is not None else ()
        offered = {
            "this": bool(found),
            "none": self.found is not None and not self.seconds(),
            "turn": len(found) > 1,
            "turn(1)": len(found) > 1,
            "turn(-1)": len(found) > 1,
        }
        return offered.get(action, True) and super().check_action(action, parameters)

    def action_look(self) -> None:
        """Look again."""
        self.look()

    def action_turn(self, by: int) -> None:
        """Show another of KashFlow's documents."""
        if self.found is not None and self.found.found:
            self.at = (self.at + by) % len(self.found.found)
            self.show_sides()

    def action_this(self) -> None:
        """Take the one shown for the item, after a question."""
        one = self.candidate()
        if one is None:
            return
        question = ConfirmScreen(
            f"Is item {self.item_id} the document {one.number} in KashFlow?",
            yes=f"It is {one.number}",
            more="The item is published under that number then. Nothing is sent to KashFlow.",
        )
        self.app.push_screen(question, lambda yes: self.decide(one.number) if yes else None)

    def action_none(self) -> None:
        """Take none of them for it, after a question that names the risk."""
        question = ConfirmScreen(
            f"Is item {self.item_id} not in KashFlow?", yes="It is not there", more=RISK
        )
        self.app.push_screen(question, lambda yes: self.decide(None) if yes else None)

    def decide(self, number: int | None) -> None:
        """Settle it as the person says."""
        resolving = self.services.desk.resolving
        self.ask(
            lambda: resolving.decide(self.business, self.item_id, number=number),
            self.decided,
            self.failed,
            lane=f"publish-{self.business}",
        )

    def decided(self, result: PublishResult) -> None:
        """Leave, and say what it is now."""
        told = f"✓ Item {result.item_id} is No. {result.number} in KashFlow."
        if result.number is None:
            told = f"✓ Item {result.item_id} is not in KashFlow, and can be published again."
        self.dismiss(told)
