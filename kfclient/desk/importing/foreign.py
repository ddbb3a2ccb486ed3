"""Files of other programs, named as what they are: by how they begin, and by their column names."""

from __future__ import annotations

import re
from collections.abc import Collection

from kfclient.desk.errors import FileRefused

_STARTS = (
    (b"PK\x03\x04", "an Excel workbook (or another zip file)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"BZh", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"\xfd7zXZ", "a compressed file"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a Word document (RTF)"),
    (b"-----BEGIN", "a key or a certificate"),
)

_BANK = "Statements of a bank are imported in KashFlow itself."
_SAVE = "Save or export it as CSV, then import that."
_MAIL = (
    r"from \S+@\S+ |(?:(?:from|to|cc|date|subject|received|return-path|delivered-to|message-id"
    r"|mime-version|content-type|reply-to|x-[\w-]+):[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2}"
)
_TEXTS = (
    (r"OFXHEADER|<\?OFX|<OFX>|<\?xml[^>]*>\s*<\?OFX", "a bank statement (OFX)", _BANK),
    (r"!(?:Type|Account|Option)\b", "a bank statement (QIF)", _BANK),
    (r"(?:\{1:.*)?:20:", "a bank statement (MT940)", _BANK),
    (r"<(?:!doctype html|html|table|head|body)\b", "a web page (HTML)", _SAVE),
    (r"<\?xml|<[a-z][\w:.-]*(?:\s[^<>]*)?>", "an XML file", _SAVE),
    (r"\{\s*\"|\[\s*[\[{]|\{\s*\}", "a JSON file", _SAVE),
    (r"BEGIN:V(?:CARD|CALENDAR)", "a file of contacts or dates", ""),
    (_MAIL, "an e-mail", "Save the file that is attached to it, and import that."),
)

_SALES_OR_COSTS = (
    "Costs come from Dext's export; sales from a file with Reference, Date, Contact, Category, "
    "Quantity and Unit Price among its columns."
)
_DAY = "date|transaction date|posted date|posting date|value date|completed date|started date"
_SUM = "amount|amount (gbp)|value"
_IN_OUT = "paid in|money in|credit|credits|credit amount|paid out|money out|debit|debits"
_OF_A_BANK = "sort code|counter party|transaction description|subcategory|started date"
_WORDS = "description|narrative|memo|details|payee|reference|type|name"
# Of each program the columns that all have to be there; strokes are between alternatives.
_PROGRAMS = (
    ("Xero's template for bills and invoices", _SALES_OR_COSTS, ("contactname", "unitamount")),
    ("a file of QuickBooks", _SALES_OR_COSTS, ("transaction type", "num|no.", "name|supplier")),
    ("a file of QuickBooks", _SALES_OR_COSTS, ("invoiceno|billno|bill no", "customer|vendor")),
    ("a file of QuickBooks", _SALES_OR_COSTS, ("invoiceno|billno|bill no", "supplier")),
    ("a file of Sage", _SALES_OR_COSTS, ("account reference", "nominal a/c ref|nominal code")),
    ("a file of PayPal", _SALES_OR_COSTS, ("time zone|timezone", "gross", "fee", "net")),
    ("a file of Stripe", _SALES_OR_COSTS, ("id", "source|charge id", "amount", "fee|fees")),
    ("an export of a shop's orders", _SALES_OR_COSTS, ("financial status|lineitem name",)),
    ("an export of a shop's orders", _SALES_OR_COSTS, ("order id|order number|order no",)),
    ("a bank statement", _BANK, ("balance|balance (gbp)|running balance|account balance",)),
    ("a bank statement", _BANK, (_DAY, _IN_OUT)),
    ("a bank statement", _BANK, (_OF_A_BANK, _SUM)),
    ("a bank statement", _BANK, (_DAY, _SUM, _WORDS)),
)


def refuse_other_kinds(name: str, data: bytes) -> None:
    """Raise `FileRefused` for what begins like a file of another kind than text with columns."""
    for start, kind in _STARTS:
        if data.startswith(start):
            raise FileRefused(f"{name} is {kind}, not a CSV file.", _SAVE)
    if data[4:12] in {b"ftypheic", b"ftypmif1", b"ftypheix"}:
        raise FileRefused(f"{name} is a picture, not a CSV file.", _SAVE)
    start_of_text = data[:4000].lstrip().decode("latin-1")
    for pattern, kind, cure in _TEXTS:
        if re.match(pattern, start_of_text, re.IGNORECASE | re.DOTALL):
            raise FileRefused(f"{name} is {kind}, not a CSV file.", cure)


def other_program(columns: Collection[str]) -> tuple[str, str] | None:
    """Return what a file with these columns is, and what to do with it; None for what is not known.

    Column names as `plain_column` gives them.
    """
    plain = {name.lstrip("*") for name in columns}
    for kind, cure, needed in _PROGRAMS:
        if all(plain & set(group.split("|")) for group in needed):
            return kind, cure
    return None
