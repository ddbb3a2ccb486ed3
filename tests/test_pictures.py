"""The README's pictures can be drawn, and hold no secret."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.pictures import ROOT, draw

SHAPE_OF_A_KEY = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}")


def test_pictures_are_drawn(tmp_path: Path) -> None:
    asyncio.run(draw(tmp_path))
    drawn = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    named = re.findall(r"docs/pictures/([\w-]+\.svg)", (ROOT / "README.md").read_text("utf-8"))
    assert named, "the README shows the app"
    assert set(named) <= set(drawn)
    for name, text in drawn.items():
        keys = set(SHAPE_OF_A_KEY.findall(text)) - {"1234ABCD-1234"}
        assert not keys, f"{name} shows an AutoAuth key"
