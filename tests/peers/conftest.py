"""Servers and contracts for other people's clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfclient.sandbox import Sandbox, pages
from tests.peers.journey import Journey
from tests.sandbox import vendor_schema
from tests.sandbox.wire import Wire


@pytest.fixture
def closed() -> Iterator[Wire]:
    """A caller of a sandbox as it is delivered: nobody's address is on the list."""
    with Sandbox() as sandbox:
        yield Wire(sandbox)


@pytest.fixture
def wsdl(tmp_path: Path) -> Path:
    """The vendor's WSDL; where it is not at hand, the sandbox's, which is told to equal it."""
    if vendor_schema.WSDL.is_file():
        return vendor_schema.WSDL
    path = tmp_path / "contract.wsdl"
    path.write_bytes(pages.wsdl("http://127.0.0.1/api/service.asmx"))
    return path


@pytest.fixture(params=["the vendor's WSDL", "our ?WSDL"])
def journey(request: pytest.FixtureRequest, closed: Wire, tmp_path: Path) -> Journey:
    """What a client of another make is to go through, once on each contract."""
    wsdl = tmp_path / "service.wsdl"
    if request.param == "our ?WSDL":
        wsdl.write_bytes(closed.send(None, {}, "/api/service.asmx?WSDL").body)
    else:
        vendor_schema.require()
        wsdl.write_bytes(vendor_schema.WSDL.read_bytes())
    return Journey(closed.sandbox, wsdl)
