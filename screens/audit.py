"""The audit trail of a business, or of one of its items: who did what, when, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.audit.words import deed_of, sentence_of
from kfclient.visible import stacked
from screens.app_screen import BACK, Act, AppScreen
from screens.dialogs import TextViewerScreen
from screens.format import counted
from screens.watch import Watch
from screens.widgets.filter_box import FilterBox, TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Any

    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.audit.audit import AuditVerdict
    from kfclient.desk.audit.entry import Entry
    from kfclient.errors import Problem


# The audit trail as screens have it: a line an entry, all of one entry, and a verdict.

NARROW = (Column("When", 12), Column("Who", 9), Column("What happened"))
WIDE = (
    Column("When", 21),
    Column("Who", 14),
    Column("From", 15),
    Column("What happened"),
)
HERE = "this machine"
MOST_TROUBLES = 100
MARK = "Noted elsewhere, it shows later that nothing up to here was written anew."
BENT = (
    "Nothing in KashFlow is changed by it. Compare the trail with a backup, and ask who can write "
    "to Kashdeck's folder."
)


class EntryShown(msgspec.Struct, frozen=True):
    """An entry with what a filter looks into, and how it is drawn."""

    entry: Entry
    searched: str
    narrow: Row
    wide: Row


def told_of(entry: Entry, now: datetime) -> EntryShown:
    """Return the entry as a table has it; `now` in UTC tells whether the year must be said."""
    deed, key = deed_of(entry), entry.id
    when = time_shown(entry.at)
    narrow = (short_time(entry.at, now), entry.who, deed)
    wide = (when, entry.who, entry.origin or HERE, deed)
    parts = (when, entry.who, entry.origin, entry.action, deed, entry.fingerprint, entry.answer)
    return EntryShown(entry, " ".join(parts).casefold(), Row(key, narrow), Row(key, wide))


def time_shown(moment: datetime) -> str:
    """Return a moment (UTC) as "12 Nov 2026, 14:05:33" in local time."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M:%S}"


def short_time(moment: datetime, now: datetime) -> str:
    """Return "12 Nov 14:05" in local time, or "12 Nov 2025" for another year's."""
    local = moment.astimezone()
    later = f"{local:%H:%M}" if local.year == now.astimezone().year else f"{local.year}"
    return f"{local.day} {local:%b} {later}"


def whole_entry(entry: Entry) -> str:
    """Return all that an entry holds, a line each, what changed as before and after."""
    lines = [sentence_of(entry), ""]
    facts = (
        ("Entry", str(entry.number) if entry.number else "not in the trail's file yet"),
        ("When", f"{time_shown(entry.at)}  ({entry.at:%Y-%m-%d %H:%M:%S} UTC)"),
        ("Who", entry.who),
        ("From", entry.origin or HERE),
        ("Action", entry.action),
        ("Connection", entry.connection),
        ("Item", entry.item),
        ("Fingerprint", entry.fingerprint),
        ("KashFlow", entry.answer),
    )
    lines += [f"{label:<12} {value}" for label, value in facts if value]
    for heading, fields in (("Before", entry.before), ("After", entry.after)):
        if fields:
            lines += ["", heading]
            lines += [f"  {name}: {_value(value)}" for name, value in fields.items()]
    return stacked(lines)


def _value(value: Any) -> str:
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def verdict_heading(verdict: AuditVerdict) -> str:
    """Return in a line whether the trail is as it was written."""
    if verdict.sound:
        return f"✓ The trail is as it was written: {counted(verdict.lines, 'entry', 'entries')}."
    found = counted(len(verdict.troubles), "trouble")
    lines = counted(verdict.lines, "line")
    return f"✗ The trail is not as it was written: {found} in {lines}."


def verdict_shown(verdict: AuditVerdict) -> str:
    """Return what a verdict means, with its troubles and what to do about them."""
    if verdict.sound:
        mark = f"\n\nIts last entry's mark is {verdict.head}\n{MARK}" if verdict.head else ""
        return f"No line was changed, removed, moved or added since it was written.{mark}"
    told = [f"! {one.sentence}" for one in verdict.troubles[:MOST_TROUBLES]]
    if len(verdict.troubles) > MOST_TROUBLES:
        told.append(f"and {len(verdict.troubles) - MOST_TROUBLES:,} more")
    return stacked((*told, "", BENT))


class AuditScreen(AppScreen[None]):
    """Lists what happened, the newest first."""

    CSS_PATH = "audit.tcss"
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
        self.told: dict[str, EntryShown] = {}
        self.verdict: AuditVerdict | None = None

    def body(self) -> Iterable[Widget]:
        """Return how many entries there are, the filter box and the table."""
        yield TextLine("Reading the trail…", id="about", classes="line muted")
        yield FilterBox("/ to filter by person, item, amount, address…")
        yield LedgerTable(*NARROW, id="trail", classes="first", empty="")
        yield TextLine(id="sentence")

    def on_mount(self) -> None:
        """Show the trail, and what anybody adds to it."""
        desk, business = self.services.desk, self.business
        self.watcher: Watch[dict[str, EntryShown]] = Watch(
            self,
            lambda: (desk.items.revision(business), desk.businesses.revision),
            self.read,
            self.take,
        )
        self.verify(self.know)

    # What is shown

    def read(self) -> dict[str, EntryShown]:
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

    def take(self, told: dict[str, EntryShown]) -> None:
        """Show entries that have been read."""
        self.told = told
        self.show()

    def show(self) -> None:
        """Show the entries with the words typed."""
        table, wide = self.query_one(LedgerTable), self.has_class("-wide")
        table.lay_out(WIDE if wide else NARROW)
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
        line = self.query_one("#about", TextLine)
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
        self.query_one("#sentence", TextLine).say("" if one is None else sentence_of(one.entry))

    def on_ledger_table_chosen(self) -> None:
        """Read the whole entry with Enter."""
        self.action_whole()

    # Commands

    def action_whole(self) -> None:
        """Show all of the entry under the cursor."""
        one = self.told.get(self.query_one(LedgerTable).cursor_key or "")
        if one is not None:
            text = whole_entry(one.entry)
            self.app.push_screen(TextViewerScreen("An entry of the audit trail", text))

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.query_one(FilterBox).focus()

    def action_verify(self) -> None:
        """Look whether the trail is as it was written."""
        self.query_one("#about", TextLine).say("Looking through the whole trail…")
        self.verify(self.verified)

    def verify(self, then: Callable[[AuditVerdict], None]) -> None:
        """Look through the trail off the screen's thread."""
        audit, business = self.services.desk.audit, self.business
        self.ask(lambda: audit.verify(business), then, self.not_verified)

    def know(self, verdict: AuditVerdict) -> None:
        """Say so above the table where the trail was changed."""
        self.verdict = verdict
        self.show_about()

    def verified(self, verdict: AuditVerdict) -> None:
        """Say what came of it."""
        self.know(verdict)
        if self.on_top:
            tone = "" if verdict.sound else "bad"
            reading = TextViewerScreen(verdict_heading(verdict), verdict_shown(verdict), tone)
            self.app.push_screen(reading)

    def not_verified(self, problem: Problem) -> None:
        """Say why the trail could not be looked through."""
        self.query_one("#about", TextLine).say(f"! {problem.sentence} {problem.cure}".rstrip())
