"""All of the vendor's operations are answered, in the vendor's shape, and honestly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kfclient.sandbox import Sandbox
from kfclient.sandbox.contract import (
    EMPTY,
    OPERATIONS,
    TYPES,
    Element,
    operations,
)
from kfclient.sandbox.contract import (
    UNOFFERED_OPERATIONS as DECLARED,
)
from tests.sandbox.wire import Wire, record

UNOFFERED = sorted(operations(DECLARED))
NO_STATUS = {"SageFile", "SageFileImport"}


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """A caller whose address is on the list, for all these tests, which change nothing."""
    with Sandbox() as sandbox:
        caller = Wire(sandbox)
        caller.ok("AutoAuthIP", appName="Tests", AutoAuthKey=sandbox.autoauth_key)
        yield caller


def empty(field: Element) -> str:
    """Return the element of an argument that says nothing."""
    return record(field.name) if field.kind in TYPES else ""


@pytest.mark.parametrize("name", UNOFFERED)
def test_what_is_not_offered_says_so_or_is_an_empty_list(wire: Wire, name: str) -> None:
    # Each reply is checked against the vendor's schema on its way here.
    answer = wire.call(name)
    if name in NO_STATUS:
        assert (answer.http, answer.fault_code) == (500, "soap:Server")
        assert answer.fault.endswith(f"{name} is not offered by this sandbox")
    elif name in EMPTY:
        assert answer.status == "OK"
        assert answer.result is not None
        assert len(answer.result) == 0
    else:
        assert answer.status == "NO"
        assert answer.detail == f"{name} is not offered by this sandbox"


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - NO_STATUS - {"createAccount"}))
def test_every_operation_asks_for_credentials(wire: Wire, name: str) -> None:
    answer = wire.post(name, f'<{name} xmlns="KashFlow"/>')
    assert (answer.status, answer.detail) == ("NO", "Incorrect username or password")


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - set(UNOFFERED)))
def test_every_operation_survives_a_call_that_says_nothing(wire: Wire, name: str) -> None:
    answer = wire.call(name, "".join(map(empty, OPERATIONS[name].asks)))
    assert answer.http == 200
    assert answer.status in ("OK", "NO")


@pytest.mark.parametrize("name", ["GetSuppliers2", "InsertReceipt2", "CreateSpecialNominal"])
def test_the_second_family_is_an_unknown_soapaction(wire: Wire, name: str) -> None:
    assert wire.faulted(name) == (
        f"Server did not recognize the value of HTTP Header SOAPAction: KashFlow/{name}."
    )
