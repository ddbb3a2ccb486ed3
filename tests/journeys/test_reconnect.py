"""Reconnecting keeps everything else, another company is refused, disconnecting says what stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kfclient.desk import ConnectionState, Desk
from kfclient.desk.model.list_names import ListName
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from screens.connect import ConnectedScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.connect_steps import ConnectStepsScreen
from screens.dialogs import ConfirmScreen, ErrorScreen
from screens.manage import ManageScreen
from tests.desk.checks import company_becomes
from tests.journeys.walk import walking


async def test_a_changed_password_is_noticed_and_mended(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    synced_desk.businesses.change_settings(business, {"default_tax_code_costs": "20"})
    sandbox.account.switch(separate_api_password="Api-only-1")
    async with walking(synced_desk) as walk:
        await walk.until("● connected")
        await walk.press("s")
        await walk.until("KashFlow does not accept this username and password.")
        await walk.press("escape")
        await walk.until("! needs reconnecting")
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        await walk.until("separate API password")
        await walk.press("r")
        await walk.until_on(ConnectStepsScreen)
        await walk.press("d", "enter")
        await walk.until_on(ConnectCredentialsScreen)
        assert sandbox.endpoint in walk.text
        assert sandbox.username in walk.text
        await walk.write("Api-only-1")
        await walk.press("enter")
        await walk.write(sandbox.autoauth_key)
        await walk.press("enter")
        await walk.until_on(ConnectedScreen)
        assert "is connected again" in walk.text
        await walk.press("enter")
        await walk.until("Done: all 6 lists")
        businesses, connected = synced_desk.businesses, ConnectionState.CONNECTED
        await walk.until(lambda: businesses.summary(business).state is connected)
    summary = businesses.summary(business)
    assert summary.business.settings.default_tax_code_costs == Decimal(20)


async def test_an_address_that_is_not_listed_any_more_is_said_and_cured(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.account.forget_addresses()
    async with walking(synced_desk) as walk:
        await walk.until("● connected")
        await walk.press("s")  # AutoAuth lists the machine again by itself
        await walk.until("Done: all 6 lists")
        sandbox.account.forget_addresses()
        sandbox.account.switch(autoauth_enabled=False)
        await walk.press("s")
        await walk.until("All six lists: ")
        assert "AutoAuth" in walk.text
        assert not walk.overflows()
        await walk.press("escape")
        await walk.until("! needs reconnecting")


async def test_another_company_is_refused_with_the_way_out(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    with Sandbox() as other:
        company_becomes(
            other, CompanyName="Bell Rock Boats Ltd", VatRegistrationNumber="GB111222333"
        )
        async with walking(synced_desk) as walk:
            await walk.until("● connected")
            await walk.press("c")
            await walk.until_on(ConnectStepsScreen)
            await walk.press("d", "enter")
            await walk.until_on(ConnectCredentialsScreen)
            for name, text in (
                ("endpoint", other.endpoint),
                ("username", other.username),
                ("password", other.password),
                ("key", other.autoauth_key),
            ):
                walk.screen.query_one(f"#{name}-input").focus()
                await walk.press("ctrl+u")
                await walk.write(text)
            await walk.press("enter")
            await walk.until("Bell Rock Boats Ltd")
            assert "Harbour Lane Trading Ltd" in walk.text
            assert "add it as a business of its own" in " ".join(walk.text.split())
            assert not walk.overflows()
    connection = synced_desk.businesses.get(business).connection
    assert connection is not None
    assert connection.company.name == "Harbour Lane Trading Ltd"
    assert connection.endpoint == sandbox.endpoint


async def test_disconnecting_asks_and_keeps_the_lists(synced_desk: Desk, business: str) -> None:
    connection = synced_desk.businesses.get(business).connection
    assert connection is not None
    async with walking(synced_desk) as walk:
        await walk.until("● connected")
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        await walk.until("Disconnect")
        await walk.press("d")
        await walk.until_on(ConfirmScreen)
        assert "Lists, items and settings stay" in " ".join(walk.text.split())
        await walk.press("enter")
        await walk.until_on(ManageScreen)
        assert synced_desk.businesses.get(business).connection is not None
        await walk.press("d", "y", "enter")
        await walk.until("○ not connected")
        await walk.press("escape", "s")
        await walk.until_on(ErrorScreen)
        assert "is not connected to KashFlow" in walk.text
    assert len(synced_desk.lists.read(business, ListName.CHART)) == 52
    with pytest.raises(Problem) as caught:
        synced_desk.secrets.load(business, connection.secrets_in)
    assert caught.value.code == "secret-missing"
