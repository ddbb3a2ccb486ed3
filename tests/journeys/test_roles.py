"""Only Admins connect, reconnect, disconnect and change settings; others learn whom to ask."""

from __future__ import annotations

from kfclient.desk import Desk, Role
from screens.dialogs import ErrorScreen
from screens.manage import ManageScreen
from screens.people import PeopleScreen
from screens.settings import SettingsScreen
from screens.sync import SyncScreen
from tests.journeys.walk import walking


async def test_a_standard_user_looks_and_syncs_and_is_told_whom_to_ask(
    synced_desk: Desk, bens_desk: Desk, business: str
) -> None:
    synced_desk.businesses.set_role(business, "ben", Role.STANDARD)
    async with walking(bens_desk) as walk:
        await walk.until("● connected")
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        await walk.until("Admins only: ask anna")
        assert walk.text.count("Admins only: ask anna") == 3
        for key in ("r", "d"):
            await walk.press(key)
            await walk.until_on(ErrorScreen)
            assert "Only an Admin may" in walk.text
            assert "anna" in walk.text
            await walk.press("escape")
            await walk.until_on(ManageScreen)
        await walk.press("t")
        await walk.until_on(SettingsScreen)
        await walk.until("Only an Admin may change settings: ask anna")
        await walk.press("enter", "space")
        assert "Publish tax data is OFF" in walk.text
        await walk.press("escape", "p")
        await walk.until_on(PeopleScreen)
        await walk.until("ben (you)")
        await walk.press("a", "x", "enter")
        assert isinstance(walk.screen, PeopleScreen)
        assert "Only an Admin may change this: ask anna" in walk.text
        await walk.press("escape", "s")
        await walk.until_on(SyncScreen)
        await walk.until("Done: all 6 lists")
    assert bens_desk.businesses.get(business).settings.publish_tax_data is False


async def test_somebody_not_named_cannot_connect(
    desk: Desk, bens_desk: Desk, business: str
) -> None:
    async with walking(bens_desk) as walk:
        await walk.until("○ not connected")
        await walk.press("c")
        await walk.until_on(ErrorScreen)
        assert "ben is not one" in walk.text
        assert "anna" in walk.text


async def test_an_admin_names_people_and_the_last_admin_stays(desk: Desk, business: str) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        await walk.press("p")
        await walk.until("anna (you)")
        await walk.press("enter")
        await walk.until("anna is the last Admin of this business.")
        await walk.press("x", "y", "enter")
        await walk.until("Name somebody else Admin first.")
        await walk.press("a")
        await walk.write("anna")
        await walk.press("enter")
        await walk.until("is on the list already")
        await walk.press("ctrl+u")
        await walk.write("ben")
        await walk.press("enter")
        await walk.until("Standard")
        await walk.press("down", "enter")
        await walk.until(lambda: desk.businesses.get(business).people.get("ben") is Role.ADMIN)
        await walk.press("up", "x", "y", "enter")
        await walk.until("ask ben, or the accountant")
    assert desk.businesses.get(business).people == {"ben": Role.ADMIN}
