"""How long a call to KashFlow may take, how much it may bring, how often a reading one is tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes.

    `reading` and `writing` bound a whole call, from its start to the last byte of its reply;
    ASP.NET gives up on a request of its own accord after 110 s. `silence` bounds the wait for the
    next byte, `size` the reply after decompression. A reading call is tried up to `tries` times,
    about `pause` apart, twice that after the second, and so on; a writing call once. At most
    `lanes` calls are made at once to one account, by all clients of this process together; a call
    waits for its lane before its time begins.
    """

    connect: float = 10.0
    silence: float = 120.0
    reading: float = 300.0
    writing: float = 60.0
    size: int = 256 * 1024 * 1024
    tries: int = 3
    pause: float = 0.5
    lanes: int = 4
