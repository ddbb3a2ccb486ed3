"""Credentials: problems stand at their fields, and secrets are kept where the person chose."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from kfclient.desk import Desk, Draft
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets
from screens.connect import ConnectedScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.passphrase import KeyringChoiceScreen, PassphraseScreen
from screens.widgets.field import Field
from tests.conftest import QUICK
from tests.journeys.test_connect import to_credentials
from tests.journeys.walk import Walk, walking


def said(walk: Walk, field: str) -> str:
    return walk.screen.query_one(f"#{field}", Field).said


async def fill(walk: Walk, draft: Draft) -> None:
    """Fill in the credentials."""
    for text in (draft.endpoint, draft.username, draft.password, draft.autoauth_key):
        await walk.write(text)
        await walk.press("tab")


async def test_what_is_missing_is_said_at_its_field(desk: Desk, business: str) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        await walk.press("f5")
        assert said(walk, "endpoint") == "✗ The server's address is missing."
        assert said(walk, "username") == "✗ The username is missing."
        assert said(walk, "password") == "✗ The password is missing."
        assert said(walk, "key") == "✗ The AutoAuth key is missing."
        assert walk.app.focused is walk.screen.query_one("#endpoint", Field).input
        assert not walk.overflows()
        await walk.write("http://books.example/api")
        assert said(walk, "endpoint") == ""
        await walk.press("f5")
        assert "http" in said(walk, "endpoint")


async def test_the_key_is_checked_as_it_is_typed(desk: Desk, business: str) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        await walk.press("tab", "tab", "tab")
        for typed, reading in (
            ("1234abcd", "An AutoAuth key has one dash"),
            ("1234abcd-12", "There should be 4 characters after the dash; there are 2."),
            ("1234abcg", "only the digits 0-9, the letters A-F"),
            ("1234 abcd - 1234", "✓ It has the right shape."),
        ):
            await walk.write(typed)
            assert reading in said(walk, "key")
            assert walk.screen.query_one("#key", Field).value == typed.replace(" ", "").upper()
            await walk.press("ctrl+u")
        assert "it looks like 1234ABCD-1234" in said(walk, "key")


async def test_keys_that_come_all_at_once_go_each_into_its_own_field(
    desk: Desk, business: str, draft: Draft
) -> None:
    """As over a slow line, or from a password manager; the password is never shown."""
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        for way in ("tab", "enter"):
            typed = [draft.endpoint, "anna", draft.password, "1234ABCD-1234"]
            for number, text in enumerate(typed):
                for letter in text:
                    walk.app.post_message(events.Key(letter, letter))
                if number < 3:
                    walk.app.post_message(events.Key(way, None))
            await walk.until(lambda: walk.screen.query_one("#key", Field).value != "")
            await walk.pilot.pause()
            fields = [walk.screen.query_one(f"#{name}", Field) for name in NAMES]
            assert [field.value.removeprefix("https://") for field in fields] == typed
            assert draft.password not in walk.text
            for field in fields:
                field.input.value = ""
            fields[0].input.focus()
            await walk.pilot.pause()


NAMES = ("endpoint", "username", "password", "key")


async def test_without_a_keyring_the_person_chooses_the_encrypted_file(
    tmp_path: Path, draft: Draft, sandbox: Sandbox
) -> None:
    home = Home(tmp_path / "home")
    desk = Desk(home, Secrets(home.root), person="anna", limits=QUICK)
    if desk.secrets.default_choice() is not None:
        pytest.skip("this machine has a keyring of its own")
    business = desk.businesses.add("Harbour Lane").id
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        await fill(walk, draft)
        await walk.press("f5")
        await walk.until_on(KeyringChoiceScreen)
        await walk.until("nobody can read the file")
        await walk.press("escape")
        await walk.until_on(ConnectCredentialsScreen)
        assert walk.holding(draft.password)
        await walk.press("f5")
        await walk.until_on(KeyringChoiceScreen)
        await walk.press("enter")
        await walk.until_on(PassphraseScreen)
        for text in ("four plain words here", "four plain words here"):
            await walk.write(text)
            await walk.press("enter")
        await walk.until_on(ConnectedScreen)
    for path in home.root.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert draft.password.encode() not in held
            assert draft.autoauth_key.encode() not in held
            assert b"plain words" not in held
    connection = desk.businesses.get(business).connection
    assert connection is not None
    assert connection.secrets_in == "encrypted-file"

    later = Desk(Home(home.root), Secrets(home.root), person="anna", limits=QUICK)
    async with walking(later) as walk:
        await walk.until("● connected")
        await walk.press("s")
        await walk.until_on(PassphraseScreen)
        await walk.write("not that one")
        await walk.press("enter")
        await walk.until("does not open")
        await walk.write("four plain words here")
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
        connected = ConnectionState.CONNECTED
        await walk.until(lambda: later.businesses.summary(business).state is connected)
