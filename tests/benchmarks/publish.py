"""What publishing promises at 100 ms of the server's time, beside the plain loop of zeep's users.

The server is a process of its own, each way of publishing a fresh one, and https between them. "The
wire" is the calls that are under way: the server tells for how long each was, from its whole
request to its reply, so that connecting, encoding and decoding are no part of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.api.certificates import issue
from tests.benchmarks.figure import Figure
from tests.contract import vendor_wsdl

ROOT = Path(__file__).parents[2]
LATENCY = 0.1
LANES = 8
BUSY = 3.0
"""The slack of what waits for the processor and the disk, which others want too."""

Cost = dict[str, Any]


def figures(
    items: int = 400, suppliers: int = 50, rounds: int = 3, plain: int = 40
) -> Iterator[Figure]:
    """Measure in one run: `items` of so many suppliers, `plain` of them in the plain loop.

    Publishing is measured in rounds, the plain loop after the first two of them; of each figure the
    best round is told, which other programs disturb least.
    """
    ours: list[Cost] = []
    loops: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="kashdeck-bench-") as folder:
        issue(Path(folder))
        wsdl = Path(folder, "kashflow.wsdl")
        wsdl.write_bytes(vendor_wsdl())
        secure = (f"{folder}/server.pem", f"{folder}/server.key")
        for number in range(rounds):
            ours.append(_measured("ours", items, suppliers, certificate=secure))
            if number < 2:
                loops.append(_measured(str(wsdl), plain, suppliers, certificate=secure))
        yield from _ours(ours, items, suppliers)
        yield from _beside(ours, loops, items, plain)
        for scheme, certificate in {"http": (), "https": secure}.items():
            calls = _measured("calls", plain, 1, wait=0, certificate=certificate)
            yield from _connections(scheme, calls)


def _ours(rounds: list[Cost], items: int, suppliers: int) -> Iterator[Figure]:
    calls = dict(rounds[0]["wire"]["calls"])
    readings = calls.pop("GetReceiptsForSupplier")
    wire = max(one["wire"]["seconds"] / one["seconds"] for one in rounds) / LANES
    yield Figure(
        f"the wire is busy: {LANES} lanes, {items} items, on disk",
        wire * 100,
        "%",
        at_least=90,
        slack=BUSY,
    )
    most = max(one["wire"]["most"] for one in rounds)
    yield Figure("    calls at once, whatever is in hand", most, "calls", LANES, slack=1)
    yield Figure(
        "calls an item: insert and read back", sum(calls.values()) / items, "calls", 2, slack=1
    )
    # Once, and again where the last is seconds old: somebody may be at work there meanwhile.
    turns = 1 + rounds[0]["seconds"]
    yield Figure(
        "    readings a supplier and second", readings / suppliers / turns, "calls", 1, slack=1
    )
    yield Figure(
        "own CPU an item, from its plan to its report",
        min(one["cpu"] for one in rounds) / items * 1000,
        "ms",
        at_most=15,
        slack=BUSY,
    )
    yield Figure(
        "    loading zeep and our WSDL, once a session, CPU",
        min(one["loading"] for one in rounds) * 1000,
        "ms",
    )


def _beside(rounds: list[Cost], loops: list[Cost], items: int, plain: int) -> Iterator[Figure]:
    ours = max(items / one["seconds"] for one in rounds)
    loop = max(plain / one["seconds"] for one in loops)
    yield Figure("items a second: recorded, read back, compared", ours, "items")
    yield Figure("    zeep's plain loop, the vendor's WSDL: none of it", loop, "items")
    # Two calls an item and one a supplier, in eight lanes, beside one call an item in one.
    yield Figure(
        "ours / the plain loop, items a second", ours / loop, "times", at_least=3, slack=BUSY
    )
    yield Figure(
        "    zeep's plain loop, CPU an item",
        min(one["cpu"] for one in loops) / plain * 1000,
        "ms",
    )


def _connections(scheme: str, cost: Cost) -> Iterator[Figure]:
    """Tell what it costs that a write never travels on a connection that was used before."""
    for name, about in {"read": "reading, kept connection", "write": "writing, a new one"}.items():
        yield Figure(f"    {scheme}: {about}, by the clock", cost[name] * 1000, "ms")
        yield Figure(f"    {scheme}: {about}, CPU", cost[f"{name} cpu"] * 1000, "ms")


def _measured(
    way: str, items: int, suppliers: int, *, wait: float = LATENCY, certificate: tuple[str, ...]
) -> Cost:
    with _server(wait, certificate) as address:
        numbers = [str(number) for number in (items, suppliers, LANES)]
        authority = certificate[0] if certificate else ""
        command = [sys.executable, "-m", "tests.benchmarks.publish_ways", way, address, authority]
        done = subprocess.run(
            [*command, *numbers], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr[-2000:]
    cost: Cost = json.loads(done.stdout)
    return cost


@contextmanager
def _server(seconds: float, certificate: tuple[str, ...]) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.benchmarks.faraway", str(seconds * 1000), *certificate]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
