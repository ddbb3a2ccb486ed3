"""The client that the tests call with: known secrets, short limits."""

from __future__ import annotations

from kfclient.api import Credentials, KashFlow, Limits

USERNAME, PASSWORD, AUTOAUTH_KEY = "bookkeeper@example.com", "s3cret & <strong>", "1234ABCD-1234"

QUICK = Limits(connect=2.0, silence=2.0, reading=2.0, writing=2.0, tries=1)


def client(endpoint: str, limits: Limits = QUICK) -> KashFlow:
    """Return a client of `endpoint` with the tests' credentials."""
    return KashFlow(endpoint, Credentials(USERNAME, PASSWORD), limits=limits)
