"""What stands around the rows of a file, how its letters are written, and whose file it is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.desk.errors import FileRefused
from kfclient.desk.importing.import_file import ImportReport
from kfclient.desk.model.item import Item
from kfclient.store import Home
from tests.desk.filed import DEXT, SALES, bring, claim_row, claimed, dext_row, priced, sale, text_of
from tests.desk.seeded import Inbox


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected, synced business with an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


def brought(inbox: Inbox, tmp_path: Path, content: str | bytes) -> tuple[list[Item], ImportReport]:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = inbox.importing.import_file(inbox.business, path)
    return [inbox.items.get(inbox.business, key) for key in report.added], report


# Above, between and below


@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_lines_above_the_column_names_are_said_and_lines_stay_as_an_editor_counts(
    inbox: Inbox, tmp_path: Path, separator: str
) -> None:
    above = "Harbour Lane Trading Ltd\r\nCosts export,October 2026\r\n\r\n"
    rows = text_of([dext_row(1), dext_row(2, Date="tomorrow")], DEXT, separator)
    items, report = brought(inbox, tmp_path, above + rows)
    assert len(items) == 1
    assert report.notes[0] == "Lines 1 to 3 are above the column names and were not read."
    assert [row.line for row in report.bad] == [6]


def test_totals_and_column_names_that_come_again_are_left_out_and_said(
    inbox: Inbox, tmp_path: Path
) -> None:
    blank = dict.fromkeys(SALES, "")
    price = {"Unit Price": "400.00"}
    rows = [
        sale(),
        dict(zip(SALES, SALES, strict=True)),
        blank | {"Reference": "Total"} | price,
        blank | {"Description": "TOTAL:"} | price,
        blank | {"Contact": "Subtotal for Dunmore School"} | price,
        blank | price,
        sale(Reference="Total refit", Contact="Total Gas"),
    ]
    items, report = brought(inbox, tmp_path, text_of(rows, SALES))
    assert [item.contact for item in items] == ["Dunmore School", "Total Gas"]
    assert report.bad == ()
    assert report.notes == (
        "The column names come again on line 3.",
        "Left out as a total of others: lines 4, 5, 6 and 7.",
    )


def test_a_total_below_a_dext_export_is_no_row_without_a_number(
    inbox: Inbox, tmp_path: Path
) -> None:
    total = dict.fromkeys(DEXT, "") | {"Supplier": "Grand total", "Total": "1,200.00"}
    missing = dext_row(2, Supplier="Total Energies", Date="") | {"Receipt ID": ""}
    items, report = brought(inbox, tmp_path, text_of([dext_row(1), missing, total], DEXT))
    assert len(items) == 1
    assert report.notes == ("Left out as a total of others: line 4.",)
    assert ["has no Receipt ID" in row.reason for row in report.bad] == [True]


# A row for each line of a bill


def test_rows_of_one_bill_are_its_lines(inbox: Inbox, tmp_path: Path) -> None:
    paper = dext_row(1, **priced("60.00", "10.00"), Description="Paper")
    toner = dext_row(1, **priced("24.00", "4.00"), Description="Toner", Category="Rent")
    back = dext_row(1, **priced("-6.00", "-1.00"), Description="Returned")
    (item,), bad = bring(inbox, tmp_path, paper, toner, back)
    assert bad == []
    assert (item.gross, item.vat, item.document) == (Decimal("78.00"), Decimal("13.00"), "invoice")
    assert [line.description for line in item.lines] == ["Paper", "Toner", "Returned"]
    assert item.problem is None
    # The same file twice over is the same bill once.
    assert bring(inbox, tmp_path, paper, toner, back, paper, toner, back) == ([], [])


def test_the_vat_that_a_foreign_bill_states_is_that_of_all_its_lines(
    inbox: Inbox, tmp_path: Path
) -> None:
    rows = [
        dext_row(1, Currency="EUR", Total=total, Tax=tax, **{"Total (GBP)": home, "Tax (GBP)": vat})
        for total, tax, home, vat in (("120", "20", "102", "17"), ("60", "10", "51", "8.5"))
    ]
    (item,), bad = bring(inbox, tmp_path, *rows)
    assert (item.gross, item.stated_vat, bad) == (Decimal("180.00"), Decimal("25.50"), [])


def test_two_equal_lines_of_a_bill_are_two(inbox: Inbox, tmp_path: Path) -> None:
    paper, toner = (dext_row(1, **priced(total)) for total in ("60.00", "24.00"))
    (item,), _ = bring(inbox, tmp_path, paper, paper, toner)
    assert item.gross == Decimal("144.00")


def test_one_total_on_each_line_of_a_bill_is_not_guessed(inbox: Inbox, tmp_path: Path) -> None:
    items, bad = bring(inbox, tmp_path, dext_row(1), dext_row(1, Description="Toner"))
    assert items == []
    assert "cannot be told" in bad[0]


def test_a_claimed_bill_of_several_lines_is_as_many_on_its_claim(
    inbox: Inbox, tmp_path: Path
) -> None:
    rows = [claimed(1, "10.00"), claimed(1, "12.00", Category="Rent")]
    (item,), bad = bring(inbox, tmp_path, claim_row("22.00"), *rows)
    assert ([line.net for line in item.lines], bad) == ([Decimal("10.00"), Decimal("12.00")], [])


def test_a_number_that_a_spreadsheet_shortened_is_no_number(inbox: Inbox, tmp_path: Path) -> None:
    items, bad = bring(inbox, tmp_path, dext_row(1) | {"Receipt ID": "4.82101E+10"})
    assert items == []
    assert "has shortened its Receipt ID to 4.82101E+10" in bad[0]


# Letters

NAMES = ("Café Léon", "Zoë\u2019s Prints", "Straße & Söhne")


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("cp1252", "Windows"), ("mac_roman", "Macintosh"), ("utf-16-le", "UTF-16"),
     ("utf-8-sig", ""), ("utf-16", "UTF-16")],
)  # fmt: skip
def test_the_encoding_is_noticed(inbox: Inbox, tmp_path: Path, encoding: str, said: str) -> None:
    rows = [dext_row(at, Supplier=name) for at, name in enumerate(NAMES, start=1)]
    items, report = brought(inbox, tmp_path, text_of(rows, DEXT).encode(encoding))
    assert tuple(item.contact for item in items) == NAMES
    assert said in "".join(report.notes)


def test_text_of_dos_is_noticed(inbox: Inbox, tmp_path: Path) -> None:
    row = dext_row(1, Supplier="Café Léon", Total="£100.00")
    (item,), report = brought(inbox, tmp_path, text_of([row], DEXT).encode("cp850"))
    assert (item.contact, item.gross) == ("Café Léon", Decimal("100.00"))
    assert "DOS" in report.notes[0]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("odd", "read"),
    [(b"\xeb", "ë"), (b"\xc3", "\ufffd"), (b"\xe2\x80", "\ufffd"), (b"\x92", "\u2019")],
)
def test_one_bad_byte_spoils_one_name(
    inbox: Inbox, tmp_path: Path, mark: bytes, odd: bytes, read: str
) -> None:
    rows = [dext_row(1, Supplier="Café Léon"), dext_row(2, Supplier="Zo#s Prints")]
    content = mark + text_of(rows, DEXT).encode().replace(b"#", odd)
    items, report = brought(inbox, tmp_path, content)
    assert [item.contact for item in items] == ["Café Léon", f"Zo{read}s Prints"]
    assert items[0].source == "dext:48210100001"
    assert "UTF-8 but for line 3" in report.notes[0]


@pytest.mark.parametrize(("odd", "read"), [(b"\x81", "\ufffd"), (b"\0", "")])
def test_a_byte_that_is_no_letter_anywhere_spoils_one_name(
    inbox: Inbox, tmp_path: Path, odd: bytes, read: str
) -> None:
    rows = [dext_row(at, Supplier=name) for at, name in enumerate(("Zoë's", "O#K"), start=1)]
    items, _ = brought(inbox, tmp_path, text_of(rows, DEXT).encode("cp1252").replace(b"#", odd))
    assert [item.contact for item in items] == ["Zoë's", f"O{read}K"]


# Whose file it is

OF_A_BANK = "Statements of a bank are imported in KashFlow itself"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("*ContactName,*InvoiceNumber,Total,*Quantity,*UnitAmount,Currency\n", "Xero's template"),
        ("Date,Type,Description,Category,Total,Tax,Currency,Balance\n", "a bank statement"),
        ("Date,Description,Money In,Money Out\n", "a bank statement"),
        ("Date,Narrative,Amount,Currency\n", "a bank statement"),
        ("Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net\n", "a file of PayPal"),
        ("Name,Email,Financial Status,Total,Currency,Lineitem name\n", "shop's orders"),
        ("OFXHEADER:100\nDATA:OFXSGML\n", "a bank statement (OFX)"),
        ("!Type:Bank\nD01/10/2026\nT-5.00\n^\n", "a bank statement (QIF)"),
        (":20:STARTUMS\n:25:123/456\n", "a bank statement (MT940)"),
        ("<!DOCTYPE html>\n<html><table>", "a web page"),
        ('<?xml version="1.0"?>\n<a/>', "an XML file"),
        ('{"items": []}', "a JSON file"),
        ("From: a@example.org\nTo: b@example.org\nSubject: costs\n\n", "an e-mail"),
        ("From a@example.org Thu Oct  1 10:00:00 2026\nSubject: costs\n\n", "an e-mail"),
        ("01/10/2026,-5.00,TESCO STORES\n", "has no column names"),
        ("Date,Supplier,Category,Total,Tax,Colour,Size\n", "neither a Dext costs export"),
    ],
)
def test_a_file_of_another_program_is_named(
    inbox: Inbox, tmp_path: Path, content: str, kind: str
) -> None:
    with pytest.raises(FileRefused) as caught:
        brought(inbox, tmp_path, content)
    assert kind in caught.value.sentence
