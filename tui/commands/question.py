"""A yes-or-no question on the terminal; scripts are not asked."""

from __future__ import annotations

import sys

from tui.commands.output import warn
from tui.commands.terminal import is_terminal


def agreed(question: str) -> bool:
    """Ask, and return whether the person typed y or yes; True where nobody can be asked."""
    if not is_terminal():
        return True
    warn(question)
    sys.stderr.write("Type y to go on, anything else to leave it: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}
