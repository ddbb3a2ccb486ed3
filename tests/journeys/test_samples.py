"""The sample files, by command: imported, checked, published, verified, and taken out again.

In the end KashFlow's books are as empty as they were, and the inbox is as it was after the import.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kfclient.money import ZERO, pennies
from kfclient.sandbox import Sandbox
from tests.desk.seeded import SAMPLES
from tests.tui.kashdeck import NAME, Kashdeck

EMPTY = ("empty", "header-only", "not-a-csv")
GOOD = ("dext-costs-troubled", "dext-costs-with-claims", "dext-costs-with-tax", "sales")


@pytest.fixture
def kashdeck(tmp_path: Path, sandbox: Sandbox) -> Kashdeck:
    """Return the command, for a business that is connected and synced, its tax data on."""
    kashdeck = Kashdeck(tmp_path, sandbox)
    assert kashdeck.connect().code == 0
    assert kashdeck.run("sync", NAME).code == 0
    assert kashdeck.run("settings", NAME, "publish_tax_data=on").code == 0
    return kashdeck


def left_there(sandbox: Sandbox) -> dict[str, int]:
    """Return how much of everything that publishing makes is in KashFlow."""
    tables = (
        "receipts", "invoices", "receipt_payments", "invoice_payments", "receipt_notes",
        "invoice_notes", "attachments", "invoice_attachments",
    )  # fmt: skip
    return {name: len(rows) for name in tables if (rows := sandbox.account.books.all(name))}


def items(kashdeck: Kashdeck) -> list[dict[str, Any]]:
    """Return the items, without what is found of them: their suppliers are in KashFlow by now."""
    told = kashdeck.json("items", NAME)["items"]
    return [{key: value for key, value in one.items() if key != "findings"} for one in told]


def gross(document: Any) -> Decimal:
    """Return what a document in KashFlow comes to."""
    return sum(
        (
            pennies(line.get("Quantity", 1) * line.get("Rate", ZERO)) + line.get("VatAmount", ZERO)
            for line in document["Lines"]
        ),
        ZERO,
    )


@pytest.mark.slow
def test_the_samples_go_into_kashflow_and_out_again(kashdeck: Kashdeck) -> None:
    for name in EMPTY:
        kashdeck.run("import", NAME, str(SAMPLES / f"{name}.csv"))
    assert items(kashdeck) == []
    for name in GOOD:
        kashdeck.run("import", NAME, str(SAMPLES / f"{name}.csv"))
    imported = items(kashdeck)
    assert len(imported) > 70
    ready = [one for one in imported if one["state"] == "ready"]
    troubled = [one for one in imported if one["state"] == "to-review"]
    checked = kashdeck.json("check", NAME, code=1)
    assert (checked["ready"], checked["to_review"]) == (len(ready), len(troubled))
    assert troubled  # what is amiss with them is for a person to mend

    words = ("--ready", "--create-suppliers", "--create-customers")
    sent = kashdeck.json("publish", NAME, *words, code=1)
    assert (sent["published"], sent["held"], sent["unknown"]) == (len(ready), 0, 0)
    account = kashdeck.sandbox.account
    documents = [*account.receipts(), *account.invoices()]
    assert len(documents) == len(ready)
    assert sum(map(gross, documents)) == sum(Decimal(one["gross"]) for one in ready)

    verified = kashdeck.json("verify", NAME)["items"]
    assert [one["verdict"] for one in verified] == ["same"] * len(ready)

    undone = kashdeck.json("undo", NAME, "--last")["items"]
    assert [one["undone"] for one in undone] == [True] * len(ready)
    assert left_there(kashdeck.sandbox) == {}
    assert items(kashdeck) == imported
    assert kashdeck.run("audit", "verify", NAME).code == 0
