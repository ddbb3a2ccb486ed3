"""The whole journey by command: publish, look again, lose a reply, find it; and no secret anywhere.

What KashFlow holds afterwards is read from the sandbox's own books.
"""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tui.kashdeck import COSTS, NAME, ROOT, SALES, Kashdeck

CREATING = ("--create-suppliers", "--create-customers")
ITEM = [
    *("id", "kind", "state", "reference", "contact", "date", "due_date", "currency"),
    *("net", "vat", "gross", "number", "problem", "left", "unpaid"),
]


def test_the_whole_journey(kashdeck: Kashdeck) -> None:
    sandbox = kashdeck.sandbox
    assert kashdeck.connect().code == 0
    assert kashdeck.run("sync", NAME).code == 0
    assert kashdeck.run("import", NAME, COSTS).code == 0
    assert kashdeck.run("import", NAME, SALES).code == 0
    kashdeck.run("settings", NAME, "publish_tax_data=on")
    assert kashdeck.run("check", NAME).code == 1
    assert kashdeck.run("edit", NAME, "9", "category=7803").code == 0
    assert kashdeck.run("check", NAME).code == 0

    answer = kashdeck.json("publish", NAME, "--ready", *CREATING)
    assert (answer["published"], answer["held"], answer["unknown"]) == (15, 0, 0)
    assert [list(item) for item in answer["items"]] == [ITEM] * 15

    stored = {item["id"]: item for item in kashdeck.json("items", NAME)["items"]}
    for item in answer["items"]:
        assert item == {key: stored[item["id"]][key] for key in ITEM}
        assert item["state"] == "published"
        document = _document(kashdeck, item)
        assert _gross(document) == Decimal(item["gross"])
        assert document.get("CustomerReference") == item["reference"]

    again = kashdeck.json("publish", NAME, "--ready", *CREATING)
    assert (again["items"], again["published"]) == ([], 0)
    one = kashdeck.json("publish", NAME, "1")
    assert (one["published"], one["already"], one["held"]) == (0, 1, 0)
    assert one["items"][0]["number"] == stored["1"]["number"]
    assert len(sandbox.account.receipts()) == 10
    assert len(sandbox.account.invoices()) == 5

    ran = kashdeck.run(
        *("reconnect", NAME, "--username", sandbox.username, "--secrets-stdin", "--no-sync"),
        stdin=kashdeck.secrets,
    )
    assert ran.code == 0
    assert kashdeck.run("disconnect", NAME).code == 0
    assert len(kashdeck.json("items", NAME)["items"]) == 15
    _assert_no_secret(kashdeck)


def test_what_came_out_different_is_told_and_the_command_ends_with_1(filled: Kashdeck) -> None:
    filled.sandbox.account.switch(reference_length=3)
    ran = filled.run("publish", NAME, "1")
    assert ran.code == 1
    assert "1 item published" in ran.out
    item = filled.json("items", NAME)["items"][0]
    assert item["problem"]["code"] == "came-out-different"
    assert f"Item 1: {item['problem']['sentence']}" in ran.err


def test_a_dry_run_shows_the_words_and_the_body_and_sends_nothing(filled: Kashdeck) -> None:
    answer = filled.json("publish", NAME, "--ready", "--dry-run", "--body", code=1)
    assert answer["dry_run"] is True
    assert answer["new_suppliers"] == ["Lantern Lane Café", "Ivor Penhale"]
    assert answer["new_customers"] == ["Selwick Sailing Club"]
    assert [left["id"] for left in answer["left_out"]] == ["9"]
    assert "TAX DATA IS OFF" in answer["tax_note"]
    first = answer["items"][0]
    assert first["operation"] == "InsertReceipt"
    assert "Quillon Print Works" in first["sentence"]
    assert "<" in first["body"]
    assert filled.sandbox.password not in first["body"]
    same = filled.json("publish", NAME, "--ready", "--dry-run", code=1)
    assert same["fingerprint"] == answer["fingerprint"]
    assert filled.sandbox.account.receipts() == []
    out = filled.run("publish", NAME, "9", "--dry-run").out
    assert "Item 9 is left out" in out


def test_without_agreement_no_supplier_is_created(filled: Kashdeck) -> None:
    before = len(filled.sandbox.account.suppliers())
    answer = filled.json("publish", NAME, "1", "8", code=1)
    assert (answer["published"], answer["held"]) == (1, 1)
    held = next(item for item in answer["items"] if item["id"] == "8")
    assert held["state"] == "ready"
    assert held["problem"]["sentence"]
    assert len(filled.sandbox.account.suppliers()) == before


def test_for_people_there_is_a_line_an_item_with_its_number(filled: Kashdeck) -> None:
    ran = filled.run("publish", NAME, "2", "3")
    assert ran.code == 0
    assert "Item 2: Purchase from Pennine Water" in ran.out
    assert "item 3, Northgate Energy: number" in ran.out
    assert "2 items published, 0 held back, 0 of unknown outcome." in ran.out


def test_a_lost_reply_is_unknown_then_found_and_never_sent_twice(filled: Kashdeck) -> None:
    filled.sandbox.misbehave("InsertReceipt", "drop-after")
    answer = filled.json("publish", NAME, "1", code=1)
    assert answer["unknown"] == 1
    assert answer["items"][0]["state"] == "unknown"
    resolved = filled.json("resolve", NAME)
    assert resolved["unknown"] == 0
    assert resolved["items"][0]["state"] == "published"
    assert resolved["items"][0]["number"] == filled.sandbox.account.receipts()[0]["InvoiceNumber"]
    assert len(filled.sandbox.account.receipts()) == 1
    assert filled.json("resolve", NAME) == {"items": [], "unknown": 0}


def test_publishing_again_takes_what_arrived_for_what_it_is(filled: Kashdeck) -> None:
    filled.sandbox.misbehave("InsertReceipt", "drop-after")
    filled.json("publish", NAME, "1", code=1)
    again = filled.json("publish", NAME, "1")
    assert (again["published"], again["already"], again["held"], again["unknown"]) == (0, 1, 0, 0)
    assert again["items"][0]["number"] == filled.sandbox.account.receipts()[0]["InvoiceNumber"]
    assert again["items"][0]["problem"] is None
    assert len(filled.sandbox.account.receipts()) == 1


def test_a_reply_lost_before_it_counted_stays_unknown_until_it_is_safe(filled: Kashdeck) -> None:
    filled.sandbox.misbehave("InsertReceipt", "drop-before")
    filled.run("publish", NAME, "1")
    ran = filled.run("resolve", NAME)
    assert ran.code == 1
    assert filled.run("publish", NAME, "1").code == 1, "not sent again on a guess"
    assert filled.sandbox.account.receipts() == []


def test_a_server_that_is_gone_holds_the_items_and_says_so(filled: Kashdeck) -> None:
    filled.sandbox.stop()
    answer = filled.json("publish", NAME, "1", code=1)
    assert (answer["published"], answer["unknown"]) == (0, 0)
    assert answer["items"][0]["state"] == "ready"
    assert answer["items"][0]["problem"]["code"] == "server-unreachable"


def test_an_item_that_is_not_there_stops_before_anything_is_sent(filled: Kashdeck) -> None:
    assert filled.json("publish", NAME, "1", "99", code=2)["error"]["code"] == "item-unknown"
    assert filled.sandbox.account.receipts() == []


def test_no_secret_is_written_whatever_goes_wrong(
    filled: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("bad-xml", "redirect", "html-200"):
        filled.sandbox.misbehave("GetSuppliers", kind, times=9)
        assert filled.run("sync", NAME).code == 1
        filled.sandbox.behave()
    for item, kind in (("1", "truncate"), ("2", "refuse"), ("3", "html-503")):
        filled.sandbox.misbehave("InsertReceipt", kind)
        assert filled.run("publish", NAME, item).code == 1

    def broken(args: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr("tui.commands.settings.run_settings", broken)
    assert "did not foresee" in filled.run("settings", NAME).err
    assert (filled.home / "kashdeck.log").is_file()
    _assert_no_secret(filled)


@pytest.mark.parametrize("answer", ["n\n", "\n", "y\n"])
def test_on_a_terminal_one_is_asked_and_only_y_sends(filled: Kashdeck, answer: str) -> None:
    code = (
        "import pty, os, sys\n"
        "pid, terminal = pty.fork()\n"
        "if not pid: os.execv(sys.executable, [sys.executable, '-m', 'tui', *sys.argv[2:]])\n"
        "seen = b''\n"
        "while True:\n"
        "    try: piece = os.read(terminal, 4096)\n"
        "    except OSError: break\n"
        "    if not piece: break\n"
        "    seen += piece\n"
        "    if seen.endswith(b'leave it: '): os.write(terminal, sys.argv[1].encode())\n"
        "sys.stdout.write(seen.decode())\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, answer, "publish", NAME, "1"],
        env=filled.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    assert "Publish 1 item to KashFlow?" in done.stdout
    assert len(filled.sandbox.account.receipts()) == (1 if answer == "y\n" else 0)


def _document(kashdeck: Kashdeck, item: dict[str, object]) -> dict[str, object]:
    account = kashdeck.sandbox.account
    documents = account.invoices() if item["kind"] == "sale" else account.receipts()
    (document,) = [one for one in documents if one["InvoiceNumber"] == item["number"]]
    return document


def _gross(document: dict[str, object]) -> Decimal:
    lines = document["Lines"]
    assert isinstance(lines, list)
    return sum(
        (
            (Decimal(line["Quantity"]) * Decimal(line["Rate"])).quantize(Decimal("0.01"))
            + Decimal(line.get("VatAmount", 0))
            for line in lines
        ),
        Decimal(0),
    )


def _assert_no_secret(kashdeck: Kashdeck) -> None:
    """Search every file of the home, names included, and all that was written to the terminal."""
    secrets = (kashdeck.sandbox.password, kashdeck.sandbox.autoauth_key)
    for secret in secrets:
        assert secret not in kashdeck.written
    for path in kashdeck.home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            assert secret not in path.name
            assert secret.encode() not in content, path


def test_a_trace_has_what_was_sent_and_no_secret(filled: Kashdeck, tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    assert filled.run("publish", NAME, "1", "--trace", str(trace)).code == 0
    text = trace.read_text(encoding="utf-8")
    assert "InsertReceipt" in text
    assert "InsertReceiptResponse" in text
    assert trace.stat().st_mode & 0o777 == 0o600
    for secret in filled.secrets.split():
        assert secret not in text


def test_what_was_sent_is_what_a_published_item_shows(connected: Kashdeck) -> None:
    connected.run("settings", NAME, "publish_tax_data=off")
    words = ["contact=Pennine Water", "date=31/08/2026", "reference=PW-33", "category=7102"]
    words += ["unit_price=167.93", "tax_rate=20", "bank_account=1200", "payment_method=Magic beans"]
    added = connected.json("add", NAME, *words)["item"]
    assert (added["vat"], added["unpaid"]) == ("33.59", None)
    (planned,) = connected.json("publish", NAME, added["id"], "--dry-run")["items"]
    assert "NOT recorded as paid" in planned["sentence"]
    (sent,) = connected.json("publish", NAME, added["id"], "--create-suppliers")["items"]
    told = connected.json("item", NAME, added["id"])["item"]
    (listed,) = connected.json("items", NAME)["items"]
    for item in (sent, told, listed):
        assert (item["net"], item["vat"], item["gross"]) == ("201.52", "0.00", "201.52")
        assert "Magic beans" in item["unpaid"]
    assert (told["lines"][0]["vat"], told["lines"][0]["tax_rate"]) == ("0.00", "-1")
    for words in (["item", NAME, added["id"]], ["items", NAME], ["audit", NAME]):
        assert "NOT recorded as paid: " in connected.run(*words).out
    entry = next(
        one for one in connected.json("audit", NAME)["entries"] if one["action"] == "published"
    )
    assert entry["after"]["vat"] == "0.00"
    # Undone, it is again what it is by itself, and goes with its VAT where that is switched on.
    connected.run("undo", NAME, added["id"], "--yes")
    back = connected.json("item", NAME, added["id"])["item"]
    assert (back["vat"], back["unpaid"]) == ("33.59", None)
