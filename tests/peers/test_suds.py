"""suds-community, the old hand among Python's SOAP clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.peers.journey import Journey, Seen
from tests.waiting import HANG

suds: Any = pytest.importorskip(
    "suds.client", reason="NOT TESTED with suds: suds-community is not installed"
)

ZEROS = {
    "Supplier": ("SupplierID", "EC", "CurrencyID", "PaymentTerms"),
    "Invoice_TypeDefined": (
        *("InvoiceDBID", "InvoiceNumber", "Paid", "SuppressTotal", "ProjectID", "ExchangeRate"),
        *("NetAmount", "VATAmount", "AmountPaid"),
    ),
    "InvoiceLine": ("ProductID", "Sort", "ProjID", "LineID"),
    "Payment": ("PayID",),
}
DAY = "2026-03-01T00:00:00"


class Suds:
    """suds' proxy with the credentials filled in."""

    def __init__(self, journey: Journey) -> None:
        asks = journey.asks
        self.client = suds.Client(
            journey.wsdl.as_uri(), location=asks["endpoint"], cache=None, timeout=HANG
        )
        self.credentials = (asks["username"], asks["password"])

    def call(self, operation: str, *arguments: Any) -> Any:
        """Call, and return the whole reply."""
        return getattr(self.client.service, operation)(*self.credentials, *arguments)

    def result(self, operation: str, *arguments: Any) -> Any:
        """Call, and return the result."""
        reply = self.call(operation, *arguments)
        assert reply.Status == "OK", reply.StatusDetail
        return getattr(reply, f"{operation}Result")

    def make(self, kind: str, **values: Any) -> Any:
        """Return an object of the contract."""
        made = self.client.factory.create(kind)
        for name, value in {**dict.fromkeys(ZEROS.get(kind, ()), 0), **values}.items():
            setattr(made, name, value)
        return made


def go(journey: Journey) -> Seen:
    """Go the whole way."""
    kf, asks = Suds(journey), journey.asks
    stranger = kf.client.service.GetVATRates("x", "y").StatusDetail
    unlisted = kf.call("GetVATRates").StatusDetail
    kf.result("AutoAuthIP", "suds", asks["key"])
    company = kf.result("GetCompanyDetails").CompanyName
    rates = kf.result("GetVATRates").BasicDataset
    nominals = kf.result("GetNominalCodes").NominalCode
    customers = kf.result("GetCustomers").Customer
    method = kf.result("GetRecPayMethods").PaymentMethod[0].MethodID
    bank = kf.result("GetBankAccounts").BankAccount[0].AccountID
    printing = next(row.id for row in nominals if row.Code == 7500)

    party = kf.make("Supplier", Name=asks["supplier"], Created=DAY, Updated=DAY)
    supplier = kf.result("InsertSupplier", party)
    lines = [
        kf.make(
            "InvoiceLine",
            Description=text,
            Quantity=quantity,
            Rate=rate,
            VatAmount=vat,
            ChargeType=printing,
            VatRate=20,
        )
        for text, quantity, rate, vat in asks["lines"]
    ]
    # suds says no xsi:type in an anyType, so its users take the operation with typed lines.
    purchase = kf.make(
        "Invoice_TypeDefined",
        CustomerID=supplier,
        InvoiceDate=DAY,
        DueDate=DAY,
        CustomerReference=asks["reference"],
        Lines=kf.make("ArrayOfInvoiceLine", InvoiceLine=lines),
    )
    number = kf.result("InsertReceipt_TypeDefined", purchase)
    before = kf.result("GetReceipt", number)
    payment = kf.make(
        "Payment",
        PayInvoice=number,
        PayDate=DAY,
        PayMethod=method,
        PayAccount=bank,
        PayAmount=asks["paid"],
    )
    kf.result("InsertReceiptPayment", payment)
    after = kf.result("GetReceipt", number)
    page = kf.call("GetReceiptsWithPaging", 1, 100, "Paid")
    return Seen(
        stranger=str(stranger),
        unlisted=str(unlisted),
        company=str(company),
        rates=[str(row.Value) for row in rates],
        customers=len(customers),
        supplier=supplier,
        suppliers=[str(row.Name) for row in kf.result("GetSuppliers").Supplier],
        number=number,
        net=str(before.NetAmount),
        vat=str(before.VATAmount),
        reference=str(before.CustomerReference),
        descriptions=[str(line.Description) for line in before.Lines.anyType],
        charge_types=[line.ChargeType for line in before.Lines.anyType],
        paid_before=before.Paid,
        paid=after.Paid,
        page=[row.InvoiceNumber for row in page.GetReceiptsWithPagingResult.Invoice],
        totals=[page.PageNumber, page.TotalPages, page.TotalRecords],
        deleted=kf.result("DeleteReceipt", number),
        pages_after=kf.call("GetReceiptsWithPaging", 1, 100, "All").TotalRecords,
        fault=fault(kf),
    )


def fault(kf: Suds) -> str:
    """Return what suds says of a number that is none."""
    with pytest.raises(Exception, match="Server raised fault") as caught:
        kf.call("GetReceipt", "abc")
    return str(caught.value)


def test_suds_goes_the_whole_way(journey: Journey) -> None:
    journey.check(go(journey), "suds")
