"""Keys that come in a burst, as over a slow line, faster than screens open and close."""

from __future__ import annotations

from textual import events

from kfclient.desk import Desk
from screens.connections import ConnectionsScreen
from tests.journeys.walk import walking


async def test_keys_faster_than_screens_do_no_harm(desk: Desk, business: str) -> None:
    there = ["enter", "c", "enter", "c", "space", "d", "c"]
    back = ["escape", "escape", "enter", "t", "space"]
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        driver = walk.app._driver
        assert driver is not None
        for key in (there + back) * 6:
            event = events.Key(key, key if len(key) == 1 else None)
            event.set_sender(walk.app)
            driver.send_message(event)
        await walk.pilot.pause(0.3)
        for _ in range(12):
            if isinstance(walk.screen, ConnectionsScreen):
                break
            await walk.press("escape")
        await walk.until("Harbour Lane")
        assert walk.app.is_running
