"""A sales file's lines become sales, whole or not at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.desk.model.item import Item, ItemState
from kfclient.store import Home
from tests.desk.filed import bring_sales, sale, text_of
from tests.desk.seeded import Inbox


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected, synced business with an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


def test_a_sales_tax_is_that_of_its_net_rounded_half_up(inbox: Inbox, tmp_path: Path) -> None:
    (item,), _ = bring_sales(inbox, tmp_path, sale())
    assert (item.net, item.vat) == (Decimal("4.00"), Decimal("0.80"))
    (odd,), _ = bring_sales(
        inbox, tmp_path, sale(Reference="2", Quantity="1", **{"Unit Price": "0.125"})
    )
    assert (odd.net, odd.vat) == (Decimal("0.13"), Decimal("0.03"))


@pytest.mark.parametrize(
    "values",
    [
        {"Date": "2026-08-22"},
        {"Unit Price": "1.250,00"},
        {"Currency": "EUR"},
        {"Kind": "cost"},
        {"Quantity": "two"},
        {"Tax Rate": "lots"},
    ],
)
def test_a_sale_with_one_odd_line_is_left_out_whole(
    inbox: Inbox, tmp_path: Path, values: dict[str, str]
) -> None:
    other = sale(Reference="SI-2", **{"Tax Rate": "n/a", "Unit Price": "1.33"})
    items, bad = bring_sales(inbox, tmp_path, sale(), sale(**values), other)
    assert [item.reference for item in items] == ["SI-2"]
    assert items[0].lines[0].tax_rate == -1
    assert [text.split(":")[0] for text in bad] == ["2", "3"]


def test_sales_without_a_reference_are_each_their_own_and_known_again(
    inbox: Inbox, tmp_path: Path
) -> None:
    rows = [sale(Reference=""), sale(Reference=""), sale(Reference="", Quantity="4")]
    items, _ = bring_sales(inbox, tmp_path, *rows)
    assert len(items) == 3
    assert bring_sales(inbox, tmp_path, *rows)[0] == []


def test_one_reference_for_two_customers_is_two_sales(inbox: Inbox, tmp_path: Path) -> None:
    items, _ = bring_sales(inbox, tmp_path, sale(), sale(Contact="Elm & Ivy"))
    assert len(items) == 2


def test_a_sale_says_how_it_was_paid_and_what_goes_with_it(inbox: Inbox, tmp_path: Path) -> None:
    paid = {"Bank Account": "Current account", "Payment Method": "Cash", "Paid On": "2026-08-25"}
    one, two = (sale(**paid, Image=name) for name in ("a.pdf", "b.pdf"))
    (item,), _ = bring_sales(inbox, tmp_path, one, two)
    assert (item.bank_account, item.payment_method) == ("Current account", "Cash")
    assert str(item.paid_on) == "2026-08-25"
    assert item.files == (str(tmp_path / "a.pdf"), str(tmp_path / "b.pdf"))
    _, bad = bring_sales(inbox, tmp_path, sale(**paid, Reference="9"), sale(Reference="9"))
    assert bad[1] == "3: Its bank account is not that of line 2, of the same sale."


# What the file states of VAT and totals


def issued(
    inbox: Inbox, tmp_path: Path, *rows: dict[str, str]
) -> tuple[list[Item], tuple[str, ...]]:
    path = tmp_path / "issued.csv"
    columns = list(dict.fromkeys(name for row in rows for name in row))
    path.write_text(text_of(list(rows), columns), encoding="utf-8", newline="")
    report = inbox.importing.import_file(inbox.business, path)
    assert report.bad == ()
    return [inbox.items.get(inbox.business, key) for key in report.added], report.notes


def lines(*prices: str, **values: str) -> list[dict[str, str]]:
    return [sale(Quantity="1", **{"Unit Price": price}, **values) for price in prices]


SMALL = ("2.53", "3.68", "0.33", "0.33", "0.33")  # VAT 0.51 + 0.74 + 3 x 0.07; of the whole 1.44


def test_a_column_that_is_not_read_is_named_and_a_total_that_differs_holds_the_sale(
    inbox: Inbox, tmp_path: Path
) -> None:
    (row,) = lines("50.00")
    row |= {"Quantity": "10", "Discount": "10%", "VAT Amount": "90.00", "Total": "540.00"}
    (item,), notes = issued(inbox, tmp_path, row | {"Colour": ""})
    assert notes == ("Not read: the column Discount.",)
    assert item.problem is not None
    assert item.problem.sentence == (
        "The file says Total 540.00, and the lines come to 590.00. Discount was not read."
    )
    assert inbox.items.state(inbox.business, item) is ItemState.TO_REVIEW


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ({"Discount": "10%"}, True),
        ({"Discount": "0.00"}, False),
        ({"Discount": "10%", "Net": "50.00"}, False),
        ({"Discount": "10%", "Total": "60.00"}, False),
        ({"Total": "54.00"}, True),
        ({"Net": "45.00"}, True),
        ({"Net": "50.00", "Tax Amount": "10.00", "Gross": "60.00"}, False),
        ({"Amount": "50.00"}, False),
        ({"Amount": "60.00"}, False),
        ({"Amount": "55.00"}, True),
        ({"Warehouse": "10"}, False),
        ({"Tax Rate": "0.2", "Total": "60.00"}, False),
        ({"Tax Rate": "0.2", "Total": "61.00"}, True),
        ({"Delivery date": "10/10/2026", "Delivery": "free"}, False),
        ({"P&P": "3.95"}, True),
        ({"Disc %": "5"}, True),
        ({"Tax": "20% VAT"}, False),
        ({"Invoice Total": "54.00"}, True),
        ({"Total incl. VAT": "60.00", "Total VAT": "10.00"}, False),
    ],
)
def test_what_a_file_states_is_held_against_the_lines(
    inbox: Inbox, tmp_path: Path, values: dict[str, str], held: bool
) -> None:
    (row,) = lines("50.00")
    (item,), _ = issued(inbox, tmp_path, row | values)
    assert (item.problem is not None and item.problem.code.startswith("E-")) is held


@pytest.mark.parametrize(
    "values",
    [
        [{"VAT": "1.44"}, {}, {}, {}, {}],
        [{"VAT": "1.44"}] * 5,
        [{"Total": "8.64"}] * 5,
        [{"VAT": "1.44", "Total": "8.64"}] * 5,
        [{"VAT": vat} for vat in ("0.50", "0.73", "0.07", "0.07", "0.07")],
    ],
)
def test_vat_of_the_whole_sale_is_what_was_issued(
    inbox: Inbox, tmp_path: Path, values: list[dict[str, str]]
) -> None:
    rows = [row | {"VAT": "", "Total": ""} | said for row, said in
            zip(lines(*SMALL), values, strict=True)]  # fmt: skip
    (item,), notes = issued(inbox, tmp_path, *rows)
    assert (item.vat, item.problem, notes) == (Decimal("1.44"), None, ())
    assert all(abs(line.vat - line.net / 5) < Decimal("0.02") for line in item.lines)


def test_vat_and_totals_of_each_line_are_its_own(inbox: Inbox, tmp_path: Path) -> None:
    rows = [row | {"VAT": "2.00", "Total": "12.00"} for row in lines("10.00", "10.00")]
    (item,), _ = issued(inbox, tmp_path, *rows)
    assert (item.vat, item.total, item.problem) == (Decimal("4.00"), Decimal("24.00"), None)


def test_a_fraction_in_a_sales_file_is_the_percentage_and_the_import_says_so(
    inbox: Inbox, tmp_path: Path
) -> None:
    row = sale(Quantity="1", **{"Unit Price": "100.00", "Tax Rate": "0.2"})
    (item,), _ = bring_sales(inbox, tmp_path, row)
    assert item.gross == Decimal("120.00")
    assert item.problem is not None
    assert "0.2 was read as 20%" in item.problem.sentence
