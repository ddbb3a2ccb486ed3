"""Whether a trail is as it was written: every line in its place, from the first to the last."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kfclient.store.trail import Body, Head, Line, Trail, first_hash, interrupted, parse


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a trail that is not as it was written.

    `code` is one of `changed`, `not-following`, `missing`, `out-of-place`, `not-whole`,
    `missing-end`, `file-missing`, `added`, `other-end`; `line` counts the file's lines from 1.
    """

    code: str
    line: int
    sentence: str


def troubles(trail: Trail, head: Head, owed: Mapping[str, Body]) -> tuple[int, tuple[Trouble, ...]]:
    """Return how many whole lines the trail has, and all that is wrong with it.

    `owed` are the entries, by id, that may stand after the head: an interrupted writing left them.
    Raises `StateUnreadable`.
    """
    if head.count and not trail.path.exists():
        return 0, (
            Trouble(
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
        self.found: list[Trouble] = []
        self.line = 0
        self.head_end = 0
        self._head = head
        self._place = 0
        self._due = 1
        self._prev: str | None = first_hash(business)
        self._after_head: list[int] = []
        self._other_end = False

    def step(self, line: Line | None, size: int) -> None:
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

    def _follow(self, line: Line) -> None:
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
        self.found.append(Trouble(code=code, line=where, sentence=sentence))


def _other_end(line: int) -> Trouble:
    return Trouble(
        code="other-end",
        line=line,
        sentence="The trail does not end as the state remembers it: one of the two was changed.",
    )


def _entries(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"
