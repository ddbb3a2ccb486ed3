"""One of two writers: `python -m tests.store.rival ours|stock PATH TAG COUNT`.

Inserts `{"tag", "n", "text"}` so many times, each in two tables: `ours` both in one transaction,
`stock` TinyDB with its own storage one after the other. Before every second one it says that it is
ready and waits for a line, so that neither writes all before the other. Says as JSON how many it
was told are stored, and the exception that ended it, "" for none.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from tinydb import TinyDB

from kfclient.store.database import Database

TOGETHER = 2
"""How many each writes before it waits for the other."""


def main() -> None:
    """Do as the words say."""
    kind, path, tag, count = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    database = Database(path) if kind == "ours" else TinyDB(path)
    stored, ended = 0, ""
    try:
        for n in range(count):
            if n % TOGETHER == 0:
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                sys.stdin.readline()
            both = (
                database.transaction()
                if isinstance(database, Database)
                else contextlib.nullcontext()
            )
            with both:
                database.table("one").insert({"tag": tag, "n": n, "text": f"{tag}{n} " * 40})
                database.table("two").insert({"tag": tag, "n": n})
            stored += 1
    except Exception as error:  # noqa: BLE001 - whatever ends it is said
        ended = type(error).__name__
    sys.stdout.write(json.dumps({"stored": stored, "ended": ended}))


if __name__ == "__main__":
    main()
