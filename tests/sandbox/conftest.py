"""Sandboxes for tests: real ones, listening on a free port, with books in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kfclient.sandbox import Sandbox
from tests.sandbox.wire import Wire


@pytest.fixture
def closed() -> Iterator[Wire]:
    """A caller of a sandbox as it is delivered: nobody's address is on the list."""
    with Sandbox() as sandbox:
        yield Wire(sandbox)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A caller whose address is on the list."""
    with Sandbox() as sandbox:
        caller = Wire(sandbox)
        caller.ok("AutoAuthIP", appName="Tests", AutoAuthKey=sandbox.autoauth_key)
        yield caller


@pytest.fixture
def supplier(wire: Wire) -> int:
    """The id of a supplier."""
    number: int = wire.sandbox.account.suppliers()[0]["SupplierID"]
    return number


@pytest.fixture
def customer(wire: Wire) -> int:
    """The id of a customer."""
    number: int = wire.sandbox.account.customers()[0]["CustomerID"]
    return number
