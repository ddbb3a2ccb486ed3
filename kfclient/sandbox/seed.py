"""The books a new account starts with: Harbour Lane Trading Ltd, its contacts, and no documents.

Chart of accounts, payment methods and the rest follow what KashFlow's help pages publish; the
control accounts, whose numbers it does not publish, are Sage UK's defaults.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from itertools import count, islice

from kfclient.sandbox.books import TABLES, Books
from kfclient.sandbox.contract import TYPES, Record

# The chart of accounts of a new account.
#
# Codes and names are those KashFlow's help pages suggest; control, bank and capital accounts are
# Sage UK's defaults, which the suggested ones follow.

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


# Suppliers and customers for new books: a few named ones, then as many as are asked for.

SUPPLIERS = (
    "Quillon Print Works",
    "Pennine Water",
    "Northgate Energy",
    "Tern Telecom",
    "Kestrel Car Hire",
    "Brightwell Stationers",
    "Harrow & Finch Solicitors",
)

CUSTOMERS = (
    "Ashby Theatre Trust",
    "Borrowdale Bakery",
    "Café Léon",
    "Dunmore School",
    "Elm & Ivy Florists",
    "Fairweather Chandlery",
    "Greystone Dental Practice",
    "Hollin Hill Farm Shop",
)

# fmt: off
_PLACES = (
    "Alderley", "Ambleside", "Bampton", "Beverley", "Bickerstaffe", "Brampton", "Calder",
    "Cartmel", "Cawood", "Clitheroe", "Coniston", "Cromford", "Dalton", "Dent", "Driffield",
    "Easingwold", "Elland", "Esk", "Filey", "Garstang", "Gisburn", "Goathland", "Grassington",
    "Halifax", "Harewood", "Hawes", "Hebden", "Helmsley", "Heversham", "Hornsea", "Ilkley",
    "Keld", "Kendal", "Keswick", "Kirkby", "Langdale", "Leyburn", "Malham", "Malton",
    "Masham", "Nidd", "Northallerton", "Otley", "Pickering", "Pocklington", "Reeth", "Ribble",
    "Richmond", "Ripon", "Rydal", "Saltaire", "Sedbergh", "Selby", "Settle", "Skipton",
    "Staithes", "Swale", "Tadcaster", "Thirsk", "Ullswater", "Wensley", "Wetherby", "Wharram",
    "Yarm",
)
_TRADES = (
    "Joinery", "Plumbing", "Electrical", "Roofing", "Glazing", "Timber", "Steel", "Packaging",
    "Catering", "Textiles", "Ceramics", "Fencing", "Haulage", "Motors", "Tyres", "Tools",
    "Fixings", "Lighting", "Flooring", "Paints", "Signs", "Software", "Computing", "Security",
    "Cleaning", "Laundry", "Farms", "Dairy", "Seeds", "Gardens", "Marine", "Optical",
    "Dental", "Veterinary", "Surveyors", "Architects", "Design", "Media", "Travel",
    "Training",
)
# fmt: on
_ENDINGS = ("Ltd", "& Sons", "Supplies", "Services", "Group", "& Co", "Partners", "Works", "Direct")


def suppliers(number: int) -> Iterator[Record]:
    """Yield `number` suppliers, the named ones first, without ids and dates."""
    codes = _Codes()
    for place, name in enumerate(islice(_names(SUPPLIERS), number)):
        yield {
            **_party(place, name, codes),
            "PostCode": _postcode(place),
            "PaymentTerms": (30, 14, 30, 7)[place % 4],
        }


def customers(number: int) -> Iterator[Record]:
    """Yield `number` customers, the named ones first, without ids and dates."""
    codes = _Codes()
    for place, name in enumerate(islice(_names(CUSTOMERS), number)):
        yield {
            **_party(place, name, codes),
            "Postcode": _postcode(place),
            "CountryName": "United Kingdom",
            "CountryCode": "GB",
            "PaymentTerms": 30,
        }


def code_stem(name: str) -> str:
    """Return what an automatic code starts with: four letters or digits of the name, upper case."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if c.isascii() and c.isalnum())[:4].upper() or "CODE"


class _Codes:
    """Hands out codes as the vendor's importer does: RICH01, RICH02, ..."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def next(self, name: str) -> str:
        stem = code_stem(name)
        number = self._given[stem] = self._given.get(stem, 0) + 1
        return f"{stem}{number:02d}"


def _names(named: tuple[str, ...]) -> Iterator[str]:
    yield from named
    for number in count():
        rest, place = divmod(number, len(_PLACES))
        rest, trade = divmod(rest, len(_TRADES))
        branch, ending = divmod(rest, len(_ENDINGS))
        # Stepping the trade with the place makes neighbours in the list differ in both.
        words = [_PLACES[place], _TRADES[(trade + place) % len(_TRADES)], _ENDINGS[ending]]
        yield " ".join(words if branch == 0 else [*words, str(branch + 1)])


def _party(place: int, name: str, codes: _Codes) -> Record:
    domain = "".join(
        c for c in unicodedata.normalize("NFKD", name).lower() if c.isascii() and c.isalnum()
    )
    return {
        "Code": codes.next(name),
        "Name": name,
        "Email": f"accounts@{domain}.example",
        # 01632 is a dialling code that Ofcom keeps for fiction.
        "Telephone": f"01632 {960000 + place % 1000}",
        "Address1": f"{1 + place % 180} {_PLACES[(place * 7) % len(_PLACES)]} Road",
        "Address2": _PLACES[(place * 11) % len(_PLACES)],
    }


def _postcode(place: int) -> str:
    return f"YO{1 + place % 60} {1 + place % 9}{'ABDEFGHJLN'[place % 10]}{'PQRSTUWXYZ'[place % 7]}"


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
    for account in accounts():
        books.put("nominals", nominal(books.next_id("nominals"), *account))
    for number, rate in enumerate(("20", "5", "0", "17.5"), start=1):
        text = f"{rate}%"
        row = {"ID": number, "Name": text, "Description": text, "Value": Decimal(rate)}
        books.put("vat_rates", row)
    for number, (code, rate) in enumerate((("GBP", "1"), ("EUR", "1.15"), ("USD", "1.27")), 1):
        row = {"CurrencyId": number, "CurrencyCode": code, "ExchangeRate": Decimal(rate)}
        books.put("currencies", {**row, "isDefault": int(number == 1)})
    for name, nominal_code in BANKS.items():
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
