"""Expense claims in Dext's export: a row for the claim, a row for each of its receipts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.check.matching import plain
from kfclient.desk.importing.claims import Claimed, join
from kfclient.desk.importing.csvfile import BadRow
from kfclient.desk.importing.dextrow import DextRow
from kfclient.desk.importing.rowvalues import Found, one_line
from kfclient.desk.inbox.item import Item, ItemLine
from kfclient.money import ZERO


def put_together(
    claims: Sequence[DextRow], receipts: Sequence[DextRow], base: str
) -> tuple[list[Found], list[BadRow]]:
    """Make one item of each claim and its receipts; report claims and receipts left over.

    Claims are made in the base currency, so a receipt in another counts with its base amounts.
    """
    in_base = {one.item.source: _in_base(one, base) for one in receipts}
    joined = join(
        [Claimed(one.item.source, plain(one.item.contact), _pence(one.item)) for one in claims],
        [
            Claimed(key, plain(item.owner), _pence(item))
            for key, item in in_base.items()
            if item.gross and item.problem is None
        ],
    )
    parts = {one.item.source: one for one in receipts}
    found: list[Found] = []
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
        lines = tuple(_line(parts[key], in_base[key]) for key in keys)
        reference = claim.item.reference or f"Claim {claim.row['receipt id']}"
        item = _with_papers(claim.item, [parts[key].item for key in keys])
        item = msgspec.structs.replace(item, reference=reference, lines=lines)
        found.append(Found(claim.row.line, item, keys))
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
    line = msgspec.structs.replace(item.lines[0], unit_price=total - tax, vat=tax)
    return msgspec.structs.replace(item, currency=base, lines=(line,))


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
