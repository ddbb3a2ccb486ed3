"""Prints the figures: `python -m tests.benchmarks [SECTION ...]`, all sections without a word.

sync    reading long lists beside lxml alone and zeep alone
store   writing and finding beside stock TinyDB, at 1,000 and at 100,000 documents
check   what an item's findings cost beside long lists
many    what 50,000 items cost beside 1,000: growth, and one item among them (a minute)
publish publishing at 100 ms of KashFlow's time beside zeep's plain loop (a minute)
soak    whether the app grows with keys and with changes (a minute)
start   `kashdeck status` beside a bare Python, the app's first frame beside an empty app

Ends with 1 where a promise does not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from tests.benchmarks import checks, many, publish, soak, start, store, sync
from tests.benchmarks.figure import Figure

SECTIONS: dict[str, Callable[[], Iterable[Figure]]] = {
    "sync": sync.figures,
    "store": store.figures,
    "check": checks.figures,
    "many": many.figures,
    "publish": publish.figures,
    "soak": soak.figures,
    "start": start.figures,
}


def main(words: list[str]) -> int:
    """Measure, print, and return 0 where every promise is kept, 2 for a word that is no section."""
    unknown = [word for word in words if word not in SECTIONS]
    if unknown:
        sys.stderr.write(f"There is no section {unknown[0]}; there are {', '.join(SECTIONS)}.\n")
        return 2
    broken = 0
    for name in words or SECTIONS:
        sys.stdout.write(f"\n{name}\n")
        for figure in SECTIONS[name]():
            sys.stdout.write(f"  {figure}\n")
            sys.stdout.flush()
            broken += not figure.kept
    sys.stdout.write(f"\n{broken or 'No'} promise{'' if broken == 1 else 's'} broken.\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
