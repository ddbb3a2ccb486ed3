"""Parts of the sentences of the audit trail: values, changes of fields, items."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from kfclient.dates import parse_date, shown_date
from kfclient.desk.audit.entry import Entry
from kfclient.desk.business.settings import SETTINGS
from kfclient.money import shown

_LONGEST = 60
"""Letters of one value that a sentence quotes; the entry has it whole."""

_WORDS = {
    "contact_code": "code",
    "due_date": "due date",
    "exchange_rate": "exchange rate",
    "unit_price": "price",
    "tax_rate": "tax rate",
    "vat": "VAT",
    "payment_method": "payment method",
    "bank_account": "bank account",
    "paid_on": "payment date",
    "secrets_in": "secrets kept in",
    "endpoint": "address",
    **{spec.key: spec.title[0].lower() + spec.title[1:] for spec in SETTINGS},
}
_KINDS = {"claim": "expense claim"}
_DATES = {"date", "due_date", "paid_on"}
_SENDING = {"InsertReceipt": "purchase", "InsertInvoice": "sale"}


def because(entry: Entry) -> str:
    """Return KashFlow's own word, or a problem's sentence, after a colon; or ""."""
    return f": {entry.answer}" if entry.answer else ""


def changes(entry: Entry) -> str:
    """Return every field that changed: "category 5000 -> 6100, due date none -> 1 Sep 2026"."""
    keys = dict.fromkeys((*entry.before, *entry.after))
    return ", ".join(_change_of(entry, key) for key in keys)


def _change_of(entry: Entry, key: str) -> str:
    before, after = entry.before.get(key), entry.after.get(key)
    if key.isdigit():
        done = "added" if before is None else "removed"
        line = after if before is None else before
        return f"line {key} {done}{_line(line)}"
    return f"{_field(key)} {change(entry, key)}"


def change(entry: Entry, key: str) -> str:
    """Return how one field changed: "5000 -> 6100", or what it is where it was nothing."""
    name = key.rpartition(".")[2]
    before, after = entry.before.get(key), entry.after.get(key)
    if key not in entry.before:
        return _value(name, after)
    return f"{_value(name, before)} -> {_value(name, after)}"


def _field(key: str) -> str:
    number, _, name = key.rpartition(".")
    words = _WORDS.get(name, name.replace("_", " "))
    return f"{words} of line {number}" if number else words


def _value(name: str, value: object) -> str:
    """Return a value as people write it; texts that are long are cut."""
    if value in (None, "", []):
        return "none"
    if isinstance(value, list):
        return " and ".join(_value(name, one) for one in value)
    text = str(value)
    if name in _DATES:
        text = shown_date(parse_date(text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _line(line: object) -> str:
    if not isinstance(line, dict):
        return ""
    parts = [line.get("description"), line.get("category"), line.get("unit_price")]
    told = ", ".join(_value("", part) for part in parts if part)
    return f" ({told})" if told else ""


def what(facts: Mapping[str, Any]) -> str:
    """Return what an item is: "cost PEN-1, Pennine Water, £120.00"."""
    kind = str(facts.get("kind", "item"))
    name = f"{_KINDS.get(kind, kind)} {facts.get('reference', '')}".strip()
    return ", ".join(part for part in (name, facts.get("contact", ""), _gross(facts)) if part)


def sent(entry: Entry) -> str:
    """Return what was sent: "item 12 (purchase PEN-1, Pennine Water, £120.00)".

    Of what belongs to a document: "the payment of £120.00 for item 12".
    """
    item = f"item {entry.item}" if entry.item else "the item"
    name = str(entry.after.get("what") or "")
    operation, _, reference = name.partition(" ")
    if name and operation not in _SENDING:
        return f"{name}{',' if ',' in name else ''} for {item}"
    word = f"{_SENDING.get(operation, '')} {reference}".strip()
    parts = (word, str(entry.after.get("contact") or ""), _gross(entry.after))
    told = ", ".join(part for part in parts if part)
    return f"{item} ({told})" if told else item


def numbered(entry: Entry) -> str:
    """Return the number that KashFlow has given a document, or ""."""
    document = str(entry.after.get("what") or "").partition(" ")[0] in _SENDING
    number = entry.after.get("number") if document else None
    return f" as number {number}" if number else ""


def _gross(facts: Mapping[str, Any]) -> str:
    try:
        return shown(Decimal(str(facts["gross"])), str(facts.get("currency") or "GBP"))
    except (KeyError, InvalidOperation):
        return ""


def counted(number: object, one: str) -> str:
    """Return a number with its noun: "1 row", "3 rows"."""
    return f"{number or 0:,} {one}{'' if number == 1 else 's'}"
