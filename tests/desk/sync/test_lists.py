"""Looking at the synced lists: their names, rows and details."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kfclient.desk import Desk
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.list_names import ListName, parse_name
from kfclient.desk.sync.lists import Lists
from kfclient.store import Home
from kfclient.store.errors import StateDamaged


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *((name.value, name) for name in ListName),
        ("Chart of Accounts", ListName.CHART),
        ("chart", ListName.CHART),
        ("nominal_codes", ListName.CHART),
        ("categories", ListName.CHART),
        ("SUPPLIERS ", ListName.SUPPLIERS),
        ("customer", ListName.CUSTOMERS),
        ("vat-rates", ListName.TAX_RATES),
        ("taxes", ListName.TAX_RATES),
        ("project", ListName.PROJECTS),
        ("banks", ListName.BANK_ACCOUNTS),
    ],
)
def test_a_list_answers_to_the_names_people_have_for_it(text: str, name: ListName) -> None:
    assert parse_name(text) is name


@pytest.mark.parametrize("text", ["", "invoices", "supplier s"])
def test_any_other_name_is_told_which_lists_there_are(text: str) -> None:
    with pytest.raises(WrongValue) as refused:
        parse_name(text)
    for name in ListName:
        assert name.value in refused.value.cure


def test_a_list_that_was_never_synced_is_empty(desk: Desk, business: str) -> None:
    for name in ListName:
        assert desk.lists.read(business, name) == ()
    assert desk.lists.currencies(business) == ()


def test_records_are_as_kashflow_has_them(synced_desk: Desk, business: str) -> None:
    lists = synced_desk.lists
    chart = {one.code: one for one in lists.nominals(business)}
    assert chart[4000].name
    assert chart[4000].id > 1_000_000
    assert {one.value for one in lists.tax_rates(business)} == {
        Decimal(20), Decimal(5), Decimal(0), Decimal("17.5")
    }  # fmt: skip
    assert {one.status for one in lists.projects(business)} == {0, 1}
    assert {one.account_name for one in lists.bank_accounts(business)} >= {"Petty cash"}
    assert [one.currency_code for one in lists.currencies(business) if one.is_default] == ["GBP"]
    assert all(one.customer_id and one.name for one in lists.customers(business))
    assert all(one.supplier_id and one.code for one in lists.suppliers(business))


def test_a_row_shows_code_name_and_detail(synced_desk: Desk, business: str) -> None:
    rows = {name: synced_desk.lists.read(business, name) for name in ListName}
    for name, of_list in rows.items():
        assert of_list, name
        assert all(row.id and row.code and row.name for row in of_list)
    rates = {row.code for row in rows[ListName.TAX_RATES]}
    assert rates == {"20%", "5%", "0%", "17.5%"}
    details = {row.name: row.detail for row in rows[ListName.PROJECTS]}
    assert details["Quay Street shopfront"] == "completed, QUAY"
    banks = {row.name: row.code for row in rows[ListName.BANK_ACCOUNTS]}
    assert banks["Current account"] == "1200"


def test_a_records_details_are_words_a_person_reads(synced_desk: Desk, business: str) -> None:
    (supplier, *_) = synced_desk.lists.read(business, ListName.SUPPLIERS)
    fields = supplier.fields
    assert fields["KashFlow id"] == str(supplier.id)
    assert fields["Code"] == supplier.code
    assert "" not in fields.values()
    assert {"Address 1", "Postcode", "In the EC"} <= set(fields)
    (project, *_) = synced_desk.lists.read(business, ListName.PROJECTS)
    assert project.fields["Status"] == "active"
    (category, *_) = synced_desk.lists.read(business, ListName.CHART)
    assert category.fields["Archived"] == "no"
    (rate, *_) = synced_desk.lists.read(business, ListName.TAX_RATES)
    assert rate.fields["Value"] == "20%"


def test_a_list_is_read_once_for_each_time_it_was_written(home: Home) -> None:
    lists = Lists(home)
    home.write_list("acme", ListName.SUPPLIERS, [{"SupplierID": 1, "Code": "A", "Name": "Ace"}])
    first = lists.read("acme", ListName.SUPPLIERS)
    assert lists.read("acme", ListName.SUPPLIERS) is first
    assert lists.suppliers("acme") is lists.suppliers("acme")
    # Written by another session, with the same length.
    Home(home.root).write_list(
        "acme", ListName.SUPPLIERS, [{"SupplierID": 2, "Code": "B", "Name": "Bee"}]
    )
    assert [row.name for row in lists.read("acme", ListName.SUPPLIERS)] == ["Bee"]
    assert [one.name for one in lists.suppliers("acme")] == ["Bee"]
    assert lists.read("other", ListName.SUPPLIERS) == ()


def test_what_a_newer_kashflow_adds_is_no_trouble(home: Home) -> None:
    home.write_list("acme", ListName.SUPPLIERS, [{"SupplierID": 1, "Name": "Ace", "Mood": "good"}])
    (row,) = Lists(home).read("acme", ListName.SUPPLIERS)
    assert (row.id, row.name, row.code) == (1, "Ace", "")


def test_a_list_of_other_records_is_said_and_a_sync_mends_it(
    synced_desk: Desk, business: str, home: Home
) -> None:
    home.write_list(business, "suppliers", [{"SupplierID": "seven"}])
    with pytest.raises(StateDamaged, match="suppliers") as said:
        synced_desk.lists.suppliers(business)
    assert "Sync the business again" in said.value.cure
    synced_desk.syncing.sync(business)
    assert synced_desk.lists.suppliers(business)
