"""The audit trail of a business, or of one of its items: who did what, when, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.audit.words import sentence_of
from screens.lookout import Lookout
from screens.reading import ReadingScreen
from screens.room import BACK, Act, Room
from screens.trail_words import (
    NARROW,
    WIDE,
    Told,
    told_of,
    verdict_heading,
    verdict_shown,
    whole_entry,
)
from screens.widgets.filter_box import FilterBox
from screens.widgets.ledger_table import LedgerTable
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.audit.audit import Verdict
    from kfclient.errors import Problem


class TrailScreen(Room[None]):
    """Lists what happened, the newest first."""

    CSS_PATH = "trail.tcss"
    ACTS = (
        Act("whole", "enter", "Whole entry", "Read all of the entry: before, after, KashFlow's "
            "answer", footer=True),
        Act("verify", "v", "Verify", "Look whether the trail is as it was written", footer=True),
        Act("filter", "slash", "Filter", "Show only entries with the words typed", footer=True),
        BACK,
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str, item_id: str = "") -> None:
        """Show what concerns one item, or ("") the whole business."""
        where = ("Items", f"Item {item_id}") if item_id else ()
        super().__init__(business_name, *where, "Audit trail")
        self.business = business_id
        self.item_id = item_id
        self.told: dict[str, Told] = {}
        self.verdict: Verdict | None = None

    def body(self) -> Iterable[Widget]:
        """Return how many entries there are, the filter box and the table."""
        yield Line("Reading the trail…", id="about", classes="line muted")
        yield FilterBox("/ to filter by person, item, amount, address…")
        yield LedgerTable(*NARROW, id="trail", classes="first", empty="")
        yield Line(id="sentence")

    def on_mount(self) -> None:
        """Show the trail, and what anybody adds to it."""
        desk, business = self.services.desk, self.business
        self.lookout: Lookout[dict[str, Told]] = Lookout(
            self,
            lambda: (desk.items.revision(business), desk.businesses.revision),
            self.read,
            self.take,
        )
        self.verify(self.know)

    # What is shown

    def read(self) -> dict[str, Told]:
        """Return the entries, the newest first; those that are known are not worked out again."""
        desk, known = self.services.desk, self.told
        now = desk.clock()
        entries = desk.audit.entries(self.business, item=self.item_id)
        return {
            entry.id: known[entry.id]
            if entry.id in known and known[entry.id].entry == entry
            else told_of(entry, now)
            for entry in reversed(entries)
        }

    def take(self, told: dict[str, Told]) -> None:
        """Show entries that have been read."""
        self.told = told
        self.show()

    def show(self) -> None:
        """Show the entries with the words typed."""
        table, wide = self.query_one(LedgerTable), self.has_class("-wide")
        columns = WIDE if wide else NARROW
        if table.columns is not columns:
            table.columns = columns
            table.refresh()
        table.empty = (
            "Nothing has these words. Esc in the filter shows all."
            if self.told
            else "Nothing is noted yet."
        )
        wanted = self.query_one(FilterBox).wanted
        table.show_rows(
            one.wide if wide else one.narrow
            for one in self.told.values()
            if all(word in one.searched for word in wanted)
        )
        self.show_about()

    def show_about(self) -> None:
        """Say how many entries there are, and whether they are as they were written."""
        whole, shown = len(self.told), len(self.query_one(LedgerTable).rows)
        count = f"{whole:,}" if shown == whole else f"{shown:,} of {whole:,}"
        told = f"{count} {'entry' if whole == 1 else 'entries'}, the newest first"
        line = self.query_one("#about", Line)
        bent = self.verdict is not None and not self.verdict.sound
        line.set_class(bent, "bad")
        line.say(f"✗ The trail is not as it was written: v tells more. {told}" if bent else told)

    def on_resize(self) -> None:
        """Use the columns that fit the new width, once Textual has told which it is."""
        self.call_after_refresh(self.show)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words typed."""
        event.stop()
        self.show()
        if event.value:
            self.query_one(LedgerTable).action_jump(0)

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say in full what happened, which the table may have no room for."""
        one = self.told.get(event.key or "")
        self.query_one("#sentence", Line).say("" if one is None else sentence_of(one.entry))

    def on_ledger_table_chosen(self) -> None:
        """Read the whole entry with Enter."""
        self.action_whole()

    # Commands

    def action_whole(self) -> None:
        """Show all of the entry under the cursor."""
        one = self.told.get(self.query_one(LedgerTable).cursor_key or "")
        if one is not None:
            text = whole_entry(one.entry)
            self.app.push_screen(ReadingScreen("An entry of the audit trail", text))

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.query_one(FilterBox).focus()

    def action_verify(self) -> None:
        """Look whether the trail is as it was written."""
        self.query_one("#about", Line).say("Looking through the whole trail…")
        self.verify(self.verified)

    def verify(self, then: Callable[[Verdict], None]) -> None:
        """Look through the trail off the screen's thread."""
        audit, business = self.services.desk.audit, self.business
        self.ask(lambda: audit.verify(business), then, self.not_verified)

    def know(self, verdict: Verdict) -> None:
        """Say so above the table where the trail was changed."""
        self.verdict = verdict
        self.show_about()

    def verified(self, verdict: Verdict) -> None:
        """Say what came of it."""
        self.know(verdict)
        if self.on_top:
            tone = "" if verdict.sound else "bad"
            reading = ReadingScreen(verdict_heading(verdict), verdict_shown(verdict), tone)
            self.app.push_screen(reading)

    def not_verified(self, problem: Problem) -> None:
        """Say why the trail could not be looked through."""
        self.query_one("#about", Line).say(f"! {problem.sentence} {problem.cure}".rstrip())
