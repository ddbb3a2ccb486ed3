"""Screens brought to what a test looks at, and items to look at on them."""

from __future__ import annotations

import datetime as dt
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kfclient.desk.model.item import Item, ItemLine, Kind
from tests.journeys.walk import Walk, walking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from textual.pilot import Pilot
    from textual.screen import Screen

    from kfclient.desk import Desk

SIZES = [(80, 24), (120, 40)]
DAY = dt.date(2026, 9, 1)


def cost(contact: str = "Pennine Water", price: str = "100", **more: Any) -> Item:
    """Return a cost that lacks nothing, but for what `more` says otherwise."""
    line = ItemLine(
        category="7102 Water Rates",
        description="Quarter to September",
        unit_price=Decimal(price),
        tax_rate=Decimal(20),
        vat=Decimal(price) / 5,
    )
    fields: dict[str, Any] = {
        "contact": contact,
        "reference": "PW-1",
        "date": DAY,
        "lines": (line,),
        **more,
    }
    return Item(**fields)


def varied() -> list[Item]:
    """Return items of every kind: ready, to review, foreign, with long names."""
    line = ItemLine(category="4000 Sales", unit_price=Decimal("1275.5"), tax_rate=Decimal(20))
    return [
        cost(),
        cost("Kestrel Car Hire", "48.20", reference="KES-67883", due_date=dt.date(2026, 9, 30)),
        cost("Twin Traders", "12", reference=""),
        cost("Müller Werkzeuge GmbH & Co. KG, Zweigstelle Süd", "8", currency="EUR",
             exchange_rate=Decimal("1.17")),
        cost("", "9.99", date=None),
        Item(kind=Kind.SALE, contact="Dunmore School", reference="SI-1", date=DAY,
             due_date=DAY, lines=(line, line)),
        Item(kind=Kind.CLAIM, document="expense claim", contact="Priya Raman", date=DAY,
             lines=cost().lines),
        cost("Pennine Water", "-30", document="credit note", reference="CN-4"),
    ]  # fmt: skip


@asynccontextmanager
async def on_screen(
    desk: Desk, screen: Screen[Any], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Walk]:
    """Open the app with this screen on top."""
    async with walking(desk, size=size) as walk:
        await walk.app.push_screen(screen)
        yield walk


def showing(
    screen: Screen[Any], first: str, *keys: str, seen: str = ""
) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Return what brings a snapshot's app to a screen: keys pressed between two texts seen."""

    async def bring(pilot: Pilot[None]) -> None:
        walk = Walk(pilot)
        await walk.until("Connections")
        await walk.app.push_screen(screen)
        await walk.until(first)
        await walk.press(*keys)
        await walk.until(seen)
        assert not walk.overflows()

    return bring


def toasted(walk: Walk) -> list[str]:
    """Return the good news that came up and goes by itself, the last one last."""
    return [one.message for one in walk.app._notifications]
