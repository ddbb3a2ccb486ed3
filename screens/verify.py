"""Looks in KashFlow whether what was published is there as it was sent; shows what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from kfclient.cancel import Cancel
from kfclient.desk.published.verify import Verdict
from kfclient.errors import tell
from kfclient.visible import stacked
from screens.app_screen import Act, AppScreen
from screens.publish_review import counted
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.published.verify import VerifyReport, VerifyResult
    from kfclient.errors import Problem

VERDICTS = {
    Verdict.SAME: ("= as it was sent", "good"),
    Verdict.CHANGED: ("≠ changed there", "bad"),
    Verdict.DELETED: ("✗ deleted there", "bad"),
    Verdict.REPLACED: ("✗ another document", "bad"),
    Verdict.NOT_READ: ("! not looked at", "warn"),
}


class VerifyScreen(AppScreen[None]):
    """Verifies published items, all or these, while it is shown; Esc stops it."""

    CSS_PATH = "item_actions.tcss"
    ACTS = (
        Act("copy", "w", "Copy", "Copy what differs to the clipboard", footer=True),
        Act("back", "escape", "Back", "Stop looking, or go back", footer=True),
    )

    def __init__(self, business_id: str, business_name: str, ids: Sequence[str] | None) -> None:
        super().__init__(business_name, "Items", "Verify")
        self.business = business_id
        self.ids = ids
        self.cancel = Cancel()
        self.looked = 0
        self.report: VerifyReport | None = None

    def body(self) -> Iterable[Widget]:
        """Return how far it is, a row an item, and all that differs of one."""
        yield TextLine("Looking in KashFlow…", id="counts", grows=True)
        yield LedgerTable(
            Column("No.", 5, "right"), Column("In KashFlow", 19), Column("What differs"),
            classes="first", empty="",
        )  # fmt: skip
        with VerticalScroll(id="about"):
            yield TextLine(id="reason", grows=True)

    def on_mount(self) -> None:
        """Look."""
        verifying = self.services.desk.verifying
        self.ask(
            lambda: verifying.verify(
                self.business, self.ids, listener=self.heard, cancel=self.cancel
            ),
            self.show,
            self.failed,
            lane=f"verify-{self.business}",
        )

    def on_unmount(self) -> None:
        """Stop looking: nobody is there to see it. What was found by then is remembered."""
        self.cancel.cancel()

    def heard(self, event: Event) -> None:
        """Take events of the look; off the screen's thread."""
        del event
        self.call_later(self.count)

    def count(self) -> None:
        """Say how many items were looked at."""
        self.looked += 1
        if self.report is None:
            self.query_one("#counts", TextLine).say(f"Looking in KashFlow: {self.looked} so far…")

    def failed(self, problem: Problem) -> None:
        """Say why KashFlow could not be looked at."""
        self.query_one("#counts", TextLine).say(f"✗ {tell(problem)}")

    def show(self, report: VerifyReport) -> None:
        """Show what was found, what differs first."""
        self.report = report
        told = f"{counted(len(report.results), 'item') or 'Nothing'} compared: "
        told += f"{report.same} as sent, {report.differ} not."
        if report.stopped is not None:
            told += f"\n✗ {tell(report.stopped)}"
        self.query_one("#counts", TextLine).say(told)
        found = sorted(report.results, key=lambda one: one.verdict is Verdict.SAME)
        rows = [row_of(one) for one in found]
        rows += [
            Row(one.item_id, (one.item_id, "left out", one.reason), "dim")
            for one in report.left_out
        ]
        self.query_one(LedgerTable).show_rows(rows)

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say field by field what differs of the item under the cursor."""
        for one in self.report.results if self.report is not None else ():
            if one.item_id == event.key:
                self.query_one("#reason", TextLine).say(words_of(one))

    def action_copy(self) -> None:
        """Copy what differs."""
        found = self.report.results if self.report is not None else ()
        text = "\n".join(words_of(one) for one in found if one.verdict is not Verdict.SAME)
        self.services.copy_text(text or "Nothing differs.", "What differs")


def row_of(result: VerifyResult) -> Row:
    """Return an item's row."""
    words, tone = VERDICTS[result.verdict]
    fields = ", ".join(one.field for one in result.differences)
    problem = result.problem.sentence if result.problem is not None else ""
    return Row(result.item_id, (result.item_id, words, fields or problem), tone)


def words_of(result: VerifyResult) -> str:
    """Return all that was found of an item, a line a field that differs."""
    told = [f"Item {result.item_id}, No. {result.number}: {VERDICTS[result.verdict][0]}"]
    told += [
        f"≠ {one.field}: {one.sent or 'none'} was sent, {one.there or 'none'} is there"
        for one in result.differences
    ]
    if result.problem is not None and not result.differences:
        told += tell(result.problem).split("\n")
    elif result.problem is not None and result.problem.cure:
        told.append(result.problem.cure)
    told += [f"i KashFlow does not tell of {one}, so it was not compared." for one in
             result.unlisted]  # fmt: skip
    return stacked(told)
