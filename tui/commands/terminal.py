"""Whether there is a terminal that the app can fill."""

from __future__ import annotations

import os
import sys

from tui.commands.usage import WrongUse


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
