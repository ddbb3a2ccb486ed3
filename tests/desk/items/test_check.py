"""What is wrong with an item is said before it is sent, and no longer when it is mended."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from kfclient.api.records import BankAccount, NominalCode, PaymentMethod
from kfclient.desk.items.check import check
from kfclient.desk.items.reference import ReferenceData, side_of_nominal
from kfclient.desk.model.business import ProblemNote, Settings
from kfclient.desk.model.item import Item, ItemLine, Kind, Severity
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.sides import PURCHASES, SALES, Side
from kfclient.money import ZERO
from tests.desk.seeded import (
    CURRENCIES,
    CUSTOMERS,
    NOMINALS,
    NOW,
    PROJECTS,
    RATES,
    SUPPLIERS,
    TODAY_BOOKS,
)

BANKS = (BankAccount(account_id=1, account_name="Current account", account_code=1200),)
METHODS = (PaymentMethod(method_id=5, method_name="BACS"),)
GOOD = Item(
    kind=Kind.COST,
    reference="PEN-1",
    contact="Pennine Water",
    date=dt.date(2026, 9, 1),
    due_date=dt.date(2026, 10, 1),
    lines=(ItemLine(category="Water Rates", unit_price=Decimal("100.00"), tax_rate=Decimal(0)),),
)


def reference_data(**values: Any) -> ReferenceData:
    """Return the seeded books with these settings, or with other values."""
    settings = Settings(
        **{name: values.pop(name) for name in list(values) if name in Settings.__struct_fields__}
    )
    lists: dict[str, Any] = {
        "nominals": NOMINALS,
        "suppliers": SUPPLIERS,
        "customers": CUSTOMERS,
        "tax_rates": RATES,
        "projects": PROJECTS,
        "currencies": CURRENCIES,
        "bank_accounts": BANKS,
        "cost_methods": METHODS,
        "today": NOW.date(),
    }
    return ReferenceData(**{**lists, **values}, settings=settings)


ON = reference_data(publish_tax_data=True)


def item(**changes: Any) -> Item:
    """Return the good item with changes; those of a line go to its line."""
    in_line = {name: changes.pop(name) for name in list(changes) if name in LINE}
    lines = (msgspec.structs.replace(GOOD.lines[0], **in_line),)
    return msgspec.structs.replace(GOOD, **{"lines": lines, **changes})


LINE = set(ItemLine.__struct_fields__)


def codes(one: Item, known: ReferenceData = TODAY_BOOKS) -> list[str]:
    return [finding.code for finding in check(one, known)]


def test_a_good_item_has_nothing_to_say() -> None:
    assert codes(GOOD) == []
    assert codes(GOOD, ON) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contact": ""}, "E-CONTACT-MISSING"),
        ({"contact": "Nobody Known"}, "W-SUPPLIER-NEW"),
        ({"contact": "X"}, "E-SUPPLIER-SHORT"),
        ({"contact": "Twin Traders"}, "E-SUPPLIER-AMBIGUOUS"),
        ({"contact_code": "NOSUCH"}, "E-SUPPLIER-UNKNOWN"),
        ({"kind": Kind.SALE, "category": "Sales", "contact": "New"}, "W-CUSTOMER-NEW"),
        ({"kind": Kind.CLAIM, "contact": ""}, "E-CONTACT-MISSING"),
        ({"category": ""}, "E-CATEGORY-MISSING"),
        ({"category": "No such category"}, "E-CATEGORY-UNKNOWN"),
        ({"category": "Sundries"}, "E-CATEGORY-AMBIGUOUS"),
        ({"category": "Fax"}, "E-CATEGORY-ARCHIVED"),
        ({"date": None, "due_date": None}, "E-DATE-MISSING"),
        ({"date": dt.date(2027, 1, 1), "due_date": None}, "W-DATE-FUTURE"),
        ({"due_date": dt.date(2026, 8, 1)}, "W-DUE-BEFORE-DATE"),
        ({"unit_price": Decimal(0)}, "E-AMOUNT-ZERO"),
        ({"lines": ()}, "E-AMOUNT-ZERO"),
        ({"reference": ""}, "W-REFERENCE-MISSING"),
        ({"currency": "XYZ", "exchange_rate": Decimal(2)}, "E-CURRENCY-UNKNOWN"),
        ({"currency": "EUR"}, "E-RATE-MISSING"),
        ({"currency": "EUR", "exchange_rate": Decimal(0)}, "E-RATE-MISSING"),
        ({"project": "No such project"}, "E-PROJECT-UNKNOWN"),
        ({"project": "Old barn"}, "W-PROJECT-FINISHED"),
        ({"reference": "A\u000bB"}, "E-TEXT-ODD"),
        ({"description": "\ufffe"}, "E-TEXT-ODD"),
        ({"problem": ProblemNote("E-TOTALS-DIFFER", "Two totals.")}, "E-TOTALS-DIFFER"),
        ({"vat": Decimal("5.00"), "tax_rate": Decimal(5)}, "W-TAX-OFF"),
        ({"category": "Sales"}, "E-CATEGORY-KIND"),
        ({"kind": Kind.SALE, "contact": "Dunmore School"}, "E-CATEGORY-KIND"),
        ({"date": dt.date(2025, 9, 1)}, "W-DATE-OLD"),
        ({"currency": "EUR", "exchange_rate": Decimal("0.86")}, "W-RATE-UPSIDE-DOWN"),
        ({"currency": "EUR", "exchange_rate": Decimal("2.2")}, "W-RATE-FAR"),
        ({"total": Decimal("99.99")}, "W-LINES-TOTAL"),
        ({"paid_on": dt.date(2026, 9, 3)}, "W-BANK-ACCOUNT-MISSING"),
        ({"bank_account": "Current account"}, "W-PAYMENT-METHOD-MISSING"),
        ({"bank_account": "No such", "payment_method": "BACS"}, "W-BANK-ACCOUNT-UNKNOWN"),
        (
            {"bank_account": "Current account", "payment_method": "No such"},
            "W-PAYMENT-METHOD-UNKNOWN",
        ),
        (
            {
                "bank_account": "Current account",
                "payment_method": "BACS",
                "paid_on": dt.date(2027, 1, 1),
            },
            "W-PAID-FUTURE",
        ),
    ],
)
def test_each_trouble_has_its_own_finding(changes: dict[str, Any], code: str) -> None:
    findings = check(item(**changes), reference_data())
    assert [finding.code for finding in findings] == [code]
    assert findings[0].sentence.endswith(".")
    assert (findings[0].severity is Severity.STOP) is code.startswith("E-")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tax_rate": Decimal("17.5"), "vat": Decimal("17.50")}, "E-TAX-RATE-UNKNOWN"),
        ({"tax_rate": None, "vat": Decimal("13.00")}, "E-TAX-RATE-MISSING"),
        ({"tax_rate": Decimal(20), "vat": Decimal("19.00")}, "W-TAX-MISMATCH"),
        ({"tax_rate": Decimal(20), "vat": Decimal(0)}, "E-TAX-NO-VAT"),
        ({"tax_rate": Decimal(20), "vat": Decimal(200), "unit_price": ZERO}, "W-VAT-ALONE"),
        ({"vat": Decimal(12), "tax_rate": None, "category": "Insurance"}, "W-INSURANCE-TAX"),
        ({"tax_rate": Decimal(-1), "vat": Decimal("0.01")}, "W-TAX-MISMATCH"),
        ({"tax_rate": None}, "W-TAX-NOT-SAID"),
    ],
)
def test_tax_is_looked_at_when_it_goes_to_kashflow(changes: dict[str, Any], code: str) -> None:
    assert codes(item(**changes), ON)[0] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"tax_name": "Domestic reverse charge @ 20%", "tax_rate": Decimal(20)},
        {"tax_name": "Reverse charge", "tax_rate": Decimal(0)},
        {"tax_name": "20.0% RC SG", "tax_rate": None},
        {"tax_name": "DRC20", "tax_rate": Decimal(20)},
        {"tax_name": "EC Acquisitions (20%)", "tax_rate": Decimal(20), "vat": Decimal(20)},
        {"description": "Scaffolding. Reverse-charge: customer to account for the VAT to HMRC"},
        {"note": "Autoliquidation"},
        {"note": "No VAT: reverse charge applies"},
        {"note": "No VAT (reverse charged)"},
    ],
)
def test_what_is_under_the_reverse_charge_stops_and_no_cure_makes_it_worse(
    changes: dict[str, Any],
) -> None:
    odd = item(**changes)
    (finding,) = check(odd, ON)
    assert (finding.code, finding.key) == ("E-REVERSE-CHARGE", "agree")
    assert "in KashFlow" in finding.cure
    assert codes(odd)[0] == "W-REVERSE-CHARGE"
    agreed = msgspec.structs.replace(odd, agreed=("E-REVERSE-CHARGE",))
    (told,) = check(agreed, ON)
    assert (told.code, told.key) == ("W-REVERSE-CHARGE", "")


@pytest.mark.parametrize(
    "note",
    ["This supply is not subject to the domestic reverse charge.", "Reverse charge does not apply"],
)
def test_what_says_that_it_is_not_under_the_reverse_charge_is_not(note: str) -> None:
    assert codes(item(note=note), ON) == []
    assert codes(item(contact="Pennine Water", note="EC1 delivery"), ON) == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        # Insurance premium tax, settlement discount, half the VAT of a lease, import VAT, no VAT.
        ({"vat": Decimal(12), "tax_rate": None}, "choose-tax-rate"),
        ({"vat": Decimal(12), "tax_rate": None, "contact": "Acme Insurance"}, "vat-in-net"),
        ({"vat": Decimal("19.50"), "total": Decimal("119.50")}, "choose-tax-rate"),
        (
            {"unit_price": Decimal(330), "vat": Decimal(30), "total": Decimal(360)},
            "choose-tax-rate",
        ),
        ({"unit_price": ZERO, "vat": Decimal(200), "total": Decimal(200)}, ""),
        (
            {"unit_price": ZERO, "vat": Decimal(200), "total": Decimal(200), "tax_rate": None},
            "choose-tax-rate",
        ),
        ({"vat": ZERO, "total": Decimal(100)}, "choose-tax-rate"),
        ({"vat": Decimal("7.13"), "tax_rate": None}, "choose-tax-rate"),
        ({"vat": Decimal(10), "description": "Food zero-rated, drinks 20%"}, "split"),
        ({"vat": Decimal(10), "tax_rate": None, "note": "mixed supplies"}, "split"),
    ],
)
def test_a_cure_is_offered_only_where_the_item_says_so(changes: dict[str, Any], key: str) -> None:
    found = check(item(**{"tax_rate": Decimal(20), **changes}), ON)
    odd = next(one for one in found if one.code.partition("-")[2][:3] in {"TAX", "VAT", "INS"})
    assert odd.key == key


@pytest.mark.parametrize(
    ("stated", "said"), [("171.42", True), ("170.01", False), ("170.00", False), (None, False)]
)
def test_vat_stated_in_the_books_currency_is_held_against_what_is_booked(
    stated: str | None, said: bool
) -> None:
    foreign = item(
        currency="EUR",
        exchange_rate=Decimal("1.176471"),
        unit_price=Decimal(1000),
        vat=Decimal(200),
        tax_rate=Decimal(20),
        stated_vat=None if stated is None else Decimal(stated),
    )
    found = [one.sentence for one in check(foreign, ON) if one.code == "W-VAT-STATED"]
    assert bool(found) is said
    if said:
        assert "VAT of £171.42, and KashFlow will book £170.00" in found[0]
        assert "£1.42 less" in found[0]
    assert "W-VAT-STATED" not in codes(foreign)


@pytest.mark.parametrize("vat", ["20.00", "19.99", "20.01"])
def test_a_penny_of_rounding_is_no_mismatch(vat: str) -> None:
    assert codes(item(tax_rate=Decimal(20), vat=Decimal(vat)), ON) == []


def test_a_rate_that_is_not_said_is_told_from_the_vat() -> None:
    assert codes(item(tax_rate=None, vat=Decimal("20.00")), ON) == []
    assert ON.tax_rate(item(tax_rate=None, vat=Decimal("5.00")).lines[0], Kind.COST) == 5


def test_a_default_tax_code_is_used_where_the_vat_agrees_with_it() -> None:
    zero = reference_data(publish_tax_data=True, default_tax_code_costs=Decimal(0))
    twenty = reference_data(publish_tax_data=True, default_tax_code_costs=Decimal(20))
    silent = item(tax_rate=None)
    assert codes(silent, zero) == []
    assert zero.tax_rate(silent.lines[0], Kind.COST) == 0
    assert codes(silent, twenty) == ["W-TAX-NOT-SAID"]
    assert twenty.tax_rate(silent.lines[0], Kind.COST) == -1


@pytest.mark.parametrize("known", [reference_data(), ON])
@pytest.mark.parametrize(
    ("rate", "vat", "code", "key"),
    [
        ("0.2", "0.20", "E-TAX-RATE-FRACTION", "use-percentage"),
        ("0.05", "0.05", "E-TAX-RATE-FRACTION", "use-percentage"),
        ("0.175", "0.18", "E-TAX-RATE-FRACTION", "choose-tax-rate"),
        ("2", "2.00", "E-TAX-RATE-UNKNOWN", "choose-tax-rate"),
        ("1.2", "1.20", "E-TAX-RATE-UNKNOWN", "choose-tax-rate"),
    ],
)
def test_a_rate_that_makes_the_gross_is_looked_at_whether_or_not_tax_goes(
    rate: str, vat: str, code: str, key: str, known: ReferenceData
) -> None:
    odd = item(tax_rate=Decimal(rate), vat=Decimal(vat))
    found = next(one for one in check(odd, known) if one.code == code)
    assert (found.key, found.field) == (key, "lines.1.tax_rate")


def test_a_gross_that_the_file_vouches_for_needs_no_known_rate_while_tax_is_off() -> None:
    irish = item(tax_rate=Decimal(23), vat=Decimal("23.00"), total=Decimal("123.00"))
    assert codes(irish) == ["W-TAX-OFF"]
    typed = item(tax_rate=Decimal(20), vat=Decimal("2.00"))
    assert codes(typed) == ["W-TAX-MISMATCH", "W-TAX-OFF"]
    assert codes(item(tax_rate=None, vat=Decimal(200)))[0] == "W-TAX-RATE-MISSING"


def test_a_fraction_is_looked_at_before_the_tax_rates_are_synced_too() -> None:
    unsynced = reference_data(tax_rates=(), missing=frozenset({ListName.TAX_RATES}))
    assert "E-TAX-RATE-FRACTION" in codes(item(tax_rate=Decimal("0.2"), vat=ZERO), unsynced)
    assert codes(item(tax_rate=Decimal(2), vat=Decimal(2)), unsynced) == ["W-TAX-OFF"]


def test_a_code_settles_which_of_two_namesakes_is_meant() -> None:
    assert codes(item(contact="Twin Traders", contact_code="twin02")) == []


def test_a_foreign_item_with_a_rate_is_fine() -> None:
    assert codes(item(currency="EUR", exchange_rate=Decimal("1.16"))) == []


def test_before_the_first_sync_only_that_and_what_the_item_says_itself_is_told() -> None:
    missing = reference_data(missing=frozenset(ListName), suppliers=(), nominals=())
    assert codes(item(reference=""), missing) == ["E-LISTS-MISSING", "W-REFERENCE-MISSING"]
    assert codes(GOOD, reference_data(connected=False)) == ["E-NOT-CONNECTED"]


def test_lists_that_the_item_does_not_need_may_be_missing() -> None:
    assert (
        codes(GOOD, reference_data(missing=frozenset({ListName.PROJECTS, ListName.CUSTOMERS})))
        == []
    )


def test_a_missing_total_is_mended_by_filling_it_in() -> None:
    problem = ProblemNote("E-TOTAL-MISSING", "The file has no total for it.")
    assert codes(item(problem=problem, unit_price=Decimal(0))) == ["E-TOTAL-MISSING"]
    assert codes(item(problem=problem)) == []


def test_a_till_receipt_needs_no_reference() -> None:
    assert codes(item(reference="", document="receipt")) == []


def test_that_tax_is_off_is_told_once_an_item() -> None:
    taxed = item(vat=Decimal("20.00"), tax_rate=Decimal(20)).lines[0]
    assert codes(item(lines=(taxed, taxed))) == ["W-TAX-OFF"]


def test_findings_say_which_line_they_are_about() -> None:
    two = item(lines=(*GOOD.lines, ItemLine(unit_price=Decimal(5))))
    assert [(one.code, one.field) for one in check(two, TODAY_BOOKS)] == [
        ("E-CATEGORY-MISSING", "lines.2.category")
    ]


def test_a_thousand_items_are_checked_in_well_under_a_second() -> None:
    many = [item(reference=str(number), project="Website 2026") for number in range(1000)]
    started = time.thread_time()
    assert not any(check(one, ON) for one in many)
    assert time.thread_time() - started < 1.0


def test_a_closed_period_holds_back_what_is_dated_or_paid_in_it() -> None:
    closed = reference_data(locked_until=dt.date(2026, 9, 1))
    assert codes(GOOD, closed) == ["E-DATE-LOCKED"]
    paid = item(
        date=dt.date(2026, 9, 2),
        paid_on=dt.date(2026, 8, 30),
        bank_account="Current account",
        payment_method="BACS",
    )
    assert codes(paid, closed) == ["E-PAID-LOCKED"]
    assert codes(item(date=dt.date(2026, 9, 2)), closed) == []


def test_any_category_goes_where_kashflow_lets_all_codes_be_used() -> None:
    assert codes(item(category="Sales"), reference_data(any_category=True)) == []


@pytest.mark.parametrize(
    ("group", "kind", "side"),
    [
        ("Sales Type", "Turnover", SALES),
        ("Outgoing Type", "Cost of Sales", PURCHASES),
        ("", "Cost of Sales", PURCHASES),
        ("", "Turnover", SALES),
        ("Bank Transaction Type", "Current Asset", None),
        ("", "", None),
    ],
)
def test_the_chart_says_what_a_code_is_for(group: str, kind: str, side: Side | None) -> None:
    nominal = NominalCode(id=1, code=1, classification_name=group, type_name=kind)
    assert side_of_nominal(nominal) is side


def test_a_paid_item_with_a_known_account_and_method_has_nothing_to_say() -> None:
    assert codes(item(bank_account="1200", payment_method="bacs"), reference_data()) == []
