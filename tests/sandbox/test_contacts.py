"""Suppliers and customers: found, inserted, changed, deleted."""

from __future__ import annotations

import pytest

from tests.sandbox.wire import Wire, lines, record

KINDS = [
    ("Supplier", "supl", "sup", "SupplierID"),
    ("Customer", "custr", "custr", "CustomerID"),
]
each_kind = pytest.mark.parametrize(("noun", "new", "changed", "key"), KINDS)


@each_kind
def test_insert_gives_an_id_under_which_it_is_found(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    sent = record(new, Code="INK01", Name="Ink & Co", Email="a@ink.example", PaymentTerms=14)
    number = wire.ok(f"Insert{noun}", sent).number
    for found in (
        wire.ok(f"Get{noun}ByID", **{key: number}),
        wire.ok(f"Get{noun}", **{f"{noun}Code": "ink01"}),
    ):
        assert found.text(key) == str(number)
        assert found.text("Name") == "Ink & Co"
        assert found.text("PaymentTerms") == "14"
        assert found.text("CurrencyID") == "1"


@each_kind
def test_a_code_left_out_is_made_from_the_name(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    codes = []
    for name in ("Richmond Motors", "Richmond Tyres", "Él", "日本"):
        number = wire.ok(f"Insert{noun}", record(new, Name=name)).number
        codes.append(wire.ok(f"Get{noun}ByID", **{key: number}).text("Code"))
    assert codes == ["RICH01", "RICH02", "EL01", "CODE01"]


@each_kind
def test_a_code_that_is_taken_is_refused_with_0(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    wire.ok(f"Insert{noun}", record(new, Name="Ink", Code="INK01"))
    answer = wire.call(f"Insert{noun}", record(new, Name="Ink two", Code="ink01"))
    assert answer.detail == f"{noun} Code is not unique"
    assert answer.number == 0


@each_kind
@pytest.mark.parametrize("code", ["a@b.example", "INK 1", "INK-1", "ÉL", "X"])
def test_a_code_with_special_characters_is_refused(
    wire: Wire, noun: str, new: str, changed: str, key: str, code: str
) -> None:
    assert wire.no(f"Insert{noun}", record(new, Name="Ink", Code=code)) == (
        f"The {noun.lower()} code specified is invalid, "
        "please re-enter without any special characters."
    )


@each_kind
@pytest.mark.parametrize("name", ["", " ", "X"])
def test_a_name_is_needed(
    wire: Wire, noun: str, new: str, changed: str, key: str, name: str
) -> None:
    assert "needs a name" in wire.no(f"Insert{noun}", record(new, Name=name))


@each_kind
def test_an_unknown_currency_is_refused(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    wire.no(f"Insert{noun}", record(new, Name="Ink", CurrencyID=99))


@each_kind
def test_an_update_replaces_the_whole_record(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    sent = record(new, Name="Ink", Code="INK01", Notes="old")
    number = wire.ok(f"Insert{noun}", sent).number
    wire.ok(f"Update{noun}", record(changed, **{key: number}, Name="Ink Limited"))
    found = wire.ok(f"Get{noun}ByID", **{key: number})
    assert (found.text("Name"), found.text("Code")) == ("Ink Limited", "INK01")
    assert found.texts("Notes") == []


def test_the_two_updates_answer_differently(wire: Wire, supplier: int, customer: int) -> None:
    updated = wire.ok("UpdateSupplier", record("sup", SupplierID=supplier, Name="Ink"))
    assert updated.names() == ["Status", "StatusDetail"]
    updated = wire.ok("UpdateCustomer", record("custr", CustomerID=customer, Name="Ink"))
    assert updated.names() == ["UpdateCustomerResult", "Status", "StatusDetail"]


@each_kind
def test_what_does_not_exist_is_no(wire: Wire, noun: str, new: str, changed: str, key: str) -> None:
    for answer in (
        wire.call(f"Get{noun}ByID", **{key: 1}),
        wire.call(f"Get{noun}", **{f"{noun}Code": "NOBODY"}),
    ):
        assert (answer.http, answer.status, answer.result) == (200, "NO", None)
    wire.no(f"Update{noun}", record(changed, **{key: 1}, Name="Ink"))
    wire.no(f"Delete{noun}", **{key: 1})


@each_kind
def test_delete_and_the_code_is_free_again(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    number = wire.ok(f"Insert{noun}", record(new, Name="Ink", Code="INK01")).number
    assert wire.ok(f"Delete{noun}", **{key: number}).number == 1
    wire.no(f"Get{noun}ByID", **{key: number})
    assert wire.ok(f"Insert{noun}", record(new, Name="Ink", Code="INK01")).number > number


@pytest.mark.parametrize(
    ("noun", "key", "document"),
    [("Supplier", "SupplierID", "Receipt"), ("Customer", "CustomerID", "Invoice")],
)
def test_who_has_documents_cannot_be_deleted(
    wire: Wire, supplier: int, customer: int, noun: str, key: str, document: str
) -> None:
    number = supplier if noun == "Supplier" else customer
    wire.ok(f"Insert{document}", record("Inv", CustomerID=number))
    assert "has documents" in wire.no(f"Delete{noun}", **{key: number})
    wire.ok(f"Delete{document}", **{f"{document}Number": 1})
    wire.ok(f"Delete{noun}", **{key: number})


@each_kind
def test_lists_come_by_code(wire: Wire, noun: str, new: str, changed: str, key: str) -> None:
    wire.ok(f"Insert{noun}", record(new, Name="First of all", Code="AA00"))
    codes = wire.ok(f"Get{noun}s").texts("Code")
    assert codes[0] == "AA00"
    assert codes == sorted(codes, key=str)


@each_kind
def test_vat_number_and_currency_by_code(
    wire: Wire, noun: str, new: str, changed: str, key: str
) -> None:
    wire.ok(f"Insert{noun}", record(new, Name="Ink", Code="INK01"))
    code = {f"{noun}Code": "INK01"}
    parameter = "SupVATNumber" if noun == "Supplier" else "CustVATNumber"
    assert wire.ok(f"Set{noun}VATNumber", **{parameter: "GB1"}, **code).number == 1
    assert wire.ok(f"Get{noun}VATNumber", **code).text(f"Get{noun}VATNumberResult") == "GB1"
    assert wire.ok(f"Get{noun}Currency", **code).text(f"Get{noun}CurrencyResult") == "GBP"
    wire.ok(f"Set{noun}Currency", CurrencyCode="eur", **code)
    assert wire.ok(f"Get{noun}Currency", **code).text(f"Get{noun}CurrencyResult") == "EUR"
    wire.no(f"Set{noun}Currency", CurrencyCode="XXX", **code)


def test_a_customer_is_found_by_email_in_any_case(wire: Wire) -> None:
    wire.ok("InsertCustomer", record("custr", Name="Ink", Email="Shop@Ink.example"))
    assert wire.ok("GetCustomerByEmail", CustomerEmail="shop@ink.example").text("Name") == "Ink"


@pytest.mark.parametrize("email", ["nobody@nowhere.example", ""])
def test_no_customer_with_that_email(wire: Wire, email: str) -> None:
    wire.ok("InsertCustomer", record("custr", Name="No mail"))
    answer = wire.call("GetCustomerByEmail", CustomerEmail=email)
    assert answer.detail == "There is no customer with that email address"
    assert answer.result is None


def test_customers_by_postcode_and_by_text(wire: Wire) -> None:
    sent = record("custr", Name="Ink", Postcode="LS1 4AP", ExtraText7="purple door")
    wire.ok("InsertCustomer", sent)
    assert wire.ok("GetCustomersByPostcode", Postcode="ls14ap").texts("Name") == ["Ink"]
    assert wire.ok("SearchCustomerByCustText", SearchVal="PURPLE").text("Name") == "Ink"
    wire.no("SearchCustomerByCustText", SearchVal="green")


def test_customers_modified_since_a_date_include_that_date(wire: Wire, customer: int) -> None:
    wire.ok("UpdateCustomer", record("custr", CustomerID=customer, Name="Changed"))
    wire.ok("InsertCustomer", record("custr", Name="Created"))
    today = wire.sandbox.account.today().isoformat()
    names = wire.ok("GetCustomersModifiedSince", ModifiedSince=today).texts("Name")
    assert sorted(map(str, names)) == ["Changed", "Created"]
    seeded = wire.ok("GetCustomersModifiedSince", ModifiedSince="2025-04-01")
    assert len(seeded.texts("Name")) == len(wire.sandbox.account.customers())


def test_a_customers_balance_is_what_is_still_to_pay(wire: Wire, customer: int) -> None:
    code = wire.ok("GetCustomerByID", CustomerID=customer).text("Code")
    sale = lines({"Quantity": 1, "Rate": 100, "VatAmount": 20})
    wire.ok("InsertInvoice", record("Inv", sale, CustomerID=customer))
    method = wire.ok("GetInvPayMethods").texts("MethodID")[0]
    paid = record("InvoicePayment", PayInvoice=1, PayMethod=method, PayAmount=50)
    wire.ok("InsertInvoicePayment", paid)
    answer = wire.ok("GetCustomerBalance", CustomerCode=code)
    assert (answer.text("Value"), answer.text("Balance")) == ("120.0000", "70.0000")
