"""Two sessions on one home: each screen shows what the other one does, and is still otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kfclient.desk import Desk, Role
from kfclient.desk.model.list_names import ListName
from kfclient.store import Home, Secrets
from screens.connections import ConnectionsScreen
from screens.dialogs import ConfirmScreen, PromptScreen
from screens.lists import ListsScreen
from screens.manage import ManageScreen
from screens.people import PeopleScreen
from screens.settings import SettingsScreen
from screens.watch import LOOK_SECONDS
from screens.widgets.filter_box import FilterBox
from screens.widgets.ledger_table import LedgerTable
from tests.screens.scenes import on_screen
from tests.screens.stock import HARBOUR, NOW, SUPPLIERS, connected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from screens.app_screen import AppScreen


@pytest.fixture
def other(stock: Desk) -> Iterator[Desk]:
    """Return the desk of another session on the same home, as another program has it."""
    root = stock.home.root
    desk = Desk(Home(root), Secrets(root, memory=True), person="anna", clock=lambda: NOW)
    yield desk
    desk.close()


def switch_tax_data_on(other: Desk) -> None:
    other.businesses.change_settings(HARBOUR, {"publish_tax_data": "on"})


def name_carol(other: Desk) -> None:
    other.businesses.set_role(HARBOUR, "carol", Role.STANDARD)


def rename(other: Desk) -> None:
    other.businesses.rename(HARBOUR, "Harbour Street")


def sync_suppliers(other: Desk) -> None:
    more = [{"SupplierID": 1, "Code": "ANVI01", "Name": "Anvil & Sons"}, *SUPPLIERS]
    other.home.write_list(HARBOUR, ListName.SUPPLIERS, more)
    other.businesses.save_connection(HARBOUR, connected("Harbour Lane Trading Ltd", days=2))


@pytest.mark.parametrize(
    ("screen", "before", "change", "after"),
    [
        (SettingsScreen, "tax data is OFF", switch_tax_data_on, "tax data is on"),
        (PeopleScreen, "ben", name_carol, "carol"),
        (ManageScreen, "Harbour Lane\n", rename, "Harbour Street\n"),
        (ListsScreen, "Brightwell", sync_suppliers, "Anvil & Sons"),
    ],
)
async def test_another_sessions_change_is_seen_and_the_cursor_stays(
    stock: Desk,
    other: Desk,
    screen: type[AppScreen[None]],
    before: str,
    change: Callable[[Desk], None],
    after: str,
) -> None:
    make: Any = screen
    async with on_screen(stock, make(HARBOUR, "Harbour Lane")) as walk:
        if screen is ListsScreen:
            await walk.press("2")
        await walk.until(before)
        await walk.press("down")
        table = walk.screen.query_one(LedgerTable)
        key = table.cursor_key
        assert table.cursor == 1
        await walk.until_shown_at_the_next_look(after, lambda: change(other))
        assert table.cursor_key == key
        assert walk.app.focused is table


async def test_the_filter_and_what_is_being_typed_stay(stock: Desk, other: Desk) -> None:
    async with on_screen(stock, ListsScreen(HARBOUR, "Harbour Lane")) as walk:
        await walk.press("2")
        await walk.until("Brightwell")
        await walk.press("slash")
        await walk.write("an")
        await walk.until(lambda: "Brightwell" not in walk.text)
        await walk.until_shown_at_the_next_look("Anvil & Sons", lambda: sync_suppliers(other))
        assert "Brightwell" not in walk.text, "the filter stays"
        assert walk.app.focused is walk.screen.query_one(FilterBox)
        await walk.write("v")
        assert walk.screen.query_one(FilterBox).value == "anv"


@pytest.mark.parametrize("screen", [ConnectionsScreen, ManageScreen])
async def test_another_sessions_sync_is_seen_while_it_runs(
    stock: Desk, other: Desk, screen: Any
) -> None:
    async with on_screen(
        stock, screen(HARBOUR, "Harbour Lane") if screen is ManageScreen else screen()
    ) as walk:
        await walk.until("● connected")
        with other.home.try_lock(f"sync-{HARBOUR}") as held:
            assert held
            await walk.until("◐ syncing")
        await walk.until("● connected")


async def test_a_setting_that_both_change_is_not_lost_silently(stock: Desk, other: Desk) -> None:
    async with on_screen(stock, SettingsScreen(HARBOUR, "Harbour Lane")) as walk:
        await walk.until("Default tax code for costs")
        await walk.press("down", "enter")
        await walk.until_on(PromptScreen)
        await walk.press("ctrl+u")
        await walk.write("20")
        other.businesses.change_settings(HARBOUR, {"default_tax_code_costs": "5"})
        await walk.press("enter")
        await walk.until("was changed meanwhile: it is 5%")
        assert "Enter puts yours in its place; Esc leaves it as it is now." in walk.text
        assert stock.businesses.get(HARBOUR).settings.default_tax_code_costs == 5
        await walk.press("enter")
        await walk.until_on(SettingsScreen)
    assert stock.businesses.get(HARBOUR).settings.default_tax_code_costs == 20


async def test_a_person_whom_the_other_promoted_is_not_taken_off(stock: Desk, other: Desk) -> None:
    async with on_screen(stock, PeopleScreen(HARBOUR, "Harbour Lane")) as walk:
        await walk.until("ben")
        await walk.press("down", "x")
        await walk.until_on(ConfirmScreen)
        other.businesses.set_role(HARBOUR, "ben", Role.ADMIN)
        await walk.press("y", "enter")
        await walk.until("ben was changed meanwhile: they are Admin now.")
        await asyncio.sleep(LOOK_SECONDS * 1.5)
        assert "ben was changed meanwhile" in walk.text, "it stays on the screen"
    assert stock.businesses.get(HARBOUR).people["ben"] is Role.ADMIN


def test_a_look_and_the_reading_fit_into_a_second() -> None:
    assert LOOK_SECONDS <= 0.5


async def test_nothing_is_sent_while_nothing_changes(stock: Desk) -> None:
    screens: list[Any] = [SettingsScreen, ManageScreen, ListsScreen]
    async with on_screen(stock, ConnectionsScreen()) as walk:
        painted: list[object] = []
        paint = walk.app._display

        def note(screen: object, renderable: object) -> None:
            painted.append(renderable)
            paint(screen, renderable)  # type: ignore[arg-type]

        walk.app._display = note  # type: ignore[method-assign]
        for screen in screens:
            painted.append("not yet")
            await walk.app.push_screen(screen(HARBOUR, "Harbour Lane"))
            while painted:  # the screen itself, and what it reads
                painted.clear()
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)
            assert painted == [], screen
