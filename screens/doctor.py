"""Looks Kashdeck over on this machine: what is wrong, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from textual.containers import VerticalScroll

from kfclient.desk.doctor.report import Urgency
from kfclient.visible import stacked
from screens.app_screen import BACK, Act, AppScreen
from screens.dialogs import TextViewerScreen
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.widget import Widget

    from kfclient.desk.doctor.report import DoctorFinding, Report


# What an examination found, as the doctor's screen has it: a line each, and all of it.

STATES = {Urgency.MEND: ("✗ mend", "bad"), Urgency.NOTE: ("i note", "")}
LOOKED_AT = "- seen"
_UNITS = ("B", "KB", "MB", "GB", "TB")


HEADINGS = {Urgency.MEND: "✗ To be mended", Urgency.NOTE: "i Worth knowing"}


class Part(msgspec.Struct, frozen=True):
    """A line of the examination: its key, heading, state and words, and all that is known of it."""

    key: str
    heading: str
    state: str
    words: str
    text: str
    tone: str = ""

    @property
    def row(self) -> Row:
        """The line as a table has it."""
        return Row(self.key, (self.state, self.words), self.tone)


def parts_of(report: Report) -> list[Part]:
    """Return what is to be mended, what is worth knowing, and then what was looked at."""
    ordered = sorted(report.findings, key=lambda one: one.severity is not Urgency.MEND)
    found = [_finding(number, one) for number, one in enumerate(ordered)]
    return [*found, *_facts(report)]


def headline(report: Report) -> str:
    """Return in a line how things stand."""
    mend = sum(one.severity is Urgency.MEND for one in report.findings)
    notes = len(report.findings) - mend
    told = f"✗ {mend} to be mended" if mend else "✓ Nothing has to be mended"
    return f"{told}, {notes} worth knowing" if notes else told


def whole_report(report: Report) -> str:
    """Return everything, as `kashdeck doctor --json` has it, a field a line."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def _finding(number: int, one: DoctorFinding) -> Part:
    state, tone = STATES[one.severity]
    text = stacked(filter(None, (one.sentence, *one.cure.split("\n"), f"({one.code})")))
    return Part(f"finding-{number}", HEADINGS[one.severity], state, one.sentence, text, tone)


def _facts(report: Report) -> Iterator[Part]:
    versions = [f"{one.name} {one.version or 'missing'}" for one in report.versions]
    yield _fact("Versions", ", ".join(versions[:3]), versions)
    if (terminal := report.terminal) is not None:
        over = [word for word in ("SSH" if terminal.ssh else "", terminal.multiplexer) if word]
        size = f"{terminal.columns} x {terminal.rows}, {terminal.colours} colours"
        words = f"{terminal.term or 'TERM is not set'}, {size}, {terminal.encoding}"
        yield _fact("Terminal", ", ".join((words, *over)), [])
    if (home := report.home) is not None:
        words = f"{home.files:,} files, {_size(home.bytes)}; {_size(home.free_bytes)} free"
        yield _fact("Home", f"{'shared' if home.shared else 'not shared'}, {words}", [home.place])
    keyrings = [
        f"{one.id}: {'usable' if one.usable else f'not here. {one.why_not}'}"
        + (f" (used by {', '.join(one.used_by)})" if one.used_by else "")
        for one in report.keyrings
    ]
    usable = [one.id for one in report.keyrings if one.usable]
    yield _fact("Keyrings", ", ".join(usable) or "none can be used", keyrings)
    yield _databases(report)
    trails = [f"{one.name}: {one.lines:,} entries, {one.troubles} troubles" for one in
              report.trails]  # fmt: skip
    bent = sum(one.troubles > 0 for one in report.trails)
    words = f"{bent} not as they were written" if bent else "as they were written"
    yield _fact("Audit trails", f"{len(trails)}, {words}" if trails else "none yet", trails)
    working = [f"{one.name}, by process {one.process} for {one.seconds} s" for one in report.work]
    yield _fact("At work", ", ".join(working) or "nobody", working)
    logged = [f"{one.time[:19]} {one.level}: {one.sentence}" for one in report.errors]
    yield _fact("Log", f"{len(logged)} errors and warnings lately", logged)
    for server in report.servers or ():
        yield _fact("Server", f"{server.name}: {server.sentence}", [])


def _databases(report: Report) -> Part:
    odd = [one for one in report.databases if one.state != "fine"]
    words = f"{len(report.databases)}, {f'{len(odd)} of them not fine' if odd else 'all fine'}"
    lines = [f"{one.name}: {one.state}, {one.documents:,} documents, log {_size(one.log_bytes)}"
             for one in report.databases]  # fmt: skip
    return _fact("Databases", words, lines)


def _fact(name: str, words: str, lines: list[str]) -> Part:
    text = stacked(lines or [words])
    return Part(f"{name} {words}", name, LOOKED_AT, f"{name}: {words}", text, "dim")


def _size(number: int) -> str:
    size, unit = float(number), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}"


LOOKING = "Looking Kashdeck over; keyrings that do not answer take some seconds…"
SAFE = "w copies the report: it is safe to show."


class DoctorScreen(AppScreen[None]):
    """Lists what is to be mended, what is worth knowing, and what was looked at."""

    CSS_PATH = "doctor.tcss"
    ACTS = (
        Act("again", "r", "Look again", "Look Kashdeck over once more", footer=True),
        Act("network", "n", "Ask servers", "Ask each business's server whether it is there",
            footer=True),
        Act("whole", "enter", "Details", "Read all that is known of the line", footer=True),
        Act("copy", "w", "Copy", "Copy the whole report: no secret, amount or name is in it",
            footer=True),
        BACK,
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__("Doctor")
        self.report: Report | None = None
        self.parts: dict[str, Part] = {}

    def body(self) -> Iterable[Widget]:
        """Return how things stand, the lines, and the one under the cursor in full."""
        yield TextLine(id="about", classes="line")
        yield LedgerTable(Column("State", 7), Column("What"), id="found", classes="first", empty="")
        with VerticalScroll(id="part", can_focus=False):
            yield TextLine(id="text", grows=True)

    def on_mount(self) -> None:
        """Look Kashdeck over."""
        self.examine()

    def examine(self, *, network: bool = False) -> None:
        """Look Kashdeck over, off the screen's thread."""
        from kfclient.desk.doctor import examine

        root = self.services.desk.home.root
        self.query_one("#about", TextLine).say("Asking the servers…" if network else LOOKING)
        self.ask(lambda: examine(root, network=network), self.show, lane="doctor")

    def show(self, report: Report) -> None:
        """Show what was found."""
        self.report = report
        self.parts = {part.key: part for part in parts_of(report)}
        self.query_one("#about", TextLine).say(f"{headline(report)}. {SAFE}")
        self.query_one(LedgerTable).show_rows(part.row for part in self.parts.values())

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Show the line under the cursor in full."""
        part = self.parts.get(event.key or "")
        told = self.query_one("#text", TextLine)
        text = part.text if part is not None else ""
        if text != told.content:
            told.say(text)
            self.query_one("#part").scroll_home(animate=False)

    def on_ledger_table_chosen(self) -> None:
        """Read the line whole with Enter."""
        self.action_whole()

    # Commands

    def action_again(self) -> None:
        """Look Kashdeck over once more."""
        self.examine()

    def action_network(self) -> None:
        """Look Kashdeck over, and ask the servers too."""
        self.examine(network=True)

    def action_whole(self) -> None:
        """Show all of the line under the cursor."""
        part = self.parts.get(self.query_one(LedgerTable).cursor_key or "")
        if part is not None:
            self.app.push_screen(TextViewerScreen(part.heading, part.text))

    def action_copy(self) -> None:
        """Copy the whole report."""
        if self.report is not None:
            self.services.copy_text(whole_report(self.report), "The report")
