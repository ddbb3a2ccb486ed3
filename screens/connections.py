"""The home screen: the businesses on this machine and how each stands with KashFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from screens.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class ConnectionsScreen(Room[None]):
    """Lists the businesses."""

    def __init__(self) -> None:
        super().__init__("Connections")

    def body(self) -> Iterable[Widget]:
        """Return what the screen shows."""
        yield Static("")
