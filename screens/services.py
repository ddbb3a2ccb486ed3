"""What screens may ask of the app: the desk, work that outlives a screen, and news of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from textual.signal import Signal

    from kfclient.cancel import Cancel
    from kfclient.desk import Desk
    from kfclient.desk.business import ProblemNote
    from kfclient.desk.events import Event
    from kfclient.desk.lists import ListName
    from kfclient.desk.planning import Plan
    from kfclient.errors import Problem

T = TypeVar("T")


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
    """A plan that the app is carrying out; it goes on when its screen is left.

    `state` has, by item, "waiting", "sending", "published", "held" or "unknown"; `problem` is what
    ended it before its last item.
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


class Services(Protocol):
    """The app, as screens see it."""

    desk: Desk
    demo: DemoCredentials | None
    news: Signal[Event]

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

    def sync_job(self, business: str) -> SyncJob | None:
        """Return the running sync of a business, or its last one in this session."""

    def start_publish(
        self, plan: Plan, *, create_suppliers: bool, create_customers: bool
    ) -> PublishJob:
        """Carry out a plan in the background."""

    def publish_job(self, business: str) -> PublishJob | None:
        """Return the running publishing session of a business, or its last one."""

    def copy_text(self, text: str, what: str) -> None:
        """Send text to the terminal's clipboard (OSC 52) and say so."""
