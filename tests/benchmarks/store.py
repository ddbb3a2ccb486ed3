"""What remembering costs beside stock TinyDB: durable writes, opening, finding by a field."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.table import Table

from kfclient.store.database import Database
from tests.benchmarks.figure import Figure

SMALL, LARGE = 1_000, 100_000

BUSY = 10.0
"""The slack of what waits for the disk, which others want too; ratios need less."""


def figures(large: int = LARGE, rounds: int = 200) -> Iterator[Figure]:
    """Measure in one run, and give each figure as it comes.

    Our two databases take turns, so that a busy disk is busy for both; stock TinyDB, whose every
    write takes about a second at the full size, gets three rounds. Medians throughout.
    """
    with tempfile.TemporaryDirectory(prefix="kashdeck-bench-") as folder:
        ours, stock = Path(folder) / "ours", Path(folder) / "stock"
        stock.mkdir()
        for count in (SMALL, large):
            _fill(ours / f"{count}.json", count)
            shutil.copy(ours / f"{count}.json", stock)
        yield from _reading(ours / f"{large}.json", stock / f"{large}.json", large)
        counts = (SMALL, large)
        mine = {count: Database(ours / f"{count}.json").table("items") for count in counts}
        theirs = {count: TinyDB(stock / f"{count}.json").table("items") for count in counts}
        our_costs = _writing(mine, rounds)
        stock_costs = _writing(theirs, 3)
        for deed in ("insert", "update by id"):
            yield from _compared(
                deed,
                [our_costs[deed, count] for count in counts],
                [stock_costs[deed, count] for count in counts],
                large,
            )


def _fill(path: Path, count: int) -> None:
    """Make a database of documents with 24 fields, half a kilobyte, as an item has."""
    texts = {f"field{at}": f"text {at} of a document" for at in range(21)}
    database = Database(path)
    database.table("items").insert_multiple(
        {"reference": f"R-{number}", "net": f"{number}.50", "state": "ready", **texts}
        for number in range(count)
    )
    database.close()


def _reading(ours: Path, stock: Path, large: int) -> Iterator[Figure]:
    def opened() -> Database:
        database = Database(ours)
        assert len(database.table("items")) == large
        return database

    yield Figure(
        f"opening {large:,} documents",
        statistics.median(_seconds(opened) for _ in range(5)),
        "s",
        at_most=0.7,
        slack=BUSY,
    )
    yield Figure(
        "    stock TinyDB, which reads them again for each call",
        _seconds(lambda: len(TinyDB(stock).table("items"))),
        "s",
    )
    table = opened().table("items")
    table.by("reference", "R-0")  # the first look makes the index
    asked = [f"R-{number * 7919 % large}" for number in range(1_000)]
    found = [_seconds(lambda: table.by("reference", word)) for word in asked]  # noqa: B023
    yield Figure(
        "finding one of them by a field",
        statistics.median(found) * 1e6,
        "us",
        at_most=50,
        slack=BUSY,
    )


def _writing(tables: dict[int, Any], rounds: int) -> dict[tuple[str, int], float]:
    """Return the median milliseconds of each deed at each size; each write is durable."""
    costs: dict[tuple[str, int], list[float]] = {}

    def timed(deed: str, count: int, work: Callable[[], object]) -> None:
        costs.setdefault((deed, count), []).append(_seconds(work) * 1_000)

    for count, table in tables.items():
        _insert(table, -1)  # the first write of a session does more
        del count
    for number in range(rounds):
        for count, table in tables.items():
            timed("insert", count, lambda: _insert(table, number))  # noqa: B023
            key = 1 + number * 7919 % count
            timed(
                "update by id",
                count,
                lambda: table.update({"state": f"of round {number}"}, doc_ids=[key]),  # noqa: B023
            )
    return {which: statistics.median(times) for which, times in costs.items()}


def _insert(table: Table, number: int) -> None:
    texts = {f"field{at}": f"text {at} of a new document" for at in range(21)}
    table.insert({"reference": f"N-{number}", "net": "1.50", "state": "new", **texts})


def _compared(deed: str, ours: list[float], stock: list[float], large: int) -> Iterator[Figure]:
    for count, cost in zip((SMALL, large), ours, strict=True):
        yield Figure(f"{deed}, {count:,} documents", cost, "ms", at_most=1, slack=BUSY)
    yield Figure(
        f"{deed}, at {large:,} / at {SMALL:,}", ours[1] / ours[0], "times", at_most=1.5, slack=2
    )
    for count, cost in zip((SMALL, large), stock, strict=True):
        yield Figure(f"    stock TinyDB, {count:,} documents", cost, "ms")
    # Its cost grows with the number of documents, ours does not.
    yield Figure(
        f"{deed}, stock TinyDB / ours, at {large:,}",
        stock[1] / ours[1],
        "times",
        at_least=500 * large / LARGE,
        slack=3,
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
