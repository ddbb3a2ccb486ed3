"""Opening the desk for a command: the encrypted file, secrets and questions on the terminal."""

from __future__ import annotations

import getpass
import os
import sys
import termios
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from tui.commands.output import tell_problem, warn
from tui.commands.usage import WrongUse
from tui.coredumps import close_memory

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.desk import Desk
    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.errors import SecretNeeded, SecretsError

T = TypeVar("T")

SELDOM = (1_000_000, 20, 20)
"""What a command makes is nearly all still needed: looking for cycles among it costs a third."""

_LONGEST_LINE = 1 << 16
_ASKED = 3
"""How often a person is asked before a command gives up."""


@contextmanager
def opened(trace: Path | None = None, *, tells: bool = True) -> Iterator[Desk]:
    """Yield the desk over the home that `KASHDECK_HOME` or the platform names, with its log.

    `trace` is the file that gets what is sent to KashFlow and comes back, without secrets. With
    `tells`, a person is told of publishing that was broken off.
    """
    import gc

    from kfclient.desk.desk import Desk
    from kfclient.store.log import start_logging

    close_memory()
    gc.set_threshold(*SELDOM)
    desk = Desk.open(trace=trace)
    start_logging(desk.home)
    try:
        if tells and sys.stderr.isatty():
            _tell_broken_off(desk)
        yield desk
    finally:
        desk.close()


def _tell_broken_off(desk: Desk) -> None:
    from kfclient.desk.business.status import RunPhase, broken_off, statuses

    for status in statuses(desk.home.root):
        run = status.publishing
        if run is not None and run[1] is RunPhase.INTERRUPTED:
            sentence, cure = broken_off(status.name, run[0])
            warn(sentence, *cure.split("\n"))


@contextmanager
def businesses_opened() -> Iterator[Businesses]:
    """Yield the businesses alone: loads in half the time, for what needs nothing else."""
    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.home import Home

    home = Home.default()
    businesses = Businesses(home)
    try:
        yield businesses
    finally:
        businesses.audit.close()
        home.close()


def unlocked(desk: Desk, work: Callable[[], T], *, secrets_stdin: bool = False) -> T:
    """Return what `work` returns, asking for a passphrase or a password where it is needed.

    They are asked for on the terminal alone, three times at most, and a password that is kept
    nowhere is forgotten afterwards, unless this is a part of a larger piece of work; with
    `secrets_stdin` it comes from standard input, once. In a script the problem goes on to the
    caller, and its cure names the other ways.
    """
    from kfclient.store.errors import PassphraseNeeded, PromptNeeded, SecretNeeded

    left, asked = _ASKED, set[str]()
    with ExitStack() as held:
        while True:
            try:
                return work()
            except (PassphraseNeeded, PromptNeeded, SecretNeeded) as problem:
                left -= 1
                if isinstance(problem, SecretNeeded):
                    held.enter_context(desk.secrets.work(problem.business))
                if left < 0 or not _answered(desk, problem, asked, secrets_stdin):
                    raise


def _answered(desk: Desk, problem: SecretsError, asked: set[str], secrets_stdin: bool) -> bool:
    """Ask what the problem needs; False where nobody can be asked. Notes whose password it was."""
    from kfclient.store.errors import PromptNeeded, SecretNeeded

    terminal = sys.stdin.isatty()
    if isinstance(problem, SecretNeeded):
        if problem.business in asked if secrets_stdin else not terminal:
            return False
        asked.add(problem.business)
        ask_secret(desk, problem, from_stdin=secrets_stdin)
    elif not terminal:
        return False
    elif isinstance(problem, PromptNeeded):
        warn(problem.sentence)
        desk.secrets.prompt(problem.backend)
    else:
        ask_passphrase(desk)
    return True


# Questions about secrets on the terminal: what is typed is not shown, and never a word of argv.


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
    from kfclient.store.errors import PassphraseTooShort, WrongPassphrase
    from kfclient.store.keyring_choice import ENCRYPTED_FILE

    new = desk.secrets.is_new(ENCRYPTED_FILE)
    choose = " Choose a passphrase for it." if new else ""
    warn(f"The password and the AutoAuth key are kept in an encrypted file.{choose}")
    for _ in range(2):
        try:
            return _unlocked(desk, new=new, keep_hours=keep_hours)
        except (WrongPassphrase, PassphraseTooShort) as problem:
            tell_problem(problem)
    return _unlocked(desk, new=new, keep_hours=keep_hours)


def _unlocked(desk: Desk, *, new: bool, keep_hours: float) -> bool:
    from kfclient.store.errors import WrongPassphrase
    from kfclient.store.keyring_choice import ENCRYPTED_FILE

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
    line = sys.stdin.buffer.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise WrongUse("Standard input has a line without end.", "Give each secret on a line.")
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise WrongUse("Standard input is not text in UTF-8.", "Give it as UTF-8.") from None


# Whether there is a terminal that the app can fill.


def is_terminal() -> bool:
    """Whether a person sits at both ends: questions can be asked and answered."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal() -> None:
    """Raise `WrongUse` where the app cannot be shown."""
    if not is_terminal():
        raise WrongUse(
            "The app needs a terminal, and there is none here.",
            "Everything it does is a command too: kashdeck --help",
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise WrongUse(
            "The app needs a terminal that can place text; this one says it cannot (TERM=dumb).",
            "Everything it does is a command too: kashdeck --help",
        )


# A yes-or-no question on the terminal; scripts are not asked.


def agreed(*question: str) -> bool:
    """Ask, and return whether the person typed y or yes; True where nobody can be asked.

    What was typed before the question was there is no answer to it.
    """
    if not is_terminal():
        return True
    termios.tcflush(sys.stdin, termios.TCIFLUSH)
    warn(*question)
    sys.stderr.write("Type y to go on, anything else to leave it: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}
