"""Files as people have them come into the inbox; what cannot is reported with its line."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.errors import FileRefused
from kfclient.desk.importing.csvfile import read_csv
from kfclient.desk.model.item import Kind
from kfclient.store import Home
from tests.desk.filed import DEXT, bring, dext_row, text_of
from tests.desk.seeded import SAMPLES, Inbox


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected, synced business with an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


def sheet(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# The samples


@pytest.mark.parametrize("name", ["dext-costs.csv", "dext-costs-with-tax.csv"])
def test_every_row_of_a_dext_export_becomes_an_item_of_the_same_amounts(
    inbox: Inbox, name: str
) -> None:
    report = inbox.importing.import_file(inbox.business, SAMPLES / name)
    assert (report.format, len(report.added), report.already, report.bad) == (
        "Dext costs",
        60,
        0,
        (),
    )
    for row, item in zip(sheet(name), inbox.items.all(inbox.business), strict=True):
        assert item.source == f"dext:{row['Receipt ID']}"
        assert (item.gross, item.vat) == (Decimal(row["Total"]), Decimal(row["Tax"]))
        assert (item.contact, item.reference) == (row["Supplier"], row["Invoice Number"])
        assert (item.note, item.lines[0].description) == (row["Note"], row["Description"])
        assert item.lines[0].category == row["Category"].removesuffix(
            " " + row["Category"].split(" ")[-1] if "%" in row["Category"] else ""
        )
        foreign = row["Currency"] != "GBP"
        assert (item.exchange_rate is not None) is foreign
        if item.exchange_rate is not None:
            home = Decimal(row["Total"]) / item.exchange_rate
            assert abs(home - Decimal(row["Total (GBP)"])) < Decimal("0.005")


def test_a_file_imported_twice_adds_nothing(inbox: Inbox) -> None:
    for name in ("dext-costs.csv", "sales.csv"):
        inbox.importing.import_file(inbox.business, SAMPLES / name)
        before = inbox.items.all(inbox.business)
        again = inbox.importing.import_file(inbox.business, SAMPLES / name)
        assert again.added == ()
        assert again.already == (60 if name == "dext-costs.csv" else 15)
        assert inbox.items.all(inbox.business) == before


def test_what_a_person_changed_stays_when_the_file_comes_again(inbox: Inbox) -> None:
    inbox.importing.import_file(inbox.business, SAMPLES / "dext-costs.csv")
    first = inbox.items.get(inbox.business, "1")
    changed = inbox.items.save(inbox.business, msgspec.structs.replace(first, reference="MINE"))
    inbox.importing.import_file(inbox.business, SAMPLES / "dext-costs.csv")
    assert inbox.items.get(inbox.business, "1") == changed


def test_sales_are_put_together_from_their_lines(inbox: Inbox) -> None:
    report = inbox.importing.import_file(inbox.business, SAMPLES / "sales.csv")
    assert (report.format, len(report.added), report.bad) == ("Sales", 15, ())
    items = {item.reference: item for item in inbox.items.all(inbox.business)}
    two = items["SI-10002"]
    assert two.kind is Kind.SALE
    assert [(line.net, line.vat) for line in two.lines] == [
        (Decimal("1617.00"), Decimal("323.40")),
        (Decimal("2049.30"), Decimal("0.00")),
    ]
    assert str(two.due_date) == "2026-09-30"
    assert len(items["SI-10010"].lines) == 3


def test_claims_are_put_together_by_person_and_exact_sum(inbox: Inbox) -> None:
    report = inbox.importing.import_file(inbox.business, SAMPLES / "dext-costs-with-claims.csv")
    assert (len(report.added), report.bad) == (13, ())
    claims = [item for item in inbox.items.all(inbox.business) if item.kind is Kind.CLAIM]
    assert [(one.contact, one.gross, one.vat, len(one.lines)) for one in claims] == [
        ("Priya Raman", Decimal("4397.36"), Decimal("476.64"), 4),
        ("Tom Ashdown", Decimal("4189.15"), Decimal("698.19"), 4),
        ("Elena Costa", Decimal("-374.90"), Decimal("0.00"), 4),
    ]
    assert claims[0].lines[0].description == (
        "Pennine Water PEN-43182, 25 Sep 2026: repairs, parts & labour"
    )
    assert str(claims[0].date) == "2026-07-28"
    assert claims[0].reference == "Claim 48210109000"


def test_the_troubled_file_gives_what_can_be_had_and_names_the_rest(inbox: Inbox) -> None:
    report = inbox.importing.import_file(inbox.business, SAMPLES / "dext-costs-troubled.csv")
    assert [row.line for row in report.bad] == [2, 7, 12, 14]
    assert [reason.split(":")[0] for reason in (row.reason for row in report.bad)][:2] == [
        "Date",
        "Its tax of 999999.00 cannot be part of its total of 1752.78.",
    ]
    assert "code page 1252" in report.notes[0]
    assert report.notes[1] == "Control characters were removed on line 16."
    items = {item.source[-2:]: item for item in inbox.items.all(inbox.business)}
    assert sorted(items) == ["61", "62", "63", "65", "66", "69", "70", "71"]
    assert items["61"].gross == Decimal("1250.00")
    assert items["62"].gross == Decimal("85.50")
    assert items["63"].contact == "O\u2019Malley Couriers"
    assert items["69"].contact == "Zoë Marchetti Design"
    assert items["70"].lines[0].description == "bell and  tab"
    stops = {
        key: [f.code for f in inbox.items.findings(inbox.business, item) if f.code[0] == "E"]
        for key, item in items.items()
    }
    assert stops == {
        "61": ["E-TOTALS-DIFFER"],
        "62": ["E-TOTALS-DIFFER"],
        "63": ["E-TOTAL-MISSING"],
        "65": ["E-CONTACT-MISSING"],
        "66": ["E-CURRENCY-UNKNOWN"],
        "69": ["E-CATEGORY-UNKNOWN"],
        "70": [],
        "71": [],
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.csv", "is empty"),
        ("not-a-csv.csv", "it is no text at all"),
        ("dext-costs-missing-columns.csv", "lacks the columns Supplier and Total"),
        ("nowhere.csv", "There is no file"),
        ("", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(inbox: Inbox, name: str, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        inbox.importing.import_file(inbox.business, SAMPLES / name)
    assert inbox.items.all(inbox.business) == []


@pytest.mark.parametrize("content", [b";", b";;\n\t\n", b"sep=;", b"sep=;\n", b"\xef\xbb\xbf,"])
def test_a_file_without_a_heading_is_refused(inbox: Inbox, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "separators.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused):
        inbox.importing.import_file(inbox.business, path)


def test_a_file_with_a_heading_alone_is_no_error(inbox: Inbox) -> None:
    report = inbox.importing.import_file(inbox.business, SAMPLES / "header-only.csv")
    assert (report.added, report.bad) == ((), ())
    assert report.notes == ("The file has column names and no rows.",)


# How files are written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_any_usual_encoding_separator_and_line_end_will_do(
    inbox: Inbox, tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    row = dext_row(Supplier="Zoë Marchetti, Design", Note="one; two\tthree")
    written = io.StringIO()
    writer = csv.DictWriter(written, DEXT, delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerow(row)
    path = tmp_path / "costs.csv"
    path.write_bytes(written.getvalue().encode(encoding))
    report = inbox.importing.import_file(inbox.business, path)
    (item,) = (inbox.items.get(inbox.business, key) for key in report.added)
    assert (item.contact, item.note) == ("Zoë Marchetti, Design", "one; two\tthree")
    assert any("1252" in note for note in report.notes) is (encoding == "cp1252")


def test_columns_are_matched_by_name_in_any_order_and_case(inbox: Inbox, tmp_path: Path) -> None:
    row = dext_row()
    renamed = {name.upper().replace(" ", "  "): value for name, value in reversed(row.items())}
    renamed["item id"] = renamed.pop("RECEIPT  ID")
    renamed["Some new column"] = "whatever"
    path = tmp_path / "costs.csv"
    path.write_text("sep=,\n" + text_of([renamed], list(renamed)), newline="")
    report = inbox.importing.import_file(inbox.business, path)
    assert len(report.added) == 1
    assert inbox.items.get(inbox.business, report.added[0]).source == "dext:48210100001"


def test_lines_are_counted_as_an_editor_counts_them(inbox: Inbox, tmp_path: Path) -> None:
    rows = [
        dext_row(1, Note="first\nsecond\nthird"),
        dext_row(2, Date="tomorrow"),
        dext_row(3),
        dext_row(4, Total="12x"),
    ]
    items, bad = bring(inbox, tmp_path, *rows)
    assert len(items) == 2
    assert [reason.split(":")[0] for reason in bad] == ["5", "7"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2,3", "It has 3 values where the heading has 22 columns"),
        ('"never closed,1', "A quotation mark opens here and never closes"),
        ('"a"b,2', "The quotation marks do not pair up"),
    ],
)
def test_a_row_that_is_no_row_is_reported_and_the_good_ones_come(
    inbox: Inbox, tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(text_of([dext_row()], DEXT) + line + "\r\n", newline="")
    report = inbox.importing.import_file(inbox.business, path)
    assert len(report.added) == 1
    assert [(row.line, row.reason.startswith(reason)) for row in report.bad] == [(3, True)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04whatever", "an Excel workbook"),
        (b"%PDF-1.4", "a PDF"),
        (b"just words\n", "no column names"),
        (b"a,b,c\n1,2,3\n", "neither a Dext costs export nor a sales file"),
        (b"\n\n  \n", "is empty"),
        (b"Receipt ID,Type,Date,Supplier,Category,Tax,Total,Total,Currency\n", "more than once"),
        (b"Reference,Date,Contact,Quantity\n", "lacks the columns Category and Unit Price"),
    ],
)
def test_other_kinds_of_files_are_refused_in_words(
    inbox: Inbox, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=words):
        inbox.importing.import_file(inbox.business, path)


@pytest.mark.parametrize("kind", ["pipe", "device", "full", "endless", "folder"])
def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "costs.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        named = {"device": "/dev/zero", "full": "/dev/full", "endless": "/proc/kmsg"}
        path.symlink_to(named[kind])
    with pytest.raises(FileRefused, match=r"costs.csv cannot be read: "):
        read_csv(path)
