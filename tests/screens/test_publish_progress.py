"""Publishing as it goes, and its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from kfclient.desk import Desk
from kfclient.sandbox import Sandbox
from screens.publish_progress import PublishProgressScreen
from tests.journeys.walk import Walk
from tests.screens.scenes import SIZES, cost
from tui.app import KashdeckApp

Compare = Callable[..., bool]


@pytest.fixture
def published(synced_desk: Desk, business: str, sandbox: Sandbox) -> KashdeckApp:
    """Return an app that is about to publish three items: one sent, one new, one in doubt."""
    for contact, price in (("Pennine Water", "100"), ("Somebody New", "50"), ("Tern Telecom", "7")):
        item = cost(contact, price, reference=f"R-{price}")
        synced_desk.items.add(business, item)
    sandbox.misbehave("InsertReceipt", "slow", seconds=0.0)
    sandbox.misbehave("InsertReceipt", "drop-after")
    synced_desk.publishing.lanes = 1  # which of them meets what is then always the same
    return KashdeckApp(synced_desk)


@pytest.mark.parametrize("size", SIZES)
def test_its_end_looks_like_this(
    published: KashdeckApp, business: str, snap_compare: Compare, size: tuple[int, int]
) -> None:
    async def bring(pilot: Pilot[None]) -> None:
        walk = Walk(pilot)
        await walk.until("Connections")
        plan = published.desk.publishing.plan(business)
        published.publishing.start(plan, create_suppliers=False, create_customers=False)
        await published.push_screen(PublishProgressScreen(business, "Harbour Lane"))
        await walk.until("s, then it goes on")
        await walk.press("x", "y", "enter")
        await walk.until("3 of 3, stopped")
        await walk.press("end")
        assert not walk.overflows()

    assert snap_compare(published, terminal_size=size, run_before=bring)


async def test_a_session_that_publishes_already_is_told(synced_desk: Desk, business: str) -> None:
    synced_desk.items.add(business, cost())
    app = KashdeckApp(synced_desk)
    async with app.run_test(size=(80, 24)) as pilot:
        walk = Walk(pilot)
        with synced_desk.home.try_lock(f"publish-{business}") as held:
            assert held
            plan = synced_desk.publishing.plan(business)
            app.publishing.start(plan, create_suppliers=False, create_customers=False)
            await app.push_screen(PublishProgressScreen(business, "Harbour Lane"))
            await walk.until("is being published by another session")
            assert "· not sent" in walk.text


async def test_a_server_that_is_gone_is_waited_for_until_it_is_stopped(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    synced_desk.items.add_all(business, [cost(), cost("Tern Telecom", reference="T-1")])
    plan = synced_desk.publishing.plan(business)
    synced_desk.publishing.lanes = 1
    app = KashdeckApp(synced_desk)
    sandbox.stop()
    async with app.run_test(size=(80, 24)) as pilot:
        walk = Walk(pilot)
        app.publishing.start(plan, create_suppliers=False, create_customers=False)
        await app.push_screen(PublishProgressScreen(business, "Harbour Lane"))
        await walk.until("s, then it goes on")
        assert "! " in walk.text
        assert not walk.overflows()
        await walk.press("p")
        await walk.until("paused: p goes on")
        await walk.press("x", "y", "enter")
        await walk.until("· not sent")
        assert "0 published" in walk.text
        assert not walk.overflows()
