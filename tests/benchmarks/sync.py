"""The figures that the client promises about long lists, measured side by side in one run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.ways import Cost

ROOT = Path(__file__).parents[2]

WAITING = 3.0
"""The slack of what the clock measures, where others want the processor too."""


@contextmanager
def _server(rows: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.benchmarks.replies", str(rows)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def _run(way: str, address: str) -> Cost:
    command = [sys.executable, "-m", "tests.benchmarks.ways", way, address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    cost: Cost = json.loads(done.stdout)
    return cost


def _best(costs: Iterable[Cost], name: str) -> float:
    return min(cost[name] for cost in costs)


def figures(rows: int = 20_000, rounds: int = 3) -> list[Figure]:
    """Measure with lists of `rows` suppliers and as many customers, a fresh process each.

    The ways take turns, `rounds` times, so that a busy machine is busy for all of them. Ratios are
    of the best rounds' CPU seconds, which another program's work disturbs least. The stall is the
    worst of the best round: what the client does is in every round, another program's turn is not.
    """
    ways = ("ours", "iterparse", "stalls", "wsdl")
    costs: dict[str, list[Cost]] = {way: [] for way in (*ways, "zeep")}
    with _server(rows) as address:
        for _ in range(rounds):
            for way in ways:
                costs[way].append(_run(way, address))
        costs["zeep"].append(_run("zeep", address))
    ours = _best(costs["ours"], "cpu")
    zeep = costs["zeep"][0]
    for cost in (*costs["ours"], *costs["iterparse"], *costs["stalls"], zeep):
        assert cost["rows"] == 2 * rows
    return [
        Figure(
            "ours / lxml.iterparse over the same bytes, CPU",
            ours / _best(costs["iterparse"], "cpu"),
            "times",
            at_most=1.5,
        ),
        Figure(
            "ours, over HTTP / lxml.iterparse from memory, by the clock",
            _best(costs["ours"], "seconds") / _best(costs["iterparse"], "seconds"),
            "times",
            at_most=1.5,
            slack=WAITING,
        ),
        Figure("zeep's own parsing / ours, CPU", zeep["cpu"] / ours, "times", at_least=3),
        Figure(
            "ours, the most memory", max(c["megabytes"] for c in costs["ours"]), "MB", at_most=160
        ),
        Figure(
            "zeep, the most memory / ours",
            zeep["megabytes"] / costs["ours"][0]["megabytes"],
            "times",
            at_least=1.5,
        ),
        Figure(
            "a running app's event loop stands still meanwhile",
            _best(costs["stalls"], "stall"),
            "ms",
            at_most=50,
            slack=WAITING,
        ),
        Figure(
            "loading our WSDL beyond importing zeep, CPU",
            _best(costs["wsdl"], "cpu") * 1000,
            "ms",
            at_most=40,
        ),
    ]
