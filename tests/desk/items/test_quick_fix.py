"""What a check finds and a machine can mend is mended by its act, and the finding is gone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.desk.business.sessions import Sessions
from kfclient.desk.errors import WrongValue
from kfclient.desk.items.check import check
from kfclient.desk.items.check_lines import LARGEST, check_files
from kfclient.desk.items.duplicates import Duplicates
from kfclient.desk.items.quick_fix import QuickFixes, is_mechanical, mended
from kfclient.desk.model.business import ProblemNote
from kfclient.desk.model.item import Finding, Item
from kfclient.store import Home, Secrets
from tests.desk.items.test_check import GOOD, ON, item
from tests.desk.seeded import NOW, Inbox

change = msgspec.structs.replace


@pytest.mark.parametrize(
    ("changes", "code", "key"),
    [
        ({"contact": "The Pennine Water Co Ltd"}, "W-SUPPLIER-NEARLY", "use-supplier"),
        ({"date": dt.date(2026, 12, 11), "due_date": None}, "W-DATE-FUTURE", "use-date"),
        ({"due_date": dt.date(2026, 8, 1)}, "W-DUE-BEFORE-DATE", "clear-due-date"),
        ({"currency": ""}, "E-CURRENCY-UNKNOWN", "use-currency"),
        ({"currency": "EUR"}, "E-RATE-MISSING", "use-exchange-rate"),
        (
            {"currency": "EUR", "exchange_rate": Decimal("0.8547")},
            "W-RATE-UPSIDE-DOWN",
            "use-exchange-rate",
        ),
        ({"currency": "EUR", "exchange_rate": Decimal(3)}, "W-RATE-FAR", "use-exchange-rate"),
        ({"reference": "PEN\u000b1", "note": "\ufffe"}, "E-TEXT-ODD", "clean-text"),
        ({"problem": ProblemNote("E-TOTALS-DIFFER", "Two.")}, "E-TOTALS-DIFFER", "keep-lines"),
        ({"claimed": "Ann Lee"}, "E-CLAIM-OPEN", "own-cost"),
        ({"total": Decimal("99.00")}, "W-LINES-TOTAL", "keep-lines"),
        ({"tax_rate": Decimal("17.5"), "vat": Decimal(20)}, "E-TAX-RATE-UNKNOWN", "use-tax-rate"),
        ({"tax_rate": Decimal(0), "vat": Decimal(20)}, "W-TAX-MISMATCH", "use-tax-rate"),
        (
            {"tax_rate": Decimal(20), "vat": Decimal(13), "note": "Mixed"},
            "W-TAX-MISMATCH",
            "split",
        ),
        (
            {"tax_rate": None, "vat": Decimal(13), "description": "Part zero-rated"},
            "E-TAX-RATE-MISSING",
            "split",
        ),
        (
            {"tax_rate": None, "vat": Decimal(12), "category": "Insurance"},
            "W-INSURANCE-TAX",
            "vat-in-net",
        ),
        ({"tax_name": "Reverse charge"}, "E-REVERSE-CHARGE", "agree"),
        ({"unit_price": Decimal(0)}, "E-AMOUNT-ZERO", "agree"),
        ({"tax_rate": Decimal(20), "vat": Decimal(33)}, "W-TAX-MISMATCH", "use-vat"),
        (
            {"tax_rate": Decimal("0.2"), "vat": Decimal("0.20")},
            "E-TAX-RATE-FRACTION",
            "use-percentage",
        ),
    ],
)
def test_the_act_mends_what_was_found(changes: dict[str, Any], code: str, key: str) -> None:
    before = item(**changes)
    finding = next(one for one in check(before, ON) if one.code == code)
    assert finding.key == key
    assert is_mechanical(key)
    after = mended(before, finding)
    left = check(change(after, problem=None), ON)
    assert code not in [one.code for one in left]
    if key not in {"use-vat", "use-percentage"}:
        assert after.gross == before.gross


NETS = st.decimals("1", "9999", places=2)


@given(NETS, NETS, st.sampled_from([Decimal(5), Decimal(20)]))
def test_a_line_of_two_rates_is_split_to_the_penny(
    taxed: Decimal, free: Decimal, rate: Decimal
) -> None:
    vat = (taxed * rate / 100).quantize(Decimal("0.01"))
    before = item(unit_price=taxed + free, vat=vat, tax_rate=None, note="mixed")
    found = [one for one in check(before, ON) if one.key == "split"]
    for finding in found:
        after = mended(before, finding)
        assert (after.net, after.vat) == (before.net, before.vat)
        assert len(after.lines) == 2
        assert check(after, ON) == ()


def test_what_a_person_must_choose_is_not_done_for_them() -> None:
    for finding in check(item(contact="", category=""), ON):
        assert finding.key.startswith("choose-")
        assert not is_mechanical(finding.key)
        with pytest.raises(WrongValue):
            mended(GOOD, finding)


def files(*paths: Path | str) -> list[tuple[str, str]]:
    one = change(GOOD, files=tuple(str(path) for path in paths))
    found = check_files(one)
    for finding in found:
        assert check_files(mended(one, finding)) != found
    return [(one.code, one.value) for one in found]


def test_files_are_looked_at_as_they_are_now(tmp_path: Path) -> None:
    bill = tmp_path / "bill.pdf"
    assert files(bill) == [("E-FILE-MISSING", str(bill))]
    assert files("\0") == [("E-FILE-MISSING", "\0"), ("W-FILE-TYPE", "\0")]
    assert files(tmp_path)[0][0] == "E-FILE-MISSING"
    bill.write_bytes(b"")
    assert files(bill) == [("E-FILE-EMPTY", str(bill))]
    bill.write_bytes(b"x" * (LARGEST + 1))
    assert files(bill) == [("E-FILE-TOO-LARGE", str(bill))]
    bill.write_bytes(b"x" * LARGEST)
    assert check_files(change(GOOD, files=(str(bill),))) == ()
    sheet = tmp_path / "Costs.XLS"
    sheet.write_bytes(b"x")
    assert files(sheet) == [("E-FILE-TYPE", str(sheet))]
    odd = tmp_path / "bill.xyz"
    odd.write_bytes(b"x")
    assert files(odd) == [("W-FILE-TYPE", str(odd))]


@pytest.fixture
def inbox(home: Home) -> Inbox:
    inbox = Inbox(home)
    inbox.connect()
    return inbox


@pytest.fixture
def quick_fixes(inbox: Inbox) -> QuickFixes:
    sessions = Sessions(inbox.businesses, Secrets(inbox.home.root, memory=True))
    duplicates = Duplicates(inbox.home, inbox.items, sessions, lambda: NOW)
    return QuickFixes(inbox.businesses, inbox.items, duplicates)


def found(inbox: Inbox, one: Item, code: str) -> Finding:
    (finding,) = [one for one in inbox.items.findings(inbox.business, one) if one.code == code]
    return finding


def test_an_act_is_stored_and_a_stale_one_is_refused(inbox: Inbox, quick_fixes: QuickFixes) -> None:
    one = inbox.items.add(inbox.business, item(due_date=dt.date(2026, 8, 1)))
    finding = found(inbox, one, "W-DUE-BEFORE-DATE")
    assert quick_fixes.apply(inbox.business, one.id, finding).due_date is None
    assert inbox.items.get(inbox.business, one.id).due_date is None
    with pytest.raises(WrongValue, match="no longer"):
        quick_fixes.apply(inbox.business, one.id, finding)


def test_tax_is_switched_on_and_a_duplicate_answered_from_a_finding_too(
    inbox: Inbox, quick_fixes: QuickFixes
) -> None:
    taxed = item(vat=Decimal(20), tax_rate=Decimal(20))
    one, two = (inbox.items.add(inbox.business, taxed) for _ in range(2))
    quick_fixes.apply(inbox.business, one.id, found(inbox, one, "W-TAX-OFF"))
    assert inbox.businesses.get(inbox.business).settings.publish_tax_data
    quick_fixes.apply(inbox.business, two.id, found(inbox, two, "E-DUPLICATE-EXACT"))
    assert inbox.items.findings(inbox.business, two) == ()
