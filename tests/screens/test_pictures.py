"""Pictures of the screens, on data that never changes; every one must fit its terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from kfclient.api.errors import ServerTrouble, WrongCredentials
from kfclient.cancel import Cancel
from kfclient.desk import Desk, Draft
from kfclient.desk.events import CheckFailed, CheckPassed
from kfclient.desk.model.business import software
from kfclient.desk.model.list_names import ListName
from kfclient.store import Home, Secrets
from kfclient.store.keyring_choice import BackendChoice, encrypted_file_choice
from screens.app_screen import AppScreen
from screens.connect import ChooseSoftwareScreen, ConnectedScreen, ConnectWizard
from screens.connect_checks import ConnectChecksScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.connect_steps import ConnectStepsScreen
from screens.lists import ListsScreen
from screens.manage import ManageScreen
from screens.passphrase import KeyringChoiceScreen
from screens.people import PeopleScreen
from screens.services import ListRow, SyncJob
from screens.settings import SettingsScreen
from screens.sync import SyncScreen
from tests.journeys.walk import Walk
from tests.screens.stock import DEMO, HARBOUR, stocked
from tui.app import KashdeckApp

Compare = Callable[..., bool]
Make = Callable[[KashdeckApp], Screen[Any]]
SMALL, LARGE = (80, 24), (120, 40)
NAME = "Harbour Lane"


def wizard(app: KashdeckApp) -> ConnectWizard:
    """A business on its way to being connected to the sandbox, two steps ticked."""
    home = app.screen_stack[1]
    assert isinstance(home, AppScreen)
    for step in ("open", "soap"):
        app.desk.businesses.tick("dove-hill-farm", step, on=True)
    made = ConnectWizard(home, app.desk.businesses.get("dove-hill-farm"))
    made.software = software("sandbox")
    return made


def connection_made(app: KashdeckApp) -> Screen[Any]:
    business = app.desk.businesses.get(HARBOUR)
    assert business.connection is not None
    return ConnectedScreen(business, business.connection, again=False)


def sync_ended(app: KashdeckApp) -> Screen[Any]:
    """A sync of which one list did not come."""
    lost = ServerTrouble("The server is in trouble (HTTP 503).", "Try again in a few minutes.")
    rows = {
        name: ListRow(rows=n * 41, seconds=n / 4, outcome="done", added=n, changed=7 - n)
        for n, name in enumerate(ListName, 1)
    }
    rows[ListName.CUSTOMERS] = ListRow(rows=20, seconds=1.5, outcome="failed", problem=lost)
    app._syncs[HARBOUR] = SyncJob(HARBOUR, Cancel(), rows, ended=True)
    return SyncScreen(HARBOUR, NAME)


def sync_running(app: KashdeckApp) -> Screen[Any]:
    """A sync on its way: 40 records were expected of each list."""
    rows = {name: ListRow(rows=n * 6, seconds=n / 4) for n, name in enumerate(ListName)}
    rows[ListName.CHART] = ListRow(rows=52, seconds=0.3, outcome="done", added=2)
    app._syncs[HARBOUR] = SyncJob(HARBOUR, Cancel(), rows)
    return SyncScreen(HARBOUR, NAME)


def keeping(app: KashdeckApp) -> Screen[Any]:
    why_not = "No Secret Service answers in this session, as is usual over SSH."
    service = BackendChoice("secret-service", "Secret Service", usable=False, why_not=why_not)
    return KeyringChoiceScreen([service, encrypted_file_choice()])


SCREENS: dict[str, tuple[Make | None, tuple[str, ...], str]] = {
    "home": (None, (), "needs reconnecting"),
    "add": (None, ("a",), "Add a business"),
    "software": (lambda app: ChooseSoftwareScreen(wizard(app)), (), "KashFlow sandbox"),
    "steps": (lambda app: ConnectStepsScreen(wizard(app)), (), "Tick the box first"),
    "traps": (lambda app: ConnectStepsScreen(wizard(app)), ("t",), "Your accountant"),
    "credentials": (lambda app: ConnectCredentialsScreen(wizard(app)), ("f4",), "DEMO"),
    "keeping": (keeping, (), "Where shall"),
    "connected": (connection_made, (), "is connected"),
    "sync-running": (sync_running, (), "Bank accounts      ━━"),
    "sync-ended": (sync_ended, (), "5 of 6 lists came"),
    "lists": (lambda app: ListsScreen(HARBOUR, NAME), ("2",), "Langdale Road"),
    "manage": (lambda app: ManageScreen(HARBOUR, NAME), (), "Disconnect"),
    "settings": (lambda app: SettingsScreen(HARBOUR, NAME), (), "is OFF"),
    "people": (lambda app: PeopleScreen(HARBOUR, NAME), (), "anna (you)"),
}
LARGE_TOO = ("home", "steps", "credentials", "sync-ended", "lists", "manage")


def shown(name: str) -> Callable[[Pilot[None]], Any]:
    """Return what goes to a screen of `SCREENS`, and checks that it fits."""
    make, keys, seen = SCREENS[name]

    async def run(pilot: Pilot[None]) -> None:
        walk = Walk(pilot)
        await walk.until("Harbour Lane")
        assert isinstance(walk.app, KashdeckApp)
        if make is not None:
            await walk.app.push_screen(make(walk.app))
        await walk.press(*keys)
        await walk.until(seen)
        assert walk.overflows() == []

    return run


@pytest.mark.parametrize("name", SCREENS)
def test_small(name: str, stock: Desk, snap_compare: Compare) -> None:
    app = KashdeckApp(stock, DEMO)
    assert snap_compare(app, terminal_size=SMALL, run_before=shown(name))


@pytest.mark.parametrize("name", LARGE_TOO)
def test_large(name: str, stock: Desk, snap_compare: Compare) -> None:
    app = KashdeckApp(stock, DEMO)
    assert snap_compare(app, terminal_size=LARGE, run_before=shown(name))


def test_empty_home(tmp_path: Path, snap_compare: Compare) -> None:
    app = KashdeckApp(Desk(Home(tmp_path), Secrets(tmp_path, memory=True), person="anna"))
    assert snap_compare(app, terminal_size=SMALL)


def test_manage_for_a_standard_user(stock: Desk, snap_compare: Compare) -> None:
    app = KashdeckApp(stocked(stock.home.root, person="ben"))
    assert snap_compare(app, terminal_size=SMALL, run_before=shown("manage"))


def test_a_failed_check(stock: Desk, snap_compare: Compare) -> None:
    async def fail(pilot: Pilot[None]) -> None:
        walk = Walk(pilot)
        await walk.until("Harbour Lane")
        assert isinstance(walk.app, KashdeckApp)
        screen = ConnectChecksScreen(wizard(walk.app), Draft(software="sandbox"))
        await walk.app.push_screen(screen)
        await walk.until("What to do")  # an empty draft is refused before any check
        for check, detail in (("reach", "127.0.0.1:8099"), ("tls", ""), ("soap", "")):
            screen.note(CheckPassed(business=HARBOUR, check=check, detail=detail))
        refused = WrongCredentials("KashFlow does not accept this username and password.")
        screen.note(CheckFailed(business=HARBOUR, check="login", problem=refused))
        screen.failed(refused)
        await walk.until("Go to step 4")
        assert walk.overflows() == []

    assert snap_compare(KashdeckApp(stock), terminal_size=SMALL, run_before=fail)
