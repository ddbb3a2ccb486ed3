"""The app and the publishing of other processes: shown live, steered, carried on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from kfclient.desk import Desk
from kfclient.desk.business.status import RunPhase
from kfclient.desk.runs.runs import RunRequest
from kfclient.errors import Problem
from screens.services import PublishJob
from tests.slow import SlowReplies, slow_replies
from tests.tui.kashdeck import NAME, Kashdeck
from tests.tui.test_commands_detached import detach, run_of, until
from tests.waiting import HANG
from tui.app import KashdeckApp

BUSINESS = "harbour-lane-trading"


@pytest.fixture
def replies(filled: Kashdeck) -> Iterator[SlowReplies]:
    """Return what lets the replies to purchases go."""
    with slow_replies(filled.sandbox) as replies:
        yield replies


@pytest.fixture
def slow(filled: Kashdeck, replies: SlowReplies, monkeypatch: pytest.MonkeyPatch) -> Kashdeck:
    """Return the filled command, for purchases that wait to be let go.

    The app may open the file of secrets too.
    """
    passphrase = filled.environment["KASHDECK_PASSPHRASE_FILE"]
    monkeypatch.setenv("KASHDECK_PASSPHRASE_FILE", passphrase)
    filled.sandbox.misbehave("InsertReceipt", "slow", times=None)
    return filled


@asynccontextmanager
async def app_on(kashdeck: Kashdeck) -> AsyncIterator[KashdeckApp]:
    """Open the app on the home."""
    desk = Desk.open(kashdeck.home)
    app = KashdeckApp(desk)
    async with app.run_test():
        yield app
    desk.close()


async def job_of(ask: Callable[..., None]) -> PublishJob | None:
    """Return the job that `follow` or `resume` gives."""
    came: asyncio.Queue[PublishJob | None] = asyncio.Queue()
    ask(BUSINESS, came.put_nowait)
    return await asyncio.wait_for(came.get(), HANG)


async def so(true: Callable[[], object], letting: SlowReplies | None = None) -> None:
    """Wait until it is so, `letting` a reply go now and then."""
    deadline = time.monotonic() + HANG
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05 if letting is None else 0.5)
        if letting is not None and letting.held:
            letting.let_go()


async def test_what_another_process_publishes_is_shown_and_steered(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    replies.let_go()
    detach(slow)
    async with app_on(slow) as app:
        job = await job_of(app.publishing.follow)
        assert job is not None
        assert not job.mine
        assert set(job.state) == set("12345678")
        assert {planned.contact for planned in job.plan.items} >= {"Quillon Print Works"}
        await so(lambda: "published" in job.state.values())
        app.publishing.steer(BUSINESS, RunRequest.PAUSE)
        await so(lambda: job.paused)
        assert app.publishing.job(BUSINESS) is job
        app.publishing.steer(BUSINESS, RunRequest.GO_ON)
        await so(lambda: not job.paused)
        app.publishing.steer(BUSINESS, RunRequest.STOP)
        await so(lambda: job.ended, letting=replies)
        assert job.cancelled
        assert len(job.numbers) == len(slow.sandbox.account.receipts()) < 8


async def test_leaving_the_app_leaves_the_other_process_alone(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    detach(slow)
    async with app_on(slow) as app:
        assert await job_of(app.publishing.follow) is not None
    replies.let_all_go()
    until(slow, lambda run: run["state"] == "ended")
    assert len(slow.sandbox.account.receipts()) == 8


async def test_what_was_broken_off_is_carried_on(slow: Kashdeck, replies: SlowReplies) -> None:
    replies.let_go()
    slow.json("settings", NAME, "settle_seconds=0")
    process = detach(slow)
    until(slow, lambda run: run["published"])
    async with app_on(slow) as app:
        followed = await job_of(app.publishing.follow)
        assert followed is not None
        os.kill(process, signal.SIGKILL)
        replies.let_all_go()
        await so(lambda: followed.ended)
        assert isinstance(followed.problem, Problem)
        assert followed.problem.code == "broken-off"
        seen = app.desk.publishing.status(BUSINESS)
        assert seen is not None
        assert seen[1] is RunPhase.INTERRUPTED
        job = await job_of(app.publishing.resume)
        assert job is not None
        assert job.mine
        await so(lambda: job.ended)
        assert job.problem is None
        assert set(job.state.values()) == {"published"}
        assert await job_of(app.publishing.resume) is None
    assert len(slow.sandbox.account.receipts()) == 8
    assert run_of(slow)["background"] is False


async def test_the_apps_own_publishing_pauses_and_others_are_told(
    slow: Kashdeck, replies: SlowReplies
) -> None:
    slow.apart = True
    replies.let_go()
    async with app_on(slow) as app:
        plan = app.desk.publishing.plan(BUSINESS, ["1", "2", "3", "4", "5", "6"])
        app.desk.publishing.lanes = 1
        job = app.publishing.start(plan, create_suppliers=True, create_customers=True)
        await so(lambda: "published" in job.state.values())
        paused = await asyncio.to_thread(slow.json, "publish", NAME, "--pause")
        assert paused["run"]["state"] == "paused"
        await so(lambda: job.paused)
        app.publishing.steer(BUSINESS, RunRequest.GO_ON)
        await so(lambda: not job.paused)
        assert await job_of(app.publishing.follow) is job
        app.publishing.steer(BUSINESS, RunRequest.STOP)
        await so(lambda: job.ended, letting=replies)
        assert job.cancelled


async def test_where_nobody_publishes_there_is_nothing_to_show_or_steer(slow: Kashdeck) -> None:
    troubles: list[Problem] = []
    async with app_on(slow) as app:
        assert await job_of(app.publishing.follow) is None
        assert await job_of(app.publishing.resume) is None
        app.publishing.steer(BUSINESS, RunRequest.PAUSE, troubles.append)
        await so(lambda: troubles)
    assert troubles[0].code == "nothing-runs"
