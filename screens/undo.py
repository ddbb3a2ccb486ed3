"""Takes what was published out of KashFlow again: what would be deleted is shown first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from kfclient.cancel import Cancel
from kfclient.desk.events import ItemHeld, ItemUndoing, ItemUndone
from kfclient.errors import tell
from kfclient.visible import stacked
from screens.app_screen import Act, AppScreen, Question
from screens.dialogs import ConfirmScreen
from screens.publish_review import counted
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from kfclient.desk.events import Event
    from kfclient.desk.published.undo import UndoItem, UndoPlan, UndoReport
    from kfclient.errors import Problem

SHOWN = {
    "": ("· to be undone", ""),
    "changed": ("! changed there", "warn"),
    "undoing": ("↓ undoing", ""),
    "undone": ("✓ undone", "good"),
    "held": ("✗ still there", "bad"),
}


class UndoScreen(Question, AppScreen[None]):
    """Plans the undoing of items, or of a run of publishing, and carries it out when asked to."""

    CSS_PATH = "item_actions.tcss"
    AGREEING = frozenset("c")
    ACTS = (
        Act("undo", "y", "Undo", "Delete in KashFlow what is shown; the items are back then",
            footer=True),
        Act("even", "c", "Even if changed", "Undo also what was changed in KashFlow since",
            footer=True),
        Act("stop", "x", "Stop", "Stop after the item in hand", footer=True),
        Act("back", "escape", "Back", "Go back; nothing more is undone", footer=True),
    )  # fmt: skip

    def __init__(
        self,
        business_id: str,
        business_name: str,
        ids: Sequence[str] = (),
        run: int | None = None,
    ) -> None:
        super().__init__(business_name, "Items", "Undo")
        self.business = business_id
        self.ids = ids
        self.run_number = run
        self.plan: UndoPlan | None = None
        self.even_if_changed = False
        self.going = self.ended = False
        self.cancel = Cancel()
        self.state: dict[str, str] = {}
        self.told: dict[str, str] = {}

    def body(self) -> Iterable[Widget]:
        """Return what would be done, a row an item, and all about one of them."""
        yield TextLine("Looking in KashFlow what would be deleted…", id="counts", grows=True)
        yield LedgerTable(
            Column("No.", 5, "right"), Column("State", 15), Column("In KashFlow"),
            classes="first", empty="",
        )  # fmt: skip
        with VerticalScroll(id="about"):
            yield TextLine(id="reason", grows=True)

    def on_mount(self) -> None:
        """Look what would be deleted; nothing is yet."""
        undoing = self.services.desk.undoing
        self.ask(
            lambda: undoing.plan(self.business, self.ids, run=self.run_number, cancel=self.cancel),
            self.show_plan,
            self.failed,
            lane=f"publish-{self.business}",
        )

    def on_unmount(self) -> None:
        """Stop at the next safe point: an item in hand comes to its end."""
        self.cancel.cancel()

    def wind_up(self) -> None:
        """Stop at the next safe point."""
        self.cancel.cancel()

    def failed(self, problem: Problem) -> None:
        """Say why it cannot be undone."""
        self.going = False
        self.query_one("#counts", TextLine).say(f"✗ {tell(problem)}")
        self.refresh_bindings()

    # What it shows

    def show_plan(self, plan: UndoPlan) -> None:
        """Show what would be deleted."""
        self.plan = plan
        self.state = {one.item_id: "changed" if one.changed else "" for one in plan.items}
        going = counted(len(self.wanted()), "item")
        told = f"y deletes {going or 'nothing'} in KashFlow; nothing has been deleted yet."
        if plan.changed and not self.even_if_changed:
            told += f" {counted(len(plan.changed), 'item')} changed there: left unless you press c."
        if plan.left_out:
            told += f" {len(plan.left_out)} cannot be undone."
        self.query_one("#counts", TextLine).say(told)
        self.show_rows()

    def wanted(self) -> list[UndoItem]:
        """Return the items that would be undone with what is agreed to now."""
        items = self.plan.items if self.plan is not None else ()
        return [one for one in items if self.even_if_changed or not one.changed]

    def show_rows(self) -> None:
        """Show a row an item."""
        if self.plan is None:
            return
        rows = []
        for one in self.plan.items:
            words, tone = SHOWN[self.state.get(one.item_id, "")]
            rows.append(Row(one.item_id, (one.item_id, words, one.sentence), tone))
        rows += [
            Row(one.item_id, (one.item_id, "left out", one.reason), "dim")
            for one in self.plan.left_out
        ]
        self.query_one(LedgerTable).show_rows(rows)
        self.refresh_bindings()

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say all about the item under the cursor."""
        lines: list[str] = []
        for one in self.plan.items if self.plan is not None else ():
            if one.item_id == event.key:
                lines = [*self.told.get(one.item_id, "").split("\n"), f"{one.sentence}."]
                lines += [f"! Changed there since: {text}" for text in one.changed]
                lines += [f"i {one.stays}." if one.stays else ""]
        for left in self.plan.left_out if self.plan is not None else ():
            if left.item_id == event.key:
                lines = [f"Item {left.item_id}: {left.reason}"]
        self.query_one("#reason", TextLine).say(stacked(line for line in lines if line))

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now."""
        offered = {
            "undo": not self.going and not self.ended and bool(self.wanted()),
            "even": not self.going
            and not self.ended
            and self.plan is not None
            and bool(self.plan.changed),
            "stop": self.going and not self.cancel.is_set,
        }
        return offered.get(action, True) and super().check_action(action, parameters)

    def action_even(self) -> None:
        """Undo also what was changed there, after a question that names it; or not after all."""
        if self.even_if_changed or self.plan is None:
            self.agree(yes=False)
            return
        named = [f"Item {one.item_id}: {'; '.join(one.changed)}." for one in self.plan.changed[:4]]
        if len(self.plan.changed) > 4:
            named.append(f"And {len(self.plan.changed) - 4} more.")
        question = ConfirmScreen(
            "Undo these too, though they were changed in KashFlow?",
            yes="Undo them too",
            more=stacked([*named, "What somebody changed there would be lost."]),
        )
        self.app.push_screen(question, lambda yes: self.agree(yes=bool(yes)))

    def agree(self, *, yes: bool) -> None:
        """Take the answer, and show what would be deleted now."""
        self.even_if_changed = yes
        if self.plan is not None:
            self.show_plan(self.plan)

    def action_undo(self) -> None:
        """Delete what is shown, after a question."""
        doomed = [one for one in self.wanted() if not one.gone]
        what = counted(len(doomed), "document") or "nothing"
        question = ConfirmScreen(
            f"Delete {what} in KashFlow?",
            yes="Delete",
            more="Its items are back in the inbox then, and can be published again. KashFlow "
            "cannot bring a deleted document back.",
        )
        self.app.push_screen(question, lambda yes: self.carry_out() if yes else None)

    def carry_out(self) -> None:
        """Undo what was shown."""
        plan, even = self.plan, self.even_if_changed
        if plan is None or self.going:
            return
        self.going = True
        undoing = self.services.desk.undoing
        self.refresh_bindings()
        self.ask(
            lambda: undoing.undo(
                self.business, plan, even_if_changed=even, listener=self.heard, cancel=self.cancel
            ),
            self.over,
            self.failed,
            lane=f"publish-{self.business}",
        )

    def action_stop(self) -> None:
        """Stop after the item in hand."""
        self.cancel.cancel()
        self.refresh_bindings()

    def heard(self, event: Event) -> None:
        """Take events; off the screen's thread."""
        self.call_later(self.note, event)

    def note(self, event: Event) -> None:
        """Show what became of an item; events that come after the report show nothing more."""
        if self.ended:
            return
        if isinstance(event, ItemUndoing):
            self.state[event.item] = "undoing"
        elif isinstance(event, ItemUndone):
            self.state[event.item] = "undone"
        elif isinstance(event, ItemHeld):
            self.state[event.item] = "held"
            self.told[event.item] = f"✗ {tell(event.problem)}"
        done = sum(state in ("undone", "held") for state in self.state.values())
        self.query_one("#counts", TextLine).say(f"Undoing: {done} of {len(self.wanted())}…")
        self.show_rows()

    def over(self, report: UndoReport) -> None:
        """Say what it came to."""
        self.going, self.ended = False, True
        for one in report.results:
            self.state[one.item_id] = "undone" if one.undone else "held"
            if one.problem is not None:
                self.told[one.item_id] = f"✗ {tell(one.problem)}"
        words = "Stopped" if report.cancelled else "Done"
        told = f"{words}: {counted(report.undone, 'item') or 'nothing'} undone"
        told += f", {report.held} not." if report.held else "."
        if report.stopped is not None:
            told += f"\n✗ {tell(report.stopped)}"
        self.show_rows()
        self.query_one("#counts", TextLine).say(told)
