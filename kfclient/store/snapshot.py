"""The snapshot: a whole database as plain TinyDB JSON, which stock TinyDB and jq read too.

    {"_meta": {"1": {"format": 1, "lsn": 41, "database": "9f0c...", "next": {"items": 8}}},
     "items": {"7": {...}}}

`lsn` is the number of the last transaction it holds, `database` the word that its log has too,
`next` the lowest document id a table has never used. A file without `_meta`, as stock TinyDB
writes it, is of format 0.
"""

from __future__ import annotations

from itertools import islice

from kfclient.store import journal
from kfclient.store.encoding import decoded, encoded
from kfclient.store.journal import Damage, NewerFormat

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Tables = dict[str, dict[int, dict[str, Any]]]
    """Table name -> document id -> document."""

META = "_meta"

_UNKNOWN = {"1": {"format": 0, "lsn": 0, "next": {}}}

# Documents that are encoded at once: others of the process wait meanwhile, for a millisecond.
_AT_ONCE = 500


class Snapshot:
    """All documents as of one transaction, and the lowest id that a table has never used.

    `format` is the one it was read in; it is written in the present one.
    """

    def __init__(
        self,
        tables: Tables | None = None,
        next_ids: dict[str, int] | None = None,
        lsn: int = 0,
        *,
        database: str = "",
        format: int | None = None,  # noqa: A002 - what the file calls it
    ) -> None:
        self.tables: Tables = {} if tables is None else tables
        self.next_ids: dict[str, int] = {} if next_ids is None else next_ids
        self.lsn = lsn
        self.database = database
        self.format = journal.FORMAT if format is None else format

    @classmethod
    def decode(cls, data: bytes) -> Snapshot:
        """Read a snapshot's bytes, in the format they are in. Raises `Damage` or `NewerFormat`."""
        if not data:
            return cls()
        try:
            raw = decoded(data)
            meta = raw.pop(META, _UNKNOWN)["1"]
            if meta["format"] > journal.FORMAT:
                raise NewerFormat
            tables = {
                name: {int(key): _document(value) for key, value in table.items()}
                for name, table in raw.items()
            }
            return cls(
                tables,
                {name: _number(highest) for name, highest in meta["next"].items()},
                int(meta["lsn"]),
                database=str(meta.get("database", "")),
                format=int(meta["format"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damage("it is not as Kashdeck writes it") from error

    def moment(self) -> Snapshot:
        """Return what stays as this is now; documents are shared, as they are never changed."""
        tables = {name: dict(table) for name, table in self.tables.items()}
        return Snapshot(tables, dict(self.next_ids), self.lsn, database=self.database)

    def encode(self) -> bytes:
        """Return the bytes of the snapshot."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes of the snapshot, a millisecond's work at a time."""
        meta = {
            "format": journal.FORMAT,
            "lsn": self.lsn,
            "database": self.database,
            "next": self.next_ids,
        }
        yield b'{"%b":%b' % (META.encode(), encoded({"1": meta}))
        for name, table in self.tables.items():
            yield b",%b:{" % encoded(name)
            documents, comma = iter(table.items()), b""
            while some := {str(key): value for key, value in islice(documents, _AT_ONCE)}:
                yield comma + encoded(some)[1:-1]
                comma = b","
            yield b"}"
        yield b"}"


def _document(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value
