"""The sandbox's contract is the vendor's, name by name."""

from __future__ import annotations

import pytest

from kfclient.sandbox import Sandbox
from kfclient.sandbox.calls.dispatch import ANSWERS
from kfclient.sandbox.contract import OPERATIONS, TYPES, fields, operations
from kfclient.sandbox.pages import wsdl
from tests.contract import LATER, read_contract, vendor_contract
from tests.sandbox.wire import Wire

OURS = read_contract(wsdl("http://127.0.0.1/api/service.asmx"))


@pytest.mark.parametrize(
    "name", sorted(set(OURS.messages) - LATER - {f"{name}Response" for name in LATER})
)
def test_each_message_is_the_vendors(name: str) -> None:
    assert OURS.message(name) == vendor_contract().message(name)


@pytest.mark.parametrize("name", sorted(OURS.types))
def test_each_type_is_the_vendors(name: str) -> None:
    assert OURS.type(name) == vendor_contract().type(name)


@pytest.mark.parametrize("binding", ["KashFlowAPISoap", "KashFlowAPISoap12"])
def test_each_action_is_the_vendors_in_both_versions_of_soap(binding: str) -> None:
    ours = read_contract(wsdl("http://127.0.0.1/"), binding).actions
    vendors = vendor_contract().actions
    assert ours == vendors | {name: f"KashFlow/{name}" for name in LATER}


def test_every_operation_declared_is_answered_and_nothing_else_is() -> None:
    assert set(ANSWERS) | {"AutoAuthIP"} == set(OPERATIONS)


def test_all_that_the_vendor_declares_is_declared() -> None:
    vendors = vendor_contract()
    assert set(OPERATIONS) == set(vendors.actions) | LATER
    assert len(vendors.actions) == 164
    named = {name for name in vendors.types if not name.startswith("ArrayOf")}
    assert set(TYPES) == named


def test_the_customer_has_all_its_fields() -> None:
    assert len(TYPES["Customer"].fields) == 78


def test_the_wsdl_names_this_servers_address(wire: Wire) -> None:
    answer = wire.send(None, {}, "/api/service.asmx?WSDL")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.body.count(wire.sandbox.endpoint.encode()) == 2


def test_two_sandboxes_each_name_their_own_address() -> None:
    with Sandbox() as one, Sandbox() as other:
        for sandbox in (one, other):
            answer = Wire(sandbox).send(None, {}, "/api/service.asmx?wsdl")
            assert sandbox.endpoint.encode() in answer.body


@pytest.mark.parametrize("notation", ["Name::int", "A..3", "1-2"])
def test_a_field_that_is_none_is_noticed(notation: str) -> None:
    with pytest.raises(ValueError, match="not a field"):
        fields(notation)


def test_an_operation_that_is_none_is_noticed() -> None:
    with pytest.raises(ValueError, match="not an operation"):
        operations("GetVATRates -> int")
