"""Whatever is in a file: valid rows come through whole, and nothing ever crashes."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kfclient.desk.errors import FileRefused
from kfclient.desk.importing.csvfile import read_csv
from kfclient.desk.importing.dext import read_dext
from kfclient.store import Home
from tests.desk.filed import DEXT, SALES, dext_row, priced
from tests.desk.seeded import Inbox

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"),
    max_size=20,
).map(lambda text: " ".join(text.split()).lstrip("'="))
MONEY = st.decimals(min_value=0, max_value=10**6, places=2)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str]:
    """Draw a row that is right in itself."""
    total, tax = sorted((draw(MONEY), draw(MONEY)), reverse=True)
    sign = draw(st.sampled_from((1, -1)))
    return dext_row(
        1,
        **priced(f"{sign * total:.2f}", f"{sign * tax:.2f}"),
        Type="Credit note" if sign < 0 else draw(st.sampled_from(("Invoice", "Receipt"))),
        Supplier=draw(WORDS),
        Category=draw(st.sampled_from(("Rent", "Printing (20%)", ""))),
        Note=draw(WORDS),
        Description=draw(WORDS),
        Image=draw(WORDS | WORDS.map(lambda words: f"~{words}.pdf")),
    )


@given(st.lists(rows(), max_size=8), st.sampled_from((",", ";", "\t")))
def test_every_valid_row_comes_through_whole(found: list[dict[str, str]], separator: str) -> None:
    for number, row in enumerate(found):
        row["Receipt ID"] = str(number + 1)
    written = io.StringIO()
    writer = csv.DictWriter(written, DEXT, delimiter=separator)
    writer.writeheader()
    writer.writerows(found)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "costs.csv"
        path.write_text(written.getvalue(), encoding="utf-8", newline="")
        file = read_csv(path)
    reading = read_dext(file, "GBP")
    assert reading.bad == ()
    for row, one in zip(found, reading.found, strict=True):
        item = one.item
        assert (item.gross, item.vat) == (Decimal(row["Total"]), Decimal(row["Tax"]))
        assert (item.contact, item.note) == (row["Supplier"], row["Note"])
        assert item.lines[0].description == row["Description"]
        assert (item.image == row["Image"]) is not bool(item.files)


@given(
    st.binary(max_size=400)
    | st.binary(max_size=200).map(lambda tail: (",".join(DEXT) + "\n").encode() + tail)
    | st.text(max_size=200).map(lambda tail: (",".join(SALES) + "\n" + tail).encode())
)
@settings(max_examples=60)
def test_any_bytes_are_imported_or_refused_and_never_crash(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        home = Home(Path(folder) / "home")
        inbox = Inbox(home)
        try:
            report = inbox.importing.import_file(inbox.business, path)
        except FileRefused:
            return
        finally:
            home.close()
        assert all(row.line > 0 and row.reason for row in report.bad)
