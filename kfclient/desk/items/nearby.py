"""Which items of an inbox may look like one: those of its party, and those of its day and number.

What tells that of a long inbox is kept beside the books in `items.near`, made of their snapshot
and good for that snapshot alone: one item among 100,000 is found without reading the others. What
is lost of it is made anew.
"""

from __future__ import annotations

import contextlib
import zlib
from array import array
from collections.abc import Iterator, Mapping
from itertools import accumulate, chain
from pathlib import Path

import msgspec

from kfclient.desk.items.duplicate_match import reference_key
from kfclient.desk.items.reference import ReferenceData
from kfclient.desk.model.item import Item, Kind
from kfclient.desk.model.sides import side_of
from kfclient.store import Table
from kfclient.store.durable_files import read_plain, replace_file
from kfclient.store.errors import StoreError

_LARGEST = 1 << 28
"""Bytes of a file that is read."""

_WIDE = 4
"""Bytes of an id, and of a print."""


class ItemHead(msgspec.Struct):
    """What of a stored item tells whose it is and which, whatever else it holds."""

    kind: Kind = Kind.COST
    contact: str = ""
    contact_code: str = ""
    date: str | None = None
    reference: str = ""

    @property
    def named(self) -> tuple[Kind, str, str]:
        """How it names whom it is from or for."""
        return self.kind, self.contact, self.contact_code


class _Columns(msgspec.Struct):
    """The heads of many items, those that name whom they are from or for alike together.

    The ids of those that name it as `named[n]` begin at `ends[n - 1]`, and end before `ends[n]`.
    `prints` are in the order of `ids`, four bytes each, of an item's day and number: two of one day
    and number have the same print, and seldom others.
    """

    named: list[tuple[Kind, str, str]]
    ends: list[int]
    ids: array[int]
    prints: bytes

    def printed(self, mine: bytes) -> Iterator[int]:
        """Give the places of the items with this print."""
        at = self.prints.find(mine)
        while at >= 0:
            if at % _WIDE == 0:
                yield at // _WIDE
            at = self.prints.find(mine, at + 1)


class _Title(msgspec.Struct):
    """The first line of the file: which snapshot it is of, and what follows, four bytes each."""

    stamp: str
    named: list[tuple[Kind, str, str]]
    ends: list[int]
    checksum: int


class Nearby:
    """The heads of one business's items, kept up to date. Not thread-safe.

    `path` is where they lie for the next to look.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns = _columns({})
        self._over: dict[int, ItemHead | None] = {}
        self._revision = -1
        self.changed = 0
        """Grows when one of them changes."""

    def look(self, table: Table) -> None:
        """Take in what was committed to the inbox since the last look."""
        base = table.base() if self._revision < 0 else None
        if base is not None:
            found = self._stored(base.stamp)
            if found is None:
                found = _columns(base.pages.as_stored(ItemHead))
                self._store(base.stamp, found)
            self._columns, self._revision = found, base.revision
        news = table.news_as(ItemHead, self._revision)
        if news.whole:
            heads = {key: one for key, one in news.documents.items() if one is not None}
            self._columns, self._over = _columns(heads), {}
        else:
            self._over |= news.documents
        if base is not None or news.whole or news.documents:
            self.changed += 1
        self._revision = news.revision

    def of(self, item: Item, reference_data: ReferenceData) -> list[int]:
        """Return the ids of the items of its party and twins, and of its day and number."""
        circle, side = reference_data.party(item)[1], side_of(item.kind)

        def same(named: tuple[Kind, str, str]) -> bool:
            return side_of(named[0]) is side and reference_data.party_called(*named)[1] == circle

        columns, over = self._columns, self._over
        mine = _print(None if item.date is None else item.date.isoformat(), item.reference)
        places = set(columns.printed(mine))
        for at, named in enumerate(columns.named):
            if same(named):
                places.update(range(columns.ends[at - 1] if at else 0, columns.ends[at]))
        found = [number for at in places if (number := columns.ids[at]) not in over]
        for number, one in over.items():
            if one is not None and (same(one.named) or _print(one.date, one.reference) == mine):
                found.append(number)
        return sorted(found)

    def _stored(self, stamp: str) -> _Columns | None:
        """Return what was kept of this snapshot, None where it has to be made."""
        try:
            data = read_plain(self._path, _LARGEST)
            title = msgspec.json.decode(data.partition(b"\n")[0], type=_Title) if data else None
        except (OSError, msgspec.MsgspecError):
            return None
        if data is None or title is None or title.stamp != stamp:
            return None
        body = memoryview(data)[data.index(b"\n") + 1 :]
        half, ends = len(body) // 2, title.ends
        if zlib.crc32(body) != title.checksum or len(ends) != len(title.named):
            return None
        if ends != sorted(ends) or ends[-1:] != [half // _WIDE] or len(body) != 2 * half:
            return None
        ids = array("I", bytes(body[:half]))
        return _Columns(title.named, ends, ids, bytes(body[half:]))

    def _store(self, stamp: str, columns: _Columns) -> None:
        body = columns.ids.tobytes() + columns.prints
        title = _Title(stamp, columns.named, columns.ends, zlib.crc32(body))
        with contextlib.suppress(OSError, StoreError):  # then it is made again
            replace_file(self._path, msgspec.json.encode(title) + b"\n" + body)


def _columns(heads: Mapping[int, ItemHead]) -> _Columns:
    alike: dict[tuple[Kind, str, str], list[int]] = {}
    for number, one in heads.items():
        alike.setdefault(one.named, []).append(number)
    ids = array("I", chain.from_iterable(alike.values()))
    return _Columns(
        named=list(alike),
        ends=list(accumulate(map(len, alike.values()))),
        ids=ids,
        prints=b"".join(_print(heads[at].date, heads[at].reference) for at in ids),
    )


def _print(date: str | None, reference: str) -> bytes:
    return zlib.crc32(f"{date} {reference_key(reference)}".encode()).to_bytes(_WIDE)
