"""Publishing in the background: it outlives terminal, network and process, and is there once.

Every part is real: processes, signals, terminals, and a server that is stopped and started again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kfclient.desk import Desk
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from tests import waiting
from tests.slow import SlowReplies, slow_replies
from tests.tui.kashdeck import NAME, PASSPHRASE, Kashdeck
from tests.tui.test_terminal import on_terminal
from tests.waiting import HANG
from tui import detached

EIGHT = tuple("12345678")
AGREED = ("--create-suppliers", "--create-customers")


@pytest.fixture
def replies(filled: Kashdeck) -> Iterator[SlowReplies]:
    """Return what lets the replies to purchases go."""
    with slow_replies(filled.sandbox) as replies:
        yield replies


@pytest.fixture
def slow(filled: Kashdeck, replies: SlowReplies) -> Iterator[Kashdeck]:
    """Return the filled command; purchases wait to be let go, and what is left goes at the end."""
    filled.sandbox.misbehave("InsertReceipt", "slow", times=None)
    yield filled
    process = run_of(filled).get("process")
    if process and run_of(filled)["state"] not in {"ended", "interrupted"}:
        os.kill(process, signal.SIGKILL)


def run_of(kashdeck: Kashdeck) -> dict[str, Any]:
    """Return how publishing goes, as `status` has it."""
    (connection,) = kashdeck.json("status", NAME)["connections"]
    return connection["publishing"] or {}


def until(
    kashdeck: Kashdeck,
    true: Callable[[dict[str, Any]], object],
    letting: SlowReplies | None = None,
) -> Any:
    """Wait until the run is so, `letting` one reply go after each look, and return the run."""
    deadline = time.monotonic() + HANG
    while not true(run := run_of(kashdeck)):
        assert time.monotonic() < deadline, str(run)
        if letting is not None and letting.held:
            letting.let_go()
        time.sleep(0.05)
    return run


def detach(kashdeck: Kashdeck, lanes: str = "2") -> int:
    """Publish eight costs in the background, and return the process."""
    words = ("publish", NAME, *EIGHT, *AGREED, "--detach", "--lanes", lanes, "--json")
    ran = kashdeck.process(*words)
    assert ran.code == 0, ran
    answer = json.loads(ran.out)
    assert answer["run"]["background"]
    process: int = answer["run"]["process"]
    return process


def references(sandbox: Sandbox) -> Counter[object]:
    """Return how often KashFlow has each purchase."""
    return Counter(
        (row["CustomerID"], str(row["InvoiceDate"]), row.get("CustomerReference"))
        for row in sandbox.account.receipts()
    )


def assert_all_there_once(kashdeck: Kashdeck, sandbox: Sandbox) -> None:
    assert set(references(sandbox).values()) == {1}
    assert sum(references(sandbox).values()) == 8
    items = {item["id"]: item for item in kashdeck.json("items", NAME)["items"]}
    assert {items[key]["state"] for key in EIGHT} == {"published"}


def test_it_goes_on_when_the_terminal_has_gone_and_tells_nobody_the_passphrase(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    replies.let_go()
    environment = {**slow.environment, "KASHDECK_PASSPHRASE_FILE": ""}
    words = ("publish", NAME, *EIGHT, *AGREED, "--detach", "--lanes", "2")
    with on_terminal(slow.home, *words, **environment) as terminal:
        answers = {b"in the background?": b"y\n", b"Passphrase: ": PASSPHRASE.encode() + b"\n"}
        came, deadline = b"", time.monotonic() + HANG
        while b"Stop it with:" not in came:
            came += terminal.read(0.1)
            assert time.monotonic() < deadline, came
            for asked in [asked for asked in answers if asked in came]:
                terminal.press(answers.pop(asked))
    # The terminal is closed by now, and its session has had its hang-up.
    run = until(slow, lambda run: run["published"])
    if sys.platform == "linux":
        assert_away_and_discreet(run["process"], slow)
    replies.let_all_go()
    run = until(slow, lambda run: run["state"] == "ended")
    assert (run["published"], run["held"], run["unknown"]) == (8, 0, 0)
    assert_all_there_once(slow, slow.sandbox)
    # It is logged last, once whoever looks can see that it has ended.
    log = slow.home / "kashdeck.log"
    waiting.until(
        lambda: "8 published, 0 held back" in log.read_text("utf-8"), "its end in the log"
    )


def assert_away_and_discreet(process: int, kashdeck: Kashdeck) -> None:
    """Look at the process from outside: no terminal, no core dump, no secret to be seen."""
    place = Path("/proc") / str(process)
    _, parent, _, session, terminal, *_ = place.joinpath("stat").read_text().split(")")[1].split()
    assert terminal == "0"
    assert session not in {str(process), str(os.getsid(0))}, "it cannot get a terminal either"
    assert parent != str(os.getpid())
    arguments = place.joinpath("cmdline").read_bytes()
    environment = place.joinpath("environ").read_bytes() if os.access(place / "environ", 4) else b""
    for secret in (PASSPHRASE, kashdeck.sandbox.password, kashdeck.sandbox.autoauth_key):
        assert secret.encode() not in arguments + environment
        for path in kashdeck.home.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes()
    limits = place.joinpath("limits").read_text()
    assert next(line for line in limits.splitlines() if "core" in line).split()[4:6] == ["0", "0"]
    streams = {str((place / "fd" / str(number)).readlink()) for number in (0, 1, 2)}
    assert streams == {"/dev/null"}
    assert str((place / "cwd").readlink()) == "/"


def test_without_a_network_it_waits_and_goes_on_by_itself(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    replies.let_go(2)
    slow.json("settings", NAME, "settle_seconds=2")
    port = urlsplit(slow.sandbox.endpoint).port
    assert port is not None
    detach(slow)
    until(slow, lambda run: run["published"] >= 2)
    slow.sandbox.stop()
    waiting = until(slow, lambda run: run["state"] == "waiting")
    assert waiting["waiting_for"]
    assert "publishing waiting" in slow.run("status").out
    with Sandbox(slow.home.parent / "books", port=port) as again:
        run = until(slow, lambda run: run["state"] == "ended")
        assert (run["published"], run["held"], run["unknown"]) == (8, 0, 0)
        assert_all_there_once(slow, again)


@pytest.mark.full
def test_a_proxy_that_refuses_costs_nothing_but_time(slow: Kashdeck, replies: SlowReplies) -> None:
    replies.let_go(2)
    detach(slow)
    until(slow, lambda run: run["published"] >= 2)
    slow.sandbox.misbehave("*", "html-503", times=None)
    replies.let_all_go()
    until(slow, lambda run: run["state"] == "waiting")
    slow.json("settings", NAME, "settle_seconds=2")
    slow.sandbox.behave()
    until(slow, lambda run: run["state"] == "ended")
    assert_all_there_once(slow, slow.sandbox)


def test_killed_it_is_told_everywhere_and_carried_on(slow: Kashdeck, replies: SlowReplies) -> None:
    replies.let_go(2)
    slow.json("settings", NAME, "settle_seconds=2")
    process = detach(slow)
    until(slow, lambda run: run["published"] >= 2)
    os.kill(process, signal.SIGKILL)
    replies.let_all_go()
    until(slow, lambda run: run["state"] == "interrupted")
    assert slow.json("publish", NAME, "--follow", code=1)["error"]["code"] == "broken-off"
    assert "--resume" in slow.run("status", NAME).out
    assert "was broken off" in slow.run("publish", NAME, "--ready", "--dry-run").err
    assert slow.json("publish", NAME, "--pause", code=2)["error"]["code"] == "nothing-runs"
    answer = slow.json("publish", NAME, "--resume", "--wait")
    assert (answer["published"], answer["held"], answer["unknown"]) == (8, 0, 0)
    assert_all_there_once(slow, slow.sandbox)
    assert run_of(slow)["state"] == "ended"


def test_asked_to_go_it_finishes_what_is_on_its_way_and_is_carried_on_in_the_background(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    replies.let_go()
    process = detach(slow)
    until(slow, lambda run: run["published"])
    os.kill(process, signal.SIGTERM)
    run = until(slow, lambda run: run["state"] == "interrupted", letting=replies)
    assert run["unknown"] == 0
    assert run["published"] < 8
    replies.let_all_go()
    assert slow.json("publish", NAME, "--resume", "--detach")["run"]["process"] != process
    answer = slow.json("publish", NAME, "--follow")
    assert (answer["published"], answer["unknown"]) == (8, 0)
    assert_all_there_once(slow, slow.sandbox)


def test_it_is_paused_resumed_and_stopped_from_another_session(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    replies.let_go()
    detach(slow, lanes="1")
    until(slow, lambda run: run["published"])
    replies.until_held(1)
    assert slow.json("publish", NAME, "--pause")["run"]["state"] == "paused"
    assert replies.held == 1, "it is paused before what is on its way has come to its end"
    replies.let_go(3)
    until(slow, lambda run: run["published"] == slow.sandbox.account.calls["InsertReceipt"])
    time.sleep(0.5)
    sent = len(slow.sandbox.account.receipts())
    assert sent <= 3, "one on its way, and one in hand"
    assert "It goes on." in slow.run("publish", NAME, "--resume").out
    until(slow, lambda run: run["published"] > sent)
    assert slow.run("publish", NAME, "--stop").code == 0
    until(slow, lambda run: run["state"] == "ended", letting=replies)
    answer = slow.json("publish", NAME, "--follow", code=130)
    assert answer["cancelled"]
    assert len(slow.sandbox.account.receipts()) == answer["published"] < 8
    assert slow.json("publish", NAME, "--resume", code=2)["error"]["code"] == "nothing-runs"


def test_what_was_broken_off_can_be_given_up(slow: Kashdeck, replies: SlowReplies) -> None:
    replies.let_go()
    process = detach(slow)
    until(slow, lambda run: run["published"])
    os.kill(process, signal.SIGKILL)
    replies.let_all_go()
    until(slow, lambda run: run["state"] == "interrupted")
    assert "Given up." in slow.run("publish", NAME, "--stop").out
    assert run_of(slow)["state"] == "ended"
    assert slow.json("publish", NAME, "--resume", code=2)["error"]["code"] == "nothing-runs"


def test_another_session_is_told_who_publishes_and_how_to_follow(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    detach(slow, lanes="1")
    problem = slow.json("publish", NAME, "8", code=2)["error"]
    replies.let_all_go()
    assert problem["code"] == "busy"
    assert f"by {Desk.open(slow.home).person} since" in problem["sentence"]
    assert f"kashdeck publish '{NAME}' --follow" in problem["cure"]
    ran = slow.run("publish", NAME, "--follow")
    assert (ran.code, ran.err) == (0, "")
    assert "item 1, " in ran.out
    assert "8 items published, 0 held back, 0 of unknown outcome." in ran.out


def test_who_follows_is_told_the_same_as_who_publishes(slow: Kashdeck) -> None:
    slow.sandbox.behave()
    slow.sandbox.misbehave("InsertReceipt", "refuse")
    words = ("1", "2", "8", "9")
    here = slow.run("publish", NAME, *words, "--lanes", "1")
    there = slow.run("publish", NAME, "--follow")
    assert (here.code, there.code) == (1, 1)
    lines = [line for line in here.out.splitlines() if line.startswith("  ok") or "held" in line]
    assert len(lines) >= 3
    assert [line for line in there.out.splitlines() if line in lines] == lines
    assert slow.json("publish", NAME, "--follow", code=1)["held"] == 3


def test_the_old_word_for_following_goes_on_working_unsaid(slow: Kashdeck) -> None:
    slow.sandbox.behave()
    slow.json("publish", NAME, "1", "2")
    followed = slow.json("publish", NAME, "--follow")
    assert followed["published"] == 2
    assert slow.json("publish", NAME, "--attach") == followed
    assert "--attach" not in slow.run("publish", "--help").out


def test_a_password_that_is_kept_nowhere_is_handed_over(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    replies.let_all_go()
    moved = slow.run("keyring", NAME, "ask")
    assert moved.code == 0, moved
    words = ("publish", NAME, *EIGHT, *AGREED, "--detach")
    assert slow.json(*words, code=1)["error"]["code"] == "secret-needed"
    slow.json(*words, "--secrets-stdin", stdin=slow.secrets)
    until(slow, lambda run: run["state"] == "ended")
    assert_all_there_once(slow, slow.sandbox)


def test_what_is_no_longer_what_was_shown_is_not_begun(slow: Kashdeck) -> None:
    desk = Desk.open(slow.home)
    plan = desk.publishing.plan(desk.businesses.find(NAME).id, ["1", "2"])
    order = detached.order_of(plan, desk)
    desk.close()
    assert slow.run("edit", NAME, "2", "reference=other").code == 0
    with pytest.raises(Problem) as raised:
        detached.start(order)
    assert raised.value.code == "plan-changed"
    assert not slow.sandbox.account.receipts()
    assert run_of(slow) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("--follow", "1"),
        ("--follow", "--pause"),
        ("--stop", "--ready"),
        ("--follow", "--detach"),
        ("1", "--detach", "--dry-run"),
        ("1", "--lanes", "0"),
        ("1", "--lanes", "9"),
    ],
)
def test_words_that_contradict_one_another(connected: Kashdeck, words: tuple[str, ...]) -> None:
    assert connected.json("publish", NAME, *words, code=2)["error"]["code"] == "wrong-use"


@pytest.mark.parametrize("word", ["--follow", "--pause", "--resume", "--stop"])
def test_where_nothing_was_ever_published(connected: Kashdeck, word: str) -> None:
    assert connected.json("publish", NAME, word, code=2)["error"]["code"] == "nothing-runs"
