"""What a person types to see some of the items, or a script to change them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from kfclient.desk.items.filter_words import Filter, Sought, searched
from kfclient.desk.model.item import Finding, Item, ItemLine, ItemState, Kind


def line(category: str, price: str, *, project: str = "", vat: str = "0") -> ItemLine:
    return ItemLine(category=category, unit_price=Decimal(price), project=project, vat=Decimal(vat))


TRAVEL = Item(
    id="1",
    contact="Kestrel & Co",
    reference="K-1",
    date=dt.date(2026, 10, 5),
    due_date=dt.date(2026, 11, 4),
    lines=(line("Travel", "100", project="Roof", vat="20"),),
)
BARE = Item(id="2", contact="Łódź Café", date=dt.date(2025, 10, 31), lines=(line("", "-12.00"),))
MIXED = Item(
    id="3",
    kind=Kind.SALE,
    contact="kestrel print",
    currency="EUR",
    date=dt.date(2026, 9, 30),
    lines=(line("Sales", "80"), line("", "1")),
)
EMPTY = Item(id="4")
FOUND = {
    "1": (Finding(code="W-TAX-OFF", sentence=""),),
    "2": (Finding(code="E-CATEGORY-MISSING", sentence=""),),
}
STATES = {"1": ItemState.READY, "2": ItemState.TO_REVIEW, "3": ItemState.PUBLISHED}


def those(text: str) -> str:
    wanted = Filter(text)
    return "".join(
        item.id
        for item in (TRAVEL, BARE, MIXED, EMPTY)
        if wanted.has(
            Sought(
                item,
                STATES.get(item.id, ItemState.TO_REVIEW),
                FOUND.get(item.id, ()),
                searched(item),
            )
        )
    )


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "1234"),
        ("kestrel", "13"),
        ("KESTREL eur", "3"),
        ('"kestrel print"', "3"),
        ("-kestrel", "24"),
        ("supplier:kest", "13"),
        ("supplier:'kest", ""),
        ("customer=kestrel*", "13"),
        ('supplier="Kestrel and Co"', "1"),
        ("supplier=kestrel", ""),
        ("supplier:łódź", "2"),
        ("supplier=", "4"),
        ("supplier:", "123"),
        ("-supplier:", "4"),
        ("category=", "234"),  # any line without one
        ("category:", "13"),
        ("-project:", "234"),
        ("Supplier=Kestrel* Category=", "3"),
        ("gross>100", "1"),
        ("gross>=120 gross<=120", "1"),
        ("gross:£120", "1"),
        ("gross<0", "2"),
        ("-12.00", "2"),
        ("-gross:", "4"),
        ("vat>0", "1"),
        ("date:oct", "12"),
        ("date:October", "12"),
        ("date:2026", "13"),
        ("date:2026-10", "1"),
        ('date:"oct 2026"', "1"),
        ("date>2026-09", "1"),
        ("date>=2026-09", "13"),
        ("date<1/9/2026", "2"),
        ("date=", "4"),
        ("due:nov", "1"),
        ("finding:W-VAT-*", ""),
        ("finding:w-tax*", "1"),
        ("finding:category", "2"),
        ("finding:", "12"),
        ("-finding:", "34"),
        ("is:ready", "1"),
        ("is:review -is:sale", "24"),
        ("currency=EUR", "3"),
        ("item=2", "2"),
        ("due_date:", "1"),
        ("due-date:", "1"),
    ],
)
def test_a_filter_has_these(text: str, ids: str) -> None:
    assert those(text) == ids
    assert Filter(text).problem is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("suplier:kest", "suplier"),
        ("gross>lots", "lots"),
        ("date:someday", "someday"),
        ("date:2026-13", "2026-13"),
        ("date>oct", "oct"),
        ("is:green", "green"),
        ("supplier>kest", "supplier"),
        ("gross>", "gross"),
        ("date>=", "date"),
        ("-nothing:here", "nothing"),
    ],
)
def test_what_cannot_be_read_is_said_and_means_no_item(text: str, word: str) -> None:
    problem = Filter(text).problem
    assert problem is not None
    assert word in problem.sentence
    assert those(text) == ""


@pytest.mark.parametrize("text", ["supplier", "supplier:", "su", "gross", '"kes', "-", "--", '"'])
def test_a_word_half_typed_is_no_problem(text: str) -> None:
    assert Filter(text).problem is None
