"""The doctor in the app, from home and from anywhere: what is wrong, and how to mend it."""

from __future__ import annotations

import json

from textual.command import CommandPalette

from kfclient.desk import Desk
from screens.dialogs import TextViewerScreen
from screens.doctor import DoctorScreen
from screens.people import PeopleScreen
from screens.widgets.ledger_table import LedgerTable
from tests.journeys.walk import walking
from tests.screens.scenes import on_screen
from tests.screens.stock import HARBOUR

"""Keyrings that do not answer take some."""


async def test_from_home_what_is_wrong_comes_first_with_its_cure(stock: Desk) -> None:
    (stock.home.root / "state.json.log").chmod(0o644)
    async with walking(stock) as walk:
        await walk.until("Harbour Lane")
        await walk.press("d")
        await walk.until_on(DoctorScreen)
        await walk.until("to be mended")
        table = walk.screen.query_one(LedgerTable)
        assert table.rows[0].cells[0] == "✗ mend"
        assert [row.cells[0] for row in table.rows][-1] == "- seen"
        assert not walk.overflows()
        report = walk.screen.report  # type: ignore[attr-defined]
        [found] = [one for one in report.findings if "others" in one.sentence.casefold()][:1]
        assert found.cure
        while found.sentence[:30] not in " ".join(walk.text.splitlines()[-8:]):
            assert table.cursor < len(table.rows) - 1
            await walk.press("down")
        await walk.press("enter")
        await walk.until_on(TextViewerScreen)
        assert found.cure.split(".", maxsplit=1)[0][:30] in walk.text
        await walk.press("escape", "w")
        copied = json.loads(walk.app.clipboard)
        assert {one["code"] for one in copied["findings"]} == {one.code for one in report.findings}
        for private in ("Harbour", "harbour-lane", "anna", str(stock.home.root)):
            assert private not in walk.app.clipboard


async def test_from_the_palette_of_any_screen(stock: Desk) -> None:
    async with on_screen(stock, PeopleScreen(HARBOUR, "Harbour Lane")) as walk:
        await walk.until("ben")
        await walk.press("ctrl+p")
        await walk.until(lambda: isinstance(walk.screen, CommandPalette))
        await walk.press(*"doctor")
        await walk.until("Look Kashdeck over")
        await walk.press("down", "enter")
        await walk.until_on(DoctorScreen)
        await walk.until("- seen")
        assert not walk.overflows()
        await walk.press("escape")
        await walk.until_on(PeopleScreen)


async def test_an_empty_home_is_healthy(desk: Desk) -> None:
    async with walking(desk) as walk:
        await walk.until("Add your first business")
        await walk.press("d")
        await walk.until_on(DoctorScreen)
        await walk.until("✓ Nothing has to be mended")
