"""Who calls KashFlow: what the account's API Settings page shows, and the password."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """A KashFlow username and its password (the separate API password, where there is one).

    The password is in no repr, so that a log or a traceback with its locals does not show it.
    """

    username: str
    password: str = field(repr=False)
