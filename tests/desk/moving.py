"""Moves a business's password in processes that end at their nth write: `python -m ... FOLDER`.

FOLDER holds `home` and `keyrings`, which are put back as they were for every try; says a line a
try. The folder stays the same, for a keyring tells homes apart by theirs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from kfclient.desk import Desk
from kfclient.errors import Problem
from kfclient.store import Home, Secrets
from tests.store import file_keyring
from tests.store.file_keyring import ONE, TWO

COUNTED = ("write", "pwrite", "writev", "fdatasync", "fsync", "replace", "rename")


def main(folder: Path) -> None:
    """End at the first write, at the second, and so on, until a move comes to its end."""
    point, ended, before = 0, False, folder / "before"
    for name in ("home", "keyrings"):
        shutil.copytree(folder / name, before / name)
    while not ended:
        point += 1
        for name in ("home", "keyrings"):
            shutil.rmtree(folder / name)
            shutil.copytree(before / name, folder / name)
        ended = _moved(folder, point)
        between = _kept(folder)
        again = _moved(folder, 0)
        told = {"ended": ended, "between": between, "again": again, **_after(folder)}
        sys.stdout.write(json.dumps(told) + "\n")


def _desk(folder: Path) -> Desk:
    file_keyring.put_in(folder / "keyrings")
    home = Home(folder / "home")
    return Desk(home, Secrets(home.root), person="anna")


def _moved(folder: Path, point: int) -> bool:
    """Move, ending at this write (0: never); whether it came to its end."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    desk = _desk(folder)
    business = desk.businesses.all()[0].business.id
    _count(point)
    desk.connecting.keep_secrets_in(business, TWO)
    os._exit(0)


def _count(point: int) -> None:
    left = point

    def before(real: Any) -> Any:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return counted

    for name in COUNTED:
        setattr(os, name, before(getattr(os, name)))


def _kept(folder: Path) -> bool:
    """Whether the secret is where the state says it is."""
    desk = _desk(folder)
    business = desk.businesses.all()[0].business
    assert business.connection is not None
    try:
        return desk.secrets.load(business.id, business.connection.secrets_in).password == "pa55word"
    except Problem:
        return False


def _after(folder: Path) -> dict[str, Any]:
    desk = _desk(folder)
    business = desk.businesses.all()[0].business
    assert business.connection is not None
    held = {
        name: "pa55word" in path.read_text() if (path := _file(folder, name)).exists() else False
        for name in (ONE, TWO)
    }
    left = desk.connecting.left_behind(business.id)
    return {"place": business.connection.secrets_in, "held": held, "left": left}


def _file(folder: Path, name: str) -> Path:
    return folder / "keyrings" / f"{name}.json"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
