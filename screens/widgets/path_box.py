"""A field for a file's path: Tab completes it as a shell does, and ~ is the home folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.binding import BindingType

MOST_SHOWN = 200


def complete(typed: str) -> tuple[str, tuple[str, ...]]:
    """Return the path as far as it can only go on in one way, and the names it may go on with.

    Hidden files are offered only when a dot was typed; folders end with a slash.
    """
    if typed == "~":
        return "~/", ()
    folder, _, start = typed.rpartition("/")
    where = Path(os.path.expanduser(f"{folder}/") if "/" in typed else ".")  # noqa: PTH111 - no raise
    names = []
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not start.startswith(".")
                if entry.name.startswith(start) and not hidden:
                    names.append(entry.name + ("/" if entry.is_dir() else ""))
    except OSError:
        return typed, ()
    if not names:
        return typed, ()
    head = f"{folder}/" if "/" in typed else ""
    return head + _same_start(names), tuple(sorted(names)[:MOST_SHOWN])


def _same_start(names: list[str]) -> str:
    """Return what all names begin with."""
    first, last = min(names), max(names)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[:same]


class PathBox(Input):
    """The field; asks the screen to complete what was typed when Tab is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
    ]

    class Completing(Message):
        """Tab was pressed."""

    def action_complete(self) -> None:
        """Ask for completion: reading a folder may take long, so not here."""
        self.post_message(self.Completing())

    def show_completed(self, text: str) -> None:
        """Show the completed path, ready to type on."""
        self.value = text
        self.cursor_position = len(text)
