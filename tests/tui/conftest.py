"""Fixtures for the commands: a sandbox of the test's own, and the command on a home of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kfclient.desk import Desk
from kfclient.sandbox import Sandbox
from tests.tui.kashdeck import COSTS, NAME, SALES, Kashdeck


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a running practice KashFlow with new books."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def kashdeck(tmp_path: Path, sandbox: Sandbox) -> Kashdeck:
    """Return the command on an empty home."""
    return Kashdeck(tmp_path, sandbox)


@pytest.fixture(scope="session")
def connected_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return a folder with a home, connected and synced, and its sandbox's books; and the port."""
    folder = tmp_path_factory.mktemp("connected")
    with Sandbox(folder / "books") as sandbox:
        ran = Kashdeck(folder, sandbox).connect()
        assert ran.code == 0, ran
        port = urlsplit(sandbox.endpoint).port
    assert port is not None
    return folder, port


@pytest.fixture
def connected(connected_once: tuple[Path, int], tmp_path: Path) -> Iterator[Kashdeck]:
    """Return the command with a business connected to a sandbox of the test's own.

    Both are copies: connecting anew for each test would be most of their time.
    """
    folder, port = connected_once
    for name in ("home", "books"):
        shutil.copytree(folder / name, tmp_path / name)
    with Sandbox(tmp_path / "books", port=port) as sandbox:
        yield Kashdeck(tmp_path, sandbox)


@pytest.fixture
def filled(connected: Kashdeck) -> Kashdeck:
    """Return the connected command with the demo's ten costs and five sales imported."""
    desk = Desk.open(connected.home)
    business = desk.businesses.find(NAME)
    for path in (COSTS, SALES):
        desk.importing.import_file(business.id, Path(path))
    desk.close()
    return connected
