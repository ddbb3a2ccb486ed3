"""Who calls KashFlow: what the account's API Settings page shows, and the password."""

from __future__ import annotations

from collections.abc import ItemsView
from dataclasses import dataclass, field
from html import escape

MASK = "•••"

_TOO_SHORT_TO_FIND = 4


@dataclass(frozen=True, slots=True)
class Credentials:
    """A KashFlow username and its password (the separate API password, where there is one).

    The password is in no repr, so that a log or a traceback with its locals does not show it.
    """

    username: str
    password: str = field(repr=False)


class SecretFields:
    """What goes into a request at the last moment, by KashFlow's field names.

    Not a dict, so that no repr, log or traceback with its locals shows what is in it.
    """

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str] | None = None) -> None:
        self._values = values or {}

    def __repr__(self) -> str:
        return f"Secrets({MASK})"

    def __or__(self, other: SecretFields) -> SecretFields:
        return SecretFields({**self._values, **other._values})

    def items(self) -> ItemsView[str, str]:
        """Return the field names and the secrets."""
        return self._values.items()

    def hide_in(self, text: str) -> str:
        """Return `text` with the secrets that stand in it masked; the username is none.

        They are found as they are and as XML and HTML write them.
        """
        for name, secret in self._values.items():
            if name != "UserName" and len(secret) >= _TOO_SHORT_TO_FIND:
                for spelling in (secret, escape(secret, quote=False), escape(secret)):
                    text = text.replace(spelling, MASK)
        return text
