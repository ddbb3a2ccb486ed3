"""Somebody else's client: zeep as it comes, on the vendor's WSDL and on ours."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from kfclient.sandbox import Sandbox
from tests.contract import validate_reply, validate_request

ZEEP: Any = zeep  # it has no types to check against
PORTS = ["KashFlowAPISoap", "KashFlowAPISoap12"]


class Witness(zeep.Plugin):
    """Checks every message that goes either way against the vendor's schema."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def egress(self, envelope: Any, http_headers: Any, operation: Any, binding_options: Any) -> Any:
        self.seen.append(validate_request(_bytes(envelope)))
        return envelope, http_headers

    def ingress(self, envelope: Any, http_headers: Any, operation: Any) -> Any:
        validate_reply(_bytes(envelope))
        return envelope, http_headers


def _bytes(envelope: Any) -> bytes:
    return etree.tostring(envelope)


class Caller:
    """zeep's service proxy with the credentials filled in; raises where Status is not OK."""

    def __init__(self, client: Any, port: str, sandbox: Sandbox) -> None:
        self.client = client
        self._service = client.create_service(f"{{KashFlow}}{port}", sandbox.endpoint)
        self._credentials = {"UserName": sandbox.username, "Password": sandbox.password}

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            reply = self._service[operation](**self._credentials, **arguments)
            assert reply.Status == "OK", reply.StatusDetail
            return reply

        return call

    def line(self, **values: Any) -> Any:
        """Return a line as an anyType that says it is one."""
        kind = self.client.get_type("{KashFlow}InvoiceLine")
        zeros = dict.fromkeys(("ProductID", "Sort", "ProjID", "LineID", "ChargeType"), 0)
        return ZEEP.xsd.AnyObject(kind, kind(**{**zeros, **values}))


HEADER: dict[str, Any] = {
    "InvoiceDBID": 0,
    "InvoiceNumber": 0,
    "InvoiceDate": "2026-03-01T00:00:00",
    "DueDate": "2026-03-31T00:00:00",
    "Paid": 0,
    "SuppressTotal": 0,
    "ProjectID": 0,
    "ExchangeRate": 0,
    "NetAmount": 0,
    "VATAmount": 0,
    "AmountPaid": 0,
    "UseCustomDeliveryAddress": False,
}


@pytest.fixture(params=["the vendor's WSDL", "our ?WSDL"])
def client(request: pytest.FixtureRequest, closed: Any, vendor_wsdl: Path) -> Any:
    """zeep's client, once on each contract."""
    if request.param == "our ?WSDL":
        return ZEEP.Client(f"{closed.sandbox.endpoint}?WSDL")
    return ZEEP.Client(str(vendor_wsdl))


@pytest.mark.parametrize("port", PORTS)
def test_the_whole_way_from_login_to_delete(client: Any, port: str, closed: Any) -> None:
    sandbox: Sandbox = closed.sandbox
    witness = Witness()
    client.plugins = [witness]
    kf = Caller(client, port, sandbox)

    kf.AutoAuthIP(appName="zeep", AutoAuthKey=sandbox.autoauth_key)
    company = kf.GetCompanyDetails().GetCompanyDetailsResult
    assert company.CompanyName == "Harbour Lane Trading Ltd"
    chart = kf.GetNominalCodes().GetNominalCodesResult.NominalCode
    printing = next(row.id for row in chart if row.Code == 7500)
    rates = kf.GetVATRates().GetVATRatesResult.BasicDataset
    assert rates[0].Value == Decimal(20)
    assert kf.GetProjects_Full(ProjStatus=-1).GetProjects_FullResult.Project
    assert kf.GetCustomers().GetCustomersResult.Customer
    bank = kf.GetBankAccounts().GetBankAccountsResult.BankAccount[0].AccountID
    method = kf.GetRecPayMethods().GetRecPayMethodsResult.PaymentMethod[0].MethodID

    supplier = kf.InsertSupplier(
        supl={
            "SupplierID": 0,
            "Name": "Wharfside Properties",
            "Created": "2026-01-01T00:00:00",
            "Updated": "2026-01-01T00:00:00",
            "EC": 0,
            "CurrencyID": 0,
            "PaymentTerms": 30,
        }
    ).InsertSupplierResult
    assert supplier in [s.SupplierID for s in kf.GetSuppliers().GetSuppliersResult.Supplier]

    line = kf.line(
        Quantity=2,
        Description="Rent",
        Rate=Decimal("10.50"),
        ChargeType=printing,
        VatRate=20,
        VatAmount=Decimal("4.20"),
    )
    lines = {"anyType": [line, line]}
    invoice = {**HEADER, "CustomerID": supplier, "CustomerReference": "R-1", "Lines": lines}
    number = kf.InsertReceipt(Inv=invoice).InsertReceiptResult
    receipt = kf.GetReceipt(ReceiptNumber=number).GetReceiptResult
    assert receipt.NetAmount == Decimal(42)
    assert receipt.VATAmount == Decimal("8.40")
    assert receipt.CustomerReference == "R-1"
    assert [row.ChargeType for row in receipt.Lines.anyType] == [printing, printing]

    kf.InsertReceiptPayment(
        ReceiptPayment={
            "PayID": 0,
            "PayInvoice": number,
            "PayDate": "2026-03-02T00:00:00",
            "PayMethod": method,
            "PayAccount": bank,
            "PayAmount": Decimal("50.40"),
        }
    )
    typed = kf.GetReceipt_TypeDefined(ReceiptNumber=number).GetReceipt_TypeDefinedResult
    assert typed.Paid == 1
    assert typed.Lines.InvoiceLine[0].Rate == Decimal("10.50")
    page = kf.GetReceiptsWithPaging(Page=1, PerPage=100, FilterBy="Paid")
    assert [row.InvoiceNumber for row in page.GetReceiptsWithPagingResult.Invoice] == [number]
    assert (page.PageNumber, page.TotalPages, page.TotalRecords) == (1, 1, 1)
    assert kf.DeleteReceiptByID(ReceiptID=receipt.InvoiceDBID).DeleteReceiptByIDResult == 1
    assert kf.GetReceiptsWithPaging(Page=1, PerPage=100, FilterBy="").TotalRecords == 0
    assert witness.seen[0] == "AutoAuthIP"


def test_a_fault_is_zeeps_fault(closed: Any) -> None:
    service = ZEEP.Client(f"{closed.sandbox.endpoint}?WSDL").service
    with pytest.raises(zeep.exceptions.Fault, match="Input string was not in a correct format"):
        service.GetReceipt(UserName="a", Password="b", ReceiptNumber="x")


def test_a_refusal_is_an_answer(closed: Any) -> None:
    service = ZEEP.Client(f"{closed.sandbox.endpoint}?WSDL").service
    reply = service.GetSuppliers(UserName="a", Password="b")
    assert (reply.Status, reply.GetSuppliersResult) == ("NO", None)
    assert reply.StatusDetail == "Incorrect username or password"
