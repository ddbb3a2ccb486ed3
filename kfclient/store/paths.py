"""Where things lie: the home folder on this machine, its state, its locks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

from kfclient.store.errors import StateUnreadable

SLUG = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""What the names of businesses and lists look like where they become names of files."""


def default_root() -> Path:
    """Return the folder KASHDECK_HOME names, or the platform's place for user data."""
    named = os.environ.get("KASHDECK_HOME", "")
    if named:
        return expanded(named)
    if os.path.expanduser("~") == "~":  # noqa: PTH111 - Path's own raises
        raise StateUnreadable(
            "There is no home folder here: HOME is not set, and this user has none.",
            "Have KASHDECK_HOME name a folder.",
        )
    import platformdirs

    return platformdirs.user_data_path("kashdeck").absolute()


def expanded(path: str | Path) -> Path:
    """Return the whole path, with a person's home for `~`, which stays where there is none."""
    return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111 - Path's own raises


_NO_TEXT = re.compile(r"[\ud800-\udfff]")


def as_text(name: str | Path) -> str:
    """Return a file's name as text that can be kept: a mark stands for what is not UTF-8."""
    return _NO_TEXT.sub("\ufffd", str(name))


def state_path(root: Path) -> Path:
    """Return where the database of what belongs to no single business lies."""
    return root / "state.json"


def lock_path(root: Path, name: str) -> Path:
    """Return where the lock of that name lies, whatever letters the name has; ValueError for ""."""
    if not name:
        raise ValueError("a lock needs a name")
    return root / "locks" / f"{quote(name, safe='')}.lock"


def events_path(root: Path, business: str) -> Path:
    """Return where the events of a business's publishing are."""
    return root / "businesses" / business / "publishing.log"


def plan_path(root: Path) -> Path:
    """Return where the plan of a restore lies while it is carried out."""
    return root / "restoring.json"
