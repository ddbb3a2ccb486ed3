"""Our client, and the whole app by command, against servers of another make."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.api import Credentials, KashFlow
from kfclient.api.errors import AddressNotListed, WrongCredentials
from kfclient.api.records import Invoice, InvoiceLine, Payment, Supplier
from tests import contract
from tests.peers.node_server import NodeServer
from tests.peers.shop import BACS, CURRENT, KEY, PASSWORD, PRINTING, USERNAME
from tests.peers.template_server import TemplateServer
from tests.waiting import HANG

ROOT = Path(__file__).parents[2]
BILL = """Receipt ID,Type,Date,Due Date,Invoice Number,Supplier,Category,Tax,Tax Name,Tax Code,\
Tax Percentage,Total,Currency,Tax (GBP),Total (GBP),Status,Owner,Description
70260000001,Invoice,01-Oct-2026,31-Oct-2026,QPW-1182,Quillon & Co,Printing,24.00,20%,,20,144.00,\
GBP,24.00,144.00,processed,Rosalind Hake,Signs <large>
"""

Abroad = tuple[str, TemplateServer | NodeServer]


@pytest.fixture(params=["templates", "node's soap"])
def abroad(request: pytest.FixtureRequest, vendor_wsdl: Path) -> Iterator[Abroad]:
    """A server of another make and its address; no request may displease the vendor's schema."""
    made = NodeServer(vendor_wsdl) if request.param == "node's soap" else None
    server = made or TemplateServer(vendor_wsdl.read_bytes())
    with server.listening() as endpoint:
        yield endpoint, server
    assert server.refused == []
    assert server.called


@pytest.mark.parametrize("spoilt", ["Password", "UserName"])
def test_the_other_server_notices_a_request_that_the_vendor_would_not_know(spoilt: str) -> None:
    server = TemplateServer(contract.vendor_wsdl())
    inner = "<UserName>a</UserName><Password>b</Password>".replace(spoilt, "Pass")
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<GetSuppliers xmlns="KashFlow">{inner}</GetSuppliers></e:Body></e:Envelope>'
    ).encode()
    headers = {"Content-Type": "text/xml", "SOAPAction": '"KashFlow/GetSuppliers"'}
    with server.listening() as endpoint:
        asked = urllib.request.Request(endpoint, body, headers)
        with urllib.request.urlopen(asked) as reply:
            assert b"Incorrect username or password" in reply.read()
    assert "Pass" in server.refused[0]


def test_our_client_goes_the_whole_way(abroad: Abroad) -> None:
    endpoint, server = abroad
    stranger = KashFlow(endpoint, Credentials(USERNAME, "wrong"))
    with pytest.raises(WrongCredentials):
        stranger.get_company_details()
    api = KashFlow(endpoint, Credentials(USERNAME, PASSWORD))
    with pytest.raises(AddressNotListed):
        api.get_company_details()
    api.auto_auth_ip("Kashdeck", KEY)
    assert api.get_company_details().company_name == "Elsewhere Ltd"
    assert [row.code for row in api.get_nominal_codes_extended()] == [7500]
    assert [row.value for row in api.get_vat_rates()] == [Decimal(20), Decimal(0)]
    assert [row.account_id for row in api.get_bank_accounts()] == [CURRENT]
    assert api.get_customers() == []
    supplier = api.insert_supplier(Supplier(name="Quillon & Co"))
    names = {row.supplier_id: row.name for row in api.get_suppliers()}
    assert names == {11: "Acme & Sons", supplier: "Quillon & Co"}

    lines = (
        InvoiceLine(
            quantity=Decimal(2),
            description="Café <&>",
            rate=Decimal("10.50"),
            charge_type=PRINTING,
            vat_rate=Decimal(20),
            vat_amount=Decimal("4.20"),
        ),
        InvoiceLine(quantity=Decimal(1), rate=Decimal("7.25"), vat_amount=Decimal("1.45")),
    )
    day = date(2026, 3, 1)
    number = api.insert_receipt(
        Invoice(
            customer_id=supplier,
            invoice_date=day,
            due_date=day,
            customer_reference="W <1>",
            lines=lines,
        )
    )
    found = api.get_receipt(number)
    assert found is not None
    assert (found.net_amount, found.vat_amount) == (Decimal("28.25"), Decimal("5.65"))
    assert (found.customer_reference, found.invoice_date, found.paid) == ("W <1>", day, 0)
    assert [line.description for line in found.lines] == ["Café <&>", ""]
    assert found.lines[0].charge_type == PRINTING
    api.insert_receipt_payment(
        Payment(
            pay_invoice=number,
            pay_date=day,
            pay_method=BACS,
            pay_account=CURRENT,
            pay_amount=Decimal("33.90"),
        )
    )
    (payment,) = api.get_receipt_payment(number)
    assert payment.pay_amount == Decimal("33.90")
    (listed,) = api.get_receipts_for_supplier(supplier)
    assert (listed.invoice_number, listed.paid) == (number, 1)
    page = api.get_receipts_with_paging(1)
    assert [row.invoice_number for row in page.receipts] == [number]
    assert page.total_records == 1
    api.delete_receipt(number)
    assert server.receipts == []
    api.close()
    stranger.close()


def test_the_app_connects_syncs_and_publishes_there(abroad: Abroad, tmp_path: Path) -> None:
    endpoint, server = abroad
    passphrase, bill = tmp_path / "passphrase", tmp_path / "bill.csv"
    passphrase.write_text("correct horse battery\n")
    passphrase.chmod(0o600)
    bill.write_text(BILL)

    def kashdeck(*words: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=3 * HANG,
            check=False,
            cwd=ROOT,
            env={
                **os.environ,
                "KASHDECK_HOME": str(tmp_path / "home"),
                "KASHDECK_PASSPHRASE_FILE": str(passphrase),
                "PYTHONPATH": str(ROOT),
                "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
            },
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    where = ("--endpoint", endpoint, "--username", USERNAME, "--secrets-in", "encrypted-file")
    said = kashdeck(
        *("connect", "Elsewhere", *where, "--secrets-stdin", "--no-sync"),
        stdin=f"{PASSWORD}\n{KEY}\n",
    )
    assert "is connected to Elsewhere Ltd" in said
    assert "Suppliers: 1" in kashdeck("sync", "Elsewhere")
    kashdeck("import", "Elsewhere", str(bill))
    kashdeck("settings", "Elsewhere", "publish_tax_data=on")
    said = kashdeck("publish", "Elsewhere", "1", "--create-suppliers", "--yes")
    assert "1 item published, 0 held back, 0 of unknown outcome." in said
    (kept,) = server.receipts
    (line,) = kept["Lines"]
    assert kept["CustomerReference"] == "QPW-1182"
    assert Decimal(str(line["VatAmount"])) == Decimal(24)
    assert str(line["ChargeType"]) == str(PRINTING)
    assert server.called.count("InsertReceipt") == server.called.count("InsertSupplier") == 1
