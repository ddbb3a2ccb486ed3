"""Names that would steer the terminal, or make lines of their own, on every kind of widget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rich.segment import Segment
from textual.app import ComposeResult
from textual.color import Color
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, OptionList, Static

from kfclient.desk import Desk
from kfclient.desk.model.item import ItemLine
from kfclient.errors import Problem
from screens.dialogs import ConfirmScreen, ErrorScreen, PromptScreen, TextViewerScreen
from screens.item_details import ItemDetailsScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.widgets.filter_box import TextLine
from tests.desk.seeded import Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import cost, on_screen
from tui.app import ONLY_VISIBLE

ESCAPES = "\x1b]0;PWNED\a\x1b]52;c;UFdORUQ=\a\x9b31m\x9d0;C1\x9c\u202etxe\u2066\x7f\x08"
FORGED = "Three\nNet 0.00\r\u2028VAT\x85x"


def unseen(walk: Walk) -> set[str]:
    """Return what is on the terminal and no letter."""
    return {char for char in walk.text if char != "\n" and not char.isprintable()}


class Raw(Widget):
    """Draws as a widget may that asks nobody."""

    def render_line(self, y: int) -> Strip:
        """Draw what it has."""
        return Strip([Segment(f"raw{y} {ESCAPES}\n\t{FORGED}")]).adjust_cell_length(40)


class Everything(Screen[None]):
    """Has a widget of every kind with the same text."""

    def compose(self) -> ComposeResult:
        """Lay them out."""
        text = f"x{ESCAPES} {FORGED}"
        yield Static(text, markup=False)
        yield TextLine(text, grows=True)
        yield Label(text, markup=False)
        yield Button(text)
        yield Checkbox(text)
        yield Input(text, placeholder=text)
        yield Input("", placeholder=text)
        yield OptionList(text, markup=False)
        yield Raw()


async def test_no_widget_sends_a_control_to_the_terminal(stock: Desk) -> None:
    async with on_screen(stock, Everything(), size=(80, 60)) as walk:
        walk.app.notify(ESCAPES, title=ESCAPES, markup=False)
        await walk.until("raw0")
        await walk.pilot.pause()
        assert not unseen(walk)
        assert "PWNED" in walk.text, "what is left of it is seen"
        assert {len(line) <= 80 for line in walk.text.splitlines()} == {True}


@pytest.mark.parametrize("screen", ["items", "details", "form"])
async def test_an_items_texts_are_shown_and_not_obeyed(
    inbox: Inbox, inbox_desk: Desk, screen: str
) -> None:
    line = ItemLine(category=f"C{ESCAPES}", description=FORGED, unit_price=Decimal(1))
    item = cost(f"A{ESCAPES}", reference=FORGED, note=ESCAPES, owner=ESCAPES, lines=(line,))
    inbox_desk.items.add_all(inbox.business, [item, cost(FORGED)])
    first = inbox_desk.items.all(inbox.business)[0]
    names = inbox.business, "Acme\x1b[2J\x9bm"
    shown: Screen[Any] = ItemsScreen(*names)
    if screen != "items":
        is_form = screen == "form"
        shown = (
            ItemFormScreen(*names, first, None) if is_form else ItemDetailsScreen(*names, first.id)
        )
    async with on_screen(inbox_desk, shown, size=(110, 30)) as walk:
        await walk.until("PWNED")
        assert not unseen(walk)
        if screen == "items":
            await walk.press("j")
            assert not any(row.lstrip().startswith("Net 0.00") for row in walk.text.splitlines())
            assert not unseen(walk)


@pytest.mark.parametrize(
    "dialog",
    [
        ConfirmScreen(FORGED + ESCAPES, yes="Yes", more=ESCAPES),
        ErrorScreen(Problem(FORGED + ESCAPES, ESCAPES)),
        PromptScreen(ESCAPES, lambda text: text, more=ESCAPES, value=ESCAPES),
        TextViewerScreen(ESCAPES, ESCAPES),
    ],
)
async def test_dialogs_show_it_too(stock: Desk, dialog: Screen[Any]) -> None:
    async with on_screen(stock, dialog) as walk:
        await walk.until("PWNED")
        assert not unseen(walk)
        assert not any("Net 0.00" in row and "Three" not in row for row in walk.text.splitlines())


def test_the_filter_keeps_the_width_that_was_measured() -> None:
    segments = [Segment(f"a{ESCAPES}b\xad"), Segment("\x1b[H", None, [(1, 1)])]  # type: ignore[list-item]
    seen = ONLY_VISIBLE.apply(segments, Color(0, 0, 0))
    assert Strip(seen[:1]).cell_length == Strip(segments[:1]).cell_length
    assert seen[1].text == "\x1b[H", "the terminal is steered by what draws, as before"
