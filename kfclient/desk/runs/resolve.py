"""Settling what is of unknown outcome: by looking in KashFlow, or as a person decides."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kfclient.desk.business.status import RunPhase, command, how_it_goes, run_status
from kfclient.desk.errors import Busy
from kfclient.desk.events import Listener, ignore
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.item import Item, ItemState, is_unread
from kfclient.desk.publish.decide import Candidates, Deciding
from kfclient.desk.publish.journal_records import PublishResult
from kfclient.desk.publish.recover import SendRecovery

if TYPE_CHECKING:
    from kfclient.desk.model.business import Business
    from kfclient.desk.runs.runs import Context


class Resolving:
    """Settles what had no answer, for every business; beside nobody who publishes for it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._items = context.items
        self.recovery = SendRecovery(context.sessions, context.items, context.sends, context.moment)
        self._deciding = Deciding(
            context.sessions, context.items, context.sends, self.recovery, context.moment
        )

    def resolve(
        self, business: str, item_ids: Sequence[str] | None = None, listener: Listener = ignore
    ) -> tuple[PublishResult, ...]:
        """Look in KashFlow for what is of unknown outcome: all of it, or of the items named.

        One document that can be it is adopted; where there is none and the settle time is over,
        the item is ready again; else it stays unknown, and its problem says what to do. Likewise
        for payments, files and notes. Raises `Busy`, and `KashFlowError` when KashFlow could not be
        looked at.
        """
        with self.recovered(business):
            settle_time = self._context.settle_time(business)
            return tuple(self.recovery.resolve(business, settle_time, listener, item_ids))

    def unresolved(self, business: str) -> list[Item]:
        """Return the items of unknown outcome, and those of which something that follows is.

        Also those of which something is being deleted in KashFlow, and those that were published
        and not read back yet.
        """
        deleting = {one.item for one in self._context.sends.removals.pending(business)}
        return [
            item
            for item in self._items.all(business)
            if item.id in deleting
            or is_unread(item)
            or any(step.unknown for step in item.left)
            or (
                item.sent in {ItemState.UNKNOWN, ItemState.PUBLISHING}
                and self._items.state(business, item) is ItemState.UNKNOWN
            )
        ]

    def candidates(self, business: str, item_id: str) -> Candidates:
        """Return the documents in KashFlow that may be an item of unknown outcome.

        Beside them, what was sent. Changes nothing. Raises `NotDecided` where the outcome is known,
        `ItemUnknown`, `KashFlowError`.
        """
        return self._deciding.candidates(business, item_id, self._context.settle_time(business))

    def decide(self, business: str, item_id: str, *, number: int | None) -> PublishResult:
        """Resolve an item of unknown outcome as a person says, who has looked in KashFlow.

        `number` is the document's in KashFlow: it is looked at there, adopted, and its ids kept.
        None says that none of what is there is the item, which is then ready again: should it be
        there after all, publishing it again would have it in the books twice. That is taken only
        after the settle time. Raises `NotDecided` with the reason, `Busy`, `KashFlowError`.
        """
        with self.recovered(business):
            if number is None:
                settle_time = self._context.settle_time(business)
                return self._deciding.is_none(business, item_id, settle_time)
            return self._deciding.is_this(business, item_id, number)

    def decide_step(self, business: str, item_id: str, step: int, *, there: bool) -> PublishResult:
        """Resolve what is left of a published item as a person says: it is there, or it is not.

        `step` is `LeftStep.step`. What is there is never sent; what is not may be sent again, after
        the settle time. Raises `NotDecided` with the reason, `Busy`, `KashFlowError`.
        """
        with self.recovered(business):
            settle_time = self._context.settle_time(business)
            return self._deciding.step(business, item_id, step, settle_time, there=there)

    # For whoever else writes for a business

    @contextlib.contextmanager
    def recovered(self, business: str) -> Iterator[None]:
        """Be its only publisher, with what a sudden end left made unknown first; raises `Busy`."""
        with self.alone(business):
            self.recovery.recover(business)
            try:
                yield
            finally:
                self.catch_up(business)

    def catch_up(self, business: str) -> None:
        """Let the counts and the trail catch up with what was done."""
        self._items.recount(business)
        self._context.audit.flush(business)

    @contextlib.contextmanager
    def alone(self, business: str) -> Iterator[None]:
        """Be the only publisher of this business on this machine; raises `Busy`."""
        known = self._context.businesses.get(business)
        with self._context.home.try_lock(publish_lock(business)) as held:
            if not held:
                raise self._busy(known)
            self._context.businesses.counts_change(business)
            yield

    # Inside

    def _busy(self, known: Business) -> Busy:
        """Return who publishes for the business, since when, and how to follow it."""
        home = self._context.home
        status = run_status(home.root, known.id, home.holder)
        if status is None or status[1] in {RunPhase.ENDED, RunPhase.INTERRUPTED}:
            return Busy(f"{known.name} is being published by another session.")
        return Busy(
            f"{known.name} is being published in another session: {how_it_goes(*status)}",
            f"Follow it with: {command(known.name, '--follow')}",
        )
