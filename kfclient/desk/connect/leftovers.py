"""Places that may hold a password which is not wanted there any more.

A place is written down before anything is put there, and crossed out when a connection names it or
it was wiped. So whatever ends the work in between, the next one knows where to wipe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.store.errors import SecretsError

if TYPE_CHECKING:
    from kfclient.store import Home, Secrets

TABLE = "leftovers"
"""In the state: documents of a `business` and a `place`, the id of a keyring."""


class Leftover(msgspec.Struct, frozen=True):
    """A place that could not be wiped, and why."""

    place: str
    problem: SecretsError


class Leftovers:
    """Remembers and wipes such places. The caller holds the business's lock of connecting."""

    def __init__(self, home: Home, secrets: Secrets) -> None:
        self._table = home.state().table(TABLE)
        self._secrets = secrets

    def expect(self, business: str, place: str) -> None:
        """Write down that the place may hold the business's secrets from now on."""
        if place not in self.places(business):
            self._table.insert({"business": business, "place": place})

    def places(self, business: str) -> list[str]:
        """Return the ids of the places that are written down, oldest first."""
        return [found["place"] for found in self._table.by("business", business)]

    def wipe(self, business: str, wanted: str) -> list[Leftover]:
        """Wipe every place that is written down but `wanted`; return those that would not be.

        `wanted` is where the connection's secrets are, "" when there is no connection.
        """
        kept = []
        for found in self._table.by("business", business):
            if found["place"] != wanted:
                try:
                    self._secrets.forget(business, found["place"])
                except SecretsError as problem:
                    kept.append(Leftover(found["place"], problem))
                    continue
            self._table.remove(doc_ids=[found.doc_id])
        return kept
