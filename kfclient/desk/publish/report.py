"""What became of the items of a plan."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kfclient.desk.business.business import ProblemNote
from kfclient.desk.inbox.item import Item, ItemState, LeftStep
from kfclient.errors import Problem


class PublishResult(msgspec.Struct, frozen=True):
    """One item: where it stands now, its number in KashFlow, and what went wrong if anything.

    `left` is what is still to be done for a published one.
    """

    item_id: str
    state: ItemState
    number: int | None = None
    problem: ProblemNote | None = None
    left: tuple[LeftStep, ...] = ()


class PublishReport(msgspec.Struct, frozen=True):
    """A run: a result for every item it came to, and what ended it early (`stopped`), if so."""

    results: tuple[PublishResult, ...]
    cancelled: bool = False
    stopped: ProblemNote | None = None

    @property
    def published(self) -> int:
        """How many items are in KashFlow."""
        return count(self.results, ItemState.PUBLISHED)

    @property
    def unknown(self) -> int:
        """How many items are of unknown outcome."""
        return count(self.results, ItemState.UNKNOWN)

    @property
    def left(self) -> int:
        """How many of the published items have something left to do."""
        return sum(bool(result.left) for result in self.results)

    @property
    def held(self) -> int:
        """How many items were held back; they are in the inbox."""
        return len(self.results) - self.published - self.unknown


def count(results: Iterable[PublishResult], state: ItemState) -> int:
    """Count the results in this state."""
    return sum(result.state is state for result in results)


def note_of(problem: Problem) -> ProblemNote:
    """Return the problem as it is remembered."""
    return ProblemNote(problem.code, problem.sentence, problem.cure)


def result_of(item: Item, state: ItemState, problem: ProblemNote | None = None) -> PublishResult:
    """Return the item's result; what it remembers as its problem, unless another is given."""
    return PublishResult(item.id, state, item.number, problem or item.problem, item.left)
