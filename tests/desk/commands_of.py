"""Runs commands as a person of that name, one after the other in one process.

Each line of standard input is `{"words": [...], "stdin": text}`; each line of standard output is
what came of one, `[exit code, what it wrote on standard output]`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tui.cli import main

ROOT = Path(__file__).parents[2]


class Commands:
    """The commands of a person, in a process of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *words: str, stdin: str = "") -> list[Any]:
        """Run a command with `--json`; return its exit code and its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"words": [*words, "--json"], "stdin": stdin}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code, out = json.loads(self._process.stdout.readline())
        return [code, json.loads(out)]


@contextmanager
def commands_of(person: str, environment: Mapping[str, str]) -> Iterator[Commands]:
    """Yield the commands of this person, who has `environment` beside the test's own."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, person],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    try:
        yield Commands(process)
    finally:
        process.stdin.close()
        process.wait(30)


def _run(words: list[str], stdin: str) -> list[Any]:
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(out):
        code = main(words)
    return [code, out.buffer.getvalue().decode()]


def _serve(person: str) -> None:
    named = pwd.struct_passwd((person, *pwd.getpwuid(0)[1:]))
    pwd.getpwuid = lambda _user: named
    orders, answers = sys.stdin, sys.stdout
    for line in iter(orders.readline, ""):
        order = json.loads(line)
        answers.write(json.dumps(_run(order["words"], order["stdin"])) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
