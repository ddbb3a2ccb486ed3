"""Connecting to a server that has several addresses, of which some may lead nowhere.

Where the path by IPv6 is dead, packets vanish instead of being refused: trying one address after
the other would cost the whole time allowed, for each connection. So the next one is tried after a
moment, while those before may still answer, and what worked is tried first the next time.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Any

NEXT_AFTER = 0.25
"""Seconds after which the next address is tried as well."""

_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR)

Address = tuple[Any, ...]
"""Family, kind, protocol, canonical name and socket address, as `socket.getaddrinfo` gives them."""

Option = tuple[int, int, int | bytes]
"""Level, name and value of a socket's option."""

_worked: dict[tuple[str, int], Address] = {}
_lock = threading.Lock()


def dial(
    place: tuple[str, int],
    timeout: float | None,
    _source: object = None,
    options: Iterable[Option] = (),
    look_up: Callable[..., Sequence[Address]] = socket.getaddrinfo,
) -> socket.socket:
    """Return a connection to a host and port, within `timeout` seconds (None: as long as it takes).

    In the place of `socket.create_connection`. Raises OSError as that does: the first address's
    reason where none can be reached, TimeoutError where none answers.
    """
    host, port = place
    addresses = look_up(host.strip("[]"), port, 0, socket.SOCK_STREAM)
    with _lock:
        known = _worked.get(place)
    race = _Race(tuple(options), timeout)
    try:
        connected, address = race.run(in_order(addresses, known))
    finally:
        race.close()
    with _lock:
        _worked[place] = address
    connected.settimeout(timeout)
    return connected


def in_order(addresses: Iterable[Address], known: Address | None) -> list[Address]:
    """Return the addresses as they are to be tried: what worked, then the families in turn."""
    every = list(dict.fromkeys(tuple(one) for one in addresses))
    families = dict.fromkeys(one[0] for one in every)
    columns = ([one for one in every if one[0] == family] for family in families)
    mixed = [one for row in zip_longest(*columns) for one in row if one is not None]
    if known in mixed:
        mixed.remove(known)
        mixed.insert(0, known)
    return mixed


class _Race:
    """Connections under way to several addresses; the first that comes about is the one."""

    def __init__(self, options: tuple[Option, ...], timeout: float | None) -> None:
        self._options = options
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._selector = selectors.DefaultSelector()
        self._under_way: dict[socket.socket, Address] = {}
        self._failure: OSError | None = None

    def run(self, addresses: list[Address]) -> tuple[socket.socket, Address]:
        """Return the first connection, and to which address it leads; raises OSError."""
        for place, address in enumerate(addresses):
            self._start(address)
            last = place == len(addresses) - 1
            found = self._first(None if last else time.monotonic() + NEXT_AFTER)
            if found is not None:
                return found
        raise self._failure or OSError("there is no address to connect to")

    def close(self) -> None:
        """Give up what is still under way."""
        for connection in self._under_way:
            connection.close()
        self._selector.close()

    def _start(self, address: Address) -> None:
        family, kind, protocol, _, where = address
        connection: socket.socket | None = None
        try:
            connection = socket.socket(family, kind, protocol)
            for option in self._options:
                connection.setsockopt(*option)
            connection.setblocking(False)
            number = connection.connect_ex(where)
        except OSError as error:  # no such family on this machine
            self._failed(error, connection)
            return
        if number and number not in _UNDER_WAY:
            self._failed(OSError(number, os.strerror(number)), connection)
            return
        self._under_way[connection] = address
        self._selector.register(connection, selectors.EVENT_WRITE)

    def _failed(self, error: OSError, connection: socket.socket | None) -> None:
        self._failure = self._failure or error
        if connection is not None:
            connection.close()

    def _first(self, until: float | None) -> tuple[socket.socket, Address] | None:
        """Wait for a connection; None when none is under way any more, or it is time for the next.

        Raises TimeoutError.
        """
        while self._under_way:
            now = time.monotonic()
            if self._deadline is not None and now >= self._deadline:
                raise TimeoutError("timed out")
            ends = [one for one in (until, self._deadline) if one is not None]
            for key, _ in self._selector.select(max(0.0, min(ends) - now) if ends else None):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)  # noqa: S101 - what was registered
                address = self._under_way.pop(connection)
                self._selector.unregister(connection)
                number = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not number:
                    return connection, address
                self._failed(OSError(number, os.strerror(number)), connection)
            if until is not None and time.monotonic() >= until:
                return None
        return None
