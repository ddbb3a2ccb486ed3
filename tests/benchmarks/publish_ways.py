# mypy: untyped-calls-exclude="zeep"
"""The ways of publishing that are compared, each run alone in a fresh process.

    python -m tests.benchmarks.publish_ways WAY ADDRESS AUTHORITY ITEMS SUPPLIERS LANES

prints what it cost as JSON. WAY is `ours`; `calls`: single calls of our client, one after the
other; or a WSDL file: zeep's plain loop over that contract. AUTHORITY is whose certificates to
trust, "" for http.
"""

from __future__ import annotations

import datetime as dt
import json
import ssl
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kfclient.api.records import Invoice, InvoiceLine, Supplier
from kfclient.desk.desk import Desk
from kfclient.desk.model.business import Company, Connection, ListStatus
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.desk.model.list_names import ListName
from kfclient.store import Home, Secrets
from kfclient.store.keyring_choice import ENCRYPTED_FILE
from kfclient.store.secrets import ConnectionSecret
from tests.desk.seeded import LISTS, NOMINALS

Cost = dict[str, Any]
FIRST = dt.date(2026, 1, 5)
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
AMOUNT = Decimal("100.00")
BIRDS = ("Tern", "Kestrel", "Rook", "Dunnock")


class Server(NamedTuple):
    """Where the server is, and the file of whose certificates to trust."""

    address: str
    authority: str

    def told(self) -> Cost:
        """Return what it was asked since the last time."""
        trusted = ssl.create_default_context(cafile=self.authority) if self.authority else None
        request = urllib.request.Request(self.address, headers={"Connection": "close"})
        with urllib.request.urlopen(request, context=trusted) as response:
            told: Cost = json.load(response)
        return told


def _measured(server: Server, work: Callable[[], object]) -> Cost:
    """Return what the work cost here, and what the server has seen of it."""
    server.told()
    began, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "wire": server.told()}


def ours(server: Server, items: int, suppliers: int, lanes: int) -> Cost:
    """The desk: planned, sent, read back, compared, all of it on disk; no one listens."""
    with tempfile.TemporaryDirectory(prefix="kashdeck-bench-") as folder:
        desk, business = _filled(Path(folder), server, items, suppliers)
        # zeep and the WSDL are loaded by then, as in the other way.
        began = time.process_time()
        desk.sessions.open(business).envelope("GetReceipt", ReceiptNumber=1)
        loading = time.process_time() - began
        desk.items.check(business)  # as whoever looks at the items has done
        results: list[tuple[int, int]] = []

        def work() -> None:
            report = desk.publishing.publish(business, plan, lanes=lanes)
            results.append((report.published, report.held))

        began = time.process_time()
        plan = desk.publishing.plan(business)
        planning = time.process_time() - began
        cost = _measured(server, work)
        assert results == [(items, 0)], results
        troubled = [one.problem for one in desk.items.all(business) if one.problem is not None]
        assert not troubled, troubled[0]
        desk.close()
    return {**cost, "cpu": cost["cpu"] + planning, "loading": loading}


def _filled(root: Path, server: Server, items: int, suppliers: int) -> tuple[Desk, str]:
    """Return a desk whose one business is connected, synced, and has that many items ready."""
    home = Home(root)
    secrets = Secrets(home.root)
    desk = Desk(home, secrets, person="anna", clock=lambda: NOW)
    business = desk.businesses.add("Harbour Lane").id
    # Where most servers that people log in to over SSH keep it.
    secrets.unlock(ENCRYPTED_FILE, "a passphrase for measuring")
    secrets.save(business, ConnectionSecret("a password", "an AutoAuth key"), ENCRYPTED_FILE)
    desk.businesses.save_connection(
        business,
        Connection(
            software="kashflow",
            endpoint=server.address,
            username="api",
            secrets_in=ENCRYPTED_FILE,
            company=Company(name="Harbour Lane Ltd"),
            connected_at=NOW,
            connected_by="anna",
            lists={name.value: ListStatus(count=1, synced_at=NOW) for name in ListName},
        ),
    )
    known = [Supplier(supplier_id=501 + n, code=f"S{n}", name=_name(n)) for n in range(suppliers)]
    for name, records in {**LISTS, ListName.SUPPLIERS: known}.items():
        home.write_list(business, name, [msgspec.to_builtins(one) for one in records])
    settings = {"publish_tax_data": "on", "certificate_authority": server.authority}
    desk.businesses.change_settings(business, settings)
    desk.items.add_all(business, [_item(n, suppliers) for n in range(items)])
    return desk, business


def _name(number: int) -> str:
    """Return a supplier's name that is like no other's."""
    return f"{BIRDS[number % len(BIRDS)]} {number * 7919 % 99991} Limited"


def _item(number: int, suppliers: int) -> Item:
    day = FIRST + dt.timedelta(days=number % 300)
    return Item(
        kind=Kind.COST,
        contact=_name(number % suppliers),
        reference=f"INV-{number * 7919 % 99991}",
        date=day,
        due_date=day + dt.timedelta(days=30),
        lines=(
            ItemLine(
                category="Telephone",
                description="Broadband and calls",
                unit_price=AMOUNT + number,
                tax_rate=Decimal(20),
                vat=(AMOUNT + number) / 5,
            ),
        ),
    )


def plain_loop(wsdl: str, server: Server, items: int, suppliers: int) -> Cost:
    """What other Python clients offer: zeep, one InsertReceipt after the other, nothing else."""
    import requests
    import zeep

    session = requests.Session()  # as every guide to zeep has it: one connection, kept
    session.trust_env = False  # a machine may name authorities of its own
    session.verify = server.authority or True
    client = zeep.Client(wsdl, transport=zeep.Transport(session=session))
    service = client.create_service("{KashFlow}KashFlowAPISoap", server.address)
    make: Any = client.type_factory("KashFlow")
    code = next(one.id for one in NOMINALS if one.name == "Telephone")
    zeros = {"InvoiceDBID": 0, "InvoiceNumber": 0, "Paid": 0, "SuppressTotal": 0, "ProjectID": 0}
    zeros |= {"ExchangeRate": 0, "NetAmount": 0, "VATAmount": 0, "AmountPaid": 0}
    line_zeros = {"ProductID": 0, "ProjID": 0, "LineID": 0, "ValuesInCurrency": 0}

    def send(item: Item, party: int) -> int:
        one = item.lines[0]
        line = make.InvoiceLine(
            Quantity=1,
            Description=one.description,
            Rate=one.unit_price,
            ChargeType=code,
            VatRate=one.tax_rate,
            VatAmount=one.vat,
            Sort=1,
            **line_zeros,
        )
        invoice = {
            **zeros,
            "InvoiceDate": item.date,
            "DueDate": item.due_date,
            "CustomerID": party,
            "CustomerReference": item.reference,
            "Lines": {"anyType": [line]},
            "UseCustomDeliveryAddress": False,
        }
        answer = service.InsertReceipt(UserName="api", Password="a password", Inv=invoice)
        assert answer["Status"] == "OK"
        return int(answer["InsertReceiptResult"])

    wanted = [(_item(n, suppliers), 501 + n % suppliers) for n in range(items)]
    numbers: list[int] = []
    cost = _measured(server, lambda: numbers.extend(send(*one) for one in wanted))
    assert len(set(numbers)) == items
    return cost


def calls(server: Server, items: int) -> Cost:
    """Our client: purchases inserted, each on a connection of its own, then read on a kept one."""
    from kfclient.api import Credentials, KashFlow

    trusted = server.authority or None
    api = KashFlow(server.address, Credentials("api", "a password"), authority=trusted)
    line = InvoiceLine(rate=AMOUNT, vat_rate=Decimal(20), vat_amount=AMOUNT / 5)
    invoice = Invoice(customer_id=501, invoice_date=FIRST, lines=(line,))
    costs: Cost = {}
    ways: dict[str, Callable[[], object]] = {
        "write": lambda: api.insert_receipt(invoice),
        "read": lambda: api.get_receipt(1),
    }
    for name, call in ways.items():
        call()
        cpu, times = time.process_time(), []
        for _ in range(items):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
        costs[name] = statistics.median(times)
        costs[f"{name} cpu"] = (time.process_time() - cpu) / items
    return costs


def main(words: list[str]) -> Cost:
    """Measure one way; `words` as the module says."""
    way, server = words[0], Server(*words[1:3])
    items, suppliers, lanes = map(int, words[3:])
    if way == "ours":
        return ours(server, items, suppliers, lanes)
    if way == "calls":
        return calls(server, items)
    return plain_loop(way, server, items, suppliers)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
