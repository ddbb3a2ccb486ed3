"""A snapshot as somebody's editor leaves it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def edit(path: Path, old: str, new: str) -> None:
    """Change a snapshot's text, and lay it out anew as a person has it before the eyes."""
    text = path.read_text()
    assert old in text
    path.write_text(json.dumps(json.loads(text.replace(old, new)), indent=1))
