"""Looking out for duplicates: reading what KashFlow has, comparing, and remembering answers."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from kfclient.api.records import Invoice
from kfclient.cancel import Cancel
from kfclient.desk.audit.entry import Action
from kfclient.desk.items.duplicate_finder import finding_of, is_earlier, words_of
from kfclient.desk.items.duplicate_index import Likeness
from kfclient.desk.items.reference import contact_number
from kfclient.desk.model.item import Finding, Item, ItemState, Severity
from kfclient.desk.model.sides import Side, side_of

if TYPE_CHECKING:
    from kfclient.desk.business.sessions import Sessions
    from kfclient.desk.items.items import Items
    from kfclient.desk.items.reference import ReferenceData
    from kfclient.store import Home

MOST_PARTIES = 200
"""How many suppliers and customers one `refresh` asks KashFlow about, at most."""

_SENT = {ItemState.PUBLISHED, ItemState.PUBLISHING, ItemState.UNKNOWN}


class Duplicates:
    """Duplicates of every business's items: here, and in KashFlow as far as it was read.

    What is found is among an item's findings (`desk.items.findings`); this is where KashFlow is
    read, and where a person answers. Thread-safe.
    """

    def __init__(
        self,
        home: Home,
        items: Items,
        sessions: Sessions,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._home = home
        self._items = items
        self._doubles = items.doubles
        self._sessions = sessions
        self._clock = clock
        self._read: set[tuple[str, str, str, int]] = set()
        self._lock = threading.Lock()

    # What KashFlow has

    def refresh(
        self,
        business: str,
        cancel: Cancel | None = None,
        *,
        again: bool = False,
        items: Collection[str] | None = None,
    ) -> int:
        """Read the documents of the parties of unpublished items, and of their twins.

        Of all of them, or of those with these ids. Each party once a session, unless `again`;
        `MOST_PARTIES` of them at most, those of the items that came last. Returns how many were
        read. Raises `NotConnected`, `KashFlowError`, `Cancelled`, and what the keyring says; what
        was read by then is remembered.
        """
        reference_data = self._items.reference_data.of(business)
        read = 0
        for side, party in self._wanted(business, reference_data, items, again=again):
            if cancel is not None:
                cancel.check()
            self._learn_of(business, side, party, cancel)
            read += 1
        return read

    def learn(self, business: str, side: Side, party: int, documents: Sequence[Invoice]) -> None:
        """Remember what KashFlow has of a supplier or customer: all of it.

        For whoever reads a party's documents; what is the same as before costs next to nothing.
        """
        self.learn_all(business, {(side, party): documents})

    def learn_all(self, business: str, read: Mapping[tuple[Side, int], Sequence[Invoice]]) -> None:
        """Remember as `learn` does, for several parties at once, by side and party."""
        account = self._items.reference_data.of(business).account
        found = {(side.name, party): documents for (side, party), documents in read.items()}
        self._doubles.seen.learn_all(business, account, found)
        with self._lock:
            self._read |= {(business, account, *key) for key in found}

    # What looks like an item

    def likenesses(self, business: str, item: Item) -> tuple[Likeness, ...]:
        """Return what looks like the item and was not answered, what holds it back first."""
        if item.sent in _SENT:
            return ()
        reference_data = self._items.reference_data.of(business)
        return self._doubles.of(business, item, self._items.by_id(business), reference_data)

    def stops(self, business: str, item: Item) -> tuple[Finding, ...]:
        """Return the findings of duplicates that hold the item back, as things are known now.

        For publishing, after it has learnt what KashFlow has and before it sends.
        """
        reference_data = self._items.reference_data.of(business)
        likenesses = self._doubles.lately(business, item, reference_data)
        if likenesses is None or _stopping(item, likenesses):  # then it is worth reading all items
            likenesses = self._doubles.of(
                business, item, self._items.by_id(business), reference_data
            )
        return _stopping(item, likenesses)

    def not_a_duplicate(self, business: str, item_id: str, other: str = "") -> tuple[Likeness, ...]:
        """Remember that the item is no duplicate of `other`, "" for all that hold it back.

        `other` is a likeness's `other.key`, as a finding's `value` has it. Returns what was
        answered, () where there was nothing to answer. Raises `ItemUnknown`.
        """
        item = self._items.get(business, item_id)
        answered = tuple(
            like
            for like in self.likenesses(business, item)
            if (like.other.key == other if other else is_earlier(like.other, item))
        )
        if not answered:
            return ()
        database = self._home.books(business)
        with database.transaction():
            for like in answered:
                self._doubles.answer(business, item, like, self._clock())
                self._items.audit.note(
                    database,
                    business,
                    Action.NOT_A_DUPLICATE,
                    item=item.id,
                    answer=f"{words_of(like.other)}, {like.reason}",
                )
        self._items.recount(business)
        return answered

    # Inside

    def _learn_of(self, business: str, side: Side, party: int, cancel: Cancel | None) -> None:
        documents = self._sessions.call(
            business, lambda kashflow: side.documents_of(kashflow, party, cancel)
        )
        self.learn(business, side, party, documents)

    def _wanted(
        self,
        business: str,
        reference_data: ReferenceData,
        items: Collection[str] | None,
        *,
        again: bool,
    ) -> list[tuple[Side, int]]:
        """Return the parties to read, each with its side."""
        wanted: dict[tuple[Side, int], None] = {}
        for item in reversed(self._items.all(business)):
            if item.sent in _SENT or (items is not None and item.id not in items):
                continue
            side = side_of(item.kind)
            twins = reference_data.twins(side)
            found = reference_data.contacts(item)
            circles = {twins.circle(contact_number(one)) for one in found}
            circles.add(twins.circle_called(item.contact))
            for circle in circles:
                for contact in twins.members(circle):
                    wanted[side, contact_number(contact)] = None
        with self._lock:
            read = set() if again else set(self._read)
        fresh = [
            (side, party)
            for side, party in wanted
            if (business, reference_data.account, side.name, party) not in read
        ]
        return fresh[:MOST_PARTIES]


def _stopping(item: Item, likenesses: Sequence[Likeness]) -> tuple[Finding, ...]:
    found = (finding_of(item, like) for like in likenesses)
    return tuple(one for one in found if one.severity is Severity.STOP)
