"""What the trail tells of a business: its connection and its settings, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping

from kfclient.desk.audit.audit import Action
from kfclient.desk.business.business import Connection, Settings
from kfclient.desk.business.settings import SETTINGS

Told = dict[str, str]


def connecting(before: Connection | None, after: Connection | None) -> Action:
    """Return what was done to a connection."""
    if before is not None and after is not None:
        return Action.RECONNECTED
    return Action.CONNECTED if before is None else Action.DISCONNECTED


def connection_changes(before: Connection | None, after: Connection | None) -> tuple[Told, Told]:
    """Return what differs between two connections, or one and none; never a secret."""
    return _differing(_connection(before), _connection(after))


def settings_changes(before: Settings, after: Settings) -> tuple[Told, Told]:
    """Return the settings that differ, as people read them."""
    return _differing(_settings(before), _settings(after))


def _connection(connection: Connection | None) -> Told:
    if connection is None:
        return {}
    return {
        "username": connection.username,
        "endpoint": connection.endpoint,
        "software": connection.software,
        "company": connection.company.name,
        "secrets_in": connection.secrets_in,
    }


def _settings(settings: Settings) -> Told:
    return {spec.key: spec.text_of(settings) for spec in SETTINGS}


def _differing(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[Told, Told]:
    differ = [key for key in (now or was) if was.get(key) != now.get(key)]
    return (
        {key: was[key] for key in differ if key in was},
        {key: now[key] for key in differ if key in now},
    )
