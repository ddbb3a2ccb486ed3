"""What screens may ask of the app: the desk, work that outlives a screen, and its events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from kfclient.cancel import Pause
from kfclient.desk.model.item import ItemState

if TYPE_CHECKING:
    from textual.signal import Signal

    from kfclient.cancel import Cancel
    from kfclient.desk import Desk
    from kfclient.desk.events import Event, PublishWaiting
    from kfclient.desk.model.business import ProblemNote
    from kfclient.desk.model.item import LeftStep
    from kfclient.desk.model.list_names import ListName
    from kfclient.desk.publish.journal_records import PublishResult
    from kfclient.desk.publish.plan import Plan
    from kfclient.desk.runs.runs import RunRequest
    from kfclient.errors import Problem

T = TypeVar("T")

_AS_STATE = {
    ItemState.PUBLISHED: "published",
    ItemState.UNKNOWN: "unknown",
    ItemState.PUBLISHING: "unknown",
}


class DemoCredentials(msgspec.Struct, frozen=True):
    """The sandbox's credentials, shown where a person needs them; only in the demo."""

    endpoint: str
    username: str
    password: str
    autoauth_key: str


class ListRow(msgspec.Struct):
    """How far one list of a sync has come; `outcome` is None while it is being read."""

    rows: int = 0
    seconds: float = 0.0
    outcome: str | None = None
    problem: Problem | None = None
    added: int = 0
    changed: int = 0
    removed: int = 0


class SyncJob(msgspec.Struct):
    """A sync that the app runs; it goes on when its screen is left."""

    business: str
    cancel: Cancel
    lists: dict[ListName, ListRow]
    ended: bool = False
    cancelled: bool = False
    problem: Problem | None = None


class PublishJob(msgspec.Struct):
    """A plan that is being carried out; it goes on when its screen is left.

    `state` has, by item, "waiting", "sending", "published", "held" or "unknown"; `problem` is what
    ended it before its last item. One that is not `mine` is another process's, and `plan` is as its
    items are now; stop it and others with `PublishJobs.steer`. While `paused` nothing new is
    sent; `waiting` says what it waits for by itself, and `waits_until` until when, on
    `time.monotonic`'s clock. `steps` has by item what followed its document, in words, and a
    sentence where that was held ("" where it is done); `left` what is still to do.
    """

    business: str
    plan: Plan
    cancel: Cancel
    state: dict[str, str]
    numbers: dict[str, int]
    problems: dict[str, Problem | ProblemNote]
    created: list[str]
    ended: bool = False
    cancelled: bool = False
    problem: Problem | ProblemNote | None = None
    pause: Pause = msgspec.field(default_factory=Pause)
    mine: bool = True
    paused: bool = False
    waiting: PublishWaiting | None = None
    waits_until: float = 0.0
    steps: dict[str, dict[str, str]] = {}
    left: dict[str, tuple[LeftStep, ...]] = {}

    def note(self, result: PublishResult) -> None:
        """Note how an item stands by now; one that it does not show is passed over."""
        item = result.item_id
        if item not in self.state:
            return
        self.state[item] = _AS_STATE.get(result.state, "held")
        self.left[item] = result.left
        if result.number is not None:
            self.numbers[item] = result.number
        if result.problem is not None:
            self.problems[item] = result.problem
        else:
            self.problems.pop(item, None)


class Place(Protocol):
    """A place where a password and an AutoAuth key can be kept, as `desk.secrets` offers it."""

    @property
    def id(self) -> str:
        """What the connection remembers."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def usable(self) -> bool:
        """Whether it can be used in this session."""

    @property
    def why_not(self) -> str:
        """A sentence where it cannot, else ""."""

    @property
    def about(self) -> str:
        """A sentence on what the place means."""

    @property
    def typed(self) -> bool:
        """Whether nothing is kept at all, and the password typed each time."""


class PublishJobs(Protocol):
    """Publishing as the app shows it: one job a business, the running one or the last."""

    def job(self, business: str) -> PublishJob | None:
        """Return the running publishing session of a business, or its last one."""

    def start(self, plan: Plan, *, create_suppliers: bool, create_customers: bool) -> PublishJob:
        """Carry out a plan in the background, or return the job that is running."""

    def resume(
        self,
        business: str,
        then: Callable[[PublishJob | None], object],
        trouble: Callable[[Problem], object] | None = None,
    ) -> None:
        """Carry on the run that was broken off, as it was shown and agreed to then.

        Its job goes to `then`, None where nothing was broken off. Whether it was says
        `desk.publishing.status(business)`, which reads a small file: ask it in `ask`.
        """

    def follow(
        self,
        business: str,
        then: Callable[[PublishJob | None], object],
        trouble: Callable[[Problem], object] | None = None,
    ) -> None:
        """Show what another process publishes for the business, live, with the same events.

        Its job goes to `then`, None where nobody publishes; where this app does, that job.
        """

    def steer(
        self, business: str, request: RunRequest, trouble: Callable[[Problem], object] | None = None
    ) -> None:
        """Have the business's publishing pause, go on or stop within a second, whoever does it."""


class Services(Protocol):
    """The app, as screens see it."""

    desk: Desk
    demo: DemoCredentials | None
    events: Signal[Event]
    publishing: PublishJobs
    painted_at: float
    """When the terminal was last sent anything, as `time.monotonic` has it."""

    @property
    def letters_astray(self) -> bool:
        """Whether the last letters typed meant nothing where they came."""

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], object],
        trouble: Callable[[Problem], object] | None = None,
        *,
        lane: str = "read",
    ) -> None:
        """Do `work` off the screen's thread, then hand its result to `then` on it.

        A problem goes to `trouble`, or to the problem screen. Where a passphrase is needed the
        person is asked, and the work done again. One lane does one thing at a time.
        """

    def start_sync(self, business: str) -> SyncJob:
        """Sync the six lists in the background, or return the sync that is running."""

    def show_sync(self, business: str, name: str) -> None:
        """Sync the six lists, if that is not under way already, and show how it goes."""

    def sync_job(self, business: str) -> SyncJob | None:
        """Return the running sync of a business, or its last one in this session."""

    def copy_text(self, text: str, what: str) -> None:
        """Send text to the terminal's clipboard (OSC 52) and say so."""
