"""Opening the desk for a command, and the encrypted file when the work needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from tui.commands.output import warn
from tui.coredumps import close_memory

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.desk import Desk
    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.errors import SecretsError

T = TypeVar("T")

_ASKED = 3
"""How often a person is asked before a command gives up."""


@contextmanager
def opened(trace: Path | None = None, *, tells: bool = True) -> Iterator[Desk]:
    """Yield the desk over the home that `KASHDECK_HOME` or the platform names, with its log.

    `trace` is the file that gets what is sent to KashFlow and comes back, without secrets. With
    `tells`, a person is told of publishing that was broken off.
    """
    from kfclient.desk.desk import Desk
    from kfclient.store.logs import start_logging

    close_memory()
    desk = Desk.open(trace=trace)
    start_logging(desk.home)
    try:
        if tells and sys.stderr.isatty():
            _tell_broken_off(desk)
        yield desk
    finally:
        desk.close()


def _tell_broken_off(desk: Desk) -> None:
    from kfclient.desk.business.glance import glances
    from kfclient.desk.publish.run_glance import RunStanding
    from kfclient.desk.publish.run_words import broken_off

    for glance in glances(desk.home.root):
        run = glance.publishing
        if run is not None and run[1] is RunStanding.INTERRUPTED:
            warn("\n".join(broken_off(glance.name, run[0])))


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
    from tui.commands import prompts

    terminal = sys.stdin.isatty()
    if isinstance(problem, SecretNeeded):
        if problem.business in asked if secrets_stdin else not terminal:
            return False
        asked.add(problem.business)
        prompts.ask_secret(desk, problem, from_stdin=secrets_stdin)
    elif not terminal:
        return False
    elif isinstance(problem, PromptNeeded):
        warn(problem.sentence)
        desk.secrets.prompt(problem.backend)
    else:
        prompts.ask_passphrase(desk)
    return True
