"""Who calls KashFlow: what the account's API Settings page shows, and the password."""

from __future__ import annotations

from collections.abc import ItemsView
from dataclasses import dataclass, field

from kfclient.spellings import hide

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A KashFlow username and its password (the separate API password, where there is one).

    `also_secret` is what else a server may know and repeat, the AutoAuth key. None of them is in a
    repr, so that a log or a traceback with its locals does not show it.
    """

    username: str
    password: str = field(repr=False)
    also_secret: tuple[str, ...] = field(default=(), repr=False)


class SecretFields:
    """What goes into a request at the last moment, by KashFlow's field names.

    `others` are secrets of the session that this request does not need, and that its reply may
    repeat. Not a dict, so that no repr, log or traceback with its locals shows what is in it.
    """

    __slots__ = ("_others", "_values")

    def __init__(self, values: dict[str, str] | None = None, others: tuple[str, ...] = ()) -> None:
        self._values = values or {}
        self._others = others

    def __repr__(self) -> str:
        return f"Secrets({MASK})"

    def __or__(self, other: SecretFields) -> SecretFields:
        return SecretFields({**self._values, **other._values}, self._others + other._others)

    def items(self) -> ItemsView[str, str]:
        """Return the field names and the secrets."""
        return self._values.items()

    def hide_in(self, text: str, *, cut: bool = False) -> str:
        """Return `text` with the secrets that stand in it masked; the username is none.

        They are found in any spelling: see `kfclient.spellings`. With `cut`, the text may break off
        in the middle of one.
        """
        own = (secret for name, secret in self._values.items() if name != "UserName")
        return hide(text, (*own, *self._others), MASK, cut=cut)

    def hide_in_said(self, said: str) -> str:
        """Return what a server says, which may break off in the middle of a secret, without any."""
        return self.hide_in(said, cut=True)

    def longest(self) -> int:
        """Return how long the longest secret is, in characters."""
        return max(map(len, (*self._values.values(), *self._others)), default=0)
