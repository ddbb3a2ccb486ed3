"""The lists a client keeps in step, in the shapes KashFlow gives them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kfclient.sandbox import Sandbox
from tests.sandbox.wire import KF, Answer, Wire, record

LISTS = {
    "GetNominalCodes": "NominalCode",
    "GetNominalCodesExtended": "NominalCodeExtended",
    "GetSuppliers": "Supplier",
    "GetCustomers": "Customer",
    "GetVATRates": "BasicDataset",
    "GetProjects": "BasicDataset",
    "GetBankAccounts": "BankAccount",
    "GetCurrencies": "Currencies",
    "GetRecPayMethods": "PaymentMethod",
    "GetInvPayMethods": "PaymentMethod",
    "GetCustomerSources": "BasicDataset",
    "GetReceipts": "Invoice",
}


def rows(answer: Answer) -> list[dict[str, str | None]]:
    """Return the records of a list by field name."""
    assert answer.result is not None
    return [{str(f.tag).removeprefix(KF): f.text for f in row} for row in answer.result]


@pytest.mark.parametrize("operation", LISTS)
def test_each_list_is_a_wrapper_of_items_then_status_and_detail(wire: Wire, operation: str) -> None:
    answer = wire.ok(operation)
    assert answer.names() == [f"{operation}Result", "Status", "StatusDetail"]
    assert answer.detail == ""
    assert answer.result is not None
    assert {str(row.tag) for row in answer.result} <= {f"{KF}{LISTS[operation]}"}
    assert len(answer.result) > 0 or operation == "GetReceipts"


def test_an_empty_list_is_an_empty_element() -> None:
    with Sandbox(suppliers=0, customers=0) as sandbox:
        sandbox.account.switch(ip_restricted=False)
        wire = Wire(sandbox)
        assert b"<GetSuppliersResult />" in wire.ok("GetSuppliers").body
        assert b"<GetCustomersResult />" in wire.ok("GetCustomers").body


def test_the_chart_has_large_ids_and_names_its_types(wire: Wire) -> None:
    chart = {row["Code"]: row for row in rows(wire.ok("GetNominalCodesExtended"))}
    assert len(chart) > 45
    assert list(chart) == sorted(chart, key=lambda code: int(str(code)))
    printing = chart["7500"]
    assert printing["Name"] == "Printing"
    assert int(str(printing["id"])) > 18_000_000
    assert (printing["TypeID"], printing["TypeName"]) == ("3", "Expense")
    assert (printing["ClassificationID"], printing["ClassificationName"]) == ("2", "Outgoing Type")
    assert printing["Archived"] == "false"
    assert chart["4000"]["TypeName"] == "Turnover"
    assert chart["4000"]["ClassificationName"] == "Sales Type"
    assert {"1100", "1200", "1230", "2100", "2200", "2201", "2202", "3200", "9998"} <= set(chart)


def test_the_short_chart_holds_the_same_ids(wire: Wire) -> None:
    short, long = (rows(wire.ok(op)) for op in ("GetNominalCodes", "GetNominalCodesExtended"))
    assert [row["id"] for row in short] == [row["id"] for row in long]
    assert list(short[0]) == ["id", "Code", "Name", "debit", "credit", "balance"]


def test_vat_rates_are_told_by_their_value(wire: Wire) -> None:
    rates = rows(wire.ok("GetVATRates"))
    assert [row["Name"] for row in rates] == ["20%", "5%", "0%", "17.5%"]
    assert [row["Description"] for row in rates] == ["20%", "5%", "0%", "17.5%"]
    assert [row["Value"] for row in rates] == ["20.0000", "5.0000", "0.0000", "17.5000"]


def test_bank_accounts_have_an_id_and_the_code_of_their_nominal(wire: Wire) -> None:
    banks = rows(wire.ok("GetBankAccounts"))
    assert [row["AccountName"] for row in banks] == ["Current account", "Petty cash"]
    assert [row["AccountCode"] for row in banks] == ["1200", "1230"]
    codes = {row["Code"] for row in rows(wire.ok("GetNominalCodes"))}
    assert {row["AccountCode"] for row in banks} <= codes
    assert not {row["AccountID"] for row in banks} & {row["AccountCode"] for row in banks}


def test_currencies_mark_the_home_one(wire: Wire) -> None:
    held = rows(wire.ok("GetCurrencies"))
    assert [row["CurrencyCode"] for row in held] == ["GBP", "EUR", "USD"]
    assert [row["isDefault"] for row in held] == ["1", "0", "0"]
    assert Decimal(str(held[0]["ExchangeRate"])) == 1


def test_payment_methods_of_sales_and_purchases_have_ids_of_their_own(wire: Wire) -> None:
    sales, purchases = (rows(wire.ok(f"Get{kind}PayMethods")) for kind in ("Inv", "Rec"))
    assert [row["MethodName"] for row in sales] == [row["MethodName"] for row in purchases]
    assert not {row["MethodID"] for row in sales} & {row["MethodID"] for row in purchases}


def test_company_details(wire: Wire) -> None:
    answer = wire.ok("GetCompanyDetails")
    assert answer.text("CompanyName") == "Harbour Lane Trading Ltd"
    assert answer.text("VatRegistered") == "Yes"
    assert answer.text("CurrencySymbol") == "£"
    assert wire.ok("isUserVATRegistered").text("isUserVATRegisteredResult") == "true"


def test_account_defaults_hold_the_currencies_typed_and_untyped(wire: Wire) -> None:
    untyped = wire.ok("GetUserAccountDefaults")
    assert untyped.body.count(b'<anyType xsi:type="Currencies">') == 3
    typed = wire.ok("GetUserAccountDefaults_TypeDefined")
    assert b"<Currencies><Currencies><CurrencyId>1</CurrencyId>" in typed.body


def test_projects_carry_their_number_in_the_description(wire: Wire) -> None:
    projects = rows(wire.ok("GetProjects"))
    assert [row["Name"] for row in projects][:2] == ["Mill Lane refit", "Website 2026"]
    assert [row["Description"] for row in projects] == ["1", "2", "3"]


@pytest.mark.parametrize(("status", "number"), [(-1, 3), (1, 2), (0, 1), (2, 0)])
def test_projects_in_full_go_by_status(wire: Wire, status: int, number: int) -> None:
    assert len(rows(wire.ok("GetProjects_Full", ProjStatus=status))) == number


def test_without_a_status_there_are_the_completed_projects(wire: Wire) -> None:
    assert [row["Status"] for row in rows(wire.ok("GetProjects_Full"))] == ["0"]


def test_a_project_is_inserted_found_and_updated(wire: Wire) -> None:
    new = record("Project", Name="Barn roof", Reference="BARN", Status=1)
    number = wire.ok("InsertOrUpdateProject", new).number
    found = wire.ok("GetProjectByRef", ProjRef="barn")
    assert (found.text("ID"), found.text("Number")) == (str(number), "4")
    assert found.text("Date1") == "0001-01-01T00:00:00"
    changed = record("Project", ID=number, Name="Barn roof", Status=0)
    assert wire.ok("InsertOrUpdateProject", changed).number == number
    found = wire.ok("GetProjectByName", ProjName="Barn roof")
    assert found.text("Number") == "4"
    assert found.texts("Status")[0] == "0"
    assert wire.ok("GetProjectById", ProjId=number).texts("Reference") == []


@pytest.mark.parametrize(
    "project",
    [
        {"Name": ""},
        {"Name": "x", "Status": 7},
        {"Name": "x", "ID": 1},
        {"Name": "x", "CustomerID": 1},
        {"Name": "x", "Number": 1},
    ],
)
def test_a_project_that_makes_no_sense_is_refused(wire: Wire, project: dict[str, object]) -> None:
    wire.no("InsertOrUpdateProject", record("Project", **project))
    assert len(rows(wire.ok("GetProjects"))) == 3


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("GetProjectById", "ProjId"),
        ("GetProjectByRef", "ProjRef"),
        ("GetProjectByName", "ProjName"),
    ],
)
def test_a_project_that_does_not_exist(wire: Wire, operation: str, asked: str) -> None:
    answer = wire.call(operation, **{asked: 0})
    assert (answer.status, answer.result) == ("NO", None)


def test_a_nominal_code_is_inserted(wire: Wire) -> None:
    asks = {"name": "Bike Repairs", "code": 7405, "classification": 3, "nomtype": 2}
    number = wire.ok("InsertNominalCode", **asks).number
    new = next(r for r in rows(wire.ok("GetNominalCodesExtended")) if r["Code"] == "7405")
    assert (new["id"], new["Name"], new["TypeName"]) == (str(number), "Bike Repairs", "Expense")
    assert wire.no("InsertNominalCode", **asks) == "Nominal Code is not unique"


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"code": 0}, {"classification": 7}, {"nomtype": 0}]
)
def test_a_nominal_code_that_makes_no_sense_is_refused(
    wire: Wire, change: dict[str, object]
) -> None:
    asks: dict[str, object] = {"name": "Bikes", "code": 7405, "classification": 3, "nomtype": 2}
    wire.no("InsertNominalCode", **{**asks, **change})
