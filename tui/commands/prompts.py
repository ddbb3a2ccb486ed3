"""Questions about secrets on the terminal: what is typed is not shown, and never a word of argv."""

from __future__ import annotations

import getpass
import sys
import warnings
from typing import TYPE_CHECKING

from kfclient.errors import tell
from tui.commands.output import warn
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    from kfclient.desk import Desk
    from kfclient.store.errors import SecretNeeded


def hidden(question: str) -> str:
    """Ask on the terminal and return what is typed; WrongUse where it cannot be hidden."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    except (getpass.GetPassWarning, EOFError):
        raise WrongUse(
            "What is typed here cannot be hidden, so nothing was asked.",
            "Use a terminal, or --secrets-stdin and KASHDECK_PASSPHRASE_FILE.",
        ) from None


def ask_passphrase(desk: Desk, *, keep_hours: float = 0) -> bool:
    """Ask for the encrypted file's passphrase, up to three times; a new one is asked for twice.

    Returns whether it stays open for other sessions, as `keep_hours` asks for.
    """
    from kfclient.store.backends import ENCRYPTED_FILE
    from kfclient.store.errors import PassphraseTooShort, WrongPassphrase

    new = desk.secrets.is_new(ENCRYPTED_FILE)
    choose = " Choose a passphrase for it." if new else ""
    warn(f"The password and the AutoAuth key are kept in an encrypted file.{choose}")
    for _ in range(2):
        try:
            return _unlocked(desk, new=new, keep_hours=keep_hours)
        except (WrongPassphrase, PassphraseTooShort) as problem:
            warn(tell(problem))
    return _unlocked(desk, new=new, keep_hours=keep_hours)


def _unlocked(desk: Desk, *, new: bool, keep_hours: float) -> bool:
    from kfclient.store.backends import ENCRYPTED_FILE
    from kfclient.store.errors import WrongPassphrase

    given = hidden("Passphrase: ")
    if new and hidden("The same passphrase again: ") != given:
        raise WrongPassphrase("The two were not the same.", "Start again.")
    return desk.secrets.unlock(ENCRYPTED_FILE, given, keep_hours=keep_hours)


def ask_secret(desk: Desk, problem: SecretNeeded, *, from_stdin: bool) -> None:
    """Ask for a password that is kept nowhere, and lend it for the work that needs it."""
    from kfclient.store import ConnectionSecret

    if from_stdin:
        password, key = stdin_line(), stdin_line()
    else:
        name = desk.businesses.get(problem.business).name
        warn(f"{name}: {problem.sentence}")
        password = hidden("Password: ")
        key = hidden("AutoAuth key: ") if problem.with_key else ""
    if not password:
        raise problem
    desk.secrets.lend(problem.business, ConnectionSecret(password, key.strip()))


def stdin_line() -> str:
    """Return the next line of standard input, "" after its end; WrongUse for what is no UTF-8."""
    try:
        return sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise WrongUse("Standard input is not text in UTF-8.", "Give it as UTF-8.") from None
