"""Reads what KashFlow has, for duplicates, while a person goes on working."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfclient.cancel import Cancel
from kfclient.errors import Cancelled, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from screens.room import Room


class DuplicateWatch:
    """Reads the documents of the items' suppliers and customers, each once a session.

    `then` is told how many were read, and why KashFlow could not be looked at, if so. Nobody asked
    for the look, so it asks for nothing: no passphrase, no password. It ends with its screen.
    """

    def __init__(
        self, screen: Room[Any], business: str, then: Callable[[int, Problem | None], object]
    ) -> None:
        self._screen = screen
        self._business = business
        self._then = then
        self._looking = False
        self._cancel = Cancel()

    def look(self) -> None:
        """Look for what was not read yet; while a look is under way, nothing more."""
        if not self._looking:
            self._looking = True
            lane = f"duplicates-{self._business}"
            self._screen.ask(self._work, self._found, self._failed, lane=lane)

    def stop(self) -> None:
        """Stop looking: its screen goes."""
        self._cancel.cancel()

    def _work(self) -> tuple[int, Problem | None]:
        desk = self._screen.services.desk
        try:
            read = desk.radar.refresh(self._business, self._cancel)
        except Cancelled:
            return 0, None
        except Problem as problem:
            return 0, problem
        if read:
            desk.items.refresh_counts(self._business)
        return read, None

    def _found(self, found: tuple[int, Problem | None]) -> None:
        self._looking = False
        self._then(*found)

    def _failed(self, problem: Problem) -> None:
        self._found((0, problem))
