"""Opening the desk for a command, and the encrypted file when the work needs it."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from kfclient.errors import tell
from tui.commands.output import warn

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.desk import Desk
    from kfclient.desk.businesses import Businesses

T = TypeVar("T")


@contextmanager
def opened(trace: Path | None = None) -> Iterator[Desk]:
    """Yield the desk over the home that `KASHDECK_HOME` or the platform names, with its log.

    `trace` is the file that gets what is sent to KashFlow and comes back, without secrets.
    """
    from kfclient.desk.desk import Desk
    from kfclient.store.logs import start_logging

    desk = Desk.open(trace=trace)
    start_logging(desk.home)
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def businesses_opened() -> Iterator[Businesses]:
    """Yield the businesses alone: loads in half the time, for what needs nothing else."""
    from kfclient.desk.businesses import Businesses
    from kfclient.store.home import Home

    home = Home.default()
    businesses = Businesses(home)
    try:
        yield businesses
    finally:
        businesses.audit.close()
        home.close()


def unlocked(desk: Desk, work: Callable[[], T]) -> T:
    """Return what `work` returns, asking once for the passphrase where it is needed.

    It is asked on the terminal alone; in a script the problem goes on to the caller, and its cure
    names the file that can hold the passphrase.
    """
    from kfclient.store.errors import PassphraseNeeded

    try:
        return work()
    except PassphraseNeeded:
        if not sys.stdin.isatty():
            raise
    _ask_passphrase(desk)
    return work()


def _ask_passphrase(desk: Desk) -> None:
    """Ask for the encrypted file's passphrase; a new one is asked for twice."""
    from kfclient.store.backends import ENCRYPTED_FILE
    from kfclient.store.errors import PassphraseTooShort, WrongPassphrase

    new = desk.secrets.is_new(ENCRYPTED_FILE)
    choose = " Choose a passphrase for it." if new else ""
    warn(f"The password and the AutoAuth key are kept in an encrypted file.{choose}")
    for last in (False, False, True):
        given = getpass.getpass("Passphrase: ")
        try:
            if new:
                _same_again(given)
            desk.secrets.unlock(ENCRYPTED_FILE, given)
        except (WrongPassphrase, PassphraseTooShort) as problem:
            if last:
                raise
            warn(tell(problem))
        else:
            return


def _same_again(given: str) -> None:
    from kfclient.store.errors import WrongPassphrase

    if getpass.getpass("The same passphrase again: ") != given:
        raise WrongPassphrase("The two were not the same.", "Start again.")
