"""A process that writes: `python -m tests.store.writer PATH TAG COUNT [CHECKPOINT_EVERY]`.

Each transaction puts `{"tag", "n"}` into two tables; when it is stored, `n` is said on stdout.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kfclient.store.database import Database


def main() -> None:
    path, tag, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    every = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    database = Database(path)
    start = len(database.table("one").by("tag", tag))
    for n in range(start, start + count):
        with database.transaction():
            database.table("one").insert({"tag": tag, "n": n, "text": "x" * 500})
            database.table("two").insert({"tag": tag, "n": n})
        sys.stdout.write(f"{n}\n")
        sys.stdout.flush()
        if every and n % every == 0:
            database.checkpoint()


if __name__ == "__main__":
    main()
