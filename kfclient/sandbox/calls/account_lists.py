"""The company, its chart of accounts and the lists that documents refer to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from hmac import compare_digest
from operator import itemgetter

from kfclient.sandbox import contract, seed
from kfclient.sandbox.account import Account, Refusal, Result, absent
from kfclient.sandbox.books import INVOICES, RECEIPTS
from kfclient.sandbox.contract import NO_DATE, TYPES, Record, operations

Answer = Callable[[Account, Record], Result]


def company(account: Account) -> Record:
    """Return the company's details; there is one company an account."""
    return account.books.all("company")[0]


def _company_details(account: Account, _asks: Record) -> Result:
    return Result(company(account))


def _is_vat_registered(account: Account, _asks: Record) -> Result:
    return Result(company(account)["VatRegistered"] == "Yes")


def _account_defaults(account: Account, _asks: Record) -> Result:
    details = company(account)
    return Result(
        {
            "isVATRegistered": details["VatRegistered"] == "Yes",
            "VATNumber": details.get("VatRegistrationNumber"),
            "Currencies": account.books.all("currencies"),
        }
    )


def _nominals(account: Account, _asks: Record) -> Result:
    return Result(sorted(account.books.all("nominals"), key=itemgetter("Code")))


def in_area(account: Account, area: int) -> list[Record]:
    """Return the nominals that can be picked in an area of the app, by code."""
    rows = (r for r in account.books.all("nominals") if r["ClassificationID"] == area)
    return sorted(rows, key=itemgetter("Code"))


def _products(account: Account, _asks: Record) -> Result:
    """Answer with the sales types: they are what KashFlow calls products."""
    return Result(
        [
            {"ProductID": r["id"], "ProductName": r["Name"], "ProductCode": r["Code"]}
            for r in in_area(account, seed.SALES)
        ]
    )


def _is_onesaas_enabled(_account: Account, _asks: Record) -> Result:
    return Result(result=False)


def _vat_rates(account: Account, _asks: Record) -> Result:
    rates = account.books.all("vat_rates")
    if account.switches.na_rate_listed:
        number = 1 + max(row["ID"] for row in rates)
        rates.append({"ID": number, "Name": "N/A", "Description": "N/A", "Value": Decimal(-1)})
    return Result(rates)


def _insert_nominal(account: Account, asks: Record) -> Result:
    books = account.books
    name, code = (asks["name"] or "").strip(), asks["code"]
    if not name:
        raise Refusal("A nominal code needs a name")
    if code <= 0:
        raise Refusal("A nominal code needs a number above zero")
    if books.find("nominals", "Code", code):
        raise Refusal("Nominal Code is not unique")
    if asks["classification"] not in seed.TYPE_NAMES or asks["nomtype"] not in seed.AREA_NAMES:
        raise Refusal("The classification or type of the nominal code is not valid")
    number = books.next_id("nominals")
    kind, area = asks["classification"], asks["nomtype"]
    books.put("nominals", seed.nominal(number, code, name, kind, area))
    return Result(number)


def _all(table: str, account: Account, _asks: Record) -> Result:
    return Result(account.books.all(table))


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


_LISTS: dict[str, Answer] = {
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


# Bank accounts: opening one, what is in them, and the nominals that bank entries are coded to.
#
# The books hold no bank transactions beside payments, so a balance is what payments made it.


def _balance(account: Account, bank: int, last_day: str) -> Decimal:
    total = Decimal(0)
    for ledger, sign in ((INVOICES, 1), (RECEIPTS, -1)):
        for payment in account.books.all(ledger.payments):
            if payment.get("PayAccount") == bank and payment["PayDate"][:10] <= last_day:
                total += sign * payment.get("PayAmount", Decimal(0))
    return total


def _bank_balance(account: Account, asks: Record) -> Result:
    bank, day = asks["AccountID"], asks["BalanceDate"]
    if account.books.get("banks", bank) is None:
        raise Refusal(f"There is no bank account with the ID {bank}")
    last_day = account.today().isoformat() if day == NO_DATE else day[:10]
    return Result(_balance(account, bank, last_day))


def _overview(account: Account, _asks: Record) -> Result:
    today = account.today().isoformat()
    return Result(
        [
            {
                "AccountID": row["AccountID"],
                "AccountName": row["AccountName"],
                "Balance": _balance(account, row["AccountID"], today),
            }
            for row in account.books.all("banks")
        ]
    )


def _transaction_types(account: Account, _asks: Record) -> Result:
    rows = in_area(account, seed.BANK)
    return Result([{"TypeID": r["id"], "TypeName": r["Name"], "TypeCode": r["Code"]} for r in rows])


def _create(account: Account, asks: Record) -> Result:
    books, name, code = account.books, (asks["AccountName"] or "").strip(), asks["NominalCode"]
    if not name:
        raise Refusal("A bank account needs a name")
    if not books.find("nominals", "Code", code):
        raise Refusal(f"There is no nominal code {code}")
    rows = books.all("banks")
    if any(row["AccountCode"] == code for row in rows):
        raise Refusal(f"The nominal code {code} has a bank account already")
    number: int = max(row["AccountID"] for row in rows) + 1
    books.put("banks", {"AccountID": number, "AccountName": name, "AccountCode": code})
    return Result(number)


_BANKING: dict[str, Answer] = {
    "GetBankBalance": _bank_balance,
    "GetBankOverview": _overview,
    "GetBankTxTypes": _transaction_types,
    "CreateBankAccount": _create,
}


# Projects: listed by status, found by id, reference or name, inserted or updated in one call.

ALL, ACTIVE = -1, 1


def _projects(account: Account, _asks: Record) -> Result:
    rows = account.books.all("projects")
    if account.switches.active_projects_only:
        rows = [row for row in rows if row.get("Status") == ACTIVE]
    return Result(
        [{"ID": r["ID"], "Name": r["Name"], "Description": str(r["Number"])} for r in rows]
    )


def _projects_full(account: Account, asks: Record) -> Result:
    wanted = asks["ProjStatus"]
    rows = account.books.all("projects")
    return Result([row for row in rows if wanted in (ALL, row.get("Status", 0))])


def _project(field: str, asked: str, account: Account, asks: Record) -> Result:
    wanted = asks[asked]
    for row in account.books.all("projects"):
        value = row.get(field)
        same_text = isinstance(value, str) and value.casefold() == str(wanted).casefold()
        if value == wanted or same_text:
            return Result(row)
    return absent(account, "There is no such project")


def _insert_or_update(account: Account, asks: Record) -> Result:
    books = account.books
    project = TYPES["Project"].lean(asks["Project"])
    if not project.get("Name", "").strip():
        raise Refusal("A project needs a name")
    if project.get("Status", 0) not in (0, 1, 2):
        raise Refusal("The status of a project is 0 (complete), 1 (active) or 2 (archived)")
    customer = project.get("CustomerID", 0)
    if customer and books.get("customers", customer) is None:
        raise Refusal("There is no such customer")
    number = project.get("ID", 0)
    if number and books.get("projects", number) is None:
        raise Refusal("There is no such project")
    if not number:
        number = books.next_id("projects")
    taken = {row["Number"]: row["ID"] for row in books.all("projects")}
    if taken.get(project.get("Number", 0), number) != number:
        raise Refusal("Project Number is not unique")
    before = books.get("projects", number) or {"Number": max(taken, default=0) + 1}
    project.setdefault("Number", before["Number"])
    books.put("projects", {**project, "ID": number})
    return Result(number)


_PROJECTS: dict[str, Answer] = {
    "GetProjects": _projects,
    "GetProjects_Full": _projects_full,
    "GetProjectById": partial(_project, "ID", "ProjId"),
    "GetProjectByRef": partial(_project, "Reference", "ProjRef"),
    "GetProjectByName": partial(_project, "Name", "ProjName"),
    "InsertOrUpdateProject": _insert_or_update,
}


# Ways into an account beside the API: a link for one login, and opening an account.
#
# Source: the vendor's method list (a partner's key; password and memorable word of five characters
# at least), and an integrator's FAQ (a link dies after its use or after 120 seconds).

_SHORTEST_SECRET = 5


def _remote_login_url(account: Account, _asks: Record) -> Result:
    if not account.switches.remote_login:
        raise Refusal("Remote Login is not enabled for this account")
    return Result(account.remote_logins.make())


def _create_account(account: Account, asks: Record) -> Result:
    """Note the account and answer its user id; the sandbox keeps one company's books, not two."""
    key = account.switches.account_creation_key
    if not key or not compare_digest((asks["AccountCreationKey"] or "").encode(), key.encode()):
        raise Refusal("The account creation key is not valid")
    name = (asks["Username"] or "").strip()
    if not name:
        raise Refusal("An account needs a username")
    if name == account.username or account.books.get("accounts", name):
        raise Refusal("That username is already in use")
    for asked, words in (("password", "password"), ("memorableword", "memorable word")):
        if len(asks[asked] or "") < _SHORTEST_SECRET:
            raise Refusal(f"The {words} must have at least {_SHORTEST_SECRET} characters")
    number = account.books.next_id("accounts")
    company = asks["CompanyName"] or ""
    account.books.put("accounts", {"Username": name, "UserID": number, "CompanyName": company})
    return Result(number)


_ACCESS: dict[str, Answer] = {
    "GetRemoteLoginURL": _remote_login_url,
    "createAccount": _create_account,
}


# Operations that are only declared: an empty list where that is true, else an honest NO.


def _nothing(_account: Account, _asks: Record) -> Result:
    return Result([])


def _refused(name: str, _account: Account, _asks: Record) -> Result:
    raise Refusal(f"{name} is not offered by this sandbox")


UNOFFERED: dict[str, Answer] = {
    name: _nothing if name in contract.EMPTY else partial(_refused, name)
    for name in operations(contract.UNOFFERED_OPERATIONS)
}


ANSWERS: dict[str, Answer] = {**_LISTS, **_BANKING, **_PROJECTS, **_ACCESS, **UNOFFERED}
