r"""A trail: a file of entries, a JSON line each, chained by their hashes from the first one on.

    {"action":"item-changed",...,"number":41,"who":"anna","prev":"<64 hex>","hash":"<64 hex>"}\n

`hash` is the sha256 of `prev` and of the line as it would be without these two, keys sorted;
`prev` is the hash of the line before, and of the business's id before the first. So no line can be
changed, taken out, moved or put in without all that follow being written anew. How the trail ends
(its `Head`) is kept elsewhere, so that a lost end shows too.

The file is only ever appended to. A sudden end can leave lines that no head knows yet, the last
of them torn; they are known again by their entries, which their keeper owes the trail until the
head is stored.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from kfclient.store.errors import StateBusy
from kfclient.store.filelock import FileLock
from kfclient.store.files import (
    make_folder,
    open_file,
    read_file,
    sync,
    sync_folder,
    unwritable,
    write_all,
)

if TYPE_CHECKING:
    from pathlib import Path

Body = Mapping[str, Any]
"""An entry as it is owed: what JSON knows, with an `id` of its own, without a number."""

_LOCK_SECONDS = 10.0


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How a trail ends, "" and zeros while there are no entries.

    `count` entries, `hash` of the last one, `size` in bytes; `batch` is where in the file the
    entries begin that were written together last.
    """

    count: int = 0
    hash: str = ""
    size: int = 0
    batch: int = 0


class Line(msgspec.Struct, frozen=True):
    """A line as it was found; it is `sound` when it is byte for byte what was once written."""

    entry: dict[str, Any]
    number: int
    prev: str
    hash: str
    sound: bool


class Trail:
    """The trail of one business. Call its methods, but for `read`, while it is `held`."""

    def __init__(self, path: Path, business: str) -> None:
        self.path = path
        self.business = business

    @contextlib.contextmanager
    def held(self) -> Iterator[Trail]:
        """Keep others from writing meanwhile; gives this. Raises `StateBusy`, `StateUnwritable`."""
        lock = FileLock(self.path.with_name(self.path.name + ".lock"))
        if not lock.acquire(_LOCK_SECONDS):
            raise StateBusy(f"{self.path} is being written by process {lock.holder()}.")
        try:
            yield self
        finally:
            lock.release()

    def read(self) -> bytes:
        """Return the file's bytes, b"" where there is none. Raises `StateUnreadable`."""
        return read_file(self.path) or b""

    def append(self, head: Head, owed: Sequence[Body]) -> Head:
        """Write what is owed and not there yet, durably; return how the trail ends now.

        What an earlier, interrupted call has written is kept, its torn end mended. Where the trail
        does not end as `head` says, what is there stays as it is, for `troubles` to find. Raises
        `StateUnwritable`, and then the file is as before.
        """
        if not owed:
            return head
        try:
            return self._append(head, owed)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _append(self, head: Head, owed: Sequence[Body]) -> Head:
        make_folder(self.path.parent)
        descriptor = open_file(self.path, os.O_RDWR | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            data = os.pread(descriptor, max(size - head.batch, 0), head.batch)
            batch = data[: head.size - head.batch]
            known = {line.entry.get("id") for raw in batch.split(b"\n") if (line := parse(raw))}
            left = {body["id"]: body for body in owed if body["id"] not in known}
            kept = interrupted(head, self.business, data[head.size - head.batch :], left)
            end = size - kept.torn
            lines = bytearray(b"" if _ends_whole(descriptor, end) else b"\n")
            count, prev = kept.count, kept.hash
            for body in left.values():
                if body["id"] not in kept.ids:
                    count += 1
                    raw, prev = render({**body, "number": count}, prev)
                    lines += raw + b"\n"
            if count > head.count:
                _write(descriptor, end, bytes(lines))
            if head.count == 0:
                sync_folder(self.path.parent)
        finally:
            os.close(descriptor)
        if count == head.count:
            return head
        begun = head.size if kept.ids else end
        return Head(count=count, hash=prev, size=end + len(lines), batch=begun)


class Interrupted(msgspec.Struct, frozen=True):
    """What stands after the head: whole lines of what is owed, and how many bytes are torn.

    `count` and `hash` are the head's, moved on over those lines; `stray` says that other things
    stand there as well.
    """

    count: int
    hash: str
    ids: frozenset[str]
    torn: int
    stray: bool


def interrupted(head: Head, business: str, data: bytes, owed: Mapping[str, Body]) -> Interrupted:
    """Tell what an interrupted `append` of what is owed has left after the head."""
    count, prev = head.count, head.hash or first_hash(business)
    ids: set[str] = set()
    *lines, rest = data.split(b"\n")
    for raw in lines:
        line = parse(raw)
        body = None if line is None else owed.get(str(line.entry.get("id")))
        if body is None or raw != render({**body, "number": count + 1}, prev)[0]:
            return Interrupted(count, prev, frozenset(ids), 0, stray=True)
        ids.add(body["id"])
        count += 1
        prev = line.hash if line is not None else prev
    torn = len(rest) if rest and _begins_one(rest, owed, count + 1, prev) else 0
    return Interrupted(count, prev, frozenset(ids), torn, stray=torn < len(rest))


def render(entry: Body, prev: str) -> tuple[bytes, str]:
    """Return the entry's line, without its newline, and its hash; the entry has its number."""
    body = orjson.dumps(dict(entry), option=orjson.OPT_SORT_KEYS)
    mark = _sha256(prev.encode() + body)
    return b'%b,"prev":"%b","hash":"%b"}' % (body[:-1], prev.encode(), mark.encode()), mark


def parse(raw: bytes) -> Line | None:
    """Read one line; None for what no Kashdeck wrote."""
    try:
        entry = orjson.loads(raw)
        prev, stated, number = entry.pop("prev"), entry.pop("hash"), entry["number"]
        if type(number) is not int or not isinstance(prev, str) or not isinstance(stated, str):
            return None
        return Line(entry, number, prev, stated, sound=render(entry, prev)[0] == raw)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def first_hash(business: str) -> str:
    """Return what the first line of a business's trail goes on from."""
    return _sha256(f"kashdeck trail {business}".encode())


def _sha256(data: bytes) -> str:
    from hashlib import sha256  # it takes milliseconds to load, and most sessions need none

    return sha256(data).hexdigest()


def _begins_one(rest: bytes, owed: Mapping[str, Body], number: int, prev: str) -> bool:
    return any(
        render({**body, "number": number}, prev)[0].startswith(rest) for body in owed.values()
    )


def _ends_whole(descriptor: int, end: int) -> bool:
    return end == 0 or os.pread(descriptor, 1, end - 1) == b"\n"


def _write(descriptor: int, end: int, lines: bytes) -> None:
    """Cut what is torn, write the lines, and have the disk keep them, all or none."""
    os.ftruncate(descriptor, end)
    try:
        write_all(descriptor, lines)
        sync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise
