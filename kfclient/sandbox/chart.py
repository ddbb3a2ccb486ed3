"""The chart of accounts of a new account.

Codes and names are those KashFlow's help pages suggest; control, bank and capital accounts are
Sage UK's defaults, which the suggested ones follow.
"""

from __future__ import annotations

from collections.abc import Iterator

from kfclient.sandbox.schema import Record

BANKS = {"Current account": 1200, "Petty cash": 1230}
"""Bank accounts, each with the code of its nominal; the first is the default."""

TYPE_NAMES = {
    1: "Turnover",
    2: "Cost of Sale",
    3: "Expense",
    4: "Fixed Asset",
    5: "Current Asset/Liability",
    6: "Capital & Reserves",
}
"""Places in the profit and loss account and the balance sheet."""

AREA_NAMES = {1: "Sales Type", 2: "Outgoing Type", 3: "Bank Transaction Type"}
"""Where in KashFlow a nominal can be picked."""

_TURNOVER, _COST, _EXPENSE, _FIXED, _CURRENT, _CAPITAL = TYPE_NAMES
SALES, OUTGOING, BANK = AREA_NAMES

_GROUPS: tuple[tuple[int, int, dict[int, str]], ...] = (
    (
        _FIXED,
        OUTGOING,
        {30: "Office Equipment", 40: "Furniture and Fixtures", 50: "Motor Vehicles"},
    ),
    (_CURRENT, BANK, {1100: "Debtors Control", 1200: "Current account", 1230: "Petty cash"}),
    (
        _CURRENT,
        BANK,
        {
            2100: "Creditors Control",
            2200: "Sales Tax Control",
            2201: "Purchase Tax Control",
            2202: "VAT Liability",
        },
    ),
    (_CAPITAL, BANK, {3000: "Capital", 3200: "Retained Earnings"}),
    (
        _TURNOVER,
        SALES,
        {
            4000: "Sales",
            4009: "Discounts",
            4200: "Sale of Assets",
            4902: "Commissions Received",
            4905: "Distribution and Carriage",
        },
    ),
    (
        _COST,
        OUTGOING,
        {
            5000: "Materials Purchased",
            5100: "Carriage",
            5101: "Import Duty",
            6002: "Sub contractors",
            6100: "Sales Commissions",
        },
    ),
    (
        _EXPENSE,
        OUTGOING,
        {
            6201: "Advertising",
            7100: "Rent",
            7102: "Water Rates",
            7103: "General Rates",
            7104: "Premises Insurance",
            7200: "Electricity",
            7201: "Gas",
            7303: "Vehicle Insurance",
            7304: "Miscellaneous Motor Expenses",
            7400: "Travel",
            7401: "Car Hire",
            7402: "Hotels",
            7403: "Entertainment",
            7500: "Printing",
            7501: "Postage",
            7502: "Telephone",
            7504: "Office Stationery",
            7505: "Books",
            7600: "Legal Fees",
            7601: "Accounting Fees",
            7603: "Professional Fees",
            7801: "Cleaning",
            7803: "Premises Expenses",
            8201: "Subscriptions",
            8202: "Clothing",
            8203: "Training",
            8204: "Insurance",
            8205: "Refreshments",
        },
    ),
    (_EXPENSE, BANK, {7901: "Bank Charges", 9998: "Suspense"}),
)


def accounts() -> Iterator[tuple[int, str, int, int]]:
    """Yield each account's code, name, type (1 to 6) and area (1 to 3)."""
    for kind, area, group in _GROUPS:
        for code, name in group.items():
            yield code, name, kind, area


def nominal(number: int, code: int, name: str, kind: int, area: int) -> Record:
    """Return the `NominalCodeExtended` of an account with that id."""
    return {
        "id": number,
        "Code": code,
        "Name": name,
        "TypeID": kind,
        "TypeName": TYPE_NAMES[kind],
        "ClassificationID": area,
        "ClassificationName": AREA_NAMES[area],
    }
