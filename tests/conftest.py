"""Fixtures that several folders of tests share.

`home` is an empty home folder, `desk` a desk on it whose secrets are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfclient.desk import Desk
from kfclient.store import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an empty home folder of this test's own."""
    home = Home(tmp_path / "home")
    yield home
    home.close()


@pytest.fixture
def desk(home: Home) -> Desk:
    """Return a desk on `home`, as Anna's."""
    from kfclient.store import Secrets

    return Desk(home, Secrets(home.root, memory=True), person="anna")
