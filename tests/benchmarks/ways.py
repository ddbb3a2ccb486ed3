# mypy: untyped-calls-exclude="zeep"
"""The ways of reading that are compared, each run alone in a fresh process.

    python -m tests.benchmarks.ways WAY ADDRESS

prints what it cost as JSON: seconds by the clock and of this process's own CPU, the most memory
it ever held in MB, and the rows it read.
"""

from __future__ import annotations

import asyncio
import io
import json
import resource
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.replies import KINDS

Cost = dict[str, float]


def _measured(work: Callable[[], int]) -> Cost:
    began, cpu = time.perf_counter(), time.process_time()
    rows = work()
    cost = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "megabytes": _most_memory(),
        "rows": rows,
    }
    return {name: round(value, 4) for name, value in cost.items()}


def _most_memory() -> float:
    """Return the most memory in MB that this program ever held.

    What getrusage says may be that of the process which started this one, where that is larger.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def ours(address: str) -> Cost:
    """Our client, from the first byte of the request to the last record."""
    from kfclient.api import Credentials, KashFlow

    api = KashFlow(address, Credentials("u", "p"))
    api.envelope("GetSuppliers")  # zeep and the WSDL are loaded by then, as in all ways
    kept: list[object] = []

    def work() -> int:
        kept.extend(api.get_suppliers())
        kept.extend(api.get_customers())
        return len(kept)

    return _measured(work)


def _bodies(address: str) -> dict[str, bytes]:
    bodies = {}
    for operation in KINDS:
        request = urllib.request.Request(
            address,
            data=b"<soap-env:Envelope></soap-env:Envelope>",
            headers={"SOAPAction": f'"KashFlow/{operation}"', "Connection": "close"},
        )
        with urllib.request.urlopen(request) as response:
            bodies[operation] = response.read()
    return bodies


def iterparse(address: str) -> Cost:
    """Plain `lxml.iterparse` over the same bytes, in memory already: a dict of texts a row."""
    from lxml import etree

    bodies = _bodies(address)
    kept: list[dict[object, str | None]] = []

    def work() -> int:
        for operation, kind in KINDS.items():
            source = io.BytesIO(bodies[operation])
            for _, element in etree.iterparse(source, tag=f"{{KashFlow}}{kind}"):
                kept.append({child.tag: child.text for child in element})
                element.clear()
        return len(kept)

    return _measured(work)


def zeeps(address: str) -> Cost:
    """zeep's own parsing, as its users have it."""
    import zeep

    import kfclient.api

    client = zeep.Client(kfclient.api.__file__.replace("__init__.py", "kashflow.wsdl"))
    service = client.create_service("{KashFlow}KashFlowAPISoap", address)
    kept: list[object] = []

    def work() -> int:
        rows = 0
        for operation, kind in KINDS.items():
            result = service[operation](UserName="u", Password="p")
            kept.append(result)
            rows += len(result[f"{operation}Result"][kind])
        return rows

    return _measured(work)


def stalls(address: str) -> Cost:
    """Our client in a thread; `stall` is the longest it kept the event loop still, in ms.

    No longer than the CPU that this process had meanwhile: the rest were other programs' turns.
    """
    from kfclient.api import Credentials, KashFlow

    api = KashFlow(address, Credentials("u", "p"))
    api.envelope("GetSuppliers")
    late: list[float] = []

    async def tick(done: threading.Event) -> None:
        while not done.is_set():
            began, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.005)
            cpu = time.process_time() - cpu
            late.append(min(time.perf_counter() - began - 0.005, cpu))

    def work() -> int:
        done, kept = threading.Event(), list[object]()

        def read() -> None:
            kept.extend(api.get_suppliers())
            kept.extend(api.get_customers())
            done.set()

        threading.Thread(target=read).start()
        asyncio.run(tick(done))
        return len(kept)

    cost = _measured(work)
    return {**cost, "stall": round(max(late) * 1000, 1)}


def wsdl(_: str) -> Cost:
    """Loading our WSDL, zeep being imported already."""
    import requests  # noqa: F401 - zeep's own import
    import zeep  # noqa: F401

    from kfclient.api import wsdl

    def work() -> int:
        wsdl.our_contract()
        return 1

    return _measured(work)


WAYS: dict[str, Callable[[str], Cost]] = {
    "ours": ours,
    "iterparse": iterparse,
    "zeep": zeeps,
    "stalls": stalls,
    "wsdl": wsdl,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(WAYS[sys.argv[1]](sys.argv[2])))
