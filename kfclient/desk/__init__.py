"""Does the work: connect, sync, items, checks, publish. No user interface.

Names resolve when they are first used, and neither zeep nor a keyring is loaded before something
is asked of KashFlow.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from kfclient.desk.desk import Desk
    from kfclient.desk.events import Event, Listener
    from kfclient.desk.model.business import Business, BusinessSummary, Role, Settings
    from kfclient.desk.model.connection_state import ConnectionState
    from kfclient.desk.model.draft import Draft
    from kfclient.desk.model.item import Item, ItemLine, ItemState, Kind
    from kfclient.desk.model.list_names import ListName
    from kfclient.desk.sync.sync import SyncReport

__all__ = [
    "Business",
    "BusinessSummary",
    "ConnectionState",
    "Desk",
    "Draft",
    "Event",
    "Item",
    "ItemLine",
    "ItemState",
    "Kind",
    "ListName",
    "Listener",
    "Role",
    "Settings",
    "SyncReport",
]

_HOMES = {
    "Business": "model.business",
    "BusinessSummary": "model.business",
    "ConnectionState": "model.connection_state",
    "Desk": "desk",
    "Draft": "model.draft",
    "Event": "events",
    "Item": "model.item",
    "ItemLine": "model.item",
    "ItemState": "model.item",
    "Kind": "model.item",
    "ListName": "model.list_names",
    "Listener": "events",
    "Role": "model.business",
    "Settings": "model.business",
    "SyncReport": "sync.sync",
}


def __getattr__(name: str) -> object:
    """Load the module that holds a public name, when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
