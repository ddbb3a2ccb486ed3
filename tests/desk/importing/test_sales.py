"""A sales file's lines become sales, whole or not at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.store import Home
from tests.desk.filed import bring_sales, sale
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
    items, bad = bring_sales(
        inbox, tmp_path, sale(), sale(**values), sale(Reference="SI-2", **{"Tax Rate": "n/a"})
    )
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


def test_a_fraction_in_a_sales_file_is_the_percentage_and_the_import_says_so(
    inbox: Inbox, tmp_path: Path
) -> None:
    row = sale(Quantity="1", **{"Unit Price": "100.00", "Tax Rate": "0.2"})
    (item,), _ = bring_sales(inbox, tmp_path, row)
    assert item.gross == Decimal("120.00")
    assert item.problem is not None
    assert "0.2 was read as 20%" in item.problem.sentence
