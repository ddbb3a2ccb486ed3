"""What a row of Dext's export says becomes an item, or is refused with the reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.desk.importing.expense_claims import Claimed, join
from kfclient.desk.items.claims import Claims
from kfclient.desk.items.quick_fix import mended
from kfclient.desk.model.item import ItemState
from kfclient.store import Home
from tests.desk.filed import DEXT, bring, claim_row, claimed, dext_row, priced, text_of
from tests.desk.seeded import NOW, Inbox


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected, synced business with an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"Date": "2026-13-45"}, "not a day of the calendar"),
        ({"Due Date": "soon"}, "Due Date: soon is not a date"),
        (priced("abc"), "Total: abc is not an amount"),
        (priced("1.250,00"), "continental"),
        (priced("100.00", "-20.00"), "cannot be part of"),
        (priced("10.00", "20.00"), "cannot be part of"),
        ({"Tax Percentage": "lots"}, "is not a tax rate"),
        ({"Type": "Statement"}, "nothing to publish"),
        ({"Status": "deleted"}, "status in Dext is deleted"),
        ({"Receipt ID": ""}, "has no Receipt ID"),
        (priced("100.00", Type="Credit note"), "credit note, but its total is above zero"),
        ({"Currency": "Euro"}, "Currency: “Euro” is not a currency."),
        ({"Total": "€100.00"}, "is in EUR, but the currency is GBP"),
        ({"Total": "$100.00"}, "Total: $100.00 is in dollars or pesos, but the currency is GBP"),
        ({"Tax": "¥0"}, "is in CNY or JPY, but the currency is GBP"),
        ({"Total": "100.00 USD"}, "is in USD, but the currency is GBP"),
        ({"Total": "100 kr"}, "but the currency is GBP"),
        ({"Total (GBP)": "€100.00"}, "is in EUR, but the currency is GBP"),
        ({"Total": "$100.00", "Currency": ""}, "may be in dollars or pesos"),
        ({"Status": "claimed"}, "belongs to no claim"),
        ({"Total (GBP)": "-100.00"}, "different signs"),
    ],
)
def test_what_cannot_be_read_or_contradicts_itself_is_a_bad_row(
    inbox: Inbox, tmp_path: Path, values: dict[str, str], reason: str
) -> None:
    items, bad = bring(inbox, tmp_path, dext_row(1), dext_row(2, **values), dext_row(3))
    assert [item.reference for item in items] == ["PEN-1", "PEN-3"]
    assert len(bad) == 1
    assert bad[0].startswith("3: ")
    assert reason in bad[0]


def test_how_it_was_paid_and_its_papers_come_with_it(inbox: Inbox, tmp_path: Path) -> None:
    scan = tmp_path / "scans" / "one.pdf"
    scan.parent.mkdir()
    scan.write_bytes(b"x")
    paid = {"Payment Method": "Direct Debit", "Bank Account": "Current account"}
    items, bad = bring(
        inbox,
        tmp_path,
        dext_row(1, **paid, Image="https://rbnk.me/x.pdf", Note="Seen"),
        dext_row(2, Image="scans/one.pdf"),
        dext_row(3, Image=str(scan)),
        dext_row(4, Image="scans/two.pdf"),
        dext_row(5, Image="on paper"),
    )
    assert bad == []
    first = items[0]
    assert (first.payment_method, first.bank_account) == ("Direct Debit", "Current account")
    assert (first.image, first.files, first.note) == ("https://rbnk.me/x.pdf", (), "Seen")
    assert [one.files for one in items[1:3]] == [(str(scan),)] * 2
    assert [one.image for one in items[1:]] == ["", "", "", "on paper"]
    missing = inbox.items.findings(inbox.business, items[3])
    assert "E-FILE-MISSING" in [one.code for one in missing]


def test_a_claim_has_the_papers_of_its_receipts(inbox: Inbox, tmp_path: Path) -> None:
    (claim,), _ = bring(
        inbox,
        tmp_path,
        claim_row("22.00") | {"Note": "York"},
        claimed(1, "12.00", Image="a.pdf", Note="Which category?"),
        claimed(2, "10.00", Image="https://rbnk.me/b"),
    )
    assert claim.files == (str(tmp_path / "a.pdf"),)
    assert claim.image == "https://rbnk.me/b"
    assert claim.note == "York\nPennine Water: Which category?"
    assert claim.bank_account == ""


@pytest.mark.parametrize(
    "values",
    [
        {"Supplier": ""},
        {"Total": "", "Tax": ""},
        {"Due Date": ""},
        {"Invoice Number": ""},
        {"Date": ""},
        {"Category": ""},
        {"Currency": ""},
        {"Type": ""},
    ],
)
def test_what_is_missing_makes_an_item_and_no_bad_row(
    inbox: Inbox, tmp_path: Path, values: dict[str, str]
) -> None:
    items, bad = bring(inbox, tmp_path, dext_row(1, **values))
    assert (len(items), bad) == (1, [])


@pytest.mark.parametrize(
    ("total", "said", "code"),
    [
        ("€100.00", "", "EUR"),
        ("£100.00", "", "GBP"),
        ("$100.00", "AUD", "AUD"),
        ("100", "", ""),
        ("100", "€", "EUR"),
    ],
)
def test_a_sign_says_the_currency_where_the_row_does_not(
    inbox: Inbox, tmp_path: Path, total: str, said: str, code: str
) -> None:
    (item,), _ = bring(inbox, tmp_path, dext_row(1, Total=total, Currency=said))
    assert item.currency == code


def test_the_same_number_for_different_things_brings_none_of_them(
    inbox: Inbox, tmp_path: Path
) -> None:
    items, bad = bring(
        inbox, tmp_path, dext_row(1), dext_row(2), dext_row(2, Supplier="Other"), dext_row(3)
    )
    assert [item.reference for item in items] == ["PEN-1", "PEN-3"]
    assert [text.split(":")[0] for text in bad] == ["3", "4"]
    assert "on lines 3 and 4" in bad[0]


def test_the_same_row_twice_counts_once(inbox: Inbox, tmp_path: Path) -> None:
    items, bad = bring(inbox, tmp_path, dext_row(1), dext_row(1))
    assert (len(items), bad) == (1, [])


@pytest.mark.parametrize(
    ("values", "rate"),
    [
        ({"Tax Percentage": "20"}, "20"),
        ({"Tax Percentage": "17.5%"}, "17.5"),
        ({"Category": "Water Rates (20%)", **priced("120.00", "20.00")}, "20"),
        ({"Category": "Water Rates (20%)", **priced("120.00", "0.00")}, None),
        ({"Category": "Water Rates (0%)"}, "0"),
        ({"Tax Name": "Exempt"}, "-1"),
        ({}, None),
        (priced("120.00", "20.00"), None),
    ],
)
def test_the_tax_rate_is_what_the_row_says_where_it_says_one(
    inbox: Inbox, tmp_path: Path, values: dict[str, str], rate: str | None
) -> None:
    (item,), bad = bring(inbox, tmp_path, dext_row(1, **values))
    assert bad == []
    assert item.lines[0].tax_rate == (None if rate is None else Decimal(rate))
    assert item.lines[0].category == "Water Rates"


def test_what_the_file_calls_its_tax_and_its_sterling_vat_come_with_it(
    inbox: Inbox, tmp_path: Path
) -> None:
    foreign = {"Currency": "EUR", "Tax (GBP)": "171.42", "Total (GBP)": "1020.00"}
    items, _ = bring(
        inbox,
        tmp_path,
        dext_row(1, **{**priced("1200.00", "200.00"), **foreign}),
        dext_row(2, **{"Tax Name": "Reverse charge", "Tax Percentage": "20"}),
        dext_row(3, **{"Tax Name": "Zero Rated Expenses"}),
        dext_row(4, **{"Tax Name": "Exempt Expenses"}),
    )
    assert [one.stated_vat for one in items] == [Decimal("171.42"), None, None, None]
    assert items[1].tax_name == "Reverse charge"
    assert [one.lines[0].tax_rate for one in items[1:]] == [20, 0, -1]


def test_two_totals_in_one_currency_are_for_a_person_to_settle(
    inbox: Inbox, tmp_path: Path
) -> None:
    (item,), _ = bring(inbox, tmp_path, dext_row(1, Total="1,250.00"))
    assert inbox.items.state(inbox.business, item) is ItemState.TO_REVIEW
    saved = inbox.items.save(inbox.business, item)
    assert inbox.items.state(inbox.business, saved) is ItemState.READY


@pytest.mark.parametrize(("net", "held"), [("80.00", False), ("90.00", True), ("", False)])
def test_a_net_that_is_stated_is_held_against_total_and_tax(
    inbox: Inbox, tmp_path: Path, net: str, held: bool
) -> None:
    row = dext_row(1, **priced("100.00", "20.00")) | {"Net": net}
    path = tmp_path / "costs.csv"
    path.write_text(text_of([row], list(row)), newline="")
    report = inbox.importing.import_file(inbox.business, path)
    item = inbox.items.get(inbox.business, report.added[0])
    assert (item.problem is not None, report.notes) == (held, ())


def test_a_file_in_another_base_currency_gives_no_exchange_rates(
    inbox: Inbox, tmp_path: Path
) -> None:
    row = {
        name.replace("(GBP)", "(AUD)"): value for name, value in dext_row(Currency="EUR").items()
    }
    path = tmp_path / "costs.csv"
    path.write_text(text_of([row], list(row)), newline="")
    report = inbox.importing.import_file(inbox.business, path)
    assert inbox.items.get(inbox.business, report.added[0]).exchange_rate is None
    assert "counts in AUD" in report.notes[0]


# Claims


def test_a_claim_that_several_sets_add_up_to_is_for_a_person_to_choose(
    inbox: Inbox, home: Home, tmp_path: Path
) -> None:
    rows = [claim_row("10.00"), claimed(1, "10.00"), claimed(2, "10.00")]
    items, bad = bring(inbox, tmp_path, *rows)
    assert len(bad) == 1
    assert "more than one set" in bad[0]
    assert "kashdeck claim NAME 'Ann Lee' ITEM ... --date 2026-08-31" in bad[0]
    held = [inbox.items.findings(inbox.business, item)[0] for item in items]
    assert [one.code for one in held] == ["E-CLAIM-OPEN"] * 2
    # Another change of a receipt does not let it go as a cost of its own.
    mine = msgspec.structs.replace(items[0], reference="MINE")
    saved = inbox.items.save(inbox.business, mine)
    assert inbox.items.state(inbox.business, saved) is ItemState.TO_REVIEW
    Claims(home, inbox.items, lambda: NOW).gather(inbox.business, "Ann Lee", [items[0].id])
    assert bring(inbox, tmp_path, *rows) == ([], [])


def dated(row: dict[str, str], day: str, number: int = 0) -> dict[str, str]:
    return row | {"Date": day} | ({"Receipt ID": str(48210200000 + number)} if number else {})


def year(months: int, receipts: int) -> list[list[dict[str, str]]]:
    """Return a person's claims, each with its receipts below, of sums that many sets have."""
    claims = []
    for month in range(1, months + 1):
        parts = [
            dated(claimed(0, f"{5 * at}.00"), f"{at:02d}/{month:02d}/2026", month * 100 + at)
            for at in range(1, receipts + 1)
        ]
        total = sum(Decimal(one["Total"]) for one in parts)
        claims.append([dated(claim_row(f"{total}"), f"28/{month:02d}/2026", month * 100), *parts])
    return claims


@pytest.mark.parametrize(
    ("months", "receipts", "order"),
    [
        (12, 4, "below"),
        (2, 10, "below"),
        (3, 12, "above"),
        (12, 4, "by date"),
        (2, 15, "claims first"),
        (2, 10, "by number"),
    ],
)
def test_the_order_of_the_rows_or_the_dates_tell_which_receipts_are_meant(
    inbox: Inbox, tmp_path: Path, months: int, receipts: int, order: str
) -> None:
    claims = year(months, receipts)
    rows = [row for claim in claims for row in claim]
    if order == "above":
        rows = [row for head, *parts in claims for row in (*parts, head)]
    elif order == "by date":
        rows.sort(key=lambda row: (int(row["Date"][3:5]), row["Date"], row["Receipt ID"]))
        rows = [*rows[1::2], *rows[::2]]
    elif order == "claims first":
        rows.sort(key=lambda row: (row["Type"], row["Receipt ID"]))
    elif order == "by number":
        rows = [row | {"Date": "01/12/2026"} for row in (*rows[1::2], *rows[::2])]
    items, bad = bring(inbox, tmp_path, *rows)
    assert bad == []
    assert [len(item.lines) for item in items] == [receipts] * months
    for item in items:
        assert item.gross == sum(5 * at for at in range(1, receipts + 1))
        assert item.problem is None


def test_one_set_of_the_receipts_since_the_claim_before_is_meant(
    inbox: Inbox, tmp_path: Path
) -> None:
    rows = [
        dated(claimed(1, "10.00"), "05/01/2026"),
        dated(claimed(2, "7.00"), "06/01/2026"),
        dated(claim_row("10.00"), "28/01/2026"),
        dated(claimed(3, "10.00"), "05/02/2026"),
        dated(claim_row("10.00"), "28/02/2026", 9),
    ]
    items, bad = bring(inbox, tmp_path, *rows)
    assert [item.lines[0].description[-13:] for item in items] == ["1, 5 Jan 2026", "3, 5 Feb 2026"]
    assert [reason.split(":")[0] for reason in bad] == ["3"]


def test_a_penny_of_converting_is_said_and_let_through_on_a_yes(
    inbox: Inbox, tmp_path: Path
) -> None:
    foreign = [
        claimed(at, home, "2.85") | {"Currency": "EUR", "Total": "19.99", "Tax": "3.33"}
        for at, home in enumerate(("17.09", "17.09", "17.10"), start=1)
    ]
    (item,), bad = bring(inbox, tmp_path, claim_row("51.27", "8.55"), *foreign)
    assert bad == []
    assert item.problem is not None
    assert "says 51.27 with a tax of 8.55, and its receipts" in item.problem.sentence
    assert "come to 51.28" in item.problem.sentence
    finding = next(
        one for one in inbox.items.findings(inbox.business, item) if one.code == "E-TOTALS-DIFFER"
    )
    inbox.items.save(inbox.business, mended(item, finding))
    saved = inbox.items.get(inbox.business, item.id)
    assert not [one for one in inbox.items.findings(inbox.business, saved) if "TOTAL" in one.code]


def test_a_penny_without_converting_is_another_sum(inbox: Inbox, tmp_path: Path) -> None:
    items, bad = bring(inbox, tmp_path, claim_row("10.01"), claimed(1, "10.00"))
    assert [item.claimed for item in items] == ["Ann Lee"]
    assert "no set of this person's" in bad[0]


def test_a_thousand_claims_of_one_person_are_joined_by_their_dates() -> None:
    rows, claims = [], []
    for month in range(1000):
        day = dt.date(2000, 1, 1) + dt.timedelta(days=30 * month)
        rows += [
            Claimed(f"{month}/{at}", "ann", (at, 0), day + dt.timedelta(days=at))
            for at in range(1, 11)
        ]
        claims.append(Claimed(str(month), "ann", (55, 0), day + dt.timedelta(days=20)))
    joined = join(claims[::-1], rows)
    assert joined.receipts["7"] == tuple(f"7/{at}" for at in range(1, 11))
    assert (len(joined.receipts), joined.refused) == (1000, {})


def test_a_claim_that_nothing_adds_up_to_is_put_together_by_a_person(
    inbox: Inbox, tmp_path: Path
) -> None:
    rows = (claim_row("11.00"), claimed(1, "10.00"), claimed(2, "7.00"), dext_row(5))
    items, bad = bring(inbox, tmp_path, *rows)
    assert [(item.reference, item.claimed) for item in items] == [
        ("PEN-1", "Ann Lee"),
        ("PEN-2", "Ann Lee"),
        ("PEN-5", ""),
    ]
    assert "no set of this person's" in bad[0]
    assert "kashdeck claim NAME 'Ann Lee' ITEM ..." in bad[0]
    assert bad[0].endswith("The claim is then what they come to.")
    assert len(bad) == 1
    stops = [one.code for one in inbox.items.findings(inbox.business, items[0])]
    assert "E-CLAIM-OPEN" in stops


def test_a_claim_without_any_receipts_is_reported(inbox: Inbox, tmp_path: Path) -> None:
    bob = claimed(1, "10.00", Owner="Bob Ray")
    items, bad = bring(inbox, tmp_path, claim_row("11.00"), bob)
    assert items == []
    assert "Nothing was guessed; enter it by hand" in bad[0]
    assert "belongs to no claim" in bad[1]


def test_a_claim_takes_its_own_receipts_and_leaves_other_peoples(
    inbox: Inbox, tmp_path: Path
) -> None:
    items, bad = bring(
        inbox,
        tmp_path,
        claimed(1, "12.00", "2.00"),
        claimed(2, "12.00", Owner="Bob Ray"),
        claim_row("12.00", "2.00"),
        claimed(3, "5.00"),
    )
    assert [(item.contact, item.gross) for item in items] == [("Ann Lee", Decimal("12.00"))]
    assert [text.split(":")[0] for text in bad] == ["3", "5"]


def test_a_foreign_receipt_counts_in_a_claim_with_its_home_amounts(
    inbox: Inbox, tmp_path: Path
) -> None:
    foreign = claimed(1, "100.00") | {"Currency": "EUR", "Total": "116.00"}
    (claim,), bad = bring(inbox, tmp_path, claim_row("110.00"), foreign, claimed(2, "10.00"))
    assert bad == []
    assert [line.net for line in claim.lines] == [Decimal("100.00"), Decimal("10.00")]
    assert "EUR 116.00" in claim.lines[0].description


def test_a_claim_of_a_receipt_that_is_here_as_a_cost_is_held_back(
    inbox: Inbox, tmp_path: Path
) -> None:
    bring(inbox, tmp_path, dext_row(1, **priced("10.00")))
    items, bad = bring(inbox, tmp_path, claim_row("10.00"), claimed(1, "10.00"))
    assert items == []
    assert "they would be booked twice" in bad[0]


def test_receipts_that_cancel_out_make_a_claim_ambiguous() -> None:
    receipts = [(0, 0), (0, 0), (0, 1), (0, 1)]
    rows = [Claimed(str(number), "ann", pence) for number, pence in enumerate(receipts)]
    joined = join([Claimed("claim", "ann", (0, 0))], rows)
    assert "more than one set" in joined.refused["claim"]


PENCE = st.tuples(st.integers(-500, 500), st.integers(-50, 50))


@given(st.lists(PENCE, min_size=1, max_size=9), st.data())
def test_a_joined_claim_always_adds_up_and_no_other_set_does(
    receipts: list[tuple[int, int]], data: st.DataObject
) -> None:
    rows = [Claimed(str(number), "ann", pence) for number, pence in enumerate(receipts)]
    chosen = data.draw(st.sets(st.sampled_from(rows), min_size=1))
    target = (sum(one.pence[0] for one in chosen), sum(one.pence[1] for one in chosen))
    joined = join([Claimed("claim", "ann", target)], rows)
    sets = [
        subset
        for subset in _subsets(rows)
        if subset and tuple(map(sum, zip(*(one.pence for one in subset), strict=True))) == target
    ]
    keys = joined.receipts.get("claim")
    if keys is None:
        assert len(sets) > 1
    elif len(keys) < len(rows):
        assert sets == [[one for one in rows if one.key in keys]]
    else:
        assert target == (sum(p for p, _ in receipts), sum(v for _, v in receipts))


def _subsets(rows: list[Claimed]) -> list[list[Claimed]]:
    return [
        [row for place, row in enumerate(rows) if bits >> place & 1]
        for bits in range(2 ** len(rows))
    ]


def test_a_file_outside_the_folder_goes_along_only_when_a_person_says_so(
    inbox: Inbox, tmp_path: Path
) -> None:
    folder, private = tmp_path / "export", tmp_path / "private"
    for made in (folder, private):
        made.mkdir()
        (made / "a.pdf").write_bytes(b"%PDF")
    (folder / "away").symlink_to(private)
    path = folder / "file.csv"
    images = ("../private/a.pdf", str(private / "a.pdf"), "away/a.pdf", "~/a.pdf", "a.pdf",
              f"../{folder.name}/a.pdf")  # fmt: skip
    rows = [dext_row(at, Image=image) for at, image in enumerate(images, 1)]
    path.write_text(text_of(rows, DEXT), encoding="utf-8")

    report = inbox.importing.import_file(inbox.business, path)
    assert [one.line for one in report.outside] == [2, 3, 4, 5]
    assert report.outside[0].path == str(private / "a.pdf")
    here = str(folder / "a.pdf")
    items = inbox.items.all(inbox.business)
    assert [one.files for one in items] == [(), (), (), (), (here,), (here,)]

    again = inbox.importing.import_file(inbox.business, path, files_outside=True)
    assert (again.outside, again.already, again.added) == ((), 6, ())
    assert again.notes[-1] == "Files were put to items that are here: item 1, 2, 3, 4."
    items = inbox.items.all(inbox.business)
    assert [len(one.files) for one in items] == [1] * 6
    assert items[2].files == (str(folder / "away" / "a.pdf"),)
    trail = [
        one for one in inbox.items.audit.entries(inbox.business) if one.action == "item-changed"
    ]
    assert [one.item for one in trail] == ["1", "2", "3", "4"]

    inbox.items.save(inbox.business, msgspec.structs.replace(items[4], files=()))
    assert inbox.importing.import_file(inbox.business, path, files_outside=True).added == ()
    assert inbox.items.get(inbox.business, "5").files == (), "what a person took off stays off"
