"""Where an address of a server leads nowhere, the next is tried; what worked comes first then."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from kfclient.api import dialling
from kfclient.api.dialling import Address, dial, in_order
from tests.api.byte_server import ByteServer, deaf_port
from tests.waiting import HANG

ONE = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fd00::1", 443, 0, 0))
TWO = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fd00::2", 443, 0, 0))
THREE = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.3", 443))
FOUR = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.4", 443))


@contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that answers nobody: its queue is full and stays so."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def at(port: int) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))


def test_the_families_take_turns_and_what_worked_comes_first() -> None:
    assert in_order([ONE, TWO, THREE, FOUR], None) == [ONE, THREE, TWO, FOUR]
    assert in_order([ONE, TWO, THREE, FOUR, ONE], FOUR) == [FOUR, ONE, THREE, TWO]
    assert in_order([ONE, TWO], FOUR) == [ONE, TWO]
    assert in_order([], ONE) == []


def test_an_address_that_leads_nowhere_is_passed_by() -> None:
    with ByteServer(b"") as server, black_hole() as nowhere:
        place = ("books.example", nowhere)
        for _ in range(2):
            with dial(place, HANG, look_up=lambda *_: [at(nowhere), at(server.port)]) as found:
                assert found.getpeername() == ("127.0.0.1", server.port)
                assert found.gettimeout() == HANG
        assert dialling._worked[place] == at(server.port)


def test_what_is_refused_is_passed_by_at_once() -> None:
    with ByteServer(b"") as server, deaf_port() as deaf:
        found = dial(("b.example", 1), HANG, look_up=lambda *_: [at(deaf), at(server.port)])
        with found:
            assert found.getpeername() == ("127.0.0.1", server.port)


def test_where_none_can_be_reached_the_reason_is_told() -> None:
    with deaf_port() as deaf, pytest.raises(ConnectionRefusedError):
        dial(("c.example", 1), HANG, look_up=lambda *_: [at(deaf), at(deaf)])
    with black_hole() as nowhere, pytest.raises(TimeoutError):
        dial(("d.example", 1), 0.05, look_up=lambda *_: [at(nowhere)])
    with pytest.raises(OSError, match="no address"):
        dial(("e.example", 1), HANG, look_up=lambda *_: [])
