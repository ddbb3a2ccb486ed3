"""Where KashFlow is known or told in two ways, a switch chooses between them."""

from __future__ import annotations

import pytest

from kfclient.errors import Problem
from tests.sandbox.wire import Wire, lines, record

SINGLES = {
    "GetReceipt": ("ReceiptNumber", "zeroed"),
    "GetReceipt_TypeDefined": ("ReceiptNumber", "zeroed"),
    "GetInvoice": ("InvoiceNumber", "zeroed"),
    "GetInvoiceByID": ("InvoiceID", "refused"),
    "GetSupplier": ("SupplierCode", "refused"),
    "GetSupplierByID": ("SupplierID", "refused"),
    "GetCustomer": ("CustomerCode", "refused"),
    "GetCustomerByID": ("CustomerID", "refused"),
    "SearchCustomerByCustText": ("SearchVal", "refused"),
    "GetProjectById": ("ProjId", "refused"),
}


@pytest.mark.parametrize("answered", [None, "refused", "zeroed", "empty"])
@pytest.mark.parametrize("name", SINGLES)
def test_what_is_not_there(wire: Wire, name: str, answered: str | None) -> None:
    asked, chosen = SINGLES[name]
    wire.sandbox.account.switch(not_found=answered)
    answer = wire.call(name, **{asked: 99})
    how = answered or chosen
    assert answer.status == ("NO" if how == "refused" else "OK")
    if how == "zeroed":
        assert answer.result is not None
        assert {text for text in answer.texts("CustomerID") if text} <= {"0"}
    else:
        assert answer.result is None


def test_the_known_sentence_about_an_email_address_stays(wire: Wire) -> None:
    wire.sandbox.account.switch(not_found="zeroed")
    sentence = wire.no("GetCustomerByEmail", CustomerEmail="nobody@example.com")
    assert sentence == "There is no customer with that email address"


def test_elements_out_of_order_are_read_or_dropped(wire: Wire, supplier: int) -> None:
    inner = record("Inv", CustomerReference="late", CustomerID=supplier)
    number = wire.ok("InsertReceipt", inner).number
    assert wire.ok("GetReceipt", ReceiptNumber=number).text("CustomerReference") == "late"
    wire.sandbox.account.switch(strict_order=True)
    assert "no supplier with the ID 0" in wire.no("InsertReceipt", inner)
    wire.ok("InsertReceipt", record("Inv", CustomerID=supplier, CustomerReference="in order"))


@pytest.mark.parametrize(("dropped", "day"), [(False, "2026-07-01"), (True, "2026-06-30")])
def test_a_date_with_a_zone(wire: Wire, supplier: int, dropped: bool, day: str) -> None:
    wire.sandbox.account.switch(zones_dropped=dropped)
    fields = {"InvoiceDate": "2026-06-30T23:00:00Z", "CustomerID": supplier}
    number = wire.ok("InsertReceipt", record("Inv", **fields)).number
    found = wire.ok("GetReceipt", ReceiptNumber=number)
    assert found.text("InvoiceDate") == f"{day}T00:00:00"


def test_the_rate_for_no_tax_is_listed_or_not(wire: Wire) -> None:
    assert "N/A" not in wire.ok("GetVATRates").texts("Name")
    wire.sandbox.account.switch(na_rate_listed=True)
    answer = wire.ok("GetVATRates")
    assert (answer.texts("Name")[-1], answer.texts("Value")[-1]) == ("N/A", "-1.0000")


def test_projects_are_all_listed_or_the_active_ones(wire: Wire) -> None:
    everything = len(wire.ok("GetProjects").texts("ID"))
    wire.sandbox.account.switch(active_projects_only=True)
    active = len(wire.ok("GetProjects_Full", ProjStatus=1).texts("ID"))
    assert len(wire.ok("GetProjects").texts("ID")) == active < everything


def test_a_reference_can_be_cut(wire: Wire, supplier: int) -> None:
    wire.sandbox.account.switch(reference_length=5)
    line = {"Quantity": 1, "Rate": 1, "Description": "as long as it is"}
    inner = record("Inv", lines(line), CustomerReference="QPW-1182", CustomerID=supplier)
    number = wire.ok("InsertReceipt", inner).number
    found = wire.ok("GetReceipt", ReceiptNumber=number)
    assert found.text("CustomerReference") == "QPW-1"
    assert found.text("Description") == "as long as it is"


@pytest.mark.parametrize(
    "changes",
    [
        {"not_found": "perhaps"},
        {"reference_length": 0},
        {"reference_length": True},
        {"strict_order": 1},
        {"zones_dropped": None},
    ],
)
def test_switches_that_make_no_sense(wire: Wire, changes: dict[str, object]) -> None:
    before = wire.sandbox.account.switches
    with pytest.raises(Problem):
        wire.sandbox.account.switch(**changes)
    assert wire.sandbox.account.switches == before
