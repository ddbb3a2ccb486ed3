"""A file that says something else of what is here is shown, and never taken for the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.importing.import_file import Answer, ImportReport
from kfclient.desk.importing.values import AS_ITS_COLUMNS_TELL
from kfclient.desk.items.claims import Claims
from kfclient.desk.model.item import Item, ItemState
from kfclient.store import Home
from tests.desk.filed import DEXT, SALES, claim_row, claimed, dext_row, priced, sale, text_of
from tests.desk.seeded import NOW, Inbox


@pytest.fixture
def inbox(home: Home) -> Inbox:
    """Return a connected, synced business with an empty inbox."""
    inbox = Inbox(home)
    inbox.connect()
    return inbox


class Files:
    """Imports rows, and tells what is in the inbox then."""

    def __init__(self, inbox: Inbox, folder: Path) -> None:
        self.inbox = inbox
        self.path = folder / "file.csv"

    def bring(self, *rows: dict[str, str], answer: Answer = Answer.ASK) -> ImportReport:
        columns = SALES if "Unit Price" in rows[0] else DEXT
        self.path.write_text(text_of(list(rows), columns), encoding="utf-8", newline="")
        business, importing = self.inbox.business, self.inbox.importing
        return importing.import_file(business, self.path, AS_ITS_COLUMNS_TELL, answer)

    @property
    def here(self) -> list[Item]:
        return self.inbox.items.all(self.inbox.business)

    @property
    def nets(self) -> list[str]:
        return [str(item.net) for item in self.here]


@pytest.fixture
def files(inbox: Inbox, tmp_path: Path) -> Files:
    return Files(inbox, tmp_path)


FIRST = sale(Quantity="1", **{"Unit Price": "400"})
SECOND = sale(Quantity="1", Description="Second trainer", **{"Unit Price": "250"})


def test_a_sale_with_another_line_is_shown_and_held(files: Files) -> None:
    files.bring(FIRST)
    report = files.bring(FIRST, SECOND)
    (one,) = report.changed
    assert (report.added, report.already, one.outcome) == ((), 0, "held")
    assert (one.line, one.item, one.name) == (2, "1", "SI-1 Dunmore School")
    assert one.differences == (
        ("Line 2", "", "Second trainer, Sales, net 250.00, VAT 50.00"),
        ("Total", "480.00", "780.00"),
    )
    assert files.nets == ["400.00"]


def test_a_correction_is_taken_when_it_is_said_to_be_one_and_known_then(files: Files) -> None:
    files.bring(FIRST)
    report = files.bring(FIRST, SECOND, answer=Answer.CORRECT)
    assert [one.outcome for one in report.changed] == ["corrected"]
    assert files.nets == ["650.00"]
    report = files.bring(FIRST, SECOND)
    assert (report.changed, report.already) == ((), 1)
    # The first file again would take the correction back: that is a question too.
    assert [one.outcome for one in files.bring(FIRST).changed] == ["held"]


def test_another_item_or_what_is_here_can_be_said_too_and_is_remembered(files: Files) -> None:
    files.bring(FIRST)
    assert files.bring(SECOND, answer=Answer.KEEP).changed[0].outcome == "kept"
    assert files.nets == ["400.00"]
    assert files.bring(SECOND).changed == ()
    assert files.bring(FIRST, SECOND, answer=Answer.ADD).changed[0].outcome == "added"
    assert files.nets == ["400.00", "650.00"]
    assert (files.bring(FIRST, SECOND).changed, files.nets) == ((), ["400.00", "650.00"])


def test_a_reference_that_comes_again_on_another_day_is_another_sale(files: Files) -> None:
    october = FIRST | {"Date": "2026-09-21", "Unit Price": "650"}
    files.bring(FIRST)
    report = files.bring(october)
    assert [(one.outcome, one.differences[0]) for one in report.changed] == [
        ("added", ("Date", "21 Aug 2026", "21 Sep 2026"))
    ]
    assert files.nets == ["400.00", "650.00"]
    assert (files.bring(FIRST).already, files.bring(october).already) == (1, 1)
    assert files.bring(october | {"Unit Price": "660"}).changed[0].item == "2"


@pytest.mark.parametrize("day", ["2026-09-02", "2026-01-09"])
def test_a_day_that_was_put_right_is_no_other_sale(files: Files, day: str) -> None:
    files.bring(FIRST | {"Date": "2026-09-01"})
    (one,) = files.bring(FIRST | {"Date": day}).changed
    assert (one.outcome, files.nets) == ("held", ["400.00"])
    files.bring(FIRST | {"Date": day}, answer=Answer.CORRECT)
    assert [str(item.date) for item in files.here] == [day]


def test_a_retainer_of_each_month_in_one_file_is_a_sale_a_month(files: Files) -> None:
    months = [FIRST | {"Date": f"2026-{month:02d}-01"} for month in (9, 10, 11)]
    assert len(files.bring(*months).added) == 3
    for again in (months, months[::-1], months[2:], months[1:]):
        report = files.bring(*again)
        assert (report.added, report.changed, report.already) == ((), (), len(again))
    report = files.bring(months[0], months[1] | {"Unit Price": "1"})
    assert [(one.item, one.outcome) for one in report.changed] == [("2", "held")]


def test_what_is_in_kashflow_is_no_file_s_to_correct(files: Files) -> None:
    files.bring(FIRST)
    sent = msgspec.structs.replace(files.here[0], sent=ItemState.PUBLISHED, number=7)
    files.inbox.items.put(files.inbox.business, sent)
    for answer in (Answer.ASK, Answer.CORRECT):
        (one,) = files.bring(SECOND, answer=answer).changed
        assert one.outcome == "held"
        assert "in KashFlow" in one.reason
    assert files.nets == ["400.00"]


def test_what_a_person_did_here_is_no_change_of_the_file(files: Files) -> None:
    files.bring(dext_row(1))
    mine = msgspec.structs.replace(files.here[0], reference="MINE")
    files.inbox.items.save(files.inbox.business, mine)
    assert files.bring(dext_row(1)).changed == ()
    (one,) = files.bring(dext_row(1, **priced("110.00"))).changed
    assert one.differences == (
        ("Reference", "MINE", "PEN-1"),
        ("Line 1, net price", "100.00", "110.00"),
        ("Total", "100.00", "110.00"),
    )
    # What somebody has put right here as the file does now is no question.
    right = files.here[0].lines[0]
    line = msgspec.structs.replace(right, unit_price=Decimal("110.00"))
    mine = msgspec.structs.replace(files.here[0], reference="PEN-1", lines=(line,))
    files.inbox.items.save(files.inbox.business, mine)
    assert files.bring(dext_row(1, **priced("110.00"))).changed == ()


def test_a_cost_that_is_on_a_claim_is_known_with_what_it_says(files: Files, home: Home) -> None:
    files.bring(dext_row(1))
    claims = Claims(home, files.inbox.items, lambda: NOW)
    claims.gather(files.inbox.business, "Ann Lee", ["1"])
    assert files.bring(dext_row(1)).already == 1
    (one,) = files.bring(dext_row(1, **priced("110.00")), answer=Answer.CORRECT).changed
    assert (one.item, one.outcome) == ("2", "held")
    assert "on the claim that is item 2" in one.reason
    files.bring(dext_row(1, **priced("110.00")), answer=Answer.KEEP)
    assert files.bring(dext_row(1, **priced("110.00"))).already == 1


def test_a_claim_of_other_receipts_is_shown(files: Files) -> None:
    files.bring(claim_row("10.00"), claimed(1, "10.00"))
    (one,) = files.bring(claim_row("22.00"), claimed(1, "10.00"), claimed(2, "12.00")).changed
    assert [field for field, _, _ in one.differences] == ["Line 2", "Total"]


def test_a_rate_that_was_read_as_a_percentage_is_so_when_it_is_corrected(files: Files) -> None:
    fraction = FIRST | {"Tax Rate": "0.2"}
    files.bring(fraction)
    assert files.bring(fraction).already == 1
    files.bring(fraction | {"Unit Price": "500"}, answer=Answer.CORRECT)
    assert [(str(item.vat), item.lines[0].tax_rate) for item in files.here] == [
        ("100.00", Decimal(20))
    ]


def test_lines_in_another_order_are_no_other_contents(files: Files) -> None:
    files.bring(FIRST, SECOND)
    assert files.bring(SECOND, FIRST).already == 1


def test_links_and_files_of_another_export_are_no_other_contents(files: Files) -> None:
    files.bring(dext_row(1, Image="https://rbnk.me/a?signed=1"))
    assert files.bring(dext_row(1, Image="https://rbnk.me/a?signed=2")).already == 1
