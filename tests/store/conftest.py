from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kfclient.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings reaches a test."""
    for name in ("KASHDECK_HOME", "KASHDECK_PASSPHRASE_FILE", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database's snapshot goes."""
    return tmp_path / "state.json"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    """An empty database."""
    database = Database(path)
    yield database
    database.close()
