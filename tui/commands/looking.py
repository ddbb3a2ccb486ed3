"""Looking in KashFlow for what items may be duplicates of, by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.errors import Cancelled
from tui.commands.output import warn
from tui.commands.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Collection

    from kfclient.desk import Desk


def look(desk: Desk, business: str, items: Collection[str] | None = None) -> bool:
    """Read what KashFlow has of the items' suppliers and customers; False where it was stopped.

    None stands for all unpublished items. Raises what `Radar.refresh` does.
    """
    with stoppable() as cancel:
        try:
            desk.radar.refresh(business, cancel, again=True, items=items)
        except Cancelled:
            return False
    return True


def look_beforehand(desk: Desk, business: str, items: Collection[str] | None) -> bool:
    """Look, so that a plan shows what holds items back; False where it was stopped.

    Each is looked for again before it is sent, so what cannot be read now is only said. Raises what
    keeps everybody out of KashFlow, and what the keyring says.
    """
    from kfclient.api.errors import KashFlowError
    from kfclient.desk.connect.sessions import NEEDS_RECONNECTING
    from kfclient.desk.errors import NotConnected

    try:
        return look(desk, business, items)
    except NEEDS_RECONNECTING:
        raise
    except NotConnected:
        return True  # the plan says so of every item
    except KashFlowError as problem:
        warn(f"KashFlow could not be looked at for duplicates beforehand: {problem.sentence}")
        return True


def no_duplicates(desk: Desk, business: str, items: Collection[str]) -> None:
    """Remember that these items are no duplicates of what holds them back; `ItemUnknown`."""
    for item in dict.fromkeys(items):
        if not desk.radar.not_a_duplicate(business, item):
            warn(f"Item {item} is not held back as a duplicate.")
