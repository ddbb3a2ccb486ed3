"""The snapshot: a whole database as plain TinyDB JSON, which stock TinyDB and jq read too.

    {"_meta": {"1": {"format": 1, "lsn": 41, "next": {"items": 8}}}, "items": {"7": {...}}}

`lsn` is the number of the last transaction it holds, `next` the lowest document id a table has
never used. A file without `_meta`, as stock TinyDB writes it, is taken as it is.
"""

from __future__ import annotations

from kfclient.store.encoding import decoded, encoded
from kfclient.store.journal import FORMAT, Damage, NewerFormat

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from typing import Any

    Tables = dict[str, dict[int, dict[str, Any]]]
    """Table name -> document id -> document."""

META = "_meta"


class Snapshot:
    """All documents as of one transaction, and the lowest id that a table has never used."""

    def __init__(
        self,
        tables: Tables | None = None,
        next_ids: dict[str, int] | None = None,
        lsn: int = 0,
    ) -> None:
        self.tables: Tables = {} if tables is None else tables
        self.next_ids: dict[str, int] = {} if next_ids is None else next_ids
        self.lsn = lsn

    @classmethod
    def decode(cls, data: bytes) -> Snapshot:
        """Read a snapshot's bytes. Raises `Damage` or `NewerFormat`."""
        if not data:
            return cls()
        try:
            raw = decoded(data)
            meta = raw.pop(META, {"1": {"format": FORMAT, "lsn": 0, "next": {}}})["1"]
            if meta["format"] > FORMAT:
                raise NewerFormat
            tables = {
                name: {int(key): _document(value) for key, value in table.items()}
                for name, table in raw.items()
            }
            return cls(tables, dict(meta["next"]), int(meta["lsn"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damage("it is not as Kashdeck writes it") from error

    def encode(self) -> bytes:
        """Return the bytes of the snapshot."""
        meta = {"format": FORMAT, "lsn": self.lsn, "next": self.next_ids}
        raw: dict[str, dict[str, Any]] = {META: {"1": meta}}
        for name, table in self.tables.items():
            raw[name] = {str(key): document for key, document in table.items()}
        return encoded(raw)


def _document(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value
