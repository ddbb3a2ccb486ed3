"""Every field of an item is declared, and what is declared can be given and comes back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.model import fields
from kfclient.desk.model.fields import (
    COMMAND_HEAD,
    COMMAND_LINE,
    FORM_HEAD,
    FORM_LINE,
    ITEM_FIELDS,
    LINE_FIELDS,
    REMEMBERED,
    FieldSpec,
    InJson,
    changes_between,
)
from kfclient.desk.model.item import Item, ItemLine
from kfclient.store import Home
from screens.edit_conflict import differences
from screens.item_draft import ItemDraft
from tests.tui.kashdeck import Kashdeck

NAME = "Harbour Lane"
SAMPLES: dict[str, tuple[str, Any]] = {
    "NAME": ("Pennine Water", "Pennine Water"),
    "TEXT": ("two  spaces", "two  spaces"),
    "DOCUMENT": ("Receipt", "receipt"),
    "DATE": ("31/08/2026", "2026-08-31"),
    "CURRENCY": ("eur", "EUR"),
    "QUANTITY": ("2.5", "2.5"),
    "PRICE": ("10.125", "10.125"),
    "AMOUNT": ("1,234.50", "1234.50"),
    "STATED": ("171.4", "171.40"),
    "TAX_RATE": ("17.5%", "17.5"),
    "EXCHANGE_RATE": ("1.25 EUR per GBP", "1.25"),
}
"""By the kind of value: what a person says, and what JSON has then."""


def sample(spec: FieldSpec) -> tuple[str, Any]:
    """Return what a person says of the field, and what JSON has then."""
    return next(known for name, known in SAMPLES.items() if getattr(fields, name) is spec.kind)


@pytest.fixture
def business(kashdeck: Kashdeck) -> Kashdeck:
    """Return the command beside a business without any items."""
    home = Home(kashdeck.home)
    Businesses(home).add(NAME)
    home.close()
    return kashdeck


def test_every_field_of_an_item_is_declared() -> None:
    assert {*ITEM_FIELDS, *REMEMBERED, "lines"} == set(Item.__struct_fields__)
    assert not REMEMBERED & set(ITEM_FIELDS)
    assert set(LINE_FIELDS) == set(ItemLine.__struct_fields__)
    assert set(COMMAND_LINE) == set(FORM_LINE) == set(LINE_FIELDS)
    for placed, place in (
        (COMMAND_HEAD, "command"),
        (COMMAND_LINE, "command"),
        (FORM_HEAD, "form"),
        (FORM_LINE, "form"),
    ):
        places = [getattr(spec, place) for spec in placed.values()]
        assert places == list(range(1, len(places) + 1))


def test_no_two_fields_are_called_alike() -> None:
    labels = [spec.label for spec in (*ITEM_FIELDS.values(), *LINE_FIELDS.values())]
    assert len(labels) == len(set(labels))


def test_what_is_given_by_command_comes_back_in_json(business: Kashdeck) -> None:
    head = {name: sample(spec) for name, spec in COMMAND_HEAD.items()}
    line = {name: sample(spec) for name, spec in COMMAND_LINE.items()}
    words = [f"{name}={said}" for name, (said, _) in head.items()]
    words += [f"1.{name}={said}" for name, (said, _) in line.items()]
    added = business.json("add", NAME, *words)["item"]
    plain = business.json("add", NAME, "unit_price=1")["item"]
    edited = business.json("edit", NAME, plain["id"], *words, code=1)["item"]  # a duplicate then
    for item in (added, edited, business.json("item", NAME, added["id"])["item"]):
        for name, (_, told) in head.items():
            assert plain[name] != told == item[name], name
        for name, (_, told) in line.items():
            assert plain["lines"][0][name] != told == item["lines"][0][name], name


def test_json_has_what_is_declared(business: Kashdeck) -> None:
    item = business.json("add", NAME, "unit_price=1")["item"]
    for spec in ITEM_FIELDS.values():
        if spec.name != "kind":
            assert (spec.name in item) == (spec.in_json is not InJson.NEVER), spec.name
    (row,) = business.json("items", NAME)["items"]
    always = {spec.name for spec in ITEM_FIELDS.values() if spec.in_json is InJson.ALWAYS}
    assert always == set(row) & (set(ITEM_FIELDS) - {"kind"})
    assert set(LINE_FIELDS) <= set(item["lines"][0])


@pytest.mark.parametrize("name", [*FORM_HEAD, *(f"lines.1.{name}" for name in FORM_LINE)])
def test_a_field_typed_in_the_form_is_told_of_and_compared(name: str) -> None:
    before = Item(id="1", currency="USD", lines=(ItemLine(unit_price=Decimal(7)),))
    draft, field = ItemDraft(before), name.rpartition(".")[2]
    texts = draft.texts(0 if "." in name else None)
    texts.now[field] = sample(fields.field_of(name))[0].replace("EUR", "USD")
    after, problems = draft.read()
    assert not problems
    assert list(changes_between(before, after)[1]) == [field]
    assert [one.field for one in differences(before, after, before)] == [name]
