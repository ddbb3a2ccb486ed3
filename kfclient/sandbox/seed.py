"""The books a new account starts with: Harbour Lane Trading Ltd, and no documents.

Chart of accounts, payment methods and the rest follow what KashFlow's help pages publish; the
control accounts, whose numbers it does not publish, are Sage UK's defaults.
"""

from __future__ import annotations

from decimal import Decimal

from kfclient.sandbox import chart
from kfclient.sandbox.books import TABLES, Books
from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.names import CUSTOMERS, SUPPLIERS, customers, suppliers
from kfclient.sandbox.schema import Record

_OPENED = "2025-04-01T09:00:00"
_BANK_IDS = {"Current account": 55166, "Petty cash": 55167}
_METHODS = ("BACS", "Bank Transfer", "Cash", "Cheque", "Credit/Debit Card", "Direct Debit")

COMPANY: Record = {
    "CompanyName": "Harbour Lane Trading Ltd",
    "Address1": "14 Harbour Lane",
    "Address2": "Whitby",
    "Address3": "North Yorkshire",
    "Postcode": "YO21 3PU",
    "PrimaryEmail": "accounts@harbourlane.example",
    "PrimaryContact": "Rosalind Hake",
    "Telephone": "01632 960142",
    "VatRegistered": "Yes",
    "VatRegistrationNumber": "GB987654321",
    "PaymentTerms": 30,
    "CurrencySymbol": "£",
    "CurrencyPosition": "Left",
    "UsDate": "No",
    "CurrencyId": 1,
    "CurrencyName": "British Pounds",
    "PaymentTermsType": "invoice date",
}


def seed(books: Books, suppliers_wanted: int | None, customers_wanted: int | None) -> None:
    """Fill new books; top up suppliers and customers to the numbers asked for.

    None asks for the named ones in new books, and for nothing in books that exist. Call it inside
    a transaction.
    """
    if not books.all("company"):
        _reference_data(books)
        suppliers_wanted = len(SUPPLIERS) if suppliers_wanted is None else suppliers_wanted
        customers_wanted = len(CUSTOMERS) if customers_wanted is None else customers_wanted
    _top_up(books, "suppliers", suppliers_wanted or 0)
    _top_up(books, "customers", customers_wanted or 0)


def _top_up(books: Books, table: str, wanted: int) -> None:
    taken = {row["Code"].casefold() for row in books.all(table)}
    missing = wanted - len(taken)
    if missing <= 0:
        return
    key = TABLES[table].key
    made = (
        suppliers(wanted + len(taken)) if table == "suppliers" else customers(wanted + len(taken))
    )
    kind = TYPES[key.removesuffix("ID")]
    for record in made:
        if missing == 0:
            break
        if record["Code"].casefold() not in taken:
            dates = {"Created": _OPENED, "Updated": _OPENED}
            number = books.next_id(table)
            books.put(table, kind.lean({**record, **dates, key: number, "CurrencyID": 1}))
            missing -= 1


def _reference_data(books: Books) -> None:
    books.put("company", COMPANY)
    for account in chart.accounts():
        books.put("nominals", chart.nominal(books.next_id("nominals"), *account))
    for number, rate in enumerate(("20", "5", "0", "17.5"), start=1):
        text = f"{rate}%"
        row = {"ID": number, "Name": text, "Description": text, "Value": Decimal(rate)}
        books.put("vat_rates", row)
    for number, (code, rate) in enumerate((("GBP", "1"), ("EUR", "1.15"), ("USD", "1.27")), 1):
        row = {"CurrencyId": number, "CurrencyCode": code, "ExchangeRate": Decimal(rate)}
        books.put("currencies", {**row, "isDefault": int(number == 1)})
    for name, nominal_code in chart.BANKS.items():
        row = {"AccountID": _BANK_IDS[name], "AccountName": name, "AccountCode": nominal_code}
        books.put("banks", row)
    for first, table in ((409844, "receipt_methods"), (409861, "invoice_methods")):
        for number, name in enumerate(_METHODS, start=first):
            books.put(table, {"MethodID": number, "MethodName": name})
    for number, name in enumerate(("Recommendation", "Website", "Advertising"), start=70311):
        books.put("sources", {"ID": number, "Name": name, "Description": name})
    for number, (name, reference, status) in enumerate(_PROJECTS, start=1):
        row = {"Number": number, "Name": name, "Reference": reference, "Status": status}
        identity = {"ID": books.next_id("projects"), "Date1": "2026-01-05T00:00:00"}
        books.put("projects", TYPES["Project"].lean({**row, **identity}))


_PROJECTS = (
    ("Mill Lane refit", "MILL", 1),
    ("Website 2026", "WEB26", 1),
    ("Quay Street shopfront", "QUAY", 0),
)
