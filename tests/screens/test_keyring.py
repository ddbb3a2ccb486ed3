"""Where the password is kept: the places, which is in use, and moving it; Admins alone move it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kfclient.desk import Desk, Draft
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets
from kfclient.store.encrypted_file import EncryptedFile
from kfclient.store.errors import SecretNeeded
from screens.dialogs import ConfirmScreen
from screens.keyring import KeyringScreen
from screens.manage import ManageScreen
from screens.passphrase import PassphraseScreen
from screens.widgets.ledger_table import LedgerTable
from tests.conftest import QUICK
from tests.journeys.walk import Walk
from tests.screens.scenes import on_screen
from tests.store.cheap_file import make_cheap_file

PASSPHRASE = "four plain words here"
FILE, TYPED = "encrypted-file", "ask"


@pytest.fixture
def kept(tmp_path: Path, draft: Draft, sandbox: Sandbox) -> Iterator[Desk]:
    """Return Anna's desk with one business, whose password is in the encrypted file."""
    del sandbox
    root = tmp_path / "home"
    desk = Desk(Home(root), Secrets(root), person="anna", limits=QUICK)
    desk.businesses.add("Harbour Lane")
    make_cheap_file(root, PASSPHRASE)
    desk.secrets.unlock(FILE, PASSPHRASE)
    desk.connecting.connect("harbour-lane", msgspec.structs.replace(draft, secrets_in=FILE))
    yield desk
    desk.close()


def screen() -> KeyringScreen:
    return KeyringScreen("harbour-lane", "Harbour Lane")


def place_of(desk: Desk) -> str:
    connection = desk.businesses.get("harbour-lane").connection
    assert connection is not None
    return connection.secrets_in


async def to_place(walk: Walk, place: str) -> None:
    """Put the cursor on a place."""
    table = walk.screen.query_one(LedgerTable)
    await walk.until(lambda: any(row.key == place for row in table.rows))
    await walk.press("g")
    while table.cursor_key != place:
        await walk.press("down")


async def test_the_places_are_shown_with_why_not(kept: Desk) -> None:
    async with on_screen(kept, ManageScreen("harbour-lane", "Harbour Lane")) as walk:
        await walk.until("Keyring")
        await walk.press("w")
        await walk.until_on(KeyringScreen)
        await walk.until("kept in: Encrypted file")
        table = walk.screen.query_one(LedgerTable)
        states = {row.key: row.cells[0] for row in table.rows}
        assert states[FILE] == "● in use"
        assert states[TYPED] == "○ possible"
        assert table.cursor_key == FILE, "the cursor is where the password is"
        assert not walk.overflows()
        unusable = [key for key, state in states.items() if state == "- not now"]
        for key in unusable[:1]:
            await to_place(walk, key)
            [why_not] = [one.why_not for one in kept.secrets.choices() if one.id == key]
            await walk.until(why_not[:40])
            await walk.press("enter")
            assert isinstance(walk.screen, KeyringScreen), "nothing is asked"


async def test_an_admin_moves_it_and_is_told(kept: Desk) -> None:
    async with on_screen(kept, screen()) as walk:
        await to_place(walk, TYPED)
        await walk.press("enter")
        await walk.until_on(ConfirmScreen)
        await walk.press("enter")
        await walk.until_on(KeyringScreen)
        assert place_of(kept) == FILE
        await walk.press("enter")
        await walk.until_on(ConfirmScreen)
        text = walk.text
        assert "n  Cancel" in text
        assert not walk.overflows()
        await walk.press("y", "enter")
        await walk.until("The password is kept nowhere: it is typed each time.")
        states = {row.key: row.cells[0] for row in walk.screen.query_one(LedgerTable).rows}
        assert (states[FILE], states[TYPED]) == ("○ possible", "● in use")
    assert kept.connecting.left_behind("harbour-lane") == []
    with pytest.raises(SecretNeeded):  # nothing is left of it in memory either
        kept.secrets.load("harbour-lane", TYPED)
    file = EncryptedFile(kept.home.root / "secrets.json")
    file.unlock(PASSPHRASE)
    assert file.get_password("kashdeck", "harbour-lane") is None


async def test_the_passphrase_is_asked_for_on_the_way(kept: Desk, draft: Draft) -> None:
    root = kept.home.root
    fresh = Desk(Home(root), Secrets(root), person="anna", limits=QUICK)
    async with on_screen(fresh, screen()) as walk:
        await to_place(walk, TYPED)
        await walk.press("enter", "y", "enter")
        await walk.until_on(PassphraseScreen)
        await walk.press("escape")
        await walk.until_on(KeyringScreen)
        await walk.until("✗")
        assert place_of(fresh) == FILE
        await walk.press("enter", "y", "enter")
        await walk.until_on(PassphraseScreen)
        await walk.write(PASSPHRASE)
        await walk.press("enter")
        await walk.until("The password is kept nowhere")
        assert not walk.holding(draft.password)
    fresh.close()


async def test_others_are_told_whom_to_ask(kept: Desk) -> None:
    root = kept.home.root
    ben = Desk(Home(root), Secrets(root), person="ben")
    async with on_screen(ben, screen()) as walk:
        await walk.until("Only an Admin may move them: ask anna")
        await to_place(walk, TYPED)
        await walk.press("enter")
        assert isinstance(walk.screen, KeyringScreen)
    assert place_of(ben) == FILE
    ben.close()
