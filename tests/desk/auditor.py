"""Ends sessions at every step of flushing a trail, and works on one home from two of them.

`kill HOME`: notes, then settles in a child that ends at its first call to the system that writes,
then at its second, and so on; says what was found after each, a JSON line each.
`edit HOME PERSON TIMES`: changes items of the business `acme` and settles its trail now and then.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from kfclient.desk.audit.audit import Audit
from kfclient.desk.audit.entry import Action
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import ItemChanged
from kfclient.desk.items.items import Items
from kfclient.desk.person import utc_now
from kfclient.desk.sync.lists import Lists
from kfclient.store import Home

WRITING = ("write", "ftruncate", "fdatasync", "fsync", "replace", "rename", "link")
KILLED = 9


def note(home: Home, first: int, last: int) -> None:
    """Note what happens in the state and in the books by turns."""
    audit = Audit(home, person="anna", origin="")
    for number in range(first, last + 1):
        database = home.state() if number % 2 else home.books("acme")
        audit.note(database, "acme", Action.ITEM_CHANGED, item=str(number))


def kill(root: Path) -> None:
    """End the flushing at every step, and see what another session then finds."""
    home = Home(root)
    note(home, 1, 3)
    Audit(home).flush("acme")
    note(home, 4, 8)
    home.close()
    for step in itertools.count(1):
        again = root.with_name(f"killed-{step}")
        shutil.copytree(root, again)
        child = os.fork()
        if child == 0:
            _end_at(step)
            Audit(Home(again)).flush("acme")
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(json.dumps({"step": step, "ended": ended, **_found(again)}) + "\n")
        if ended != KILLED:
            return


def _found(root: Path) -> dict[str, Any]:
    """Say what a later session finds: before it writes anything, and after it noted one more."""
    home = Home(root)
    audit = Audit(home)
    seen = [entry.item for entry in audit.entries("acme")]
    first = audit.verify("acme")
    note(home, 9, 9)
    second = audit.verify("acme")
    return {
        "seen": sorted(seen),
        "codes": [one.code for one in (*first.troubles, *second.troubles)],
        "lines": [first.lines, second.lines],
        "items": sorted(entry.item for entry in audit.entries("acme")),
        "numbers": [entry.number for entry in audit.entries("acme")],
        "owed": len(home.state().table("owed")) + len(home.books("acme").table("owed")),
    }


def _end_at(step: int) -> None:
    """Have this process end at its so-manieth writing call, in the middle of it if it can be."""
    left = itertools.count(step, -1)

    def ending(name: str, really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **more: Any) -> Any:
            if next(left) == 1:
                if name == "write":
                    really(words[0], bytes(words[1])[: len(words[1]) // 2])
                os._exit(KILLED)
            return really(*words, **more)

        return call

    for name in WRITING:
        setattr(os, name, ending(name, getattr(os, name)))


def edit(root: Path, person: str, times: int) -> None:
    """Change the note of every item in turn; take what is newest where another was faster."""
    home = Home(root)
    items = Items(home, Businesses(home, person=person), Lists(home), utc_now)
    conflicts = 0
    for number in range(times):
        for item in items.all("acme"):
            while True:
                known = items.get("acme", item.id)
                try:
                    items.save("acme", msgspec.structs.replace(known, note=f"{person} {number}"))
                except ItemChanged:
                    conflicts += 1
                else:
                    break
        if number % 5 == 0:
            items.audit.flush("acme")
    sys.stdout.write(json.dumps({"conflicts": conflicts}) + "\n")
    home.close()


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        kill(Path(sys.argv[2]))
    else:
        edit(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
