"""Settings: what they mean for the books, and values that cannot be."""

from __future__ import annotations

from decimal import Decimal

from kfclient.desk import Desk
from kfclient.desk.model.settings import SETTINGS
from screens.dialogs import PromptScreen
from screens.settings import SettingsScreen
from tests.journeys.walk import walking
from tests.screens.stock import HARBOUR

SETTLE_TIME = [spec.key for spec in SETTINGS].index("settle_seconds")


async def test_an_admin_changes_the_settings_by_keyboard(stock: Desk) -> None:
    async with walking(stock) as walk:
        await walk.until("Harbour Lane")
        await walk.press("slash")
        await walk.write("harbour")
        await walk.press("enter", "enter")
        await walk.until("Settings")
        await walk.press("t")
        await walk.until_on(SettingsScreen)
        await walk.until("Publish tax data is OFF")
        assert "no VAT is recorded there" in " ".join(walk.text.replace("┃", "").split())
        await walk.press("space")
        await walk.until("● Publish tax data is on")
        await walk.press("down", "enter")
        await walk.until_on(PromptScreen)
        assert "KashFlow has 20%, 5%, 0%." in " ".join(walk.text.replace("│", "").split())
        await walk.press("ctrl+u")
        await walk.write("17.5")
        await walk.press("enter")
        await walk.until("KashFlow has no tax rate of 17.5%")
        await walk.press("ctrl+u")
        await walk.write("20 %")
        await walk.press("enter")
        await walk.until_on(SettingsScreen)
        await walk.until("20%")
        await walk.press("space")  # a rate is no switch
        await walk.press("g", *["down"] * SETTLE_TIME, "enter")
        await walk.until_on(PromptScreen)
        await walk.press("ctrl+u")
        await walk.write("soon")
        await walk.press("enter")
        await walk.until("is not a number of seconds")
        await walk.press("escape")
        await walk.until_on(SettingsScreen)
    settings = stock.businesses.get(HARBOUR).settings
    assert settings.publish_tax_data is True
    assert settings.default_tax_code_costs == Decimal(20)
    assert settings.settle_seconds == 130


async def test_a_business_is_renamed(stock: Desk) -> None:
    async with walking(stock) as walk:
        await walk.until("Harbour Lane")
        await walk.press("G", "enter")
        await walk.until("Rename")
        await walk.press("n")
        await walk.until_on(PromptScreen)
        await walk.press("ctrl+u")
        await walk.write("bell rock BOATS")
        await walk.press("enter")
        await walk.until("There is a business called “Bell Rock Boats” already.")
        await walk.press("ctrl+u")
        await walk.write("Harbour Lane Trading")
        await walk.press("enter")
        await walk.until("Kashdeck > Connections > Harbour Lane Trading")
    assert stock.businesses.get(HARBOUR).name == "Harbour Lane Trading"
