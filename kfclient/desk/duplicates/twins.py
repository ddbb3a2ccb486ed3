"""Suppliers or customers that are one and the same, entered in KashFlow twice or nearly."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from kfclient.api.records import Customer, Supplier
from kfclient.desk.check.matching import plain

Contact = Supplier | Customer

_SIGNS = re.compile(r"[\W_]+")
# What companies are called by or not, as the mood takes whoever writes the name.
_IDLE = frozenset({"ltd", "limited", "plc", "llp", "co", "company", "inc", "the", "uk", "and"})
# A number or an address that more than these share belongs to none of them.
_MOST_SHARING = 4


@lru_cache(maxsize=16384)
def squashed(name: str) -> str:
    """Return a name without what tells no company from another: Ltd, The, signs and spaces."""
    words = _SIGNS.sub(" ", plain(name).replace("'", "")).split()
    left = [word for word in words if word not in _IDLE] or words
    return "".join(left)


def contact_number(contact: Contact) -> int:
    """Return KashFlow's id of a supplier or a customer."""
    return contact.supplier_id if isinstance(contact, Supplier) else contact.customer_id


class Twins:
    """Circles of contacts that may be one: nearly the same name, VAT number or e-mail address.

    Built once for each list. A circle is named by a text that means nothing outside.
    """

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._contacts = tuple(contacts)
        self._root = list(range(len(self._contacts)))
        self._at = {contact_number(one): at for at, one in enumerate(self._contacts)}
        self._names: dict[str, int] = {}
        for at, contact in enumerate(self._contacts):
            if name := squashed(contact.name):
                self._join(at, self._names.setdefault(name, at))
        self._join_sharing("vat_number")
        self._join_sharing("email")
        self._members: dict[int, list[Contact]] = defaultdict(list)
        for at, contact in enumerate(self._contacts):
            self._members[self._find(at)].append(contact)

    def circle(self, number: int) -> str:
        """Return the circle of the contact with this id; of its own where it is not known."""
        at = self._at.get(number)
        return f"#{number}" if at is None else str(self._find(at))

    def name(self, number: int) -> str:
        """Return the name of the contact with this id, "" where it is not known."""
        at = self._at.get(number)
        return "" if at is None else self._contacts[at].name

    def circle_called(self, name: str) -> str:
        """Return the circle of contacts of nearly this name, "" where the name says nothing."""
        key = squashed(name)
        at = self._names.get(key)
        if at is not None:
            return str(self._find(at))
        return f"~{key}" if key else ""

    def called(self, name: str) -> tuple[Contact, ...]:
        """Return the contacts of nearly this name."""
        key = squashed(name)
        at = self._names.get(key)
        if at is None:
            return ()
        return tuple(one for one in self._members[self._find(at)] if squashed(one.name) == key)

    def members(self, circle: str) -> tuple[Contact, ...]:
        """Return the contacts of a circle."""
        return tuple(self._members.get(int(circle), ())) if circle.isdigit() else ()

    def _join_sharing(self, field: str) -> None:
        """Join the contacts that share the field, unless too many do for it to mean anything."""
        sharing: dict[str, list[int]] = defaultdict(list)
        for at, contact in enumerate(self._contacts):
            value = "".join(str(getattr(contact, field)).casefold().split())
            if len(value) > 4:
                sharing[value].append(at)
        for places in sharing.values():
            if len(places) <= _MOST_SHARING:
                for at in places[1:]:
                    self._join(at, places[0])

    def _find(self, at: int) -> int:
        while self._root[at] != at:
            self._root[at] = self._root[self._root[at]]
            at = self._root[at]
        return at

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        self._root[second] = first
