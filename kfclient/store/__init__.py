"""Remembering: the state (TinyDB), synced lists, secrets (keyring), the log.

Names resolve when they are first used; neither keyring nor cryptography is loaded before a secret
is needed.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from kfclient.store.database import Database, Table
    from kfclient.store.home import Home
    from kfclient.store.keyring_choice import BackendChoice
    from kfclient.store.log import start_logging
    from kfclient.store.redaction import redact
    from kfclient.store.secrets import ConnectionSecret, Secrets

__all__ = [
    "BackendChoice",
    "ConnectionSecret",
    "Database",
    "Home",
    "Secrets",
    "Table",
    "redact",
    "start_logging",
]

_HOMES = {
    "BackendChoice": "keyring_choice",
    "ConnectionSecret": "secrets",
    "Database": "database",
    "Home": "home",
    "Secrets": "secrets",
    "Table": "database",
    "redact": "redaction",
    "start_logging": "log",
}


def __getattr__(name: str) -> object:
    """Load the module that holds a public name, when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
