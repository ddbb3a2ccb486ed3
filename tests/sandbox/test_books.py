"""Books in a file: a second run goes on where the first stopped, and a kill loses nothing."""

from __future__ import annotations

import errno
import json
import signal
import stat
import subprocess
import sys
from operator import itemgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kfclient.sandbox import Sandbox
from kfclient.sandbox.books import TABLES, Books
from kfclient.sandbox.errors import BooksDamaged, HomeTaken, HomeUnusable
from tests.sandbox.wire import Wire, lines, record

PROGRAM = """
import sys
from pathlib import Path
from kfclient.sandbox.server import serve
serve(home=Path(sys.argv[1]), json_output=True)
"""


def authorised(sandbox: Sandbox) -> Wire:
    """Return a caller whose address is on the list."""
    wire = Wire(sandbox)
    wire.ok("AutoAuthIP", appName="Tests", AutoAuthKey=sandbox.autoauth_key)
    return wire


def fill(wire: Wire) -> None:
    """Enter one thing of each kind."""
    line = {"Quantity": "1.5", "Rate": "9.99", "VatRate": 20, "VatAmount": "3.00"}
    supplier = wire.ok("InsertSupplier", record("supl", Name="Ink & Öl")).number
    header = {"CustomerID": supplier, "CurrencyCode": "USD", "CustomerReference": "A1"}
    wire.ok("InsertReceipt", record("Inv", lines(line), **header))
    customer = wire.ok("InsertCustomer", record("custr", Name="Café", Discount="2.5")).number
    address = record("DeliveryAddress", Name="Dock 3")
    wire.ok("InsertInvoice", record("Inv", lines(line) + address, CustomerID=customer))
    method = wire.ok("GetRecPayMethods").texts("MethodID")[0]
    payment = record("ReceiptPayment", PayInvoice=1, PayMethod=method, PayAmount="1.10")
    wire.ok("InsertReceiptPayment", payment)
    identity = wire.ok("GetReceipt", ReceiptNumber=1).text("InvoiceDBID")
    wire.ok("InsertReceiptNote", ReceiptId=identity, Notes="note")
    file = {"Base64String": "aGVsbG8=", "Filename": "a.txt", "FileExtension": "txt"}
    wire.ok("AttachFileToReceipt", ReceiptNo=1, **file)


def everything(sandbox: Sandbox) -> dict[str, Any]:
    """Return all that the account holds."""
    account = sandbox.account
    return {table: account.books.all(table) for table in TABLES}


def test_a_second_run_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        wire = authorised(first)
        fill(wire)
        first.account.switch(lock_date="2020-01-01")
        before = everything(first)
        secrets = (first.username, first.password, first.autoauth_key)
        replies = [wire.ok(op, **asks).body for op, asks in READS]
    with Sandbox(tmp_path) as second:
        assert everything(second) == before
        assert (second.username, second.password, second.autoauth_key) == secrets
        assert second.account.switches.lock_date == "2020-01-01"
        wire = Wire(second)
        assert [wire.ok(op, **asks).body for op, asks in READS] == replies
        assert wire.ok("InsertReceipt", record("Inv", CustomerID=2184011)).number == 2


READS: list[tuple[str, dict[str, Any]]] = [
    ("GetReceipt", {"ReceiptNumber": 1}),
    ("GetInvoice", {"InvoiceNumber": 1}),
    ("GetSuppliers", {}),
    ("GetCustomers", {}),
    ("GetReceiptPayment", {"ReceiptNumber": 1}),
    ("GetCurrencies", {}),
]


def test_the_attached_file_is_there_in_the_second_run(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        fill(authorised(first))
        name = first.account.books.all("attachments")[0]["AmazonFilename"]
    with Sandbox(tmp_path) as second:
        assert Wire(second).send(None, {}, f"/files/{name}").body == b"hello"


def test_books_in_memory_are_gone_at_the_end() -> None:
    with Sandbox() as first:
        username = first.username
        fill(authorised(first))
    with Sandbox() as second:
        assert second.account.receipts() == []
        assert second.username != username


def test_a_killed_sandbox_has_lost_nothing_it_answered_for(tmp_path: Path) -> None:
    numbers: list[int] = []
    for _ in range(2):
        run = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert run.stdout is not None
        told = json.loads(run.stdout.readline())
        wire = Wire(cast(Sandbox, SimpleNamespace(**told)))
        wire.ok("AutoAuthIP", appName="Tests", AutoAuthKey=told["autoauth_key"])
        new = record("supl", Name="Killed")
        numbers += [wire.ok("InsertSupplier", new).number for _ in range(10)]
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
    with Sandbox(tmp_path) as survivor:
        held = [row["SupplierID"] for row in survivor.account.suppliers()]
        assert held[-20:] == numbers
        assert len(set(numbers)) == 20


def test_a_torn_last_line_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "live") as sandbox:
        wire = authorised(sandbox)
        for name in ("First", "Second"):
            wire.ok("InsertSupplier", record("supl", Name=name))
        snapshot = (tmp_path / "live" / "books.json").read_bytes()
        log = (tmp_path / "live" / "books.log").read_bytes()
    before_last = log[:-1].rindex(b"\n") + 1
    for length in range(before_last, len(log) - 1, 9):
        home = tmp_path / f"torn at {length}"
        home.mkdir()
        (home / "books.json").write_bytes(snapshot)
        (home / "books.log").write_bytes(log[:length])
        books = Books(home)
        assert [row["Name"] for row in books.all("suppliers")][7:] == ["First"]
        books.close()


def test_a_log_that_was_already_folded_in_does_no_harm(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        fill(authorised(sandbox))
        log = (tmp_path / "books.log").read_bytes()
        before = everything(sandbox)
    (tmp_path / "books.log").write_bytes(log)
    with Sandbox(tmp_path) as sandbox:
        assert everything(sandbox) == before


def test_the_log_is_folded_at_the_end(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        fill(authorised(sandbox))
        assert (tmp_path / "books.log").stat().st_size > 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["books.json", "books.lock", "files"]


def test_only_the_owner_can_read_the_books(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Sandbox(home) as sandbox:
        authorised(sandbox)
        for path in (home / "books.json", home / "books.log", home / "books.lock"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_two_sandboxes_cannot_share_a_home(tmp_path: Path) -> None:
    with Sandbox(tmp_path), pytest.raises(HomeTaken) as caught:
        Sandbox(tmp_path)
    assert caught.value.cure
    Sandbox(tmp_path).stop()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"tables": 1}', b'{"tables": {"a": [1]}}'])
def test_damaged_books_are_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "books.json").write_bytes(content)
    for _ in range(2):
        with pytest.raises(BooksDamaged):
            Sandbox(tmp_path)
    assert (tmp_path / "books.json").read_bytes() == content


def test_a_home_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HomeUnusable) as caught:
        Sandbox(tmp_path / "file" / "home")
    assert caught.value.cure


def test_a_full_disk_is_a_fault_and_spoils_nothing(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from kfclient.sandbox.server import serve\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))\n"
        "serve(home=Path(sys.argv[1]), json_output=True)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    told = json.loads(run.stdout.readline())
    wire = Wire(cast(Sandbox, SimpleNamespace(**told)))
    wire.ok("AutoAuthIP", appName="Tests", AutoAuthKey=told["autoauth_key"])
    big, small = (record("supl", Name=name, Notes="x" * size) for name, size in SIZES)
    assert "File too large" in wire.faulted("InsertSupplier", big)
    number = wire.ok("InsertSupplier", small).number
    run.kill()
    run.wait()
    run.stdout.close()
    with Sandbox(tmp_path) as survivor:
        assert [row["SupplierID"] for row in survivor.account.suppliers()][7:] == [number]


SIZES = (("Big", 60_000), ("Small", 10))


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        before = everything(sandbox)
        books = sandbox.account.books
        with pytest.raises(RuntimeError, match="enough"):
            fail(books)
        after = everything(sandbox)
        key = itemgetter("SupplierID")
        assert sorted(after.pop("suppliers"), key=key) == sorted(before.pop("suppliers"), key=key)
        assert after == before
        assert books.find("suppliers", "Code", "ONE") == []
        assert not (tmp_path / "books.log").exists()


def fail(books: Books) -> None:
    """Change the books, and then fail."""
    with books.transaction():
        books.drop("suppliers", books.all("suppliers")[0]["SupplierID"])
        books.put("suppliers", {"SupplierID": 1, "Code": "ONE", "Name": "One"})
        raise RuntimeError("enough")


def test_the_books_change_in_transactions_only() -> None:
    books = Books(None)
    with pytest.raises(RuntimeError, match="inside a transaction"):
        books.put("suppliers", {"SupplierID": 1, "Code": "ONE"})


@pytest.mark.parametrize(("asked", "there"), [(0, 0), (3, 3), (7, 7), (40, 40), (None, 7)])
def test_as_many_suppliers_as_are_asked_for(asked: int | None, there: int) -> None:
    with Sandbox(suppliers=asked) as sandbox:
        codes = [row["Code"].casefold() for row in sandbox.account.suppliers()]
        assert len(codes) == len(set(codes)) == there


def test_more_suppliers_are_topped_up_and_none_are_taken_away(tmp_path: Path) -> None:
    for asked, there in ((10, 10), (None, 10), (25, 25), (5, 25)):
        with Sandbox(tmp_path, suppliers=asked, customers=asked) as sandbox:
            assert len(sandbox.account.suppliers()) == there
            assert len({row["Name"] for row in sandbox.account.customers()}) == there


def test_the_seed_knows_the_names_of_the_samples_and_no_documents() -> None:
    with Sandbox() as sandbox:
        names = [row["Name"] for row in sandbox.account.suppliers()]
        assert "Harrow & Finch Solicitors" in names
        assert "Wharfside Properties" not in names
        assert "Café Léon" in [row["Name"] for row in sandbox.account.customers()]
        assert sandbox.account.receipts() == sandbox.account.invoices() == []


def test_what_cannot_be_put_on_disk_is_never_answered_ok(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Sandbox(tmp_path) as sandbox:
        wire = authorised(sandbox)
        supplier = wire.ok("InsertSupplier", record("supl", Name="Ink")).number
        with monkeypatch.context() as disk:
            disk.setattr("kfclient.sandbox.books._SYNC", full)
            inv = record("Inv", CustomerID=supplier)
            assert "No space left" in wire.faulted("InsertReceipt", inv)
        assert sandbox.account.receipts() == []
        assert wire.ok("InsertReceipt", inv).number == 1
        before = everything(sandbox)
    with Sandbox(tmp_path) as sandbox:
        assert everything(sandbox) == before
