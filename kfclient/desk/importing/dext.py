"""Dext's costs export, in its default CSV format, as items of the inbox.

Columns are found by name; the tax columns (Tax Name, Tax Code, Tax Percentage) come only from
accounts with a tax list. `Tax (GBP)` and `Total (GBP)` are in the account's base currency,
whichever that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.importing.csvfile import BadRow, CsvFile, CsvRow
from kfclient.desk.importing.values import (
    NO_TAX_WORDS,
    FoundItem,
    ImportedFile,
    RowRefused,
    amount,
    amount_in,
    currency,
    percentage,
    picture,
    read_cell,
)
from kfclient.desk.items.check import TOTAL_MISSING
from kfclient.desk.items.reference import fits, folded, split_rate
from kfclient.desk.model.business import ProblemNote
from kfclient.desk.model.fields import ITEM_FIELDS, one_line
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.desk.model.settings import NOT_APPLICABLE
from kfclient.money import ZERO
from kfclient.money import decimal_text as plain_amount

# Which receipts an expense claim is made of.
#
# Dext's export has a row for the claim and a row for each claimed receipt, and nothing that links
# them but the person and the sum. A claim is put together only where one set of that person's
# receipts, and no other, adds up to it, total and tax; nothing is guessed.

# With more receipts of one person than this, the sets that could be meant are too many to try.
MOST_RECEIPTS = 32

Pence = tuple[int, int]


class Claimed(msgspec.Struct, frozen=True):
    """A claim or a receipt: a key, its person as compared, and its total and tax in pence."""

    key: str
    person: str
    pence: Pence


class Joined(msgspec.Struct, frozen=True):
    """The receipts' keys by the claim's key, and the reason by the key of a claim without."""

    receipts: dict[str, tuple[str, ...]]
    refused: dict[str, str]


def join(claims: Sequence[Claimed], receipts: Sequence[Claimed]) -> Joined:
    """Find each claim's receipts, or say why they cannot be told."""
    joined = Joined({}, {})
    for person in dict.fromkeys(claim.person for claim in claims):
        _join_person(
            [claim for claim in claims if claim.person == person],
            [receipt for receipt in receipts if receipt.person == person],
            joined,
        )
    return joined


def _join_person(claims: list[Claimed], receipts: list[Claimed], joined: Joined) -> None:
    """Settle one person's claims: what is certain first, then again with what is left."""
    if len(claims) == 1 and receipts and _sum(receipts) == claims[0].pence:
        joined.receipts[claims[0].key] = tuple(receipt.key for receipt in receipts)
        return
    open_claims, left = list(claims), list(receipts)
    while open_claims:
        answers = {claim.key: _solutions(claim.pence, left) for claim in open_claims}
        certain = {key: sets[0] for key, sets in answers.items() if len(sets) == 1}
        clashing = {
            key
            for one, other in combinations(certain, 2)
            if certain[one] & certain[other]
            for key in (one, other)
        }
        matched = {key: rows for key, rows in certain.items() if key not in clashing}
        if not matched:
            for claim in open_claims:
                joined.refused[claim.key] = _reason(answers[claim.key], left)
            return
        for key, rows in matched.items():
            joined.receipts[key] = tuple(one.key for one in left if one.key in rows)
        taken = frozenset().union(*matched.values())
        left = [receipt for receipt in left if receipt.key not in taken]
        open_claims = [claim for claim in open_claims if claim.key not in matched]


def _reason(sets: list[frozenset[str]], receipts: list[Claimed]) -> str:
    if sets:
        return "more than one set of this person's claimed receipts adds up to it"
    if len(receipts) > MOST_RECEIPTS:
        return "this person has too many claimed receipts to tell which are meant"
    if not receipts:
        return "the file has no claimed receipts of this person"
    return "no set of this person's claimed receipts adds up to its total and tax"


def _sum(receipts: Iterable[Claimed]) -> Pence:
    pence = [receipt.pence for receipt in receipts]
    return sum(total for total, _ in pence), sum(tax for _, tax in pence)


def _solutions(target: Pence, receipts: list[Claimed]) -> list[frozenset[str]]:
    """Return up to two different sets of receipts that add up to the target.

    Each half of the receipts is summed in every way, and the halves are met: 2^16 sums each at
    most, where trying every set of 32 would take 2^32.
    """
    if len(receipts) > MOST_RECEIPTS:
        return []
    half = len(receipts) // 2
    first: dict[Pence, list[frozenset[str]]] = {}
    for pence, keys in _sums(receipts[:half]):
        sets = first.setdefault(pence, [])
        if len(sets) < 3:  # one of them may be the empty set, which alone is no answer
            sets.append(keys)
    found: list[frozenset[str]] = []
    for pence, keys in _sums(receipts[half:]):
        for others in first.get((target[0] - pence[0], target[1] - pence[1]), ()):
            if keys | others:
                found.append(keys | others)
            if len(found) == 2:
                return found
    return found


def _sums(receipts: list[Claimed]) -> Iterator[tuple[Pence, frozenset[str]]]:
    """Yield every set of the receipts with its sum."""
    sums: list[tuple[Pence, frozenset[str]]] = [((0, 0), frozenset())]
    for receipt in receipts:
        total, tax = receipt.pence
        sums += [((t + total, v + tax), keys | {receipt.key}) for (t, v), keys in sums]
    yield from sums


# One row of Dext's costs export as an item, or what is wrong with it.

_EXEMPT = ("exempt ", "no vat ", "outside the scope ", "out of scope ")
_ZERO_RATED = ("zero rated", "zero-rated")
"""How the names of taxes begin that say what the rate is, as in "Exempt Expenses"."""

_DOCUMENTS = {
    "": "invoice", "invoice": "invoice", "receipt": "receipt", "other": "receipt",
    "mileage": "receipt", "credit note": "credit note", "refund": "credit note",
    "credit note/refund": "credit note", "credit note / refund": "credit note",
}  # fmt: skip
_CLAIM = "expense claim"
_GONE = frozenset({"deleted", "merged", "rejected", "processing", "duplicate", "published",
                   "confirmed duplicate"})  # fmt: skip


class Amounts(msgspec.Struct, frozen=True):
    """A row's amounts; None where the file leaves them out. `base_...` in the base currency."""

    total: Decimal | None
    tax: Decimal | None
    base_total: Decimal | None
    base_tax: Decimal | None
    currency: str


class DextRow(msgspec.Struct, frozen=True):
    """A row with its amounts and the item that it makes by itself.

    `parts` are the rows of a bill whose lines have a row each.
    """

    row: CsvRow
    item: Item
    amounts: Amounts
    parts: tuple[DextRow, ...] = ()


def read_row(row: CsvRow, base: str, home: str, folder: Path) -> DextRow:
    """Read a row by itself; raises `RowRefused`.

    `base` is the currency in which the file counts, `home` the one in which KashFlow does;
    `folder` is where the file is.
    """
    kind = folded(row["type"])
    if kind not in _DOCUMENTS and kind != _CLAIM:
        raise RowRefused(f"Its type is {row['type']}, which is nothing to publish.")
    if folded(row["status"]) in _GONE:
        raise RowRefused(f"Its status in Dext is {row['status']}.")
    amounts = _amounts(row, base)
    total, tax = amounts.total or ZERO, amounts.tax or ZERO
    document = "expense claim" if kind == _CLAIM else _DOCUMENTS[kind]
    if kind == _CLAIM and amounts.total is None:
        raise RowRefused("The claim has no total, so its receipts cannot be told.")
    if document == "credit note" and total > 0:
        raise RowRefused("It is a credit note, but its total is above zero.")
    if document != "expense claim" and total < 0:
        document = "credit note"
    person = one_line(row["owner"])
    supplier = one_line(row["supplier"])
    category, bracket = split_rate(one_line(row["category"]))
    line = ItemLine(
        description=row["description"],
        category=category,
        unit_price=total - tax if amounts.total is not None else ZERO,
        tax_rate=_rate(row, bracket, total - tax, tax),
        vat=tax if amounts.total is not None else ZERO,
        project=one_line(row["project"]),
    )
    link, files = picture(row, "image", folder)
    item = Item(
        kind=Kind.CLAIM if kind == _CLAIM else Kind.COST,
        document=document,
        reference=one_line(row["invoice number"]),
        contact=(person or supplier) if kind == _CLAIM else supplier,
        date=read_cell(row, "date", ITEM_FIELDS["date"]),
        due_date=read_cell(row, "due date", ITEM_FIELDS["due_date"]),
        currency=amounts.currency,
        exchange_rate=_exchange_rate(amounts, base, home),
        lines=(line,),
        note=_note(row),
        owner=person,
        payment_method=one_line(row["payment method"]),
        bank_account=one_line(row["bank account"]),
        files=files,
        total=amounts.total,
        stated_vat=amounts.base_tax if base == home and amounts.base_tax != tax else None,
        tax_name=one_line(", ".join(_each_once(_tax_names(row)))),
        image=link,
        source=f"dext:{row['receipt id']}",
        problem=_doubt(amounts, base),
    )
    return DextRow(row, item, amounts)


def _amounts(row: CsvRow, base: str) -> Amounts:
    """Return the row's amounts; raises `RowRefused` where they contradict one another."""
    columns = [f"{name} ({base.casefold()})" for name in ("total", "tax")]
    amounts = Amounts(
        amount(row, "total"),
        amount(row, "tax"),
        amount_in(row, columns[0], base),
        amount_in(row, columns[1], base),
        currency(row, "currency", "total", "tax"),
    )
    pairs = (
        ("tax", amounts.tax, "total", amounts.total),
        (f"tax ({base})", amounts.base_tax, f"total ({base})", amounts.base_total),
    )
    for tax_name, tax, total_name, total in pairs:
        if tax and total is not None and (abs(tax) > abs(total) or tax * total < 0):
            raise RowRefused(
                f"Its {tax_name} of {plain_amount(tax)} cannot be part of its {total_name} of "
                f"{plain_amount(total)}."
            )
    if amounts.total and amounts.base_total and amounts.total * amounts.base_total < 0:
        raise RowRefused(f"Its total and its total ({base}) have different signs.")
    return amounts


def _exchange_rate(amounts: Amounts, base: str, home: str) -> Decimal | None:
    """Return foreign units per home unit, to six places, as the file's two totals say."""
    if amounts.currency in {"", base} or base != home:
        return None
    if not amounts.total or not amounts.base_total:
        return None
    return (amounts.total / amounts.base_total).quantize(Decimal("0.000001"))


def _doubt(amounts: Amounts, base: str) -> ProblemNote | None:
    """Return what a person must settle before the item may go."""
    base_total = amounts.base_total
    if amounts.total is None:
        rest = [
            f"{name} {plain_amount(value)}"
            for name, value in (("tax", amounts.tax), (f"total ({base})", base_total))
            if value is not None
        ]
        said = f" It has {' and '.join(rest)}." if rest else ""
        return ProblemNote(
            TOTAL_MISSING, f"The file has no total for it.{said}", "Fill in the amount."
        )
    if amounts.currency == base and base_total is not None and base_total != amounts.total:
        return ProblemNote(
            "E-TOTALS-DIFFER",
            f"The file has a total of {plain_amount(amounts.total)} and a total ({base}) "
            f"of {plain_amount(base_total)}, in the same currency.",
            "Look at the document, put the amount right where needed, and save.",
        )
    return None


def _tax_names(row: CsvRow) -> Iterator[str]:
    return (row[name] for name in ("tax name", "tax code") if row[name])


def _rate(row: CsvRow, bracket: str, net: Decimal, vat: Decimal) -> Decimal | None:
    """Return the tax rate that the row says, or its category's bracket where the amounts agree."""
    said = percentage(row, "tax percentage")
    if said is not None:
        return said
    name = folded(row["tax name"])
    if name in NO_TAX_WORDS or name.startswith(_EXEMPT):
        return NOT_APPLICABLE
    if name.startswith(_ZERO_RATED):
        return Decimal(0)
    if bracket and fits(net, vat, Decimal(bracket)):
        return Decimal(bracket)
    return None


def _note(row: CsvRow) -> str:
    """Return the note, and what else the row says that KashFlow has no place for."""
    extra = [
        f"{title}: {one_line(row[column])}"
        for column, title in (("customer", "Customer"), ("project 2", "Project 2"))
        if row[column]
    ]
    return "\n".join(part for part in (row["note"], *extra) if part)


# Expense claims in Dext's export: a row for the claim, a row for each of its receipts.


def put_together(
    claims: Sequence[DextRow], receipts: Sequence[DextRow], base: str
) -> tuple[list[FoundItem], list[BadRow]]:
    """Make one item of each claim and its receipts; report claims and receipts left over.

    Claims are made in the base currency, so a receipt in another counts with its base amounts.
    """
    in_base = {one.item.source: _in_base(one, base) for one in receipts}
    joined = join(
        [Claimed(one.item.source, folded(one.item.contact), _pence(one.item)) for one in claims],
        [
            Claimed(key, folded(item.owner), _pence(item))
            for key, item in in_base.items()
            if item.gross and item.problem is None
        ],
    )
    parts = {one.item.source: one for one in receipts}
    found: list[FoundItem] = []
    bad: list[BadRow] = []
    for claim in claims:
        keys = joined.receipts.get(claim.item.source)
        if keys is None:
            reason = (
                f"The claim cannot be put together: {joined.refused[claim.item.source]}. Nothing "
                "was guessed; enter it by hand, or export it with its receipts alone."
            )
            bad.append(BadRow(claim.row.line, reason, claim.row.text))
            continue
        lines = tuple(
            _line(part, _in_base(part, base)) for key in keys for part in _parts(parts[key])
        )
        reference = claim.item.reference or f"Claim {claim.row['receipt id']}"
        item = _with_papers(claim.item, [parts[key].item for key in keys])
        item = msgspec.structs.replace(item, reference=reference, lines=lines)
        found.append(FoundItem(claim.row.line, item, keys))
    taken = {key for keys in joined.receipts.values() for key in keys}
    reason = "Its status is claimed, but it belongs to no claim in this file."
    bad += [
        BadRow(one.row.line, reason, one.row.text)
        for one in receipts
        if one.item.source not in taken
    ]
    return found, bad


def _with_papers(claim: Item, receipts: Sequence[Item]) -> Item:
    """Return the claim with the files, the links and the notes of its receipts beside its own."""
    told = [
        f"{one.contact}: {note}" if one.contact else note for one in receipts if (note := one.note)
    ]
    return msgspec.structs.replace(
        claim,
        files=_each_once(path for one in (claim, *receipts) for path in one.files),
        tax_name=", ".join(_each_once(one.tax_name for one in (claim, *receipts) if one.tax_name)),
        image=" ".join(_each_once(one.image for one in (claim, *receipts) if one.image)),
        note="\n".join(_each_once(note for note in (claim.note, *told) if note)),
    )


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _in_base(receipt: DextRow, base: str) -> Item:
    """Return a receipt's item with its amounts in the base currency."""
    item, amounts = receipt.item, receipt.amounts
    if item.currency == base:
        return item
    total, tax = amounts.base_total or ZERO, amounts.base_tax or ZERO
    first, *others = _parts(receipt)
    if others:
        lines = tuple(line for one in (first, *others) for line in _in_base(one, base).lines)
        return msgspec.structs.replace(item, currency=base, lines=lines)
    line = msgspec.structs.replace(item.lines[0], unit_price=total - tax, vat=tax)
    return msgspec.structs.replace(item, currency=base, lines=(line,))


def _parts(receipt: DextRow) -> tuple[DextRow, ...]:
    return receipt.parts or (receipt,)


def _line(receipt: DextRow, in_base: Item) -> ItemLine:
    """Return a receipt as a line of its claim, saying where and when the money was spent."""
    item = receipt.item
    where = " ".join(part for part in (item.contact, item.reference) if part)
    head = ", ".join(part for part in (where, shown_date(item.date)) if part)
    foreign = "" if item.currency == in_base.currency else f"{item.currency} {item.gross}"
    line = in_base.lines[0]
    told = ": ".join(part for part in (head, one_line(line.description), foreign) if part)
    return msgspec.structs.replace(line, description=told)


def _pence(item: Item) -> tuple[int, int]:
    return int(item.gross * 100), int(item.vat * 100)


TITLE = "Dext costs"
NEEDED = ("receipt id", "type", "date", "supplier", "category", "tax", "total", "currency")
_BASE = re.compile(r"total \(([a-z]{3})\)")
_CLAIMED = "claimed"


IDENTITY = ("receipt id", "date", "invoice number")
DATES = ("date", "due date")
_AMOUNT = re.compile(r"(?:total|tax)(?: \([a-z]{3}\))?|tax percentage")


def columns(file: CsvFile) -> CsvFile:
    """Return the file with Dext's other name for its number, Item ID, made one with the usual."""
    if "item id" not in file.columns or "receipt id" in file.columns:
        return file
    renamed = {"item id": "receipt id"}
    rows = tuple(
        CsvRow(row.line, {renamed.get(name, name): value for name, value in row.cells.items()})
        for row in file.rows
    )
    names = tuple(renamed.get(name, name) for name in file.columns)
    return msgspec.structs.replace(file, columns=names, rows=rows)


_READ = {
    "receipt id", "type", "date", "due date", "invoice number", "supplier", "category", "customer",
    "project", "project 2", "payment method", "bank account", "tax", "tax name", "tax percentage",
    "total", "currency", "status", "owner", "note", "description", "image",
}  # fmt: skip


def columns_read(file: CsvFile) -> set[str]:
    """Return the columns that are read."""
    return {name for name in file.columns if name in _READ or _AMOUNT.fullmatch(name)}


def amounts_of(file: CsvFile) -> list[str]:
    """Return the columns that hold amounts and rates."""
    return [name for name in file.columns if _AMOUNT.fullmatch(name)]


def read_dext(file: CsvFile, home: str) -> ImportedFile:
    """Read every row: costs as they are, claims put together from their claimed receipts.

    `home` is the currency in which KashFlow counts; exchange rates are taken over only where the
    file counts in it as well.
    """
    bases = [match[1].upper() for name in file.columns if (match := _BASE.fullmatch(name))]
    base = bases[0] if bases else home
    notes = []
    if base != home:
        notes.append(
            f"The file counts in {base} and KashFlow in {home}, so exchange rates were not taken "
            "over."
        )
    together, bad, again = _told_apart(file)
    found: list[FoundItem] = []
    claims: list[DextRow] = []
    receipts: list[DextRow] = []
    for rows in together:
        try:
            read = _as_one([read_row(row, base, home, file.folder) for row in rows], base, home)
        except RowRefused as problem:
            bad += [BadRow(row.line, str(problem), row.text) for row in rows]
            continue
        if read.item.kind is Kind.CLAIM:
            claims.append(read)
        elif folded(rows[0]["status"]) == _CLAIMED:
            receipts.append(read)
        else:
            found.append(FoundItem(read.row.line, read.item))
    put, apart = put_together(claims, receipts, base)
    return ImportedFile(
        tuple(sorted((*found, *put), key=lambda one: one.line)),
        tuple(sorted((*bad, *apart), key=lambda one: one.line)),
        tuple(notes),
        again,
    )


_OF_A_LINE = re.compile(
    rf"(?:{_AMOUNT.pattern})|category|description|note|project|project 2|customer|tax name|tax code"
    r"|(?:line|item|unit|net|quantity|qty|price|product)\b.*"
)


def _told_apart(file: CsvFile) -> tuple[list[list[CsvRow]], list[BadRow], int]:
    """Return the rows of each number, the rows that are left out, and how many came twice.

    Rows that share a number are the lines of one bill, where they differ in what a line may say.
    Of others none is imported: with the file put right, each would be taken for another one that
    is here already.
    """
    by_id: dict[str, list[CsvRow]] = {}
    for row in file.rows:
        by_id.setdefault(row["receipt id"], []).append(row)
    apart: list[list[CsvRow]] = []
    bad: list[BadRow] = []
    again = 0
    for number, rows in by_id.items():
        once = _each_as_often(rows)
        reason = _not_one(number, once)
        if reason:
            bad += [BadRow(row.line, reason, row.text) for row in rows]
        else:
            apart.append(once)
            again += len(rows) - len(once)
    return apart, bad, again


def _each_as_often(rows: list[CsvRow]) -> list[CsvRow]:
    """Return the rows once, where the file has each of them equally often; else as they are."""
    if len(rows) == 1:
        return rows
    often: dict[tuple[str, ...], list[CsvRow]] = {}
    for row in rows:
        often.setdefault(tuple(row.cells.values()), []).append(row)
    same = len({len(copies) for copies in often.values()}) == 1
    return [copies[0] for copies in often.values()] if same else rows


def _not_one(number: str, rows: list[CsvRow]) -> str:
    """Return why the rows of a number are not one document, or ""."""
    if not number:
        return "It has no Receipt ID, so it could not be known when it is imported again."
    if _SHORTENED.fullmatch(number):
        return (
            f"A spreadsheet has shortened its Receipt ID to {number}, so it could not be known "
            "when it is imported again. Export it again, and do not save it in a spreadsheet."
        )
    if len(rows) == 1:
        return ""
    lines = " and ".join(str(row.line) for row in rows)
    first = rows[0].cells
    differ = {name for row in rows for name, value in row.cells.items() if value != first[name]}
    if folded(first.get("type", "")) == _CLAIM or any(
        not _OF_A_LINE.fullmatch(name) for name in differ
    ):
        return f"The Receipt ID {number} stands for different items, on lines {lines}."
    if not any(_AMOUNT.fullmatch(name) for name in differ):
        return (
            f"The Receipt ID {number} is on lines {lines} with the same total; whether that is the "
            "whole bill's or each line's cannot be told."
        )
    return ""


_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)


def _as_one(rows: list[DextRow], base: str, home: str) -> DextRow:
    """Return the lines of one bill as one row, with their sums."""
    first = rows[0]
    if len(rows) == 1:
        return first
    amounts = Amounts(
        total=_sum_of("total", rows),
        tax=_sum_of("tax", rows),
        base_total=_sum_of("base_total", rows),
        base_tax=_sum_of("base_tax", rows),
        currency=first.amounts.currency,
    )
    total = amounts.total or ZERO
    document = first.item.document
    if total > 0 and document == "credit note":
        document = next(one.item.document for one in rows if (one.amounts.total or ZERO) > 0)
    elif total < 0:
        document = "credit note"
    item = msgspec.structs.replace(
        _with_papers(first.item, [one.item for one in rows[1:]]),
        document=document,
        exchange_rate=_exchange_rate(amounts, base, home),
        lines=tuple(line for one in rows for line in one.item.lines),
        note="\n".join(_each_once(one.item.note for one in rows if one.item.note)),
        total=amounts.total,
        problem=next((one.item.problem for one in rows if one.item.problem), None),
    )
    return DextRow(first.row, item, amounts, tuple(rows))


def _sum_of(name: str, rows: list[DextRow]) -> Decimal | None:
    """Return the sum of an amount of the rows; None where one of them leaves it out."""
    values = [getattr(one.amounts, name) for one in rows]
    return None if None in values else sum(values, ZERO)
