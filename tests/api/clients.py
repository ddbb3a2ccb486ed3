"""The client that the tests call with: known secrets, limits that only a hang reaches."""

from __future__ import annotations

from kfclient.api import Credentials, KashFlow, Limits
from tests.waiting import HANG

USERNAME, PASSWORD, AUTOAUTH_KEY = "bookkeeper@example.com", "s3cret & <strong>", "1234ABCD-1234"

ONCE = Limits(connect=HANG, silence=HANG, reading=HANG, writing=HANG, tries=1)
"""For a server on this machine, with nothing tried twice."""


def client(endpoint: str, limits: Limits = ONCE) -> KashFlow:
    """Return a client of `endpoint` with the tests' credentials."""
    return KashFlow(endpoint, Credentials(USERNAME, PASSWORD), limits=limits)
