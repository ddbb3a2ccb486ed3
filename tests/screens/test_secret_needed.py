"""What the app asks for before work goes on: a password, a passphrase, gpg's own question."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kfclient.desk import Desk, Draft
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets, kernel_keyring
from screens.connect import ConnectedScreen
from screens.passphrase import KeyringChoiceScreen, PassphraseScreen, SecretNeededScreen
from screens.sync import SyncScreen
from tests.conftest import QUICK
from tests.journeys.test_connect import to_credentials
from tests.journeys.walk import Walk, walking
from tests.screens.test_connect_credentials import fill
from tests.store.cheap_file import make_cheap_file
from tests.store.pass_home import PassHome, needs_pass, pass_home

FILE = "encrypted-file"
PASSPHRASE = "correct horse battery"

only_here = pytest.mark.skipif(
    not kernel_keyring.available(),
    reason="the kernel's keyring is NOT tested: this machine or container has none",
)


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    """Anna's desk, on which secrets go to real places."""
    desk = Desk(home, Secrets(home.root), person="anna", limits=QUICK)
    yield desk
    desk.secrets.lock(FILE)
    desk.close()


@pytest.fixture
def unkept(desk: Desk, business: str, draft: Draft) -> Desk:
    """The desk, a business on it connected whose password is kept nowhere."""
    desk.connecting.connect(business, msgspec.structs.replace(draft, secrets_in="ask"))
    desk.secrets.take_back(business)
    return desk


async def sync(walk: Walk) -> None:
    await walk.until("● connected")
    await walk.press("s")


async def test_connecting_without_keeping_it_asks_no_second_time_for_the_first_sync(
    desk: Desk, business: str, draft: Draft
) -> None:
    if desk.secrets.default_choice() is not None:
        pytest.skip("this machine has a keyring of its own")
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        await fill(walk, draft)
        await walk.press("f5")
        await walk.until_on(KeyringChoiceScreen)
        for _ in range(2):
            if "Nothing is kept" not in walk.text:
                await walk.press("down")
        await walk.until("Nothing is kept")
        assert not walk.overflows()
        await walk.press("enter")
        await walk.until_on(ConnectedScreen)
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
        assert not walk.holding(draft.password)
    assert desk.secrets._lent == {}, "it is forgotten with the first sync"
    assert not (desk.home.root / "secrets.json").exists()


async def test_it_is_asked_for_and_asked_again_and_forgotten(
    unkept: Desk, draft: Draft, sandbox: Sandbox
) -> None:
    async with walking(unkept) as walk:
        await sync(walk)
        await walk.until_on(SecretNeededScreen)
        assert "Password for Harbour Lane" in walk.text
        assert not walk.overflows()
        await walk.press("enter")
        assert "The password is missing" in walk.text
        await walk.write("not that one")
        assert "not that one" not in walk.text
        await walk.press("enter")
        await walk.until("does not accept")
        await walk.write(draft.password)
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
        assert unkept.secrets._lent == {}
        assert not walk.holding(draft.password)
        await walk.press("s")
        await walk.until_on(SecretNeededScreen)


async def test_cancel_leaves_everything_as_it_was(unkept: Desk, business: str) -> None:
    before = unkept.businesses.get(business)
    async with walking(unkept) as walk:
        await sync(walk)
        await walk.until_on(SecretNeededScreen)
        await walk.write("half a passw")
        await walk.press("escape")
        await walk.until_on(SyncScreen)
        await walk.until("kept nowhere")
        assert not walk.holding("half a passw")
    assert unkept.businesses.get(business) == before
    assert unkept.secrets._lent == {}


async def test_the_key_is_asked_for_where_the_machine_has_to_be_listed_again(
    unkept: Desk, draft: Draft, sandbox: Sandbox
) -> None:
    sandbox.account.forget_addresses()
    async with walking(unkept) as walk:
        await sync(walk)
        await walk.until_on(SecretNeededScreen)
        assert "API key" not in walk.text
        await walk.write(draft.password)
        await walk.press("enter")
        await walk.until("API key")
        assert not walk.overflows()
        await walk.write(draft.password)
        await walk.press("enter")
        await walk.write("1234")
        await walk.press("enter")
        await walk.until("✗")
        await walk.press("ctrl+u")
        await walk.write(draft.autoauth_key)
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
    assert sandbox.account.addresses() == {"127.0.0.1": "Kashdeck"}


@pytest.fixture
def filed(desk: Desk, business: str, draft: Draft) -> Desk:
    """The desk, a business connected, its password in the encrypted file, which is locked."""
    make_cheap_file(desk.home.root, PASSPHRASE)
    desk.secrets.unlock(FILE, PASSPHRASE)
    desk.connecting.connect(business, msgspec.structs.replace(draft, secrets_in=FILE))
    desk.secrets.lock(FILE)
    return desk


@only_here
async def test_one_tick_unlocks_it_for_the_other_sessions_too(filed: Desk) -> None:
    other = Desk(Home(filed.home.root), Secrets(filed.home.root), person="anna", limits=QUICK)
    async with walking(filed) as walk:
        await sync(walk)
        await walk.until_on(PassphraseScreen)
        assert "[ ] Keep it unlocked for my other sessions for 8 hours" in walk.text
        assert not walk.overflows()
        await walk.press("tab", "space")
        assert "[✓] Keep it unlocked" in walk.text
        await walk.press("shift+tab")
        await walk.write(PASSPHRASE)
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
    async with walking(other) as walk:
        await sync(walk)
        await walk.until("Done: all 6 lists")
        await walk.press("escape")
        await walk.until("● connected")
        walk.app.action_lock()  # type: ignore[attr-defined]
        await walk.until(lambda: filed.secrets.locked(FILE))
        await walk.press("s")
        await walk.until_on(PassphraseScreen)
    other.close()


async def test_without_the_tick_it_is_open_here_alone(filed: Desk) -> None:
    async with walking(filed) as walk:
        await sync(walk)
        await walk.until_on(PassphraseScreen)
        await walk.write(PASSPHRASE)
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
    assert not filed.secrets.locked(FILE)
    assert Secrets(filed.home.root).locked(FILE)


async def test_where_it_cannot_be_kept_no_tick_is_offered(
    filed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_keyring, "_NUMBERS", {})
    async with walking(filed) as walk:
        await sync(walk)
        await walk.until_on(PassphraseScreen)
        assert "Keep it unlocked" not in walk.text


async def test_two_that_wait_for_the_same_answer_ask_once(filed: Desk, draft: Draft) -> None:
    filed.secrets.unlock(FILE, PASSPHRASE)
    second = filed.businesses.add("Second").id
    filed.connecting.connect(second, msgspec.structs.replace(draft, secrets_in=FILE))
    filed.secrets.lock(FILE)
    async with walking(filed) as walk:
        await walk.until("Second")
        for business in (second, "harbour-lane"):
            walk.app.start_sync(business)  # type: ignore[attr-defined]
        await walk.until_on(PassphraseScreen)
        await asyncio.sleep(0.5)
        assert sum(isinstance(one, PassphraseScreen) for one in walk.app.screen_stack) == 1
        await walk.write(PASSPHRASE)
        await walk.press("enter")
        for business in (second, "harbour-lane"):
            job = walk.app.sync_job(business)  # type: ignore[attr-defined]
            await walk.until(lambda job=job: job.ended)  # type: ignore[misc]
            assert job.problem is None


@needs_pass
async def test_a_program_that_has_to_ask_and_has_no_terminal_is_said(
    desk: Desk, business: str, draft: Draft, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pass_home() as store:
        _warmed(store, monkeypatch)
        desk.connecting.connect(business, msgspec.structs.replace(draft, secrets_in="pass"))
        store.cool()
        async with walking(desk) as walk:  # the pilot's driver cannot give the terminal away
            await sync(walk)
            await walk.until("before gpg has asked")
            assert "pass show" in walk.text


def _warmed(store: PassHome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    store.warm()
