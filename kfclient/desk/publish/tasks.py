"""From what was shown to what is to be done now: the same to the last field, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.check.matching import plain
from kfclient.desk.errors import ItemUnknown, PlanChanged
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.attempt_step import fingerprint_of_step
from kfclient.desk.publish.planning import (
    NewContact,
    PlannedItem,
    fingerprint_of,
    plan_item,
    plan_left,
)
from kfclient.desk.publish.report import PublishResult, note_of, result_of
from kfclient.desk.publish.runs import Shown, Task

if TYPE_CHECKING:
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.attempts import Attempts


class Planner:
    """Plans items as they are now, of one business."""

    def __init__(self, business: str, items: Items, attempts: Attempts) -> None:
        self._business = business
        self._items = items
        self._attempts = attempts

    def left_of(self, item: Item) -> PlannedItem | None:
        """Return what can be done of what is left of a published item; None for nothing."""
        if not item.left:
            return None
        attempt = self._attempts.latest(self._business, item.id)
        if attempt is None:
            return None
        steps = self._attempts.steps.of(self._business, attempt.id)
        followups = [step.followup for step in steps if step.is_open]
        return plan_left(item, attempt.contact, attempt.payload, followups) if followups else None

    def tasks(
        self, shown: Sequence[Shown]
    ) -> tuple[list[Task], list[PublishResult], list[PublishResult]]:
        """Return what is to be done, what is settled by now, and what is no longer as shown."""
        tasks: list[Task] = []
        settled: list[PublishResult] = []
        changed: list[PublishResult] = []
        for one in shown:
            try:
                item = self._items.get(self._business, one.item)
            except ItemUnknown as problem:
                gone = PublishResult(one.item, ItemState.TO_REVIEW, None, note_of(problem))
                changed.append(gone)
                continue
            state = self._items.state(self._business, item)
            planned = self._as_shown(item, state, one)
            if planned is not None:
                tasks.append(Task(planned, one.fingerprint))
            elif state in {ItemState.TO_REVIEW, ItemState.READY} or self._is_other(item, one):
                other = PlanChanged(f"Item {item.id} is no longer what was shown.")
                changed.append(result_of(item, state, note_of(other)))
            else:
                settled.append(result_of(item, state))
        return tasks, settled, changed

    def _as_shown(self, item: Item, state: ItemState, shown: Shown) -> PlannedItem | None:
        """Return the item as it is planned now; None unless that is what was shown."""
        if state is ItemState.READY:
            books = self._items.bookshelf.books(self._business)
            fresh = plan_item(item, self._items.findings(self._business, item), books)
            then = _as_then(fresh, shown.creates)
            return fresh if fingerprint_of([then]) == shown.fingerprint else None
        if state is not ItemState.PUBLISHED or self._is_other(item, shown):
            return None
        return self.left_of(item)

    def _is_other(self, item: Item, shown: Shown) -> bool:
        """Tell whether what is left of a published item is more, or other, than what was shown."""
        left = self.left_of(item)
        if left is None:
            return False
        if shown.left:
            return any(fingerprint_of_step(one) not in shown.left for one in left.followups)
        attempt = self._attempts.latest(self._business, item.id)
        return attempt is None or attempt.fingerprint != shown.fingerprint


def _as_then(fresh: PlannedItem, new: NewContact | None) -> PlannedItem:
    """Return the item as it was planned where its contact has been created since."""
    if new is None or fresh.creates is not None or plain(fresh.contact) != plain(new.name):
        return fresh
    return msgspec.structs.replace(fresh, creates=new)
