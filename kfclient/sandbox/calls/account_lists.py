"""The company, its chart of accounts and the lists that documents refer to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from operator import itemgetter

from kfclient.sandbox import chart
from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.schema import Record

Answer = Callable[[Account, Record], Reply]


def company(account: Account) -> Record:
    """Return the company's details; there is one company an account."""
    return account.books.all("company")[0]


def _company_details(account: Account, _asks: Record) -> Reply:
    return Reply(company(account))


def _is_vat_registered(account: Account, _asks: Record) -> Reply:
    return Reply(company(account)["VatRegistered"] == "Yes")


def _account_defaults(account: Account, _asks: Record) -> Reply:
    details = company(account)
    return Reply(
        {
            "isVATRegistered": details["VatRegistered"] == "Yes",
            "VATNumber": details.get("VatRegistrationNumber"),
            "Currencies": account.books.all("currencies"),
        }
    )


def _nominals(account: Account, _asks: Record) -> Reply:
    return Reply(sorted(account.books.all("nominals"), key=itemgetter("Code")))


def in_area(account: Account, area: int) -> list[Record]:
    """Return the nominals that can be picked in an area of the app, by code."""
    rows = (r for r in account.books.all("nominals") if r["ClassificationID"] == area)
    return sorted(rows, key=itemgetter("Code"))


def _products(account: Account, _asks: Record) -> Reply:
    """Answer with the sales types: they are what KashFlow calls products."""
    return Reply(
        [
            {"ProductID": r["id"], "ProductName": r["Name"], "ProductCode": r["Code"]}
            for r in in_area(account, chart.SALES)
        ]
    )


def _is_onesaas_enabled(_account: Account, _asks: Record) -> Reply:
    return Reply(result=False)


def _vat_rates(account: Account, _asks: Record) -> Reply:
    rates = account.books.all("vat_rates")
    if account.switches.na_rate_listed:
        number = 1 + max(row["ID"] for row in rates)
        rates.append({"ID": number, "Name": "N/A", "Description": "N/A", "Value": Decimal(-1)})
    return Reply(rates)


def _insert_nominal(account: Account, asks: Record) -> Reply:
    books = account.books
    name, code = (asks["name"] or "").strip(), asks["code"]
    if not name:
        raise Refusal("A nominal code needs a name")
    if code <= 0:
        raise Refusal("A nominal code needs a number above zero")
    if books.find("nominals", "Code", code):
        raise Refusal("Nominal Code is not unique")
    if asks["classification"] not in chart.TYPE_NAMES or asks["nomtype"] not in chart.AREA_NAMES:
        raise Refusal("The classification or type of the nominal code is not valid")
    number = books.next_id("nominals")
    kind, area = asks["classification"], asks["nomtype"]
    books.put("nominals", chart.nominal(number, code, name, kind, area))
    return Reply(number)


def _all(table: str, account: Account, _asks: Record) -> Reply:
    return Reply(account.books.all(table))


def home_currency(account: Account) -> Record:
    """Return the company's own currency."""
    return next(row for row in account.books.all("currencies") if row["isDefault"])


def currency(account: Account, code: str | None) -> Record:
    """Return the currency of that ISO code, the home currency for none; refuse an unknown one."""
    if not code:
        return home_currency(account)
    for row in account.books.all("currencies"):
        if row["CurrencyCode"] == code.strip().upper():
            return row
    raise Refusal(f"The currency {code} is not set up in this account")


ANSWERS: dict[str, Answer] = {
    "GetCompanyDetails": _company_details,
    "isUserVATRegistered": _is_vat_registered,
    "GetUserAccountDefaults": _account_defaults,
    "GetUserAccountDefaults_TypeDefined": _account_defaults,
    "GetNominalCodes": _nominals,
    "GetNominalCodesExtended": _nominals,
    "InsertNominalCode": _insert_nominal,
    "GetVATRates": _vat_rates,
    "GetBankAccounts": partial(_all, "banks"),
    "GetCurrencies": partial(_all, "currencies"),
    "GetRecPayMethods": partial(_all, "receipt_methods"),
    "GetInvPayMethods": partial(_all, "invoice_methods"),
    "GetCustomerSources": partial(_all, "sources"),
    "GetProducts": _products,
    "GetProductsWithSubProducts": _products,
    "IsOneSaaSEnabled": _is_onesaas_enabled,
}
