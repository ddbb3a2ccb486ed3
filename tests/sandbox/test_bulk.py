"""Books of a large business: served quickly, in chunks, and never held whole.

The seconds are of CPU, ours and the sandbox's: both are in this process.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import time
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from kfclient.sandbox import Sandbox
from tests.sandbox.wire import KF, Wire, headers, record
from tests.waiting import HANG

MANY = 20_000


def test_20000_customers_and_suppliers_are_served_within_seconds(tmp_path: Path) -> None:
    with Sandbox(tmp_path, suppliers=MANY, customers=MANY) as sandbox:
        sandbox.account.switch(ip_restricted=False)
        for noun, fields in (("Customer", 78), ("Supplier", 24)):
            began = time.process_time()
            body, chunked = fetch(sandbox, f"Get{noun}s")
            assert time.process_time() - began < 5
            assert chunked
            rows = etree.fromstring(body).findall(f".//{KF}{noun}")
            assert len(rows) == MANY
            assert len(rows[0]) <= fields
            assert body.rstrip().endswith(b"</soap:Envelope>")
        wire = Wire(sandbox)
        began = time.process_time()
        for _ in range(20):
            wire.ok("InsertSupplier", record("supl", Name="One more"))
        assert (time.process_time() - began) / 20 < 0.05
    began = time.process_time()
    with Sandbox(tmp_path) as sandbox:
        assert len(sandbox.account.suppliers()) == MANY + 20
    assert time.process_time() - began < 5


@pytest.mark.slow
def test_100000_documents_are_no_trouble(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        sandbox.account.switch(ip_restricted=False)
        books = sandbox.account.books
        suppliers = [row["SupplierID"] for row in sandbox.account.suppliers()]
        with books.transaction():
            for number in range(1, 100_001):
                line = {"LineID": books.next_id("lines"), "Quantity": Decimal(1)}
                document = {
                    "InvoiceDBID": books.next_id("documents"),
                    "InvoiceNumber": number,
                    "InvoiceDate": "2026-01-02T00:00:00",
                    "DueDate": "2026-02-01T00:00:00",
                    "CustomerID": suppliers[number % len(suppliers)],
                    "ExchangeRate": Decimal(1),
                    "Lines": [{**line, "Rate": Decimal("9.99"), "VatAmount": Decimal("2.00")}],
                }
                books.put("receipts", document)
    began = time.process_time()
    with Sandbox(tmp_path) as sandbox:
        assert time.process_time() - began < 5
        wire = Wire(sandbox)
        paging = {"Page": 1000, "PerPage": 100, "FilterBy": "Unpaid"}
        for operation, fields in (
            ("GetReceiptsWithPaging", paging),
            ("GetReceipts", {}),
            ("GetReceipt", {"ReceiptNumber": 5}),
        ):
            began = time.process_time()
            answer = wire.ok(operation, **fields)
            assert time.process_time() - began < 3
            assert answer.texts("InvoiceNumber")
        inv = record("Inv", CustomerID=suppliers[0])
        assert wire.ok("InsertReceipt", inv).number == 100_001


def fetch(sandbox: Sandbox, operation: str, **more: str) -> tuple[bytes, bool]:
    """Return a list's reply, and whether it came in chunks; without checking it for the vendor."""
    wire = Wire(sandbox)
    connection = http.client.HTTPConnection(wire.host, timeout=HANG)
    sent = {**headers(operation), **more}
    connection.request("POST", "/api/service.asmx", wire.envelope(operation), sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return content, response.getheader("Transfer-Encoding") == "chunked"


def test_an_old_caller_gets_the_same_without_chunks() -> None:
    with Sandbox(suppliers=2_000) as sandbox:
        sandbox.account.switch(ip_restricted=False)
        wire = Wire(sandbox)
        body = wire.envelope("GetSuppliers")
        received = b""
        with socket.create_connection(("127.0.0.1", wire.port)) as caller:
            caller.settimeout(HANG)
            caller.sendall(
                b"POST /api/service.asmx HTTP/1.0\r\nContent-Type: text/xml\r\n"
                b"SOAPAction: KashFlow/GetSuppliers\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body)
            )
            while piece := caller.recv(65536):
                received += piece
        head, _, content = received.partition(b"\r\n\r\n")
        assert b"Transfer-Encoding" not in head
        assert len(etree.fromstring(content).findall(f".//{KF}Supplier")) == 2_000


def test_a_large_reply_can_be_compressed() -> None:
    with Sandbox(suppliers=3_000) as sandbox:
        sandbox.account.switch(ip_restricted=False, gzip=True)
        packed, chunked = fetch(sandbox, "GetSuppliers", **{"Accept-Encoding": "gzip"})
        assert chunked
        assert gzip.decompress(packed).count(b"<Supplier>") == 3_000
