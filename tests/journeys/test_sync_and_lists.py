"""Syncing as it goes, stopping it, a list that does not come, and looking at the lists."""

from __future__ import annotations

import threading
import time

from kfclient.desk import Desk
from kfclient.desk.model.list_names import ListName
from kfclient.sandbox import Sandbox
from screens.connections import ConnectionsScreen
from screens.dialogs import ConfirmScreen
from screens.lists import ListsScreen
from screens.manage import ManageScreen
from screens.sync import SyncScreen
from tests.journeys.walk import walking
from tests.slow import slow_replies


async def test_a_sync_is_left_comes_back_and_says_what_changed(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.misbehave("GetCustomers", "slow")
    with slow_replies(sandbox) as slow:
        async with walking(synced_desk) as walk:
            await walk.until("● connected")
            await walk.press("s")
            await walk.until("◐ Customers")
            await walk.until("✓ Suppliers")
            assert "You can leave; it goes on" in walk.text
            await walk.press("escape")
            await walk.until_on(ConnectionsScreen)
            await walk.until("◐ syncing")
            await walk.press("s")
            await walk.until_on(SyncScreen)
            slow.let_go()
            await walk.until("Done: all 6 lists are as they are in KashFlow.")
            assert not walk.overflows()
            await walk.press("escape")
            await walk.until("● connected")


async def test_a_sync_is_stopped_after_a_question(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    before = synced_desk.lists.read(business, ListName.CUSTOMERS)
    sandbox.misbehave("GetCustomers", "trickle")
    with slow_replies(sandbox) as slow:
        async with walking(synced_desk) as walk:
            await walk.until("● connected")
            await walk.press("s")
            await walk.until("◐ Customers")
            await walk.press("x")
            await walk.until_on(ConfirmScreen)
            await walk.press("enter")  # Enter alone does nothing: the focus is on Cancel
            await walk.until_on(SyncScreen)
            await walk.press("x", "y", "enter")
            await walk.until("Stopped, as you asked")
            assert "○ Customers" in walk.text
            assert slow.held == 1, "it did not wait for the rest of the reply"
    assert synced_desk.lists.read(business, ListName.CUSTOMERS) == before


async def test_one_list_that_does_not_come_leaves_the_others_whole(
    connected_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.misbehave("GetSuppliers", "html-503", times=None)
    async with walking(connected_desk) as walk:
        await walk.until("● connected")
        await walk.press("s")
        await walk.until("5 of 6 lists came; the others stay as they were.")
        assert "✗ Suppliers" in walk.text
        assert "503" in walk.text
        assert not walk.overflows()
        await walk.press("escape")
        await walk.until("✗ sync failed")
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        await walk.until("Problem")
        assert "Suppliers: " in walk.text
        sandbox.behave()
        await walk.press("s")
        await walk.until("Done: all 6 lists")
    assert len(connected_desk.lists.read(business, ListName.SUPPLIERS)) == 7


async def test_a_sync_in_another_session_is_said_not_spoilt(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.misbehave("GetCustomers", "slow")
    other = threading.Thread(target=synced_desk.syncing.sync, args=(business,))
    with slow_replies(sandbox) as slow:
        async with walking(synced_desk) as walk:
            await walk.until("● connected")
            other.start()
            await walk.until(lambda: synced_desk.syncing.running(business))
            await walk.press("s")
            await walk.until("is being synced already")
            await walk.press("escape")
            await walk.until("◐ syncing")
            slow.let_go()
            await walk.until("● connected")
    other.join()


async def test_looking_at_the_six_lists(synced_desk: Desk, business: str) -> None:
    async with walking(synced_desk) as walk:
        await walk.until("● connected")
        await walk.press("l")
        await walk.until("52 records")
        for name in list(ListName)[1:]:
            await walk.press("right")
            first = synced_desk.lists.read(business, name)[0]
            await walk.until(first.name)
        await walk.press("right")
        await walk.until("Office Equipment")
        await walk.press("2", "slash")
        await walk.until_on(ListsScreen)
        await walk.write("quill PRINT")
        await walk.until("1 of 7 records")
        assert "Quillon Print Works" in walk.text
        assert "Brightwell" not in walk.text
        await walk.press("enter")
        assert "KashFlow id: " in walk.text
        await walk.press("slash", "escape")
        await walk.until("7 records")
        await walk.press("escape")
        await walk.until_on(ConnectionsScreen)


async def test_twenty_thousand_customers_are_filtered_as_fast_as_one_types(
    desk: Desk, business: str
) -> None:
    customers = [
        {"CustomerID": n, "Code": f"C{n:05}", "Name": f"Customer {n}"} for n in range(1, 20_001)
    ]
    desk.home.write_list(business, ListName.CUSTOMERS, customers)
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await walk.press("l", "3")
        await walk.until("20,000 records")
        await walk.press("end")
        assert "Customer 20000" in walk.text
        await walk.press("slash")
        began = time.process_time()
        await walk.write("19999")
        await walk.until("1 of 20,000 records")
        assert time.process_time() - began < 2
