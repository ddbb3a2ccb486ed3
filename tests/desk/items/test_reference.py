"""Names in files and on forms find KashFlow's records, or say that several are meant."""

from __future__ import annotations

import pytest

from kfclient.api.records import NominalCode, Supplier
from kfclient.desk.items.reference import Index, folded, split_rate
from kfclient.desk.model.item import Kind
from tests.desk.seeded import TODAY_BOOKS

CHART = Index(
    [
        NominalCode(id=1, code=7502, name="Telephone"),
        NominalCode(id=2, code=7504, name="Office Stationery"),
        NominalCode(id=3, code=8300, name="Sundries"),
        NominalCode(id=4, code=8301, name="Sundries"),
        NominalCode(id=5, code=9000, name="7502"),
    ],
    lambda one: str(one.code),
    lambda one: one.name,
)


@pytest.mark.parametrize(
    "text",
    ["Office Stationery", "office  stationery", " OFFICE\u00a0STATIONERY ", "7504",
     "7504 Office Stationery", "7504 - Office stationery", "7504: Office Stationery",
     "Office Stationery (7504)"],
)  # fmt: skip
def test_a_category_is_found_by_code_by_name_or_by_both(text: str) -> None:
    assert [one.id for one in CHART.find(text)] == [2]


@pytest.mark.parametrize("text", ["", "Stationery", "7505 Office Stationery", "Office", "750"])
def test_near_is_not_found(text: str) -> None:
    assert CHART.find(text) == ()


def test_several_are_all_given_to_choose_from() -> None:
    assert [one.code for one in CHART.find("sundries")] == [8300, 8301]
    assert [one.id for one in CHART.find("7502")] == [1, 5]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O\u2019Malley Couriers", "O'Malley Couriers"),
        ("Harrow & Finch", "harrow and finch"),
        ("Harrow&Finch", "Harrow and Finch"),
        ("“Best” Ltd", '"best" LTD'),
        ("Mu\u0308ller", "Müller"),
        ("A \u2013 B", "A - B"),
    ],
)
def test_quotes_ampersands_capitals_and_accents_typed_otherwise_are_the_same(
    one: str, other: str
) -> None:
    assert folded(one) == folded(other)


def test_accents_tell_people_apart() -> None:
    assert folded("Zoë") != folded("Zoe")


@pytest.mark.parametrize(
    ("category", "parts"),
    [
        ("Printing (20%)", ("Printing", "20")),
        ("Printing (17.5 %) ", ("Printing", "17.5")),
        ("Postage (0%)", ("Postage", "0")),
        ("Rent", ("Rent", "")),
        ("Travel (UK)", ("Travel (UK)", "")),
        ("Tax (20%) due", ("Tax (20%) due", "")),
        ("", ("", "")),
    ],
)
def test_only_a_trailing_rate_is_taken_off_a_category(
    category: str, parts: tuple[str, str]
) -> None:
    assert split_rate(category) == parts


def test_a_name_on_both_sides_of_the_accounts_means_the_side_of_the_item() -> None:
    assert [one.code for one in TODAY_BOOKS.categories("Carriage", Kind.COST)] == [5100]
    assert [one.code for one in TODAY_BOOKS.categories("Carriage", Kind.SALE)] == [4905]


def test_an_index_of_thousands_is_not_searched_through() -> None:
    names = Index(
        [Supplier(supplier_id=n, code=f"S{n}", name=f"Supplier {n}") for n in range(20_000)],
        lambda one: one.code,
        lambda one: one.name,
    )
    assert [one.supplier_id for one in names.find("supplier 19999")] == [19999]
    assert [one.supplier_id for one in names.by_code("s7")] == [7]
