"""Our WSDL says word for word what KashFlow's own says about the operations we use."""

from __future__ import annotations

import inspect
from importlib import resources

import pytest

from kfclient.api import document_operations, list_operations, records
from tests.contract import read_contract, vendor_contract

OURS = read_contract(resources.files("kfclient.api").joinpath("kashflow.wsdl").read_bytes())

# Where a record of ours has a clearer name than KashFlow's type.
THEIR_NAMES = {
    "Currency": "Currencies",
    "InvoiceNote": "InvoiceNotes",
    "NominalCode": "NominalCodeExtended",
    "ReceiptNote": "ReceiptNotes",
    "UserAccountDefaults": "UserAccountDefaults_TypeDefined",
    "VATRate": "BasicDataset",
}

# In KashFlow's contract of 2026, which only adds to the one of 2017 that is compared with.
SINCE_2026 = "AttachFileToInvoice"


def test_what_2017_does_not_know_is_shaped_as_its_sibling() -> None:
    sibling = SINCE_2026.replace("Invoice", "Receipt")
    assert SINCE_2026 not in vendor_contract().actions
    assert OURS.actions[SINCE_2026] == f"KashFlow/{SINCE_2026}"
    for message in ("", "Response"):
        theirs = OURS.message(sibling + message)
        assert OURS.message(SINCE_2026 + message) == tuple(
            (name.replace("Receipt", "Invoice"), kind) for name, kind in theirs
        )


@pytest.mark.parametrize("operation", sorted(OURS.actions.keys() - {SINCE_2026}))
def test_an_operation_has_kashflows_action_and_both_its_messages(operation: str) -> None:
    assert OURS.actions[operation] == vendor_contract().actions[operation]
    assert {operation, f"{operation}Response"} <= set(OURS.messages)


@pytest.mark.parametrize(
    "name", [name for name in OURS.messages if not name.startswith(SINCE_2026)]
)
def test_a_message_is_kashflows_to_the_letter(name: str) -> None:
    assert OURS.message(name) == vendor_contract().message(name)


@pytest.mark.parametrize("name", OURS.types)
def test_a_type_is_kashflows_to_the_letter(name: str) -> None:
    assert OURS.type(name) == vendor_contract().type(name)


def test_nothing_is_in_our_wsdl_that_nobody_uses() -> None:
    used = "".join(
        inspect.getsource(module)
        for module in (list_operations, list_operations, document_operations, document_operations)
    )
    assert [name for name in OURS.actions if f'"{name}"' not in used] == []


@pytest.mark.parametrize("record", records.Record.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_field_of_a_record_is_one_of_kashflows(record: type[records.Record]) -> None:
    theirs = vendor_contract().types[THEIR_NAMES.get(record.__name__, record.__name__)]
    assert {field.encode_name for field in records.kashflow_fields(record)} <= theirs.keys()
