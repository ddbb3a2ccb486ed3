"""Killed anywhere, answered anyhow, by two at once: every item is in KashFlow exactly once.

Not sampled: a run of publishing is killed at every single write and every single send, and every
single call is left without its answer, each time in a world of its own that is then lived in until
all is settled. KashFlow then has to have each document, payment, file, note and new supplier once,
to the penny, under the number and id that are known here, and the audit trail has to be whole.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pytest

from tests.desk.crash_share import KINDS, Order, Proof, Tried

_TELL_EVERY = 20.0

WHOLE = [
    Proof(name="killed", items=50, kills=True),
    *(Proof(name=f"a call {kind}", items=50, kind=kind) for kind in KINDS),
    Proof(name="killed, two sessions of four lanes", items=14, kills=True, two=True, lanes=4),
    *(
        Proof(name=f"killed while all sends are {kind}", items=7, kills=True, kind=kind)
        for kind in KINDS
    ),
]
SAMPLED = [
    Proof(name="killed", items=5, kills=True, stride=17),
    *(Proof(name=f"a call {kind}", items=5, kind=kind, stride=17) for kind in KINDS),
    Proof(name="killed, two sessions", items=5, kills=True, two=True, lanes=4, stride=47),
    Proof(name="killed while all sends are late", items=5, kills=True, kind="late", stride=61),
]


@pytest.mark.full
@pytest.mark.parametrize("proof", WHOLE, ids=lambda proof: proof.name)
def test_nothing_is_ever_lost_or_doubled(proof: Proof) -> None:
    assert_proved(prove([proof], shares=os.cpu_count() or 1), at_least=50)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_wherever_it_is_tried() -> None:
    assert_proved(prove(SAMPLED, shares=1), at_least=25)


def assert_proved(told: list[Tried], at_least: int) -> None:
    assert sum(one.tries for one in told) == sum(one.of for one in told) > at_least
    assert sum(one.lost + one.doubled for one in told) == 0
    assert [wrong for one in told for wrong in one.wrong] == []


def prove(proofs: Sequence[Proof], shares: int) -> list[Tried]:
    """Carry out these proofs in so many processes; tell how it goes, and what came of each."""
    told = {proof.name: Tried(proof.name) for proof in proofs}
    told_at = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for share in range(shares):
            order = msgspec.json.encode(Order(tuple(proofs), share, shares)).decode()
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.desk.crash_share", order],
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parents[3],
            )
            assert process.stdout is not None
            selector.register(process.stdout, selectors.EVENT_READ, process)
        while selector.get_map():
            for key, _ in selector.select():
                if line := key.fileobj.readline():  # type: ignore[union-attr]
                    one = msgspec.json.decode(line, type=Tried)
                    told[one.name] = _sum(told[one.name], one)
                else:
                    selector.unregister(key.fileobj)
                    assert key.data.wait() == 0, "a share of the proof did not come to its end"
            if time.monotonic() > told_at + _TELL_EVERY:
                told_at = time.monotonic()
                say(told.values())
    say(told.values())
    return list(told.values())


def _sum(one: Tried, other: Tried) -> Tried:
    return Tried(
        one.name,
        one.tries + other.tries,
        one.of + other.of,
        one.lost + other.lost,
        one.doubled + other.doubled,
        one.wrong + other.wrong,
    )


def say(told: Iterable[Tried]) -> None:
    """Print the figures, which are what the proof is for."""
    for one in told:
        figures = f"tried {one.tries:,} of {one.of:,}, lost {one.lost}, doubled {one.doubled}"
        print("\n    ".join((f"{one.name}: {figures}", *one.wrong[:5])), flush=True)  # noqa: T201
