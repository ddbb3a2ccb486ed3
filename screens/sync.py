"""A sync as it goes: one line and bar a list, and in the end what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import Static

from kfclient.desk.model.list_names import ListName
from kfclient.visible import stacked
from screens.app_screen import Act, AppScreen
from screens.dialogs import ConfirmScreen
from screens.lists import ListsScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.timer import Timer
    from textual.widget import Widget

    from kfclient.desk.model.business import BusinessSummary
    from screens.services import ListRow, SyncJob

BAR = 14
OFTEN = 0.2
"""Seconds between two looks at the progress: over SSH more often is only dear."""

HEAD = (
    f"   {'List':<18} {'':<{BAR}} {'Records':>8} {'Time':>7}"
    f"  {'Added':>6} {'Changed':>7} {'Removed':>7}"
)


class SyncScreen(AppScreen[None]):
    """Shows the running sync of a business, or its last one; it goes on when this is left."""

    CSS_PATH = "sync.tcss"
    AUTO_FOCUS = ""
    ACTS = (
        Act("lists", "l", "Lists", "Look at the lists", footer=True),
        Act("again", "s", "Sync now", "Fetch the six lists again", footer=True),
        Act("cancel", "x", "Stop", "Stop the sync; lists that came whole stay", footer=True),
        Act("back", "escape", "Back", "Leave; the sync goes on in the background", footer=True),
    )

    def __init__(self, business: str, name: str) -> None:
        super().__init__(name, "Sync")
        self.business = business
        self.business_name = name
        self.expected: Mapping[ListName, int] = {}
        self.timer: Timer | None = None
        self.shown: dict[str, str] = {}

    def body(self) -> Iterable[Widget]:
        """Return a line a list, and what there is to say beneath."""
        yield Static("", id="about", classes="line strong", markup=False)
        yield Static(HEAD, classes="line muted", markup=False)
        for name in ListName:
            yield Static("", id=f"list-{name.value}", classes="line")
        with Vertical(id="words"):
            yield Static("", id="result", markup=False)

    def on_mount(self) -> None:
        """Show where the sync stands, and keep showing it."""
        self.timer = self.set_interval(OFTEN, self.look)
        desk = self.services.desk
        self.ask(lambda: desk.businesses.summary(self.business), self.know)
        self.look()

    def on_screen_resume(self) -> None:
        """Look again when a screen over this one has gone."""
        self.watch_sync()

    def know(self, summary: BusinessSummary) -> None:
        """Take the counts of the last sync as what is to be expected of this one."""
        connection = summary.business.connection
        if connection is not None:
            self.expected = {
                name: connection.lists[name.value].count
                for name in ListName
                if name.value in connection.lists
            }
            self.look()

    @property
    def job(self) -> SyncJob | None:
        """The running sync, or the last one of this session."""
        return self.services.sync_job(self.business)

    # What is shown

    def watch_sync(self) -> None:
        """Look as often as things change: not at all once the sync has ended."""
        if self.timer is not None:
            self.timer.resume()

    def look(self) -> None:
        """Show where the sync stands."""
        job = self.job
        if job is None:
            self.say("about", "No sync has run since Kashdeck was started.")
            self.say("result", "s  Sync now")
        else:
            for name, row in job.lists.items():
                place = f"list-{name.value}"
                self.say(place, self.line(name, row, job))
                self.query_one(f"#{place}").set_class(row.outcome == "failed", "bad")
            self.say("about", headline(job))
            self.say("result", outcome(job))
        if (job is None or job.ended) and self.timer is not None:
            self.timer.pause()
            self.refresh_bindings()

    def say(self, place: str, text: str | Text) -> None:
        """Change a line only when it is another one: each change goes over the wire."""
        if self.shown.get(place) != str(text):
            self.shown[place] = str(text)
            self.query_one(f"#{place}", Static).update(text)

    def line(self, name: ListName, row: ListRow, job: SyncJob) -> Text:
        """Return a list's line: symbol, name, bar, counts, time, and what changed."""
        text = Text(f" {mark(row, job)} ", no_wrap=True, overflow="ellipsis")
        text.append(
            f"{name.heading:<18} {self.bar(name, row)} {row.rows:>8,} {row.seconds:>5.1f} s"
        )
        if row.outcome == "done":
            text.append(f"  {row.added:>6,} {row.changed:>7,} {row.removed:>7,}")
        elif row.outcome == "failed":
            text.append("  did not come")
        return text

    def bar(self, name: ListName, row: ListRow) -> str:
        """Return the bar: against the last sync's count, as KashFlow does not say how many."""
        if row.outcome == "done":
            return "━" * BAR
        if row.outcome == "failed":
            return "─" * BAR
        expected = self.expected.get(name, 0)
        if not expected:
            return "╸".ljust(BAR, "─") if row.rows else "─" * BAR
        full = min(BAR - 1, row.rows * BAR // expected)
        return ("━" * full).ljust(BAR, "─")

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to stop what runs, and to sync when nothing does."""
        del parameters
        running = self.job is not None and not self.job.ended
        if action == "cancel":
            return running
        return action != "again" or not running

    def action_again(self) -> None:
        """Fetch the six lists again."""
        self.services.start_sync(self.business)
        self.watch_sync()
        self.refresh_bindings()

    def action_cancel(self) -> None:
        """Stop the sync, after a question."""
        job = self.job
        if job is None or job.ended:
            return

        def stop(yes: bool | None) -> None:
            if yes:
                job.cancel.cancel()

        self.app.push_screen(
            ConfirmScreen(
                "Stop this sync?",
                yes="Stop it",
                more="Lists that have come whole stay; the others stay as they were.",
            ),
            stop,
        )

    def action_lists(self) -> None:
        """Look at the lists."""
        self.app.push_screen(ListsScreen(self.business, self.business_name))


def mark(row: ListRow, job: SyncJob) -> str:
    """Return a list's symbol: came, did not come, coming, or stopped before it came."""
    if row.outcome is None:
        return "○" if job.ended else "◐"
    return "✓" if row.outcome == "done" else "✗"


def headline(job: SyncJob) -> str:
    """Say in a line how the sync stands."""
    done = sum(1 for row in job.lists.values() if row.outcome == "done")
    if not job.ended:
        return f"Syncing: {done} of {len(job.lists)} lists have come. You can leave; it goes on."
    if job.problem is not None:
        return "The sync could not be done."
    if job.cancelled:
        return f"Stopped, as you asked: {done} of {len(job.lists)} lists had come."
    if done == len(job.lists):
        return f"Done: all {done} lists are as they are in KashFlow."
    return f"{done} of {len(job.lists)} lists came; the others stay as they were."


def outcome(job: SyncJob) -> str:
    """Say what went wrong and what cures it, lists with the same trouble together."""
    troubles: dict[tuple[str, str], list[str]] = {}
    for name, row in job.lists.items():
        if row.problem is not None:
            key = (row.problem.sentence, row.problem.cure)
            troubles.setdefault(key, []).append(name.heading)
    if job.problem is not None:
        troubles[job.problem.sentence, job.problem.cure] = []
    said = []
    for (sentence, cure), names in troubles.items():
        whole = len(names) == len(job.lists)
        about = "All six lists: " if whole else f"{', '.join(names)}: " if names else ""
        said += [f"✗ {about}{sentence}", *([f"  {cure}"] if cure else [])]
    return stacked(said)
