"""Dates and amounts are read from a column as a whole."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.desk.importing.values import AS_ITS_COLUMNS_TELL, Spelling
from kfclient.desk.model.item import Item
from kfclient.store import Home
from tests.desk.filed import DEXT, SALES, bring, dext_row, priced, sale, text_of
from tests.desk.seeded import Inbox


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected, synced business with an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


def dated(*dates: str) -> list[dict[str, str]]:
    return [dext_row(at, Date=date) for at, date in enumerate(dates, start=1)]


def brought(
    inbox: Inbox, tmp_path: Path, text: str, said: Spelling = AS_ITS_COLUMNS_TELL
) -> tuple[list[Item], list[str], tuple[str, ...]]:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8", newline="")
    report = inbox.importing.import_file(inbox.business, path, said)
    items = [inbox.items.get(inbox.business, item_id) for item_id in report.added]
    return items, [f"{row.line}: {row.reason}" for row in report.bad], report.notes


def test_one_date_with_the_month_first_decides_for_its_column(inbox: Inbox, tmp_path: Path) -> None:
    text = text_of(dated("09/15/2026", "08/07/2026", "10/02/2026"), DEXT)
    items, bad, notes = brought(inbox, tmp_path, text)
    assert bad == []
    assert [str(item.date) for item in items] == ["2026-09-15", "2026-08-07", "2026-10-02"]
    assert notes == ("Dates were read with the month first, since line 2 has 09/15/2026.",)


def test_one_date_with_the_day_first_decides_for_two_figures_of_the_year(
    inbox: Inbox, tmp_path: Path
) -> None:
    items, bad, notes = brought(inbox, tmp_path, text_of(dated("31/08/26", "01/09/26"), DEXT))
    assert [str(item.date) for item in items] == ["2026-08-31", "2026-09-01"]
    assert (bad, notes) == ([], ())


def test_a_column_that_has_both_orders_leaves_the_rest_a_question(
    inbox: Inbox, tmp_path: Path
) -> None:
    text = text_of(dated("15/09/2026", "09/16/2026", "08/07/2026", "5/5/2026"), DEXT)
    items, bad, _ = brought(inbox, tmp_path, text)
    assert [str(item.date) for item in items] == ["2026-09-15", "2026-09-16", "2026-05-05"]
    (reason,) = bad
    assert reason == (
        "4: Date: 08/07/2026 may be 8 Jul 2026 or 7 Aug 2026, and the column has both, 15/09/2026 "
        "on line 2 and 09/16/2026 on line 3; say which with --dates day-first or --dates "
        "month-first."
    )
    items, bad, _ = brought(inbox, tmp_path, text, Spelling(dates="month-first"))
    assert ([str(item.date) for item in items], bad) == (["2026-08-07"], [])


def test_the_day_comes_first_where_nothing_proves_it_and_that_is_said(
    inbox: Inbox, tmp_path: Path
) -> None:
    items, bad, notes = brought(inbox, tmp_path, text_of(dated("08/07/2026", "01/02/26"), DEXT))
    assert [str(item.date) for item in items] == ["2026-07-08"]
    assert "01/02/26 may be 1 Feb 2026 or 2 Jan 2026" in bad[0]
    assert notes[0].startswith("Dates such as 08/07/2026 were read with the day first")


def test_another_column_of_dates_proves_the_order_too(inbox: Inbox, tmp_path: Path) -> None:
    row = dext_row(Date="08/07/2026") | {"Due Date": "08/31/2026"}
    (item,), _, _ = brought(inbox, tmp_path, text_of([row], DEXT))
    assert (str(item.date), str(item.due_date)) == ("2026-08-07", "2026-08-31")


def test_what_a_spreadsheet_writes_has_one_reading(inbox: Inbox, tmp_path: Path) -> None:
    written = ["12-Oct-26", "2026-10-12T14:05:00Z", "2026/10/12", "Oct 12, 2026", "46307",
               "46307.5"]  # fmt: skip
    items, bad = bring(inbox, tmp_path, *dated(*written))
    assert bad == []
    assert {str(item.date) for item in items} == {"2026-10-12"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("201.52000000000001", "201.52"),
        ("£ -", "0.00"),
        ("-", "0.00"),
        ("85.50 CR", "-85.50"),
        ("GBP 85.50", "85.50"),
        ("'85.50", "85.50"),
        ('="85.50"', "85.50"),
        ("85.50CR", "-85.50"),
        ("£(85.50)", "-85.50"),
        (" £ 1,085.50 ", "1085.50"),
    ],
)
def test_an_amount_that_a_spreadsheet_wrote_is_read(
    inbox: Inbox, tmp_path: Path, written: str, value: str
) -> None:
    (item,), bad = bring(inbox, tmp_path, dext_row(1, **priced(written)))
    assert (item.gross, bad) == (Decimal(value), [])


@pytest.mark.parametrize(
    ("written", "number"), [("'0012", "0012"), ('="0012"', "0012"), ("'90s Vinyl", "'90s Vinyl")]
)
def test_what_keeps_a_number_a_text_is_no_part_of_it(
    inbox: Inbox, tmp_path: Path, written: str, number: str
) -> None:
    row = dext_row(1, Date="'01/10/2026") | {"Invoice Number": written}
    (item,), _ = bring(inbox, tmp_path, row)
    assert (item.reference, str(item.date)) == (number, "2026-10-01")


def continental(*rows: dict[str, str], separator: str = ";") -> str:
    return text_of(list(rows), SALES, separator)


def test_one_decimal_comma_decides_for_the_figures_of_the_file(
    inbox: Inbox, tmp_path: Path
) -> None:
    rows = [
        sale(Reference=str(at), Quantity=quantity, **{"Unit Price": price})
        for at, (quantity, price) in enumerate([("40", "1,459"), ("2,5", "12,90"), ("1.000", "3")])
    ]
    items, bad, notes = brought(inbox, tmp_path, continental(*rows))
    assert bad == []
    assert [item.gross for item in items] == [Decimal(x) for x in ("70.03", "38.70", "3600.00")]
    assert notes[1] == "Amounts were read with a decimal comma, since line 3 has 2,5."


def test_a_decimal_comma_decides_where_commas_separate_too(inbox: Inbox, tmp_path: Path) -> None:
    rows = [dext_row(at, **priced(total)) for at, total in enumerate(("120,00", "1.200"), start=1)]
    items, bad, _ = brought(inbox, tmp_path, text_of(rows, DEXT))
    assert ([str(item.gross) for item in items], bad) == (["120.00", "1200.00"], [])


def test_figures_with_semicolons_between_and_no_proof_are_a_question(
    inbox: Inbox, tmp_path: Path
) -> None:
    text = continental(sale(**{"Unit Price": "1,459"}))
    items, bad, _ = brought(inbox, tmp_path, text)
    assert items == []
    (reason,) = bad
    assert reason == (
        "2: Unit Price: 1,459 may be 1459 or 1.459; say which with --decimals point or --decimals "
        "comma."
    )
    (item,), _, _ = brought(inbox, tmp_path, text, Spelling(mark=","))
    assert item.lines[0].unit_price == Decimal("1.459")


def test_figures_of_an_english_file_are_english(inbox: Inbox, tmp_path: Path) -> None:
    rows = [sale(Reference=str(at), **{"Unit Price": price}) for at, price in
            enumerate(["1,459", "1.459"])]  # fmt: skip
    items, bad, _ = brought(inbox, tmp_path, text_of(rows, SALES))
    assert [item.lines[0].unit_price for item in items] == [Decimal("1459"), Decimal("1.459")]
    rows[0]["Unit Price"] = "1.333"
    odd = sale(Reference="odd", **{"Unit Price": "0,50"})
    _, bad, _ = brought(inbox, tmp_path, text_of([*rows, odd], SALES))
    assert [text.split(" may be")[0] for text in bad] == [
        "2: Unit Price: 1.333", "3: Unit Price: 1.459", "4: Unit Price: 0,50"
    ]  # fmt: skip
