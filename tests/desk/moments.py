"""Moments for desks whose time a test tells: the machine counts on as that time does."""

from __future__ import annotations

import datetime as dt

from kfclient.elapsed import Uptime


def moment_at(now: dt.datetime) -> Uptime:
    """Return how far this machine has counted at that time, started once and never again."""
    return Uptime(machine="here", boot="first", seconds=now.timestamp())
