"""The control endpoint: switches, faults and what the sandbox has seen."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from kfclient.sandbox import Sandbox
from tests.sandbox.wire import Wire, lines, record


def control(wire: Wire, changes: Any = None) -> tuple[int, dict[str, Any]]:
    """Ask for the state, or for changes; return the HTTP status and the JSON."""
    body = None if changes is None else json.dumps(changes).encode()
    headers = {"Content-Type": "application/json"}
    answer = wire.send(body, headers, urlsplit(wire.sandbox.control).path)
    return answer.http, json.loads(answer.body)


def test_the_state_tells_what_was_called_and_what_is_in_the_books(
    wire: Wire, supplier: int
) -> None:
    line = {"Quantity": 3, "Rate": "9.99", "VatAmount": "5.99"}
    wire.ok("InsertReceipt", record("Inv", lines(line), CustomerID=supplier))
    wire.no("InsertReceipt", record("Inv", CustomerID=1))
    _, state = control(wire)
    assert state["calls"] == {"AutoAuthIP": 1, "InsertReceipt": 2}
    assert state["counts"]["receipts"] == 1
    assert state["addresses"] == {"127.0.0.1": "Tests"}
    (document,) = state["documents"]["receipts"]
    assert (document["NetAmount"], document["VATAmount"]) == ("29.97", "5.99")
    assert document["CustomerName"] == "Quillon Print Works"


def test_the_state_holds_no_secret(wire: Wire) -> None:
    text = json.dumps(control(wire)[1])
    assert wire.sandbox.password not in text
    assert wire.sandbox.autoauth_key not in text


def test_switches_are_flipped(wire: Wire) -> None:
    status, state = control(wire, {"api_enabled": False, "lock_date": "2026-03-31"})
    assert status == 200
    assert state["switches"]["api_enabled"] is False
    assert wire.no("GetVATRates") == "The API is not enabled for this account"


def test_addresses_and_calls_are_forgotten(wire: Wire) -> None:
    _, state = control(wire, {"forget_addresses": True, "forget_calls": True})
    assert (state["addresses"], state["calls"]) == ({}, {})
    assert "not in the access list" in wire.no("GetVATRates")


def test_trouble_is_asked_for_and_taken_back(wire: Wire) -> None:
    fault = {"operation": "*", "kind": "refuse", "times": None, "text": "no"}
    _, state = control(wire, {"fault": fault})
    assert state["faults"][0]["kind"] == "refuse"
    assert wire.no("GetVATRates") == "no"
    assert control(wire, {"clear_faults": True})[1]["faults"] == []
    wire.ok("GetVATRates")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        {"nonsense": True},
        {"api_enabled": "yes"},
        {"api_enabled": 1},
        {"lock_date": "yesterday"},
        {"separate_api_password": False},
        {"forget_addresses": "yes"},
        {"fault": "slow"},
        {"fault": {"operation": "*", "kind": "explode"}},
        {"api_enabled": False, "fault": {"kind": "slow"}},
        {"fault": {"operation": "*", "kind": "slow"}, "nonsense": 1},
    ],
)
def test_a_wrong_change_is_told_and_nothing_is_changed(wire: Wire, changes: Any) -> None:
    before = control(wire)[1]
    status, problem = control(wire, changes)
    assert status == 400
    assert problem["code"].startswith("sandbox")
    assert problem["sentence"]
    assert control(wire)[1] == before


def test_what_is_not_json_is_told(wire: Wire) -> None:
    answer = wire.send(b"{", {}, urlsplit(wire.sandbox.control).path)
    assert answer.http == 400


@pytest.mark.parametrize("path", ["/control", "/control/", "/control/guess"])
def test_without_its_path_nobody_gets_in(wire: Wire, path: str) -> None:
    assert wire.send(None, {}, path).http == 404
    assert wire.send(b"{}", {}, path).http == 404


def test_the_path_is_new_each_time() -> None:
    with Sandbox() as one, Sandbox() as other:
        assert urlsplit(one.control).path != urlsplit(other.control).path
