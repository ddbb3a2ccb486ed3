"""Every screen with hostile names, texts and figures in all that it shows, on a small terminal."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import pkgutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from textual.screen import Screen

import screens
from kfclient.api.records import BankAccount, Customer, NominalCode, Project, Supplier
from kfclient.desk import Desk, Draft
from kfclient.desk.business.status import RunStatus
from kfclient.desk.items.duplicate_index import Likeness
from kfclient.desk.items.duplicate_match import Grade, sighting_of_item
from kfclient.desk.model.business import Company, ProblemNote, software
from kfclient.desk.model.item import Finding, Item, ItemLine, ItemState, LeftStep
from kfclient.errors import Problem
from kfclient.store.keyring_choice import BackendChoice
from screens.app_screen import AppScreen, Dialog
from screens.audit import AuditScreen
from screens.claim import ClaimScreen
from screens.connect import ChooseSoftwareScreen, ConnectedScreen, ConnectWizard
from screens.connect_checks import ConnectChecksScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.connect_steps import ConnectStepsScreen
from screens.connections import ConnectionsScreen
from screens.dialogs import (
    ConfirmScreen,
    ErrorScreen,
    HelpScreen,
    LeavingScreen,
    PromptScreen,
    ResumeRunScreen,
    TextViewerScreen,
    WaitScreen,
)
from screens.doctor import DoctorScreen
from screens.edit_conflict import EditConflictScreen
from screens.edit_many import EditManyScreen
from screens.files import FilesScreen, ItemFilesScreen
from screens.import_file import ImportScreen
from screens.item_actions import ItemActions
from screens.item_details import ItemDetailsScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.keyring import KeyringScreen
from screens.lists import ListsScreen
from screens.manage import ManageScreen
from screens.passphrase import KeyringChoiceScreen, PassphraseScreen, SecretNeededScreen
from screens.people import PeopleScreen
from screens.picker import PickerScreen
from screens.publish_progress import PublishProgressScreen
from screens.publish_review import PublishReviewScreen
from screens.quick_fix import DuplicateScreen
from screens.resolve import ResolveScreen
from screens.settings import SettingsScreen
from screens.sync import SyncScreen
from screens.undo import UndoScreen
from screens.verify import VerifyScreen
from tests.desk.seeded import LISTS, NOW, Inbox
from tests.journeys.walk import walking
from tests.screens.test_hostile_text import ESCAPES, FORGED, unseen
from tui.app import KashdeckApp

ODD = f"Odd{ESCAPES}"
NAME = f"Acme{ESCAPES}"
HUGE = Decimal("999999999999.99")
PROBLEM = Problem(FORGED + ESCAPES, ESCAPES)


@pytest.fixture
def hostile(inbox: Inbox, inbox_desk: Desk) -> Desk:
    """Return a desk of which every name, text and figure is meant to break a screen."""
    business = inbox_desk.businesses.get(inbox.business)
    assert business.connection is not None
    note = ProblemNote("odd", ODD, FORGED)
    company = Company(name=ODD)
    inbox.businesses.save_connection(
        inbox.business,
        msgspec.structs.replace(
            business.connection, company=company, connected_by=ODD, problem=note
        ),
    )
    extra = {
        "chart-of-accounts": NominalCode(id=1, code=9999, name=ODD, classification_name=FORGED),
        "suppliers": Supplier(supplier_id=9, code=ESCAPES, name=ODD),
        "customers": Customer(customer_id=9, code=ESCAPES, name=FORGED),
        "projects": Project(id=9, number=2**31 - 1, name=ODD),
        "bank-accounts": BankAccount(account_id=9, account_code=1, account_name=FORGED),
    }
    for name, record in extra.items():
        inbox.write(name, (*LISTS[name], record))
    line = ItemLine(
        category=ODD,
        description=FORGED,
        quantity=Decimal("0.000001"),
        unit_price=HUGE,
        tax_rate=Decimal("20"),
        vat=-HUGE,
        project=ESCAPES,
    )
    item = Item(
        contact=ODD,
        reference=FORGED,
        date=dt.date(1970, 1, 1),
        due_date=dt.date(9999, 12, 31),
        currency="USD",
        exchange_rate=Decimal("0.000001"),
        lines=(line,) * 3,
        note=ESCAPES * 20,
        owner=ODD,
        payment_method=ODD,
        bank_account=FORGED,
        files=(f"/nowhere/{ODD}.pdf",),
        image=ODD,
        tax_name=ODD,
    )
    items, _ = inbox_desk.items.add_all(inbox.business, [item, item, item])
    left = (LeftStep(step=1, what=ODD, problem=note, unknown=True),)
    sent = msgspec.structs.replace(
        items[1], sent=ItemState.PUBLISHED, number=2**31 - 1, dbid=7, problem=note, left=left
    )
    inbox_desk.items.put(inbox.business, sent)
    unknown = msgspec.structs.replace(items[2], sent=ItemState.UNKNOWN, problem=note)
    inbox_desk.items.put(inbox.business, unknown)
    return inbox_desk


def scenes(desk: Desk, business: str, app: KashdeckApp) -> Iterator[Screen[Any]]:
    """Yield a screen of every class."""
    one, two, _ = desk.items.all(business)
    home = app.screen_stack[1]
    assert isinstance(home, AppScreen)
    wizard = ConnectWizard(home, desk.businesses.get(business))
    wizard.software = software("sandbox")
    known = desk.businesses.get(business)
    assert known.connection is not None
    run = [{"event": "PublishBegun", "run": 1, "items": 3, "process": 1, "who": ODD,
            "detached": True, "started_at": NOW.isoformat()},
           {"event": "ItemHeld", "item": ODD, "unknown": True}]  # fmt: skip
    odd = BackendChoice("odd", ODD, usable=False, why_not=FORGED)
    sighting = sighting_of_item(two, desk.items.reference_data.of(business))
    assert sighting is not None
    finding = Finding(code="E-ODD", sentence=ODD, cure=FORGED, field="contact")
    yield AuditScreen(business, NAME)
    yield ClaimScreen(business, NAME, [one])
    yield ChooseSoftwareScreen(wizard)
    yield ConnectedScreen(known, known.connection, again=True)
    yield ConnectChecksScreen(wizard, Draft(software="sandbox", endpoint=ODD, username=FORGED))
    yield ConnectCredentialsScreen(wizard)
    yield ConnectStepsScreen(wizard, review=True)
    yield ConnectionsScreen()
    yield ConfirmScreen(FORGED + ESCAPES, yes=ODD, more=ESCAPES)
    yield WaitScreen(ODD)
    yield LeavingScreen(lambda: True, lambda: None)
    yield ErrorScreen(PROBLEM)
    yield PromptScreen(ESCAPES, lambda text: text, more=ODD, value=FORGED)
    yield TextViewerScreen(ESCAPES, FORGED + ESCAPES)
    yield HelpScreen(ODD, ItemsScreen.ACTS)
    yield ResumeRunScreen(RunStatus([json.dumps(event).encode() for event in run]))
    yield DoctorScreen()
    yield EditConflictScreen((business, NAME), one, two, one, ODD)
    yield FilesScreen(ODD, one.files)
    yield ItemFilesScreen(business, NAME, one.id)
    yield ImportScreen(business, NAME)
    yield ItemDetailsScreen(business, NAME, two.id)
    yield ItemFormScreen(business, NAME, one, None)
    yield EditManyScreen(business, NAME, [one, one])
    yield ItemsScreen(business, NAME)
    yield KeyringScreen(business, NAME)
    yield ListsScreen(business, NAME)
    yield ManageScreen(business, NAME)
    yield PassphraseScreen("memory")
    yield SecretNeededScreen(NAME, PROBLEM, lambda *_: None, with_key=True)
    yield KeyringChoiceScreen([odd])
    yield PeopleScreen(business, NAME)
    yield PickerScreen(ODD, [], ESCAPES)
    yield PublishProgressScreen(business, NAME)
    yield PublishReviewScreen(NAME, desk.publishing.plan(business))
    like = Likeness(sighting, Grade.EXACT, ODD)
    yield DuplicateScreen((business, NAME), one, like, finding)
    yield ResolveScreen(business, NAME, "3")
    yield SettingsScreen(business, NAME)
    yield SyncScreen(business, NAME)
    yield UndoScreen(business, NAME, ["2"])
    yield VerifyScreen(business, NAME, ["2"])


def every_class() -> set[type[Screen[Any]]]:
    """Return every class of a screen that is opened as it is."""
    found: set[type[Screen[Any]]] = set()
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, AppScreen | Dialog):
                found.add(one)
    return found - {AppScreen, Dialog, ItemActions}


async def test_every_screen_shows_what_is_hostile_and_obeys_nothing(
    inbox: Inbox, hostile: Desk
) -> None:
    seen: set[type[Screen[Any]]] = set()
    said: set[str] = set()
    async with walking(hostile, size=(60, 20)) as walk:
        await walk.until("Connections")
        assert isinstance(walk.app, KashdeckApp)
        for screen in scenes(hostile, inbox.business, walk.app):
            await walk.app.push_screen(screen)
            await walk.pilot.pause()
            assert not unseen(walk), type(screen)
            said.add(walk.text)
            await walk.press("question_mark")
            assert not unseen(walk), type(screen)
            seen.add(type(screen))
            while len(walk.app.screen_stack) > 2:
                walk.app.pop_screen()
            await walk.pilot.pause()
    assert seen == every_class()
    assert not [one for one in said if "did not foresee" in one]
