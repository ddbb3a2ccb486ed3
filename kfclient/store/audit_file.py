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

from kfclient.store.durable_files import (
    LARGEST,
    make_folder,
    open_file,
    read_file,
    sync,
    sync_folder,
    too_large,
    unwritable,
    write_all,
)
from kfclient.store.errors import StateBusy
from kfclient.store.filelock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

Body = Mapping[str, Any]
"""An entry as it is owed: what JSON knows, with an `id` of its own, without a number."""

_LOCK_SECONDS = 10.0
_AT_ONCE = 1 << 18  # bytes of lines that are written together


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How a trail ends, "" and zeros while there are no entries.

    `count` entries, `hash` of the last one, `size` in bytes; `batch` is where in the file the
    entries begin that were written together last.
    """

    count: int = 0
    hash: str = ""
    size: int = 0
    batch: int = 0


class AuditLine(msgspec.Struct, frozen=True):
    """A line as it was found; it is `sound` when it is byte for byte what was once written."""

    entry: dict[str, Any]
    number: int
    prev: str
    hash: str
    sound: bool


class AuditFile:
    """The trail of one business. Call its methods, but for `read`, while it is `held`."""

    def __init__(self, path: Path, business: str) -> None:
        self.path = path
        self.business = business

    @contextlib.contextmanager
    def held(self) -> Iterator[AuditFile]:
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
            if size - head.batch > LARGEST:
                raise too_large(self.path)
            data = os.pread(descriptor, max(size - head.batch, 0), head.batch)
            batch = data[: head.size - head.batch]
            known = {line.entry.get("id") for raw in batch.split(b"\n") if (line := parse(raw))}
            left = {body["id"]: body for body in owed if body["id"] not in known}
            kept = interrupted(head, self.business, data[head.size - head.batch :], left)
            end = size - kept.torn
            count, prev, added = kept.count, kept.hash, 0

            def lines() -> Iterator[bytes]:
                nonlocal count, prev, added
                some = bytearray(b"" if _ends_whole(descriptor, end) else b"\n")
                for body in left.values():
                    if body["id"] not in kept.ids:
                        count += 1
                        raw, prev = render({**body, "number": count}, prev)
                        some += raw + b"\n"
                    if len(some) > _AT_ONCE:
                        added += len(some)
                        yield bytes(some)
                        some.clear()
                added += len(some)
                yield bytes(some)

            if kept.count + len(left) - len(kept.ids) > head.count:
                _write(descriptor, end, lines())
            if head.count == 0:
                sync_folder(self.path.parent)
        finally:
            os.close(descriptor)
        if count == head.count:
            return head
        begun = head.size if kept.ids else end
        return Head(count=count, hash=prev, size=end + added, batch=begun)


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


def parse(raw: bytes) -> AuditLine | None:
    """Read one line; None for what no Kashdeck wrote."""
    try:
        entry = orjson.loads(raw)
        prev, stated, number = entry.pop("prev"), entry.pop("hash"), entry["number"]
        if type(number) is not int or not isinstance(prev, str) or not isinstance(stated, str):
            return None
        return AuditLine(entry, number, prev, stated, sound=render(entry, prev)[0] == raw)
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


def _write(descriptor: int, end: int, lines: Iterator[bytes]) -> None:
    """Cut what is torn, write the lines, and have the disk keep them, all or none."""
    os.ftruncate(descriptor, end)
    try:
        for some in lines:
            write_all(descriptor, some)
        sync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise


# Whether a trail is as it was written: every line in its place, from the first to the last.


class AuditTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a trail that is not as it was written.

    `code` is one of `changed`, `not-following`, `missing`, `out-of-place`, `not-whole`,
    `missing-end`, `file-missing`, `added`, `other-end`; `line` counts the file's lines from 1.
    """

    code: str
    line: int
    sentence: str


def troubles(
    trail: AuditFile, head: Head, owed: Mapping[str, Body]
) -> tuple[int, tuple[AuditTrouble, ...]]:
    """Return how many whole lines the trail has, and all that is wrong with it.

    `owed` are the entries, by id, that may stand after the head: an interrupted writing left them.
    Raises `StateUnreadable`.
    """
    if head.count and not trail.path.exists():
        return 0, (
            AuditTrouble(
                code="file-missing",
                line=0,
                sentence=f"{trail.path.name} is missing, with {_entries(1, head.count)}.",
            ),
        )
    data = trail.read()
    walk = _Walk(trail.business, head)
    *lines, rest = data.split(b"\n")
    for raw in lines:
        walk.step(parse(raw), len(raw) + 1)
    tail = interrupted(head, trail.business, data[head.size :], owed)
    walk.end(len(rest) - tail.torn, len(tail.ids))
    found = walk.found
    if not found and not _fits(head, walk.head_end, data):
        found.append(_other_end(walk.line))
    return len(lines), tuple(found)


def _fits(head: Head, end: int, data: bytes) -> bool:
    """Whether the rest of what the head says is so of a sound trail whose last line ends there."""
    begun = head.batch == 0 or data[max(head.batch - 1, 0) : head.batch] == b"\n"
    empty = head == Head() if head.count == 0 else head.batch < head.size
    return head.size == end and begun and empty


class _Walk:
    """Goes along a trail, line by line, and collects what is wrong.

    `head_end` is the place in the file after the entry that the head names.
    """

    def __init__(self, business: str, head: Head) -> None:
        self.found: list[AuditTrouble] = []
        self.line = 0
        self.head_end = 0
        self._head = head
        self._place = 0
        self._due = 1
        self._prev: str | None = first_hash(business)
        self._after_head: list[int] = []
        self._other_end = False

    def step(self, line: AuditLine | None, size: int) -> None:
        """Look at the next line, of that many bytes with its newline."""
        self.line += 1
        self._place += size
        if line is None or not line.sound:
            self._tell("changed", f"Line {self.line} was changed after it was written.")
            # What the next one should go on from is not known any more.
            self._due, self._prev = self._due + 1, None
        elif line.number < self._due:
            self._tell(
                "out-of-place",
                f"Line {self.line} holds entry {line.number} where entry {self._due} belongs: it "
                "was moved, copied or added.",
            )
        else:
            self._follow(line)

    def end(self, stray: int, owed: int) -> None:
        """Compare with the head: `stray` bytes follow the last line, `owed` lines may follow it."""
        if stray:
            self._tell(
                "not-whole",
                f"Line {self.line + 1} is not whole: it was cut short, or added.",
                self.line + 1,
            )
            self._due += 1
        lost = self._head.count - self._due + 1
        if lost > 0:
            missing = _entries(self._due, self._head.count)
            one = "was" if lost == 1 else "were"
            self._tell("missing-end", f"The end is missing: {missing} {one} cut off.")
        added = self._after_head[owed:]
        if added:
            lines = f"Lines {added[0]} to {added[-1]} are" if added[1:] else f"Line {added[0]} is"
            self._tell(
                "added",
                f"{lines} not known to the state: added at the end, or the state was changed.",
                added[0],
            )
        elif self._other_end:
            self.found.append(_other_end(self.line))

    def _follow(self, line: AuditLine) -> None:
        if line.number > self._due:
            missing = _entries(self._due, line.number - 1)
            are = "is" if line.number - self._due == 1 else "are"
            missing = f"{missing[0].upper()}{missing[1:]} {are} missing"
            self._tell("missing", f"{missing} before line {self.line}.")
        elif self._prev not in (None, line.prev):
            self._tell(
                "not-following",
                "Line 1 is not the first of this business's trail: another was put in its place."
                if self.line == 1
                else f"Line {self.line} does not follow on line {self.line - 1}: one of the two "
                "was put in another's place.",
            )
        if line.number > self._head.count:
            self._after_head.append(self.line)
        elif line.number == self._head.count:
            self.head_end = self._place
            self._other_end = line.hash != self._head.hash
        self._due, self._prev = line.number + 1, line.hash

    def _tell(self, code: str, sentence: str, line: int | None = None) -> None:
        where = self.line if line is None else line
        self.found.append(AuditTrouble(code=code, line=where, sentence=sentence))


def _other_end(line: int) -> AuditTrouble:
    return AuditTrouble(
        code="other-end",
        line=line,
        sentence="The trail does not end as the state remembers it: one of the two was changed.",
    )


def _entries(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"
