"""One share of a proof that nothing is lost or doubled, in a process of its own.

A proof goes through all the points at which a process may end, or through all the calls that may go
wrong; each try is a world of its own, lived in until all is settled and then reckoned up. A share
is every nth of them, so that several processes go through them together.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kfclient.sandbox import Sandbox
from tests.desk.lives import Life, World

LATE = 100.0
"""Seconds after which KashFlow commits what its caller has given up; the settle time is 130."""

_SHORT = 0.3
_SLOW: dict[str, Any] = {"seconds": LATE}
KINDS: dict[str, dict[str, Any]] = {
    "drop-after": {},
    "truncate": {},
    "slow": _SLOW,
    "late": _SLOW,
}
"""Replies dropped, cut short, later than anybody waits, and calls that are executed long after."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: so many items, and what goes wrong.

    With `kills`, the process is killed at every point, as it publishes in so many lanes; with
    `two`, a second session takes over at that moment. With a `kind`, that happens to the first
    sends of everything where there are `kills` too, and otherwise to each call in turn. Of all
    tries every `stride`th is made.
    """

    name: str
    items: int
    kills: bool = False
    two: bool = False
    lanes: int = 1
    kind: str = ""
    stride: int = 1


class Tried(msgspec.Struct, frozen=True):
    """What came of so many tries of all there are to make.

    `wrong` is everything that is not as it should be, in words.
    """

    name: str
    tries: int = 0
    of: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: tuple[str, ...] = ()


class Order(msgspec.Struct, frozen=True):
    """A share of some proofs: which, of how many."""

    proofs: tuple[Proof, ...]
    share: int = 0
    shares: int = 1


def carry_out(proof: Proof, order: Order, world: World) -> Iterator[Tried]:
    """Go through one share of a proof; yields after each try, so what is told adds up."""
    world.begin_again()
    (whole,) = world.live(Life(lanes=proof.lanes))
    assert not world.reckon(whole), world.reckon(whole)
    calls = dict(world.sandbox.account.calls)
    last = world.points.count if proof.kills else sum(calls.values())
    yield Tried(proof.name, of=len(range(1, last + 1, proof.stride)) if not order.share else 0)
    mine = range(1 + order.share * proof.stride, last + 1, order.shares * proof.stride)
    for at in mine:
        world.begin_again()
        timeout = _SHORT if proof.kind == "slow" else 10.0
        if proof.kills:
            for operation in calls if proof.kind else ():
                if not operation.startswith("Get"):
                    world.sandbox.misbehave(
                        operation, proof.kind, times=calls[operation], **KINDS[proof.kind]
                    )
            yield _kill(world, proof, at, timeout)
        else:
            world.sandbox.misbehave("*", proof.kind, nth=at, **KINDS[proof.kind])
            (ended,) = world.live(Life(lanes=proof.lanes, timeout=timeout))
            yield _told(world, proof, at, ended)


def _kill(world: World, proof: Proof, at: int, timeout: float) -> Tried:
    """Kill the first session there; the second, or the one after it, is to settle everything."""
    first = Life(point=at, lanes=proof.lanes, timeout=timeout)
    after = Life(lanes=proof.lanes, timeout=timeout, second=proof.two)
    ended = world.live(first, after) if proof.two else world.live(first)
    if ended[-1].killed:
        ended = world.live(after)
    return _told(world, proof, at, ended[-1])


def _told(world: World, proof: Proof, at: int, ended: Any) -> Tried:
    told = world.reckon(ended)
    wrong = [*told.wrong]
    if told.lost or told.doubled:
        wrong.append(f"lost {told.lost}, doubled {told.doubled}")
    said = tuple(f"{proof.name}, at {at}: {one}" for one in wrong)
    return Tried(proof.name, 1, 0, told.lost, told.doubled, said)


def main() -> None:
    """Carry out the order given as JSON, and write a line for each try."""
    warnings.simplefilter("ignore", DeprecationWarning)  # forks, while the sandbox is at rest
    order = msgspec.json.decode(sys.argv[1], type=Order)
    # What a process wrote outlives it there as on a disk, and nobody waits for the disk.
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        Sandbox() as sandbox,
    ):
        world: World | None = None
        for proof in order.proofs:
            if world is None or len(world.items) != proof.items:
                world = World(Path(folder) / proof.name, sandbox, proof.items)
            for tried in carry_out(proof, order, world):
                sys.stdout.write(msgspec.json.encode(tried).decode() + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
