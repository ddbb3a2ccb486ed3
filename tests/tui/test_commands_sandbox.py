"""`kashdeck sandbox`: what other programs rely on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tui.kashdeck import ROOT, Kashdeck
from tests.waiting import HANG


@contextmanager
def serving(kashdeck: Kashdeck, *words: str) -> Iterator[tuple[Any, subprocess.Popen[str]]]:
    """Run the sandbox; yield the line it printed and the process, ended afterwards."""
    with subprocess.Popen(
        [sys.executable, "-m", "tui", "sandbox", "--json", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=kashdeck.environment,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline()), process
        finally:
            process.terminate()


def test_one_line_says_where_it_listens_and_what_opens_it(
    kashdeck: Kashdeck, tmp_path: Path
) -> None:
    with serving(kashdeck, "--home", str(tmp_path / "books"), "--suppliers", "12") as (said, _):
        assert list(said) == ["endpoint", "username", "password", "autoauth_key", "control"]
        with urllib.request.urlopen(said["control"], timeout=HANG) as reply:
            assert json.load(reply)["counts"]["suppliers"] == 12


def test_its_books_are_kept_beside_the_home_not_in_it(kashdeck: Kashdeck) -> None:
    with serving(kashdeck) as (first, _):
        pass
    with serving(kashdeck) as (second, _):
        assert second["password"] == first["password"]
    assert not kashdeck.home.exists()
    assert kashdeck.home.with_name("home-sandbox").is_dir()


def test_a_signal_ends_it_in_order(kashdeck: Kashdeck) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with serving(kashdeck) as (_, process):
            process.send_signal(number)
            assert process.wait(timeout=HANG) == 0


def test_two_on_the_same_books_are_told(kashdeck: Kashdeck) -> None:
    with serving(kashdeck):
        ran = kashdeck.run("sandbox")
    assert ran.code == 2
    assert "Stop the other sandbox" in ran.err


def test_an_address_that_others_reach_is_warned_of_beside_the_line(kashdeck: Kashdeck) -> None:
    with serving(kashdeck, "--host", "0.0.0.0") as (said, process):
        with urllib.request.urlopen(said["control"], timeout=HANG) as reply:
            assert reply.status == 200
        process.terminate()
        assert process.stderr is not None
        assert "WARNING: THE SANDBOX LISTENS ON 0.0.0.0" in process.stderr.read()
    with serving(kashdeck, "--host", "127.0.0.1") as (_, process):
        process.terminate()
        assert process.stderr is not None
        assert process.stderr.read() == ""
