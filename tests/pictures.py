"""Draws the pictures of the README from the app itself: `python -m tests.pictures [FOLDER]`.

The app is driven by keys against a sandbox, on a clock that stands still, with the demo's own
sample files. What a sync took in seconds is the one thing that differs from one drawing to the
next.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
import tempfile
import time
from pathlib import Path

from kfclient.desk import Desk
from kfclient.desk.model.business import Business
from kfclient.sandbox import Sandbox
from kfclient.sandbox.errors import PortTaken
from kfclient.store import Home, Secrets
from screens.connect import ChooseSoftwareScreen, ConnectedScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.connect_steps import ConnectStepsScreen
from screens.connections import ConnectionsScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.publish_progress import PublishProgressScreen
from screens.publish_review import PublishReviewScreen
from screens.services import DemoCredentials
from screens.sync import SyncScreen
from tests.journeys.walk import Walk, walking

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SAMPLES = ROOT / "tui" / "samples"
SIZE = (100, 30)
NOW = dt.datetime(2026, 11, 2, 9, 41, tzinfo=dt.UTC)
PORT = 8750
OTHERS = ("Bell Rock Boats", "Copper & Kettle", "Dove Hill Farm")
NAME = "Harbour Lane Trading"


class Album:
    """The folder of pictures: `take` adds what is on the terminal now."""

    def __init__(self, folder: Path, walk: Walk) -> None:
        self.folder = folder
        self.walk = walk

    async def take(self, name: str) -> None:
        """Write the picture `name`.svg."""
        await self.walk.pilot.pause()
        path = self.folder / f"{name}.svg"
        drawn = self.walk.app.export_screenshot(title="Kashdeck")
        path.write_text(drawn + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}\n")


def sandbox() -> Sandbox:
    """Return a sandbox on the usual port, so that pictures agree, or on a free one."""
    try:
        return Sandbox(port=PORT)
    except PortTaken:
        return Sandbox()


async def connect(walk: Walk, album: Album) -> None:
    """Connect the business under the cursor, and sync it."""
    await walk.press("c")
    await walk.until_on(ChooseSoftwareScreen)
    await walk.press("down", "enter")
    await walk.until_on(ConnectStepsScreen)
    await walk.press("space", "space", "space")
    await album.take("steps")
    await walk.press("d", "enter")
    await walk.until_on(ConnectCredentialsScreen)
    await walk.press("f4", "enter")
    await walk.until_on(ConnectedScreen)
    await walk.press("enter")
    await walk.until_on(SyncScreen)
    await walk.until("Done: all 6 lists")
    await album.take("syncing")
    await walk.press("escape")
    await walk.until_on(ConnectionsScreen)


async def publish(walk: Walk, album: Album) -> None:
    """Look at the items of the business under the cursor, and publish them."""
    await walk.press("i")
    await walk.until_on(ItemsScreen)
    await walk.until("to review")
    await walk.until(lambda: "0 ready" not in walk.text)
    await walk.press(*["down"] * 8)
    await walk.until("It has no category")
    await album.take("items")
    await walk.press("enter")
    await walk.until_on(ItemFormScreen)
    await walk.until("Choose one")
    await album.take("item")
    await walk.press("escape")
    await walk.until_on(ItemsScreen)
    await walk.press("p")
    await walk.until_on(PublishReviewScreen)
    await walk.press("s", "c")
    await album.take("review")
    await walk.press("b")
    await walk.until("InsertReceipt")
    await album.take("soap")
    await walk.press("down", "y", "enter")
    await walk.until_on(PublishProgressScreen)
    await walk.until(", done")
    await album.take("publishing")
    await walk.press("escape", "escape")
    await walk.until_on(ConnectionsScreen)


def prepared(root: Path) -> tuple[Desk, Business]:
    """Return a desk with businesses that are not connected, one with the demo's items."""
    desk = Desk(Home(root), Secrets(root, memory=True), person="rosalind", clock=lambda: NOW)
    business = desk.businesses.add(NAME)
    for name in OTHERS:
        desk.businesses.add(name)
    for name in ("costs.csv", "sales.csv"):
        desk.importing.import_file(business.id, SAMPLES / name)
    return desk, business


async def draw(folder: Path) -> None:
    """Draw every picture."""
    with tempfile.TemporaryDirectory() as place, sandbox() as server:
        desk, business = prepared(Path(place))
        demo = DemoCredentials(
            endpoint=server.endpoint,
            username=server.username,
            password=server.password,
            autoauth_key=server.autoauth_key,
        )
        async with walking(desk, demo, size=SIZE) as walk:
            album = Album(folder, walk)
            await walk.until(NAME)
            await walk.press("end")
            await connect(walk, album)
            desk.businesses.change_settings(business.id, {"publish_tax_data": "on"})
            await publish(walk, album)
            await walk.until("● connected")
            await album.take("connections")
        desk.close()


def main() -> None:
    """Draw into docs/pictures, or into the folder that the command line names."""
    os.environ["TZ"] = "Europe/London"
    time.tzset()
    os.environ.pop("SSH_CONNECTION", None)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(folder))


if __name__ == "__main__":
    main()
