"""The import's screen: paths completed, and a report that fits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.desk import Desk
from screens.files import complete
from screens.import_file import ImportScreen
from tests.desk.filed import DEXT, SALES, dext_row, sale, text_of
from tests.desk.seeded import SAMPLES, Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import SIZES, on_screen, showing
from tui.app import KashdeckApp

Compare = Callable[..., bool]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder with a few files in it; the working folder too."""
    place = tmp_path / "person"
    (place / "Down loads").mkdir(parents=True)
    for name in ("costs-may.csv", "costs-june.csv", ".hidden.csv"):
        (place / "Down loads" / name).touch()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.chdir(place)
    return place


def test_a_path_is_completed_as_far_as_it_goes(folder: Path) -> None:
    assert complete("~") == ("~/", ())
    assert complete("~/D") == ("~/Down loads/", ("Down loads/",))
    assert complete("~/Down loads/c") == (
        "~/Down loads/costs-",
        ("costs-june.csv", "costs-may.csv"),
    )
    assert complete("Down loads/costs-m") == ("Down loads/costs-may.csv", ("costs-may.csv",))
    assert complete("Down loads/.")[1] == (".hidden.csv",)
    assert complete("") == ("Down loads/", ("Down loads/",))
    assert complete(f"{folder}/x") == (f"{folder}/x", ())
    assert complete("/no/such/folder/x") == ("/no/such/folder/x", ())
    assert complete("~nobody-of-this-name/x") == ("~nobody-of-this-name/x", ())
    assert complete("a\0b") == ("a\0b", ())


async def test_tab_completes_and_says_what_there_is(
    inbox: Inbox, inbox_desk: Desk, folder: Path
) -> None:
    async with on_screen(inbox_desk, ImportScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.write("~/D")
        await walk.press("tab")
        await walk.until("~/Down loads/")
        await walk.press("tab")
        await walk.until("costs-june.csv  costs-may.csv")
        await walk.write("x")
        await walk.press("tab")
        await walk.until("Nothing here begins with ~/Down loads/costs-x")


async def test_the_import_leaves_the_form_as_it_was_when_refused(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    async with on_screen(inbox_desk, ImportScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.paste(str(SAMPLES / "dext-costs-missing-columns.csv"))
        await walk.press("enter")
        await walk.until("✗ dext-costs-missing-columns.csv lacks the columns")
        assert "dext-costs-missing" in path_of(walk)


def path_of(walk: Walk) -> str:
    screen = walk.screen
    assert isinstance(screen, ImportScreen)
    return screen.box.value


@pytest.mark.parametrize("size", SIZES)
def test_a_report_looks_like_this(
    inbox: Inbox,
    inbox_desk: Desk,
    snap_compare: Compare,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(SAMPLES)
    keys = (*"dext-costs-troubled.csv", "enter")
    bring = showing(ImportScreen(inbox.business, "Acme Ltd"), "Tab completes", *keys, seen="Line 2")
    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=size, run_before=bring)


async def test_a_file_with_other_contents_is_shown_and_answered_with_one_key(
    inbox: Inbox, inbox_desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(text_of([sale()], SALES))
    inbox.importing.import_file(inbox.business, path)
    path.write_text(text_of([sale(Quantity="6")], SALES))
    async with on_screen(inbox_desk, ImportScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.press("f6")
        assert inbox.items.get(inbox.business, "1").net == Decimal("4.00")
        await walk.paste(str(path))
        await walk.press("enter")
        await walk.until("Line 1, quantity: 3 -> 6")
        await walk.press("f6")
        await walk.until("It is now what the file says.")
        assert inbox.items.get(inbox.business, "1").net == Decimal("8.00")


async def test_how_a_file_writes_its_dates_is_answered_with_one_key(
    inbox: Inbox, inbox_desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(text_of([sale(Date="08/07/26", **{"Due Date": ""})], SALES))
    async with on_screen(inbox_desk, ImportScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.paste(str(path))
        await walk.press("enter")
        await walk.until("may be 8 Jul 2026 or 7 Aug 2026")
        await walk.press("f4")
        await walk.until("1 item added")
    assert str(inbox.items.get(inbox.business, "1").date) == "2026-08-07"


async def test_files_outside_the_folder_are_shown_and_taken_on_a_key(
    inbox: Inbox, inbox_desk: Desk, folder: Path
) -> None:
    (folder.parent / "bill.pdf").write_bytes(b"%PDF")
    (folder / "costs.csv").write_text(text_of([dext_row(1, Image="../bill.pdf")], DEXT), "utf-8")
    async with on_screen(inbox_desk, ImportScreen(inbox.business, "Acme Ltd"), (60, 20)) as walk:
        await walk.write("costs.csv")
        await walk.press("enter")
        await walk.until("! 1 file is outside the folder of this file, so not taken")
        assert "The Image" in walk.text
        assert "F9 takes them" in walk.text
        assert not walk.overflows()
        assert inbox_desk.items.all(inbox.business)[0].files == ()
        await walk.press("f9")
        await walk.until("Files were put to items that are here: item 1.")
        assert "F9" not in walk.text
    assert inbox_desk.items.all(inbox.business)[0].files == (str(folder.parent / "bill.pdf"),)
