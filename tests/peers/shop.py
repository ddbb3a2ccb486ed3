"""A small company's books for servers of another make: KashFlow's names, nobody's code.

Lists are few and plain on purpose; documents and payments are kept as they were sent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Fields = dict[str, Any]

USERNAME, PASSWORD, KEY = "elsewhere@example.com", "p<ss>&word", "0ABCDEF1-2345"
DATES = {"Created": "2026-01-05T10:11:12", "Updated": "2026-01-05T10:11:12"}
PRINTING, CURRENT, BACS = 501, 7, 31


class Wrong(Exception):
    """What this company's server says NO to."""


class Shop:
    """The books, and an operation's answer from them; what it does not know has no answer."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.suppliers: list[Fields] = [
            {"SupplierID": 11, "Code": "ACME01", "Name": "Acme & Sons", "PaymentTerms": 30, **DATES}
        ]
        self.documents: dict[str, list[Fields]] = {"Receipt": [], "Invoice": []}
        self.payments: dict[str, list[Fields]] = {"Receipt": [], "Invoice": []}
        self.lists: dict[str, list[Fields]] = {
            "GetVATRates": [
                {"ID": 1, "Name": "20%", "Description": "20%", "Value": 20},
                {"ID": 2, "Name": "0%", "Description": "0%", "Value": 0},
            ],
            "GetNominalCodes": [{"id": PRINTING, "Code": 7500, "Name": "Printing"}],
            "GetNominalCodesExtended": [
                {
                    "id": PRINTING,
                    "Code": 7500,
                    "Name": "Printing",
                    "TypeID": 3,
                    "TypeName": "Expense",
                    "ClassificationID": 2,
                    "ClassificationName": "Outgoing Type",
                }
            ],
            "GetProjects_Full": [{"ID": 4, "Number": 1, "Name": "Roof", "Status": 1}],
            "GetBankAccounts": [
                {"AccountID": CURRENT, "AccountName": "Current account", "AccountCode": 1200}
            ],
            "GetCurrencies": [
                {"CurrencyId": 1, "CurrencyCode": "GBP", "ExchangeRate": 1, "isDefault": 1}
            ],
            "GetRecPayMethods": [{"MethodID": BACS, "MethodName": "BACS"}],
            "GetInvPayMethods": [{"MethodID": BACS, "MethodName": "BACS"}],
            "GetCustomers": [],
        }

    def answer(self, operation: str, asks: Fields, address: str) -> Any:
        """Return an operation's result; raise `Wrong`, or KeyError where there is none."""
        if (asks.get("UserName"), asks.get("Password")) != (USERNAME, PASSWORD):
            raise Wrong("Incorrect username or password")
        if operation == "AutoAuthIP":
            if asks.get("AutoAuthKey") != KEY:
                raise Wrong("That key is not ours")
            self.addresses.append(address)
            return 1
        if address not in self.addresses:
            raise Wrong(f"The IP address of {address} is not in the access list")
        if operation in self.lists:
            return self.lists[operation]
        for noun in self.documents:
            if operation in (made := self._about(noun)):
                return made[operation](asks)
        return self._parties()[operation](asks)

    def _parties(self) -> dict[str, Any]:
        return {
            "GetCompanyDetails": lambda _: {"CompanyName": "Elsewhere Ltd", "VatRegistered": "Yes"},
            "isUserVATRegistered": lambda _: True,
            "GetSuppliers": lambda _: self.suppliers,
            "InsertSupplier": lambda asks: self._insert_supplier(asks["supl"]),
        }

    def _about(self, noun: str) -> dict[str, Any]:
        party, number = ("SupplierID" if noun == "Receipt" else "CustID"), f"{noun}Number"
        held, every = self.documents[noun], "ForSupplier" if noun == "Receipt" else "ForCustomer"
        return {
            f"Insert{noun}": lambda asks: self._insert(noun, asks["Inv"]),
            f"Get{noun}": lambda asks: self._view(noun, self._of(noun, asks[number])),
            f"Get{noun}s{every}": lambda asks: [
                self._view(noun, d) for d in held if d["CustomerID"] == asks[party]
            ],
            f"Get{noun}sWithPaging": lambda _: [self._view(noun, d) for d in held],
            f"Insert{noun}Payment": lambda asks: self._pay(noun, asks[f"{noun}Payment"]),
            f"Get{noun}Payment": lambda asks: self._paid(noun, asks[number]),
            f"Delete{noun}": lambda asks: self._delete(noun, asks[number]),
        }

    def _insert_supplier(self, sent: Fields) -> int:
        number = 12 + len(self.suppliers)
        self.suppliers.append({**sent, **DATES, "SupplierID": number, "Code": f"S{number}"})
        return number

    def _insert(self, noun: str, sent: Fields) -> int:
        held = self.documents[noun]
        number = 500 + len(held)
        held.append({**sent, "InvoiceNumber": number, "InvoiceDBID": 90_000 + number})
        return number

    def _of(self, noun: str, number: Any) -> Fields:
        return next(d for d in self.documents[noun] if str(d["InvoiceNumber"]) == str(number))

    def _delete(self, noun: str, number: Any) -> int:
        self.documents[noun].remove(self._of(noun, number))
        return 1

    def _paid(self, noun: str, number: Any) -> list[Fields]:
        return [p for p in self.payments[noun] if p["PayInvoice"] == str(number)]

    def _view(self, noun: str, document: Fields) -> Fields:
        lines = document.get("Lines") or []
        net = sum((Decimal(ln["Quantity"]) * Decimal(ln["Rate"]) for ln in lines), Decimal(0))
        vat = sum((Decimal(line["VatAmount"]) for line in lines), Decimal(0))
        payments = self._paid(noun, document["InvoiceNumber"])
        paid = sum((Decimal(payment["PayAmount"]) for payment in payments), Decimal(0))
        sums = {"NetAmount": net, "VATAmount": vat, "AmountPaid": paid}
        return {**document, **sums, "Paid": int(paid >= net + vat)}

    def _pay(self, noun: str, sent: Fields) -> int:
        number = 300 + len(self.payments[noun])
        self.payments[noun].append({**sent, "PayID": number})
        return number
