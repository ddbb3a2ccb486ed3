"""No core dumps: a crash leaves no file with the passwords that were in memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.kashdeck import ROOT
from tests.tui.test_terminal import on_terminal

LINUX = sys.platform == "linux"


def allowed() -> None:
    """Allow core dumps, as far as may be, before a program starts."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def ended(words: list[str], folder: Path, **environment: str) -> tuple[int, bool]:
    """Run until it says something, abort it, and return its signal and whether it dumped."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        preexec_fn=allowed,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGABRT)
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = 0
    process.stdout.close()
    return os.WTERMSIG(status), os.WCOREDUMP(status)


def test_a_crash_dumps_nothing(tmp_path: Path) -> None:
    waits = "print(1, flush=True); import time; time.sleep(60)"
    other = ended([sys.executable, "-c", waits], tmp_path)
    if other != (signal.SIGABRT, True):
        pytest.skip("core dumps are off on this machine: that ours are is NOT tested")
    for file in tmp_path.iterdir():
        file.unlink()

    words = [sys.executable, "-m", "tui", "sandbox", "--json"]
    assert ended(words, tmp_path, KASHDECK_HOME=str(tmp_path / "home")) == (signal.SIGABRT, False)
    assert not list(tmp_path.glob("*core*"))


@pytest.mark.skipif(not LINUX, reason="/proc is Linux's")
def test_the_app_runs_with_a_limit_of_nothing(tmp_path: Path) -> None:
    with on_terminal(tmp_path / "home") as terminal:
        terminal.read_until(b"Connections")
        limits = Path(f"/proc/{terminal.process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]


@pytest.mark.skipif(not LINUX, reason="prctl is Linux's")
def test_nobody_else_may_look_into_its_memory(tmp_path: Path) -> None:
    """PR_GET_DUMPABLE is 3; a child that is another program may be looked into as ever."""
    code = (
        "import ctypes, subprocess, sys\n"
        "from tui.commands.opening import opened\n"
        "asks = 'import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)'\n"
        "exec(asks)\n"
        "with opened(): exec(asks); subprocess.run([sys.executable, '-c', asks])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "KASHDECK_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "0", "1"]


def test_where_it_cannot_be_forbidden_nothing_breaks() -> None:
    code = (
        "import sys; sys.platform = 'plan9'\n"
        "from tui import coredumps\n"
        "coredumps.close_memory(); coredumps.forbid(); coredumps.forbid()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
