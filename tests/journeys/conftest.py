"""Fixtures of the journeys: the demo's credentials, and people who are not Admins.

`walking(desk, demo)` of `walk.py` opens the app; everything is typed, nothing is called.
"""

from __future__ import annotations

import pytest

from kfclient.desk import Desk
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from screens.services import DemoCredentials


@pytest.fixture
def demo(sandbox: Sandbox) -> DemoCredentials:
    """Return the sandbox's credentials as the demo shows them."""
    return DemoCredentials(
        endpoint=sandbox.endpoint,
        username=sandbox.username,
        password=sandbox.password,
        autoauth_key=sandbox.autoauth_key,
    )


@pytest.fixture
def bens_desk(desk: Desk, home: Home) -> Desk:
    """Return Ben's desk on Anna's home; Ben is nobody's Admin."""
    return Desk(home, desk.secrets, person="ben")
