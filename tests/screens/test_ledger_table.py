"""The table of every list: what it draws, what its keys do, and how long it takes."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import App, ComposeResult

from screens.widgets.ledger_table import Column, LedgerTable, Row, fitted
from tests.journeys.walk import Walk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Shown(App[None]):
    """An app with one table."""

    def __init__(self, *, markable: bool = False) -> None:
        super().__init__()
        self.table = LedgerTable(
            Column("Code", 6),
            Column("Name"),
            Column("Amount", 10, "right"),
            markable=markable,
            empty="No rows.",
        )
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_ledger_table_chosen(self, event: LedgerTable.Chosen) -> None:
        self.told.append(event.key)

    def on_ledger_table_marks_changed(self) -> None:
        self.told.append(frozenset(self.table.marked))


def rows(count: int) -> list[Row]:
    return [Row(str(at), (f"C{at}", f"Name {at}", f"{at}.00")) for at in range(count)]


@asynccontextmanager
async def table(
    count: int, *, markable: bool = False, size: tuple[int, int] = (40, 10)
) -> AsyncIterator[tuple[Shown, Walk]]:
    app = Shown(markable=markable)
    async with app.run_test(size=size) as pilot:
        app.table.focus()
        app.table.show_rows(rows(count))
        await pilot.pause()
        yield app, Walk(pilot)


async def test_columns_line_up_and_nothing_is_wider_than_the_table() -> None:
    async with table(30, markable=True) as (app, walk):
        app.table.show_rows(
            [
                Row("a", ("A1", "Short", "1.00")),
                Row("b", ("B2", "A name that is far too long for its column", "1,234.50")),
                Row("c", ("C3", "日本語の名前がとても長い場合", "12.00")),
                Row("d", ("D4", "two\nlines\tand a tab", "9.99")),
            ]
        )
        await walk.pilot.pause()
        lines = walk.text.splitlines()[1:5]
        assert [line[-3:] for line in lines] == [".00", ".50", ".00", ".99"]
        assert all(cell_len(line) == 40 for line in lines)
        assert "…" in lines[1]
        assert "two lines and a tab" in lines[3]


async def test_text_from_outside_is_never_markup() -> None:
    async with table(0) as (app, walk):
        app.table.show_rows([Row("a", ("[b]", "[red]Bold & Co[/red]", "[/]"))])
        await walk.pilot.pause()
        assert "[red]Bold & Co[/" in walk.text


async def test_arrows_and_vi_keys_move_the_cursor() -> None:
    async with table(100) as (app, walk):
        for keys, at in (
            (("down", "j"), 2),
            (("up",), 1),
            (("k", "k"), 0),
            (("G",), 99),
            (("g",), 0),
            (("end",), 99),
            (("home", "pagedown"), 8),
            (("pageup",), 0),
        ):
            await walk.press(*keys)
            assert app.table.cursor_key == str(at), keys


async def test_the_cursor_stays_in_sight() -> None:
    async with table(100) as (_, walk):
        for _ in range(20):
            await walk.press("down")
        assert "Name 20" in walk.text
        await walk.press("home")
        assert "Name 0 " in walk.text


async def test_cursor_and_marks_stay_with_their_rows() -> None:
    async with table(20, markable=True) as (app, walk):
        await walk.press("down", "space", "space", "up")
        assert app.table.marked == {"1", "2"}
        assert app.table.cursor_key == "2"
        app.table.show_rows(reversed(rows(20)[2:]))
        assert app.table.cursor_key == "2"
        assert app.table.marked == {"2"}, "a row that is gone is not marked any more"
        app.table.go_to("7")
        assert app.table.cursor_key == "7"
        app.table.mark_all({"3", "4"})
        await walk.pilot.pause()
        assert app.told[-1] == frozenset({"3", "4"})


async def test_space_marks_only_where_there_are_marks() -> None:
    async with table(5) as (app, walk):
        await walk.press("space")
        assert app.table.marked == set()


async def test_enter_and_a_second_click_choose() -> None:
    async with table(5) as (app, walk):
        await walk.press("down", "enter")
        assert app.told == ["1"]
        await walk.pilot.click(LedgerTable, offset=(5, 4))
        assert app.table.cursor_key == "3"
        assert app.told == ["1"]
        await walk.pilot.click(LedgerTable, offset=(5, 4))
        assert app.told == ["1", "3"]


async def test_an_empty_table_says_so_and_survives_every_key() -> None:
    async with table(0, markable=True) as (app, walk):
        assert "No rows." in walk.text
        await walk.press("down", "up", "end", "home", "space", "enter", "pagedown")
        assert app.table.cursor_key is None
        app.table.show_rows(rows(3))
        assert app.table.cursor_key == "0"


async def test_it_fits_after_the_terminal_was_resized() -> None:
    async with table(50) as (app, walk):
        await walk.press("end")
        await walk.pilot.resize_terminal(60, 6)
        await walk.until("Name 49")
        assert all(cell_len(line) <= 60 for line in walk.text.splitlines())
        assert app.table.cursor_key == "49"


async def test_twenty_thousand_rows_are_as_quick_as_twenty() -> None:
    async with table(20) as (app, walk):
        many = rows(20_000)
        began = time.process_time()
        app.table.show_rows(many)
        await walk.press("end", "up", "home", "down")
        assert time.process_time() - began < 2.0
        assert app.table.cursor_key == "1"


def test_a_cell_is_cut_to_its_room() -> None:
    assert fitted("abc", 5) == "abc  "
    assert fitted("abc", 5, "right") == "  abc"
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("abc", 0) == ""
    assert cell_len(fitted("日本語", 4)) == 4
