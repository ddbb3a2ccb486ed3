"""Fixtures that several folders of tests share; each test has its own of each.

`home` is an empty home folder and `desk` Anna's desk on it, with secrets in memory. `sandbox` is a
running server, `draft` what connects to it, `business` the id of a business on the desk.
`connected_desk` is the desk with that business connected, `synced_desk` with its lists synced too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kfclient.api import Limits
from kfclient.desk import Desk, Draft
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

QUICK = Limits(connect=60.0, silence=60.0, reading=60.0, writing=60.0, tries=1)
"""Limits for a server on this machine, with nothing tried twice; only a hang reaches them."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an empty home folder of this test's own."""
    home = Home(tmp_path / "home")
    yield home
    home.close()


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    """Return Anna's desk on `home`; its secrets and connections end with the test."""
    desk = Desk(home, Secrets(home.root, memory=True), person="anna", limits=QUICK)
    yield desk
    desk.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a running sandbox, its books in memory, its address list empty."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def draft(sandbox: Sandbox) -> Draft:
    """Return what a person types to connect to `sandbox`."""
    return Draft(
        software="sandbox",
        endpoint=sandbox.endpoint,
        username=sandbox.username,
        password=sandbox.password,
        autoauth_key=sandbox.autoauth_key,
    )


@pytest.fixture
def business(desk: Desk) -> str:
    """Return the id of a business that Anna has added; it is not connected yet."""
    return desk.businesses.add("Harbour Lane").id


@pytest.fixture
def connected_desk(desk: Desk, business: str, draft: Draft) -> Desk:
    """Return `desk` with `business` connected to `sandbox`."""
    desk.connecting.connect(business, draft)
    return desk


@pytest.fixture
def synced_desk(connected_desk: Desk, business: str) -> Desk:
    """Return `connected_desk` with the six lists synced."""
    assert not connected_desk.syncing.sync(business).failed
    return connected_desk
