"""Rows and files as people export them, for tests of what comes of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from kfclient.desk.model.item import Item
from tests.desk.seeded import Inbox

DEXT = [
    "Receipt ID", "Type", "Date", "Due Date", "Invoice Number", "Supplier", "Category", "Project",
    "Payment Method", "Bank Account", "Tax", "Tax Name", "Tax Percentage", "Total",
    "Currency", "Tax (GBP)", "Total (GBP)", "Status", "Owner", "Note", "Description", "Image",
]  # fmt: skip
SALES = [
    "Kind", "Reference", "Date", "Due Date", "Contact", "Description", "Category", "Quantity",
    "Unit Price", "Tax Rate", "Currency", "Project", "Bank Account", "Payment Method", "Paid On",
    "Image",
]  # fmt: skip


def dext_row(number: int = 1, **values: str) -> dict[str, str]:
    """Return a good row of a Dext export with changes by column name."""
    row = dict.fromkeys(DEXT, "")
    row |= {
        "Receipt ID": str(48210100000 + number), "Type": "Invoice", "Date": "31-Aug-2026",
        "Due Date": "30-Sep-2026", "Invoice Number": f"PEN-{number}", "Supplier": "Pennine Water",
        "Category": "Water Rates", "Tax": "0.00", "Total": "100.00", "Currency": "GBP",
        "Tax (GBP)": "0.00", "Total (GBP)": "100.00", "Status": "processed", "Owner": "Ann Lee",
    }  # fmt: skip
    return row | values


def priced(total: str, tax: str = "0.00", **values: str) -> dict[str, str]:
    """Return changes that give a row these amounts, in the base currency too."""
    return {"Total": total, "Tax": tax, "Total (GBP)": total, "Tax (GBP)": tax} | values


def text_of(rows: list[dict[str, str]], columns: list[str], separator: str = ",") -> str:
    """Return the rows as CSV, with a heading."""
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def bring(inbox: Inbox, tmp_path: Path, *rows: dict[str, str]) -> tuple[list[Item], list[str]]:
    """Import rows of a Dext export; return the items and the reasons of bad rows."""
    path = tmp_path / "costs.csv"
    path.write_text(text_of(list(rows), DEXT), encoding="utf-8", newline="")
    report = inbox.importing.import_file(inbox.business, path)
    items = [inbox.items.get(inbox.business, item_id) for item_id in report.added]
    return items, [f"{row.line}: {row.reason}" for row in report.bad]


def sale(**values: str) -> dict[str, str]:
    """Return a good row of a sales file with changes by column name."""
    row = {
        "Kind": "sale", "Reference": "SI-1", "Date": "2026-08-21", "Due Date": "2026-09-04",
        "Contact": "Dunmore School", "Description": "Visit", "Category": "Sales",
        "Quantity": "3", "Unit Price": "1.333", "Tax Rate": "20", "Currency": "GBP", "Project": "",
        "Bank Account": "", "Payment Method": "", "Paid On": "", "Image": "",
    }  # fmt: skip
    return row | values


def bring_sales(
    inbox: Inbox, tmp_path: Path, *rows: dict[str, str]
) -> tuple[list[Item], list[str]]:
    path = tmp_path / "sales.csv"
    path.write_text(text_of(list(rows), SALES), encoding="utf-8", newline="")
    report = inbox.importing.import_file(inbox.business, path)
    items = [inbox.items.get(inbox.business, item_id) for item_id in report.added]
    return items, [f"{row.line}: {row.reason}" for row in report.bad]


def claim_row(total: str, tax: str = "0.00") -> dict[str, str]:
    """Return an expense claim's row: Ann Lee's, over this total."""
    return dext_row(
        900, Type="Expense claim", Supplier="Ann Lee", Category="", **priced(total, tax)
    ) | {"Invoice Number": "", "Due Date": ""}


def claimed(number: int, total: str, tax: str = "0.00", **values: str) -> dict[str, str]:
    """Return the row of a receipt that is on a claim."""
    return dext_row(number, Status="claimed", **priced(total, tax), **values)
