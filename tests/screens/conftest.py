"""Fixtures of the screens' tests: a desk with fixed data, in a fixed time zone.

`stock` is Anna's desk of `stock.py`; `small` and `large` are the terminals that pictures are of.
`inbox` is a connected business with synced lists (see `tests.desk.seeded`), `inbox_desk` Anna's
desk on the same home; its clock stands still.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfclient.desk import Desk
from kfclient.store import Home, Secrets
from tests.desk.seeded import NOW, Inbox
from tests.screens.stock import stocked


@pytest.fixture(autouse=True)
def _fixed_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show times as in London, and the person at the machine itself, not come over SSH."""
    monkeypatch.setenv("TZ", "Europe/London")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Desk]:
    """Return Anna's desk with fixed data."""
    desk = stocked(tmp_path / "home")
    yield desk
    desk.close()


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected business with synced lists and an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


@pytest.fixture
def inbox_desk(inbox: Inbox) -> Desk:
    """Return Anna's desk on the inbox's home."""
    secrets = Secrets(inbox.home.root, memory=True)
    return Desk(inbox.home, secrets, person="anna", clock=lambda: NOW)
