"""Two sessions on one home: what one changes the other shows, and neither's work is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from kfclient.desk import Desk
from kfclient.desk.errors import ItemChanged
from kfclient.desk.model.item import Item
from kfclient.store import Home, Secrets
from screens.edit_conflict import EditConflictScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.manage import ManageScreen
from screens.settings import SettingsScreen
from tests.journeys.inbox import save, to_items
from tests.journeys.walk import walking


@pytest.fixture
def ben(desk: Desk, business: str) -> Iterator[Desk]:
    """Ben's session: another desk that has its own files open on Anna's home."""
    desk.businesses.set_role(business, "ben", desk.businesses.get(business).people["anna"])
    home = Home(desk.home.root)
    session = Desk(home, Secrets(home.root, memory=True), person="ben")
    yield session
    session.close()


async def test_the_home_screen_shows_what_another_process_does(desk: Desk, business: str) -> None:
    def in_a_process(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS, str(desk.home.root), *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await walk.until_shown_at_the_next_look(
            "Pier Four", lambda: in_a_process("add", "Pier Four")
        )
        await walk.until_shown_at_the_next_look(
            "Quay Lane", lambda: in_a_process("rename", business, "Quay Lane")
        )
        assert "Harbour Lane" not in walk.text


IN_A_PROCESS = """
import sys
from pathlib import Path
from kfclient.desk.business.businesses import Businesses
from kfclient.store import Home
home = Home(Path(sys.argv[1]))
getattr(Businesses(home, person="anna"), sys.argv[2])(*sys.argv[3:])
home.close()
"""


async def test_the_inbox_shows_what_another_session_does(
    synced_desk: Desk, business: str, ben: Desk
) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        added = ben.items.add(business, Item(contact="Pennine Water"))
        await walk.until("Pennine Water")
        changed = msgspec.structs.replace(added, contact="Tern Telecom")
        await walk.until_shown_at_the_next_look(
            "Tern Telecom", lambda: ben.items.save(business, changed)
        )
        assert "Pennine Water" not in walk.text
        await walk.until_shown_at_the_next_look(
            lambda: "Tern Telecom" not in walk.text,
            lambda: ben.items.remove(business, added.id),
        )


async def test_settings_show_what_another_session_chooses(
    synced_desk: Desk, business: str, ben: Desk
) -> None:
    async with walking(synced_desk) as walk:
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        await walk.press("t")
        await walk.until_on(SettingsScreen)
        await walk.until_shown_at_the_next_look(
            "250 seconds",
            lambda: ben.businesses.change_settings(business, {"settle_seconds": "250"}),
        )


async def test_an_edit_of_the_same_item_is_said_while_it_is_typed_and_settled_when_saved(
    synced_desk: Desk, business: str, ben: Desk
) -> None:
    item = synced_desk.items.add(business, Item(contact="Pennine Water"))
    theirs = msgspec.structs.replace(item, reference="B-77", contact="Pennine Water plc")
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("e")
        await walk.until_on(ItemFormScreen)
        await walk.press("end")
        await walk.paste(" Ltd")
        await walk.until_shown_at_the_next_look(
            "ben changed it meanwhile", lambda: ben.items.save(business, theirs)
        )
        assert "Pennine Water Ltd" in walk.text, "what is typed here stays"
        await walk.press("ctrl+s")
        await walk.until_on(EditConflictScreen)
        await walk.until("ben saved this item while you changed it.")
        assert "Pennine Water Ltd" in walk.text
        assert "Pennine Water plc" in walk.text
        await walk.press("ctrl+s")
        await walk.until_on(ItemsScreen)
    kept = ben.items.get(business, item.id)
    assert (kept.contact, kept.reference) == ("Pennine Water Ltd", "B-77"), "both edits are kept"


async def test_whoever_saves_second_is_refused_and_the_first_stays(
    synced_desk: Desk, business: str, ben: Desk
) -> None:
    item = synced_desk.items.add(business, Item(contact="Pennine Water"))
    before = ben.items.get(business, item.id)
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("e")
        await walk.until_on(ItemFormScreen)
        await walk.press("end")
        await walk.paste(" Ltd")
        await save(walk)
    with pytest.raises(ItemChanged):
        ben.items.save(business, msgspec.structs.replace(before, contact="Lark Rail"))
    assert ben.items.get(business, item.id).contact == "Pennine Water Ltd"
