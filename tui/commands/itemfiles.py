"""The files of an item as a command gives them: `files=a.pdf`, `files+=b.pdf`, `files-=a.pdf`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kfclient.desk.errors import WrongValue
from kfclient.desk.inbox.item import Item

_WORDS = ("files+", "files-", "files")


def told_apart(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what is said of files, as (`files`, `files+` or `files-`, path), and the other words.

    Files may be said as often as there are any.
    """
    files: list[tuple[str, str]] = []
    others: list[str] = []
    for word in words:
        key, equals, path = word.partition("=")
        key = key.strip().casefold()
        if equals and key in _WORDS:
            files.append((key, path.strip()))
        else:
            others.append(word)
    return files, others


def with_files(item: Item, said: Sequence[tuple[str, str]]) -> Item:
    """Return the item with its files changed as was said, in that order; `WrongValue`.

    `files` stands for all of them (an empty path for none), `files+` adds, `files-` takes away by
    path, or by name where one file alone has it. A file is known by its absolute path, so that it
    is found from anywhere; one that is not there, or cannot be read, is refused at once.
    """
    files = list(item.files)
    if any(key == "files" for key, _ in said):
        files = []
    for key, path in said:
        if key == "files-":
            files.remove(_one_of(files, path))
        elif path or key == "files+":
            files.append(_there(path))
    return msgspec.structs.replace(item, files=tuple(dict.fromkeys(files)))


def _absolute(path: str) -> str:
    """Return the path from the root; symbolic links stay, and so does what cannot be expanded."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111


def _there(path: str) -> str:
    """Return the absolute path of a file that can be read."""
    place = Path(_absolute(path)) if path else None
    if place is None or not os.path.lexists(place):
        raise WrongValue(f"files: There is no file {path}.", "Check its name and folder.")
    if not place.is_file():
        raise WrongValue(f"files: {path} is no file.", "Name each file; a folder cannot go.")
    if not os.access(place, os.R_OK):
        raise WrongValue(f"files: {path} cannot be read.", "You may not open it.")
    return str(place)


def _one_of(files: Sequence[str], path: str) -> str:
    """Return which of the item's files is meant."""
    if path in files:
        return path
    whole = _absolute(path) if path else ""
    found = [one for one in files if one == whole or Path(one).name == path]
    if len(found) == 1:
        return found[0]
    has = f"It has {', '.join(files)}." if files else "It has no files."
    many = "more than one file" if found else "no file"
    raise WrongValue(f"files: The item has {many} called “{path}”.", has)
