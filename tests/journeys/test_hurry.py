"""Somebody in a hurry: bursts of keys at the inbox, faster than its screens open and close."""

from __future__ import annotations

import asyncio
import random

import pytest
from textual.events import Key

from kfclient.desk import Desk
from screens.connections import ConnectionsScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from tests.journeys.inbox import to_items, to_new_item
from tests.journeys.walk import Walk, walking
from tests.screens.scenes import varied

KEYS = (
    *"neipdra12345csxyb kjw9?",
    *("enter", "escape", "escape", "escape", "down", "up", "tab", "shift+tab", "home", "end"),
    *("f4", "f6", "f7", "f8", "ctrl+s", "ctrl+k", "ctrl+u", "left", "right", "slash"),
)


def type_at_once(walk: Walk, *keys: str) -> None:
    """Send keys as a slow line does: together, waiting for nothing."""
    for key in keys:
        name = {" ": "space", "?": "question_mark"}.get(key, key)
        character = key if len(key) == 1 else "/" if key == "slash" else None
        walk.app.post_message(Key(name, character))


@pytest.mark.parametrize("seed", [1, 2, 6])
async def test_no_burst_of_keys_breaks_the_app(synced_desk: Desk, business: str, seed: int) -> None:
    choice = random.Random(seed)
    synced_desk.items.add_all(business, varied())
    async with walking(synced_desk) as walk:
        await to_items(walk)
        for _ in range(20):
            type_at_once(walk, *choice.choices(KEYS, k=choice.randint(1, 8)))
            await asyncio.sleep(choice.choice((0, 0.02, 0.1)))
            await walk.pilot.pause()
            assert walk.app.is_running
            if isinstance(walk.screen, ConnectionsScreen):
                await walk.press("i")
        await walk.pilot.pause(0.3)
        assert not walk.overflows()


async def test_saving_and_leaving_at_once_saves_once(synced_desk: Desk, business: str) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await to_new_item(walk)
        await walk.paste("Pennine Water")
        type_at_once(walk, "ctrl+s", "escape", "ctrl+s", "f1", "y", "escape", "escape")
        await walk.pilot.pause(0.5)
        # How far the burst leads depends on the machine: out of the form, or out of the inbox too.
        for _ in range(4):
            if isinstance(walk.screen, ItemsScreen | ConnectionsScreen):
                break
            await walk.press("y", "enter") if not isinstance(
                walk.screen, ItemFormScreen
            ) else await walk.press("escape")
        await walk.until(lambda: isinstance(walk.screen, ItemsScreen | ConnectionsScreen))
    assert len(synced_desk.items.all(business)) == 1
