"""Which keyring keeps a connection's secrets: the one that was named, or what can be used here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.output import warn
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    from kfclient.desk import Desk


def keyring_for(desk: Desk, wanted: str) -> str:
    """Return the id of the keyring to use; says so when only the encrypted file is left.

    Raises WrongUse for one that is not known or cannot be used here, before anything is sent.
    """
    from kfclient.store.backends import ENCRYPTED_FILE

    if wanted:
        return _named(desk, wanted)
    proposed = desk.secrets.default_choice()
    if proposed is not None:
        return proposed.id
    notice = desk.secrets.notice()
    warn(
        "This session has no keyring that Kashdeck can use: the password and the AutoAuth key will "
        "be kept in an encrypted file, opened with a passphrase." + (f" {notice}" if notice else "")
    )
    return ENCRYPTED_FILE


def _named(desk: Desk, wanted: str) -> str:
    choices = desk.secrets.choices()
    usable = ", ".join(choice.id for choice in choices if choice.usable)
    for choice in choices:
        if choice.id == wanted and choice.usable:
            return wanted
        if choice.id == wanted:
            raise WrongUse(choice.why_not, f"What can be used here: {usable}.")
    raise WrongUse(f"Kashdeck keeps no secrets in “{wanted}”.", f"What can be used here: {usable}.")
