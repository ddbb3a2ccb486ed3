"""Kills a process that writes, again and again: `python -m tests.store.killing FOLDER KILLS SEED`.

Each child opens the database, writes transactions over three tables, and makes checkpoints. It says
on a pipe what it begins and, after each commit, the number that is now stored. It is killed with
SIGKILL while it writes, makes a checkpoint or opens, at a moment that chance names; then the files
are read. Says a `Tally` as JSON. Children are forked, so that a kill costs milliseconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from kfclient.store import database
from kfclient.store.database import Database
from kfclient.store.errors import StoreError

PHASES = {b"w": 0.02, b"c": 0.004, b"o": 0.003}
"""What a child says it begins (writing, a checkpoint, opening), and the seconds it may yet live."""

KEPT = 40
"""How many of the documents written last a table keeps; older ones are removed."""

Tally = dict[str, int]


def text(number: int) -> str:
    """Return what document `number` holds: of many lengths, and no part of another."""
    return f"{number}." * (1 + number * 7919 % 400)


def write(path: Path, say: int) -> None:
    """Write until the end; say what begins, and each number once it is stored."""
    os.write(say, b"o\n")
    database = Database(path)
    one, two, total = (database.table(name) for name in ("one", "two", "total"))
    number = len(total) and total.all()[0]["count"]
    os.write(say, b"w\n")
    while True:
        with database.transaction():
            one.insert({"n": number, "text": text(number)})
            two.insert({"n": number})
            total.update({"count": number + 1}) or total.insert({"count": number + 1})
            for table in (one, two):
                table.remove(doc_ids=[found.doc_id for found in table.by("n", number - KEPT)])
        os.write(say, b"%d\n" % number)
        number += 1
        if number % 7 == 0:
            os.write(say, b"c\n")
            database.checkpoint()
            os.write(say, b"w\n")


def killed(path: Path, phase: bytes, chance: random.Random) -> int:
    """Start a child, kill it in this phase; return the highest number it said, -1 for none."""
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write(path, mouth)
        finally:
            os._exit(1)
    os.close(mouth)
    with os.fdopen(ear, "rb") as said:
        lines = []
        # Not always the first time that it begins.
        for _ in range(chance.randint(1, 3) if phase != b"o" else 1):
            while (line := said.readline().strip()) != phase:
                lines.append(line)
                assert line, "the child ended by itself"
        time.sleep(chance.uniform(0, PHASES[phase]))
        os.kill(child, signal.SIGKILL)
        lines += said.read().split(b"\n")
    os.waitpid(child, 0)
    return max((int(line) for line in lines if line.strip().isdigit()), default=-1)


def look(path: Path, acknowledged: int, tally: Tally) -> int:
    """Read the files after a kill, count what is not as it must be; return what is stored."""
    try:
        if path.exists():
            json.loads(path.read_bytes())
        database = Database(path)
        rows = {name: database.table(name).all() for name in ("one", "two", "total")}
        database.close()
    except (StoreError, ValueError):
        tally["unreadable"] += 1
        return acknowledged + 1
    count = rows["total"][0]["count"] if rows["total"] else 0
    wanted = list(range(max(0, count - KEPT), count))
    numbers = {name: [row["n"] for row in rows[name]] for name in ("one", "two")}
    tally["lost"] += max(0, acknowledged + 1 - count)
    tally["never written"] += max(0, count - acknowledged - 2)
    tally["half"] += numbers != {"one": wanted, "two": wanted}
    tally["torn"] += any(row["text"] != text(row["n"]) for row in rows["one"])
    return count


def proof(path: Path, kills: int, seed: int) -> Tally:
    """Kill so many times, in each phase by turns, and return what was counted."""
    # So small that checkpoints are made while opening and while writing, too.
    vars(database).update(LARGE_LOG=4_000, LARGEST_LOG=12_000, PATIENCE=0.001)
    chance, stored = random.Random(seed), 0
    tally = dict.fromkeys(
        ("kills", "stored", "lost", "never written", "half", "torn", "unreadable"), 0
    )
    for number in range(kills):
        phase = list(PHASES)[number % len(PHASES)]
        acknowledged = max(killed(path, phase, chance), stored - 1)
        stored = look(path, acknowledged, tally)
        tally["kills"] += 1
        if tally["unreadable"]:
            break
    return tally | {"stored": stored}


def main() -> None:
    """Do as the words say."""
    path = Path(sys.argv[1]) / "state.json"
    sys.stdout.write(json.dumps(proof(path, int(sys.argv[2]), int(sys.argv[3]))))


if __name__ == "__main__":
    main()
