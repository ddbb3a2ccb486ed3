r"""The log beside a snapshot: one checksummed line a transaction.

    <crc32 in hex> {"kashdeck": "log", "format": 1, "base": 41, "database": "9f0c...", ...}\n
    <crc32 in hex> [42, [["items", 7, {...}], ["items", 3, null]]]\n

`base` is the number of the last transaction that was in the snapshot when the log was begun,
`database` is the same word in a snapshot and its log, and in no other's; each further line is a
transaction: its number, and per document its table, id and content (null = removed). Each checksum
goes on from the one before, so a line that was lost, moved or changed cannot pass. A log is only
ever appended to, but for a torn end, which is cut under the lock; a checkpoint begins a new file.

A new file of a checkpoint `continues` the one before: `[inode of that, inode, time and size of the
snapshot]`. Who has read the old file to its end has all that the snapshot holds, and need not read
it.
"""

from __future__ import annotations

import os
import sys
import zlib
from itertools import pairwise

from kfclient.store.durable_files import (
    LARGEST,
    keep_copy,
    open_plain,
    replace_file,
    sync,
    too_large,
    write_all,
)

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    Operation = tuple[str, int, dict[str, Any] | None]

    """Table, document id, the document as it is from now on (None = removed)."""


# JSON as the store's files hold it: to bytes and back.

SMALL = 1 << 16
"""Bytes up to which loading orjson takes longer than reading them without it (measured)."""


def encoded(value: Any) -> bytes:
    """Return the value as JSON."""
    import orjson

    return orjson.dumps(value)


def decoded(data: bytes) -> Any:
    """Return what the JSON says; raises ValueError where it is none.

    Who opens no database and reads something small, as `kashdeck status` does, waits for no orjson:
    Python's own reader gives the same for all that the store writes.
    """
    if len(data) > SMALL or "orjson" in sys.modules:
        import orjson

        return orjson.loads(data)
    import json

    try:
        return json.loads(data.decode(), parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _refused(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def need_single_keys(data: bytes) -> None:
    """Raise ValueError where an object of this JSON has a key twice: its readers may differ."""
    import json

    def look(pairs: list[tuple[str, object]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key is there twice")

    try:
        json.loads(data, object_pairs_hook=look)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


FORMAT = 1

HIGHEST = 1 << 53
"""A number of a document or a transaction is lower: every reader of JSON has it exactly."""

_AT_ONCE = 1000  # operations of a transaction that are encoded together


class Damage(Exception):
    """A file holds what no Kashdeck wrote."""


class NewerFormat(Exception):
    """A file was written by a newer Kashdeck."""


class WriteAheadLog:
    """One log file, followed from its first line on; appended to by who holds the lock."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._reader = descriptor
        self._writer = -1
        self._offset = 0
        self._checksum = 0
        self.format = FORMAT
        self.base = -1
        self.last = -1
        self.database = ""
        self.continues: list[int] | None = None

    @classmethod
    def open(cls, path: Path) -> WriteAheadLog | None:
        """Open the log, None where there is none. Raises `Damage`, `NewerFormat`, OSError."""
        try:
            journal = cls(path, open_plain(path, os.O_RDONLY))
        except FileNotFoundError:
            return None
        try:
            journal._read_header()
        except BaseException:
            journal.close()
            raise
        return journal

    @classmethod
    def create(
        cls,
        path: Path,
        base: int,
        database: str = "",
        *,
        later: bytes = b"",
        continues: list[int] | None = None,
    ) -> WriteAheadLog:
        """Put a new log in the place of the old one; the snapshot holds all up to `base`.

        `later` are lines of the old log (see `lines_after`) that the snapshot does not hold.
        Raises OSError, and then the old log stays.
        """
        replace_file(path, begun(base, database, later=later, continues=continues))
        journal = cls.open(path)
        if journal is None:
            raise FileNotFoundError(path)
        return journal

    @property
    def size(self) -> int:
        """Bytes of whole lines that were read so far."""
        return self._offset

    @property
    def inode(self) -> int:
        """The number of the file we follow; no other file has it while this one is open."""
        return os.fstat(self._reader).st_ino

    def lines_after(self, offset: int) -> bytes:
        """Return the lines that were read and begin at this offset or after it."""
        return os.pread(self._reader, self._offset - offset, offset)

    def read_new(self) -> tuple[list[list[Operation]], bool]:
        """Return the transactions appended since the last call, and whether a bad line followed.

        An unfinished last line is left for the next call. A bad line is either a torn end, or the
        log was changed behind our back: reading it again from the start tells. Raises `Damage`
        where a sound line follows the bad one, as then something acknowledged was lost.
        """
        transactions, rest, damage = self._read_lines()
        if damage is not None:
            raise damage
        if b"\n" not in rest:
            return transactions, False
        if _sound_line_in(rest, self._checksum):
            raise Damage(f"line {self.last - self.base + 2} of the log does not add up")
        return transactions, True

    def read_sound(self) -> tuple[list[list[Operation]], int]:
        """Return the transactions up to the first bad line, and how many lines are lost with it."""
        transactions, rest, _ = self._read_lines()
        return transactions, rest.count(b"\n")

    def _read_lines(self) -> tuple[list[list[Operation]], bytes, Damage | None]:
        """Return the transactions of what is whole, what follows, and whether that is no end."""
        data = self._unread()
        transactions: list[list[Operation]] = []
        start, damage = 0, None
        while (end := data.find(b"\n", start)) >= 0:
            payload = _payload(data[start:end], self._checksum)
            if payload is None:
                break
            try:
                found, operations = _transaction(payload)
            except Damage as no_transaction:
                damage = no_transaction
                break
            if found != self.last + 1:
                damage = Damage(f"transaction {found} stands where {self.last + 1} belongs")
                break
            transactions.append(operations)
            self.last = found
            self._checksum = zlib.crc32(payload, self._checksum)
            start = end + 1
        self._offset += start
        return transactions, data[start:], damage

    def cut_torn_end(self) -> None:
        """Remove what follows the last whole line; the lock is held. Raises OSError."""
        torn = self._unread()
        if not torn:
            return
        if b"\n" in torn:
            # More than an unfinished write: kept for whoever wants to look.
            import logging

            copy = keep_copy(self._path, torn)
            said = "A torn end of %s was cut; it was kept as %s"
            logging.getLogger(__name__).warning(said, self._path, copy)
        os.ftruncate(self._appending(), self._offset)

    def append(self, operations: list[Operation]) -> None:
        """Write the next transaction and have the disk keep it; the lock is held, all is read.

        It is not read back by `read_new`. Raises OSError, and then the log is as before.
        """
        # Made twice, as its checksum stands first: what is long is never in memory whole.
        checksum, length = self._checksum, 0
        for piece in _pieces(self.last + 1, operations):
            checksum, length = zlib.crc32(piece, checksum), length + len(piece)
        writer, start = self._appending(), self._offset
        try:
            if len(operations) <= _AT_ONCE:
                write_all(writer, _line(piece, self._checksum))
            else:
                write_all(writer, b"%08x " % checksum)
                for piece in _pieces(self.last + 1, operations):
                    write_all(writer, piece)
                write_all(writer, b"\n")
            sync(writer)
        except OSError:
            os.ftruncate(writer, start)
            raise
        self._offset += length + 10
        self._checksum = checksum
        self.last += 1

    def close(self) -> None:
        """Close the file."""
        for descriptor in (self._reader, self._writer):
            if descriptor >= 0:
                os.close(descriptor)
        self._reader = self._writer = -1

    def __del__(self) -> None:
        # A database that is dropped unclosed must not keep its files open.
        self.close()

    def _appending(self) -> int:
        if self._writer < 0:
            self._writer = open_plain(self._path, os.O_WRONLY | os.O_APPEND)
        return self._writer

    def _unread(self) -> bytes:
        length = os.fstat(self._reader).st_size - self._offset
        if length > LARGEST:
            raise too_large(self._path)
        return os.pread(self._reader, length, self._offset) if length > 0 else b""

    def _read_header(self) -> None:
        line, newline, _ = self._unread().partition(b"\n")
        payload = _payload(line, 0)
        try:
            header = decoded(payload or b"") if newline else {}
            is_log = header["kashdeck"] == "log"
            self.format = number(header["format"])
            self.base = number(header["base"]) if self.format <= FORMAT else 0
        except (ValueError, TypeError, KeyError):
            is_log = False
        if not is_log:
            raise Damage("the log has no proper first line")
        if self.format > FORMAT:
            raise NewerFormat
        self.last = self.base
        self.database = str(header.get("database", ""))
        self.continues = header.get("continues")
        self._offset = len(line) + 1
        self._checksum = zlib.crc32(payload or b"")


def begun(
    base: int, database: str, *, later: bytes = b"", continues: list[int] | None = None
) -> bytes:
    """Return the bytes of a log as `WriteAheadLog.create` begins it."""
    header = {"kashdeck": "log", "format": FORMAT, "base": base, "database": database}
    if continues is not None:
        header["continues"] = continues
    checksum, lines = 0, []
    for payload in (encoded(header), *(line[9:] for line in later.split(b"\n")[:-1])):
        lines.append(_line(payload, checksum))
        checksum = zlib.crc32(payload, checksum)
    return b"".join(lines)


def _pieces(number: int, operations: list[Operation]) -> Iterator[bytes]:
    """Give what a transaction's line carries, some operations at a time."""
    if len(operations) <= _AT_ONCE:
        yield encoded([number, operations])
        return
    yield b"[%d,[" % number
    for start in range(0, len(operations), _AT_ONCE):
        yield (b"," if start else b"") + encoded(operations[start : start + _AT_ONCE])[1:-1]
    yield b"]]"


def _line(payload: bytes, before: int) -> bytes:
    return b"%08x %b\n" % (zlib.crc32(payload, before), payload)


def _stated(line: bytes) -> int | None:
    try:
        return int(line[:8], 16) if line[8:9] == b" " else None
    except ValueError:
        return None


def _payload(line: bytes, before: int) -> bytes | None:
    """Return what the line carries, None where its checksum is wrong."""
    payload = line[9:]
    return payload if _stated(line) == zlib.crc32(payload, before) else None


def _sound_line_in(data: bytes, before: int) -> bool:
    """Whether a line of `data` follows properly on a bad one: so the bad one had been whole.

    The first line is bad, in its content or in its checksum; either may be what the next goes on
    from.
    """
    lines = data.split(b"\n")[:-1]
    if len(lines) > 1 and _payload(lines[1], zlib.crc32(lines[0][9:], before)) is not None:
        return True
    return any(
        (stated := _stated(line)) is not None and _payload(following, stated) is not None
        for line, following in pairwise(lines)
    )


def _transaction(payload: bytes) -> tuple[int, list[Operation]]:
    try:
        transaction, operations = decoded(payload)
        return transaction, [_operation(*operation) for operation in operations]
    except (ValueError, TypeError) as error:
        raise Damage("a line of the log is not a transaction") from error


def _operation(table: object, key: object, document: object) -> Operation:
    if not isinstance(table, str) or not isinstance(document, dict | None):
        raise TypeError
    return table, number(key), document


def number(value: object) -> int:
    """Return a number of a document or a transaction; TypeError for what is none."""
    if type(value) is not int or not 0 <= value < HIGHEST:
        raise TypeError
    return value
