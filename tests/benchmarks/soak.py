"""Whether the app stays as small as it is: keys pressed and items changed for long.

Another desk changes the items, as commands in another session do, while the Items screen is open.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kfclient.desk import Desk
from kfclient.store import Home, Secrets
from screens.items import ItemsScreen
from tests.benchmarks.figure import Figure
from tests.desk.seeded import NOW, Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import cost, on_screen

ITEMS, KEYS, CHANGES = 300, 1_000, 315
"""The second half of these is measured beside the first: by then all is there that stays."""


def figures() -> Iterator[Figure]:
    """Press keys and change items, and tell what has grown since the first half of it."""
    with tempfile.TemporaryDirectory(prefix="kashdeck-soak-") as folder:
        first, then = asyncio.run(_soaked(Path(folder)))
    keys = f"{KEYS:,} keys and {CHANGES} changes more"
    yield Figure(f"memory after {keys}, beside before", then[0] / first[0], "x", 1.05)
    yield Figure(f"objects after {keys}, beside before", then[1] / first[1], "x", 1.02)


async def _soaked(folder: Path) -> tuple[tuple[int, int], tuple[int, int]]:
    inbox = Inbox(Home(folder))
    inbox.connect()
    items = [cost(reference=f"R-{n}", price=str(n + 1)) for n in range(ITEMS)]
    secrets = Secrets(folder, memory=True)
    desk = Desk(inbox.home, secrets, person="anna", clock=lambda: NOW)
    desk.items.add_all(inbox.business, items)
    other = Desk(Home(folder), secrets, person="ben", clock=lambda: NOW)
    async with on_screen(desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until(f"{ITEMS} ready")
        await _live(walk, other, inbox.business, "a")
        first = _measured()
        await _live(walk, other, inbox.business, "b")
        return first, _measured()


async def _live(walk: Walk, other: Desk, business: str, word: str) -> None:
    """Go up and down the list, while somebody else changes it now and then."""
    each = KEYS // CHANGES
    for n in range(CHANGES):
        key = "j" if n // 100 % 2 == 0 else "k"
        await walk.press(*[key] * each)
        item = other.items.get(business, str(n % ITEMS + 1))
        other.items.save(business, msgspec.structs.replace(item, note=f"{word} {n}"))
        if n % 20 == 0:
            walk.screen.watcher.again()  # type: ignore[attr-defined]
            await walk.pilot.pause()


def _measured() -> tuple[int, int]:
    """Return the bytes that this process has in memory, and how many objects it has."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(gc.get_objects())
