"""Ends a process at each of its system calls in turn: `python -m tests.store.stepping FOLDER`.

A child does one thing (a first write, a transaction, a checkpoint, ...) while the calls that change
files are counted, and is ended at the n-th of them, in one of four ways; n grows until the child
comes through. Then the files are read, and written to. Says as JSON, by what was done: how often
the child was ended, and what was found that may not be.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfclient.store import database as databases
from kfclient.store.database import Database
from kfclient.store.errors import StoreError

CALLS = (
    *("open", "write", "pwrite", "ftruncate", "fsync", "fdatasync"),
    *("rename", "replace", "link", "unlink", "mkdir"),
)
WAYS = ("before", "after", "half", "power")
"""Killed before the call, after it, or half-way through it where it writes; or the power fails.

Then bytes and renames that the disk was not asked to keep are gone.
"""

Rows = dict[str, list[Any]]


class Ending:
    """Counts the calls of this process that change files, and ends it at the last one allowed."""

    def __init__(self, last: int, way: str) -> None:
        self._left, self._way = last, way
        self._real = {name: getattr(os, name) for name in CALLS}
        self._paths: dict[int, str] = {}
        # What the disk was not asked to keep: a file's size before, the names and what went.
        self._sizes: dict[str, int] = {}
        self._renames: list[tuple[str, str, bytes | None]] = []
        for name in CALLS:
            setattr(os, name, self._counting(name))

    def _counting(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0 and self._way != "after":
                if self._way == "half" and "write" in name:
                    self._real[name](args[0], bytes(args[1])[: len(args[1]) // 2], *args[2:])
                self.end()
            self._expect(name, args)
            result = self._real[name](*args, **options)
            if name == "open":
                self._paths[result] = str(args[0])
            if self._left == 0:
                self.end()
            return result

        return call

    def _expect(self, name: str, args: tuple[Any, ...]) -> None:
        """Remember what this call leaves to be kept, or asks the disk to keep."""
        if "write" in name:
            path = self._paths[args[0]]
            self._sizes.setdefault(path, Path(path).stat().st_size)
        elif "sync" in name:
            path = self._paths[args[0]]
            self._sizes.pop(path, None)
            self._renames = [one for one in self._renames if str(Path(one[1]).parent) != path]
        elif name in ("rename", "replace"):
            old, new = str(args[0]), str(args[1])
            if old in self._sizes:
                self._sizes[new] = self._sizes.pop(old)
            gone = Path(new).read_bytes() if Path(new).exists() else None
            self._renames.append((old, new, gone))

    def end(self) -> None:
        """End the process here."""
        for name, real in self._real.items():
            setattr(os, name, real)
        if self._way == "power":
            for path, size in self._sizes.items():
                os.truncate(path, size)
            for old, new, gone in reversed(self._renames):
                Path(new).rename(old)
                if gone is not None:
                    Path(new).write_bytes(gone)
        os.kill(os.getpid(), signal.SIGKILL)


def fill(database: Database) -> None:
    """Write what is there before, in the snapshot and in the log."""
    for number in range(9):
        database.table("one").insert({"n": number, "text": "é" * number})
        if number == 4:
            database.checkpoint()


def insert(path: Path) -> None:
    """One insert."""
    Database(path).table("one").insert({"n": 99})


def transaction(path: Path) -> None:
    """One transaction over two tables: an insert, an update, a removal."""
    database = Database(path)
    with database.transaction():
        database.table("two").insert({"n": 99})
        database.table("one").update({"text": "changed"}, doc_ids=[2, 8])
        database.table("one").remove(doc_ids=[3])


def checkpoint(path: Path) -> None:
    """A checkpoint."""
    Database(path).checkpoint()


def closing(path: Path) -> None:
    """A write and a proper end, which leaves a snapshot."""
    database = Database(path)
    database.table("one").insert({"n": 99})
    database.close()


def opening(path: Path) -> None:
    """Opening what has a large log, which is put into the snapshot soon after."""
    vars(databases).update(LARGE_LOG=100, PATIENCE=0.0)
    database = Database(path)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    database.close()


DEEDS: dict[str, tuple[bool, Callable[[Path], None]]] = {
    "first write": (False, insert),
    "insert": (True, insert),
    "transaction": (True, transaction),
    "checkpoint": (True, checkpoint),
    "closing": (True, closing),
    "opening": (True, opening),
}
"""By name: whether something is there before, and what is done."""


def content(path: Path) -> Rows:
    """Return all documents as the next session finds them."""
    database = Database(path)
    return {name: database.table(name).all() for name in ("one", "two")}


def ended(path: Path, deed: Callable[[Path], None], last: int, way: str) -> bool:
    """Do it in a child that is ended; return whether it said before that it is done."""
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        tell = os.write
        ending = Ending(last, way)
        try:
            deed(path)
            tell(mouth, b"done")
            ending.end()
        finally:
            os._exit(1)
    os.close(mouth)
    with os.fdopen(ear, "rb") as said:
        done = said.read() == b"done"
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it failed by itself"
    return done


def look(path: Path, before: Rows, after: Rows, *, done: bool) -> str:
    """Return what is wrong with the files, "" for nothing."""
    try:
        found = content(path)
        if found not in (before, after):
            return "half"
        if done and found != after:
            return "lost"
        Database(path).table("later").insert({"n": 100})
        same = content(path) == found and len(Database(path).table("later")) == 1
    except StoreError as problem:
        return f"unusable: {problem.sentence}"
    return "" if same else "not written"


def proof(folder: Path, name: str) -> dict[str, Any]:
    """End one deed at each call in each way; return how often, and all that was wrong."""
    there, deed = DEEDS[name]
    kept, now = folder / "kept", folder / "now"
    if there:
        fill(Database(kept / "state.json"))
    else:
        kept.mkdir(parents=True)
    before = content(kept / "state.json")
    shutil.copytree(kept, now)
    ended(now / "state.json", deed, sys.maxsize, "after")
    after = content(now / "state.json")
    times, wrong = 0, []
    for way in WAYS:
        last, done = 0, False
        while not done:
            last, times = last + 1, times + 1
            shutil.rmtree(now)
            shutil.copytree(kept, now)
            done = ended(now / "state.json", deed, last, way)
            if trouble := look(now / "state.json", before, after, done=done):
                wrong.append(f"{way} call {last}: {trouble}")
    return {"ended": times, "wrong": wrong}


def main() -> None:
    """Do it with every deed."""
    folder = Path(sys.argv[1])
    found = {name: proof(folder / name, name) for name in DEEDS}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
