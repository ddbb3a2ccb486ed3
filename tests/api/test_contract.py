"""Our WSDL says word for word what KashFlow's own says about the operations we use."""

from __future__ import annotations

import inspect
from importlib import resources

import msgspec
import pytest

from kfclient.api import lists, purchases, records, sales
from tests.sandbox.vendor_schema import read_contract, vendor_contract

OURS = read_contract(resources.files("kfclient.api").joinpath("kashflow.wsdl").read_bytes())

# Where a record of ours has a clearer name than KashFlow's type.
THEIR_NAMES = {
    "Currency": "Currencies",
    "NominalCode": "NominalCodeExtended",
    "VATRate": "BasicDataset",
}


@pytest.mark.parametrize("operation", OURS.actions)
def test_an_operation_has_kashflows_action_and_both_its_messages(operation: str) -> None:
    assert OURS.actions[operation] == vendor_contract().actions[operation]
    assert {operation, f"{operation}Response"} <= set(OURS.messages)


@pytest.mark.parametrize("name", OURS.messages)
def test_a_message_is_kashflows_to_the_letter(name: str) -> None:
    assert OURS.messages[name] == vendor_contract().messages[name]


@pytest.mark.parametrize("name", OURS.types)
def test_a_type_is_kashflows_to_the_letter(name: str) -> None:
    assert OURS.types[name] == vendor_contract().types[name]


def test_nothing_is_in_our_wsdl_that_nobody_uses() -> None:
    used = "".join(inspect.getsource(module) for module in (lists, purchases, sales))
    assert [name for name in OURS.actions if f'"{name}"' not in used] == []


@pytest.mark.parametrize("record", records.Record.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_field_of_a_record_is_one_of_kashflows(record: type[records.Record]) -> None:
    theirs = vendor_contract().types[THEIR_NAMES.get(record.__name__, record.__name__)]
    known = {name for name, *_ in theirs}
    assert {field.encode_name for field in msgspec.structs.fields(record)} <= known
