"""Servers and contracts for other people's clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfclient.sandbox import Sandbox
from tests.peers.journey import Journey
from tests.sandbox.wire import Wire


@pytest.fixture
def closed() -> Iterator[Wire]:
    """A caller of a sandbox as it is delivered: nobody's address is on the list."""
    with Sandbox() as sandbox:
        yield Wire(sandbox)


@pytest.fixture(params=["the vendor's WSDL", "our ?WSDL"])
def journey(
    request: pytest.FixtureRequest, closed: Wire, tmp_path: Path, vendor_wsdl: Path
) -> Journey:
    """What a client of another make is to go through, once on each contract."""
    if request.param == "the vendor's WSDL":
        return Journey(closed.sandbox, vendor_wsdl)
    wsdl = tmp_path / "service.wsdl"
    wsdl.write_bytes(closed.send(None, {}, "/api/service.asmx?WSDL").body)
    return Journey(closed.sandbox, wsdl)
