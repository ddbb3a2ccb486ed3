"""Any operation of the vendor's contract can be called by its name, as safely as by a method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfclient.api import Credentials, KashFlow, Limits
from kfclient.api.errors import BadRequest, KashFlowError, Outcome, Refused, ReplyBroken
from kfclient.api.records import Supplier
from kfclient.sandbox import Sandbox
from tests.api.byte_server import ByteServer, http, ok, resets, response
from tests.api.clients import PASSWORD, USERNAME
from tests.api.test_secrets import everything
from tests.contract import validate_request

DAY = date(2026, 5, 4)
LINE = {"@type": "InvoiceLine", "Quantity": 2, "Rate": Decimal("9.99"), "Description": "Paper"}


Knowing = Callable[..., KashFlow]


@pytest.fixture
def knowing(vendor_wsdl: Path) -> Knowing:
    """Return what makes a client that has the vendor's contract, of an endpoint."""
    credentials, once = Credentials(USERNAME, PASSWORD), Limits(tries=1)

    def made(endpoint: str, limits: Limits = once) -> KashFlow:
        return KashFlow(endpoint, credentials, limits=limits, wsdl=vendor_wsdl)

    return made


@pytest.fixture(scope="module")
def api(vendor_wsdl: Path) -> Iterator[KashFlow]:
    with Sandbox() as server:
        credentials = Credentials(server.username, server.password)
        with KashFlow(server.endpoint, credentials, wsdl=vendor_wsdl) as client:
            client.auto_auth_ip("Kashdeck", server.autoauth_key)
            yield client


def test_an_operation_without_a_method_answers_by_its_own_names(api: KashFlow) -> None:
    code = api.get_customers()[0].code
    assert api.call("GetCustomerBalance", CustomerCode=code) == {
        "GetCustomerBalanceResult": {
            "CustomerId": api.get_customers()[0].customer_id,
            "CustomerCode": code,
            "Value": Decimal(0),
            "Balance": Decimal(0),
        }
    }


def test_a_document_goes_in_as_a_dict_and_comes_out_as_one(api: KashFlow) -> None:
    supplier = api.call("GetSuppliers")["GetSuppliersResult"][0]
    made = {"InvoiceDate": DAY, "CustomerID": supplier["SupplierID"], "Lines": [LINE]}
    number = api.call("InsertReceipt", Inv=made)["InsertReceiptResult"]
    found = api.call("GetReceipt", ReceiptNumber=number)["GetReceiptResult"]
    assert (found["InvoiceDate"], found["NetAmount"]) == (DAY, Decimal("19.98"))
    assert found["DeliveryAddress"] is None
    [line] = found["Lines"]
    assert (line["Description"], line["Rate"], line["ProjID"]) == ("Paper", Decimal("9.99"), 0)
    pages = api.call("GetReceiptsWithPaging", Page=1, PerPage=1, FilterBy="All")
    assert pages["GetReceiptsWithPagingResult"] == [found]
    assert pages["TotalRecords"] == 1


def test_a_record_can_be_changed_and_sent_back(api: KashFlow) -> None:
    supplier_id = api.get_suppliers()[0].supplier_id
    made = {"InvoiceDate": DAY, "CustomerID": supplier_id, "Lines": [LINE]}
    number = api.call("InsertReceipt", Inv=made)["InsertReceiptResult"]
    before = api.get_receipt(number)
    assert before is not None
    changed = msgspec.structs.replace(before, customer_reference="A-7")
    api.call("UpdateReceipt", Receipt=changed)
    after = api.get_receipt(number)
    assert after is not None
    assert (after.invoice_dbid, after.customer_reference) == (before.invoice_dbid, "A-7")


def test_what_is_sent_obeys_the_vendors_schema(knowing: Knowing) -> None:
    with ByteServer(ok("InsertJournal", "7")) as server:
        lines = [{"@type": "JournalLine", "NominalID": 5, "Amount": Decimal("-2.50")}]
        entry = {"JournalDate": DAY, "Comment": "Moved", "Lines": lines}
        answer = knowing(server.endpoint).call("InsertJournal", Jnl=entry)
        assert answer == {"InsertJournalResult": 7}
        [request] = server.requests
    assert b"Connection: close" in request
    assert validate_request(request.partition(b"\r\n\r\n")[2]) == "InsertJournal"


def test_without_a_wsdl_the_operations_with_methods_can_be_called() -> None:
    with ByteServer(ok("GetProjects", "<BasicDataset><ID>3</ID></BasicDataset>")) as server:
        api = KashFlow(server.endpoint, Credentials("u", "p"), limits=Limits(tries=1))
        [project] = api.call("GetProjects")["GetProjectsResult"]
        assert project == {"ID": 3, "Name": "", "Description": "", "Value": Decimal(0)}
        with pytest.raises(BadRequest, match="no operation GetQuotes") as caught:
            api.call("GetQuotes")
    assert "wsdl=path" in caught.value.cure


def test_names_that_a_newer_server_adds_come_along(knowing: Knowing) -> None:
    result = (
        "<Supplier><SupplierID>x</SupplierID><Name>Acme</Name><Border>2</Border>"
        "<Extra><A>1</A><B/></Extra><Many><C>1</C><C>2</C></Many></Supplier><Odd/>"
    )
    more = "<Status>OK</Status><StatusDetail/><Cursor>9</Cursor>"
    with ByteServer(http(response("GetSuppliers", result, more))) as server:
        said = knowing(server.endpoint).call("GetSuppliers")
    [supplier] = said["GetSuppliersResult"]
    assert said["Cursor"] == "9"
    assert (supplier["SupplierID"], supplier["Name"], supplier["Border"]) == (0, "Acme", "2")
    assert (supplier["Extra"], supplier["Many"]) == ({"A": "1", "B": ""}, ["1", "2"])
    assert (supplier["Created"], supplier["PaymentTerms"]) == (None, 0)


WRONG: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "misspelt": ("GetReciept", {}, "no operation GetReciept", "Is it GetReceipt"),
    "wrong capitals": ("getVATRates", {}, "no operation getVATRates", "Is it GetVATRates"),
    "a field left out": ("GetReceipt", {}, "GetReceipt needs ReceiptNumber", "ReceiptNumber"),
    "a field too many": ("GetReceipt", {"Id": 1}, "has no field Id", "It takes ReceiptNumber"),
    "a text for a number": ("GetReceipt", {"ReceiptNumber": "7"}, "ReceiptNumber is a str", ""),
    "too large a number": ("GetReceipt", {"ReceiptNumber": 2**40}, "too large", ""),
    "a text for a record": ("InsertReceipt", {"Inv": "x"}, "Inv is a str", ""),
    "a strange field": ("InsertReceipt", {"Inv": {"Foo": 1}}, "Inv has no field Foo", "Lines"),
    "a nameless line": ("InsertReceipt", {"Inv": {"Lines": [{}]}}, r"Inv.Lines\[1\]", "@type"),
    "a line of text": ("InsertReceipt", {"Inv": {"Lines": ["x"]}}, r"Inv.Lines\[1\]", "@type"),
    "a float": ("InsertReceipt", {"Inv": {"NetAmount": 1.5}}, "NetAmount is a float", ""),
    "a file": ("SageFile", {"buffer": b"x"}, "buffer is of a kind", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sent_is_named_and_nothing_leaves(name: str, knowing: Knowing) -> None:
    operation, fields, sentence, cure = WRONG[name]
    with ByteServer(b"") as server:
        with pytest.raises(BadRequest, match=sentence) as caught:
            knowing(server.endpoint).call(operation, **fields)
        assert server.connections == 0
    assert cure in caught.value.cure
    assert caught.value.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("content", [None, b"", b"<x/>", b"not xml", b"\0"])
def test_a_file_that_is_no_contract_is_said_to_be_none(
    content: bytes | None, tmp_path: Path
) -> None:
    wsdl = tmp_path / "x.wsdl"
    if content is not None:
        wsdl.write_bytes(content)
    api = KashFlow("http://127.0.0.1:9/", Credentials("u", "p"), wsdl=wsdl)
    with pytest.raises(BadRequest, match=r"x\.wsdl cannot be used"):
        api.call("GetQuotes")


def test_reading_is_tried_again_and_writing_is_not(knowing: Knowing) -> None:
    patient = Limits(tries=3, pause=0.01)
    with ByteServer(resets, resets, ok("GetQuotes")) as server:
        assert knowing(server.endpoint, patient).call("GetQuotes") == {"GetQuotesResult": []}
        assert server.connections == 3
    with ByteServer(resets) as server:
        with pytest.raises(KashFlowError, match="may or may not be in KashFlow") as caught:
            knowing(server.endpoint, patient).call("DeleteCustomer", CustomerID=4)
        assert server.connections == 1
    assert caught.value.outcome is Outcome.UNKNOWN


def test_an_insert_that_gives_no_number_is_in_doubt(knowing: Knowing) -> None:
    with (
        ByteServer(ok("InsertSupplier", "0")) as server,
        pytest.raises(ReplyBroken, match="gives no number"),
    ):
        knowing(server.endpoint).call("InsertSupplier", supl=Supplier(name="Acme"))


def test_a_refusal_carries_kashflows_sentence(knowing: Knowing) -> None:
    no = "<Status>NO</Status><StatusDetail>Not today</StatusDetail>"
    with (
        ByteServer(http(response("DeleteCustomer", "0", no))) as server,
        pytest.raises(Refused, match=r"It says: Not today\.$") as caught,
    ):
        knowing(server.endpoint).call("DeleteCustomer", CustomerID=4)
    assert caught.value.said == "Not today"


def test_the_secrets_of_an_operation_are_hidden_as_the_accounts_are(vendor_wsdl: Path) -> None:
    secrets = {
        "AccountCreationKey": "creation-key-1",
        "password": "new-password-1",
        "memorableword": "memorable-1",
    }
    fields = {"Username": "anna", "VATRegistered": 0, "USSettings": 0, **secrets}
    echo = f"<Status>NO</Status><StatusDetail>No: {' '.join(secrets.values())}</StatusDetail>"
    told: list[object] = []
    with ByteServer(http(response("createAccount", "0", echo))) as server:
        api = KashFlow(
            server.endpoint, Credentials(USERNAME, PASSWORD), wsdl=vendor_wsdl, trace=told.append
        )
        with pytest.raises(Refused) as caught:
            api.call("createAccount", **fields)
        [request] = server.requests
    shown = everything(caught.value) + repr(told)
    for secret in secrets.values():
        assert secret.encode() in request
        assert secret not in shown
    assert PASSWORD.encode() not in request
