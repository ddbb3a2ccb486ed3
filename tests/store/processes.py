"""Starting Python processes of our own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.waiting import HANG

ROOT = Path(__file__).parents[2]


def started(*words: object) -> subprocess.Popen[str]:
    """Start `python WORDS`, with its output in pipes."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str], seconds: float = 3 * HANG) -> str:
    """Wait until it has ended well and return what it said."""
    out, trouble = process.communicate(timeout=seconds)
    assert process.returncode == 0, trouble
    return out


def script(code: str, *words: object) -> str:
    """Run code in a process of its own and return what it said."""
    return finished(started("-c", code, *words))
