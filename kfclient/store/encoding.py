"""JSON as the store's files hold it: to bytes and back."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from typing import Any

SMALL = 1 << 16
"""Bytes up to which loading orjson takes longer than reading them without it (measured)."""


def encoded(value: Any) -> bytes:
    """Return the value as JSON."""
    import orjson

    return orjson.dumps(value)


def decoded(data: bytes) -> Any:
    """Return what the JSON says; raises ValueError where it is none.

    Who opens no database and reads something small, as `kashdeck status` does, waits for no orjson:
    Python's own reader gives the same for all that the store writes.
    """
    if len(data) > SMALL or "orjson" in sys.modules:
        import orjson

        return orjson.loads(data)
    import json

    try:
        return json.loads(data.decode(), parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _refused(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
