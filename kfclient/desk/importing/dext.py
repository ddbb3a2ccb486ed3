"""Dext's costs export, in its default CSV format, as items of the inbox.

Columns are found by name; the tax columns (Tax Name, Tax Code, Tax Percentage) come only from
accounts with a tax list. `Tax (GBP)` and `Total (GBP)` are in the account's base currency,
whichever that is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.importing.csvfile import BadRow, CsvFile, CsvRow
from kfclient.desk.importing.expense_claims import Claimed, join
from kfclient.desk.importing.values import (
    NO_TAX_WORDS,
    FoundItem,
    ImportedFile,
    OpenClaim,
    RowRefused,
    amount,
    amount_in,
    currency,
    percentage,
    picture,
    read_cell,
)
from kfclient.desk.items.check import TOTAL_MISSING, TOTALS_DIFFER
from kfclient.desk.items.reference import fits, folded, split_rate
from kfclient.desk.model.business import ProblemNote
from kfclient.desk.model.fields import ITEM_FIELDS, one_line
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.desk.model.settings import NOT_APPLICABLE
from kfclient.money import ZERO
from kfclient.money import decimal_text as plain_amount

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
        stated_vat=_stated_vat(amounts, base, home),
        tax_name=one_line(", ".join(_each_once(_tax_names(row)))),
        image=link,
        source=f"dext:{row['receipt id']}",
        problem=_doubt(amounts, base) or _net_differs(row, amounts),
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


def _stated_vat(amounts: Amounts, base: str, home: str) -> Decimal | None:
    """Return the VAT in the books' own currency, where that is not simply the tax."""
    if base != home or amounts.base_tax == (amounts.tax or ZERO):
        return None
    return amounts.base_tax


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
            TOTALS_DIFFER,
            f"The file has a total of {plain_amount(amounts.total)} and a total ({base}) "
            f"of {plain_amount(base_total)}, in the same currency.",
            "Look at the document, put the amount right where needed, and save.",
        )
    return None


def _tax_names(row: CsvRow) -> Iterator[str]:
    return (row[name] for name in ("tax name", "tax code") if row[name])


def _net_differs(row: CsvRow, amounts: Amounts) -> ProblemNote | None:
    """Return what is odd where the row states a net that is not its total without its tax."""
    for column in _NET:
        net = amount(row, column)
        if net is not None and amounts.total is not None:
            if net + (amounts.tax or ZERO) == amounts.total:
                return None
            tax, total = plain_amount(amounts.tax or ZERO), plain_amount(amounts.total)
            return ProblemNote(
                TOTALS_DIFFER,
                f"The file says net {plain_amount(net)}, tax {tax} and total {total}.",
                "Look at the document, put the amount right where needed, and save.",
            )
    return None


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


def put_together(claims: Sequence[DextRow], receipts: Sequence[DextRow], base: str) -> ImportedFile:
    """Make one item of each claim and its receipts; report claims and receipts left over.

    Claims are made in the base currency, so a receipt in another counts with its base amounts.
    Receipts that are left over of a person of whom a claim is come as items to review, to choose
    from.
    """
    in_base = {one.item.source: _in_base(one, base) for one in receipts}
    joined = join(
        [_claimed(one, one.item, one.item.contact) for one in claims],
        [
            _claimed(one, item, item.owner)
            for one, item in zip(receipts, in_base.values(), strict=True)
            if item.gross and item.problem is None
        ],
    )
    parts = {one.item.source: one for one in receipts}
    taken = {key for keys in joined.receipts.values() for key in keys}
    left = {folded(one.item.owner) for one in receipts if one.item.source not in taken}
    found: list[FoundItem] = []
    bad: list[BadRow] = []
    choices: list[OpenClaim] = []
    for claim in claims:
        key = claim.item.source
        keys = joined.receipts.get(key)
        if keys is not None:
            found.append(_put_together(claim, [parts[key] for key in keys], base))
            continue
        cannot = f"The claim cannot be put together: {joined.refused[key]}."
        if key in joined.open or folded(claim.item.contact) in left:
            choose = _choose(claim.item, may_be=key in joined.open)
            row = BadRow(claim.row.line, f"{cannot} {choose}", claim.row.text)
            choices.append(OpenClaim(claim.item, row))
        else:
            reason = (
                f"{cannot} Nothing was guessed; enter it by hand, or export it with its receipts "
                "alone."
            )
            bad.append(BadRow(claim.row.line, reason, claim.row.text))
    people = {folded(one.item.contact) for one in choices}
    reason = "Its status is claimed, but it belongs to no claim in this file."
    for one in receipts:
        if one.item.source in taken:
            continue
        if folded(one.item.owner) in people:
            item = msgspec.structs.replace(one.item, claimed=one.item.owner or "somebody")
            found.append(FoundItem(one.row.line, item))
        else:
            bad.append(BadRow(one.row.line, reason, one.row.text))
    return ImportedFile(tuple(found), tuple(bad), open_claims=tuple(choices))


def _claimed(row: DextRow, item: Item, person: str) -> Claimed:
    """Return a claim or a receipt as they are compared; the item has its amounts in the base."""
    return Claimed(
        row.item.source,
        folded(person),
        (int(item.gross * 100), int(item.vat * 100)),
        item.date,
        row.row.line,
        item is not row.item,
    )


def _put_together(claim: DextRow, receipts: Sequence[DextRow], base: str) -> FoundItem:
    """Return a claim with a line a receipt, or as many as the receipt has."""
    lines = tuple(_line(part, _in_base(part, base)) for one in receipts for part in _parts(one))
    item = msgspec.structs.replace(
        _with_papers(claim.item, [one.item for one in receipts]),
        reference=claim.item.reference or f"Claim {claim.row['receipt id']}",
        lines=lines,
    )
    if item.gross != claim.item.gross or item.vat != claim.item.vat:
        said, come_to = (
            f"{plain_amount(one.gross)} with a tax of {plain_amount(one.vat)}"
            for one in (claim.item, item)
        )
        problem = ProblemNote(
            TOTALS_DIFFER,
            f"The claim says {said}, and its receipts, of which some were converted from another "
            f"currency, come to {come_to}.",
            "Keep the lines as they are, or put an amount right, and save.",
        )
        item = msgspec.structs.replace(item, problem=problem)
    return FoundItem(claim.row.line, item, tuple(one.item.source for one in receipts))


def _choose(claim: Item, *, may_be: bool) -> str:
    """Return how a person puts an open claim together, of receipts that `may_be` its own or not."""
    date = f" --date {claim.date}" if claim.date else ""
    which = "that it may be made of" if may_be else "of that person that are on no other claim"
    then = "" if may_be else " The claim is then what they come to."
    return (
        f"The receipts {which} are in the inbox, to review: put those that belong to it together "
        f"with kashdeck claim NAME {shlex.quote(claim.contact)} ITEM ...{date}.{then}"
    )


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


TITLE = "Dext costs"
NEEDED = ("receipt id", "type", "date", "supplier", "category", "tax", "total", "currency")
_BASE = re.compile(r"total \(([a-z]{3})\)")
_CLAIMED = "claimed"


IDENTITY = ("receipt id", "date", "invoice number")
DATES = ("date", "due date")
_NET = ("net", "net amount", "subtotal")
_AMOUNT = re.compile(r"net|net amount|subtotal|(?:total|tax)(?: \([a-z]{3}\))?|tax percentage")


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
    "total", "currency", "status", "owner", "note", "description", "image", "tax code",
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
    put = put_together(claims, receipts, base)
    return ImportedFile(
        tuple(sorted((*found, *put.found), key=lambda one: one.line)),
        tuple(sorted((*bad, *put.bad), key=lambda one: one.line)),
        tuple(notes),
        again,
        put.open_claims,
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
        stated_vat=_stated_vat(amounts, base, home),
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
