"""Connecting, syncing, looking, and ending a connection by command."""

from __future__ import annotations

import stat
import sys

import pytest

from kfclient.sandbox import Sandbox
from tests.tui.kashdeck import NAME, Kashdeck

LISTS = [
    "chart-of-accounts",
    "suppliers",
    "customers",
    "tax-rates",
    "projects",
    "bank-accounts",
]


def test_connecting_tells_each_check_and_reads_the_lists(kashdeck: Kashdeck) -> None:
    ran = kashdeck.connect()
    assert ran.code == 0
    for said in (
        "was added; you are its Admin",
        "Reach the server",
        "Username and password accepted",
        "This machine's address authorised",
        "is connected to Harbour Lane Trading Ltd",
        "Suppliers: 7",
    ):
        assert said in ran.out


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac always has a keychain")
def test_without_a_keyring_the_encrypted_file_is_taken_and_told(kashdeck: Kashdeck) -> None:
    ran = kashdeck.connect("--no-sync", "--secrets-in", "")
    assert ran.code == 0
    assert "will be kept in an encrypted file" in ran.err


def test_connecting_as_json_gives_the_connection_its_checks_and_the_sync(
    kashdeck: Kashdeck, sandbox: Sandbox
) -> None:
    words = ("connect", NAME, "--endpoint", sandbox.endpoint, "--username", sandbox.username)
    where = ("--secrets-stdin", "--secrets-in", "encrypted-file")
    answer = kashdeck.json(*words, *where, stdin=kashdeck.secrets)
    assert answer["connection"]["state"] == "connected"
    assert [check["check"] for check in answer["checks"]] == [
        "reach",
        "tls",
        "soap",
        "login",
        "address",
        "company",
    ]
    assert list(answer["sync"]["lists"]) == LISTS
    assert answer["sync"]["lists"]["suppliers"]["added"] == 7


def test_no_sync_leaves_the_lists_for_later(kashdeck: Kashdeck) -> None:
    assert kashdeck.connect("--no-sync").code == 0
    (connection,) = kashdeck.json("status", NAME)["connections"]
    assert connection["last_sync"] is None
    assert connection["lists"]["suppliers"] == {
        "count": None,
        "synced_at": None,
        "problem": None,
        "remarks": [],
    }


def test_status_names_every_field(connected: Kashdeck) -> None:
    (connection,) = connected.json("status")["connections"]
    assert connection["name"] == NAME
    assert connection["id"] == "harbour-lane-trading"
    assert (connection["state"], connection["role"]) == ("connected", "admin")
    assert connection["software"] == "sandbox"
    assert connection["company"] == "Harbour Lane Trading Ltd"
    assert connection["last_sync"].endswith("Z")
    assert list(connection["lists"]) == LISTS
    assert connection["lists"]["suppliers"]["count"] == 7
    assert list(connection["items"].values()) == [0] * 6
    assert connected.json("connections")["connections"] == [connection]


def test_status_for_people_fits_and_says_when(connected: Kashdeck) -> None:
    out = connected.run("status", "harbour-lane-trading").out
    assert "Harbour Lane Trading: connected" in out
    assert "Suppliers                7" in out


def test_lists_show_records_and_filter(connected: Kashdeck) -> None:
    ran = connected.run("lists", NAME, "vat rates")
    assert (ran.code, "17.5%" in ran.out) == (0, True)
    answer = connected.json("lists", NAME, "suppliers", "--filter", "PRINT")
    assert (answer["list"], answer["count"]) == ("suppliers", 1)
    assert answer["rows"][0]["name"] == "Quillon Print Works"


def test_sync_tells_what_changed(connected: Kashdeck) -> None:
    with connected.sandbox.account.books.transaction():
        (supplier, *_) = connected.sandbox.account.suppliers()
        connected.sandbox.account.books.put("suppliers", {**supplier, "Name": "Renamed & Co"})
    (sync,) = connected.json("sync", "--all")["syncs"]
    assert sync["lists"]["suppliers"]["changed"] == 1
    assert sync["lists"]["customers"]["changed"] == 0


def test_one_list_failing_ends_with_1_and_spares_the_others(connected: Kashdeck) -> None:
    connected.sandbox.misbehave("GetSuppliers", "refuse", times=9)
    (sync,) = connected.json("sync", NAME, code=1)["syncs"]
    assert sync["lists"]["suppliers"]["problem"]["code"]
    assert sync["lists"]["customers"]["problem"] is None
    (connection,) = connected.json("status")["connections"]
    assert connection["state"] == "sync failed"
    assert connection["lists"]["suppliers"]["count"] == 7, "the old list stays"


def test_a_wrong_password_says_what_to_check_and_connects_nothing(
    kashdeck: Kashdeck, sandbox: Sandbox
) -> None:
    words = ("connect", NAME, "--endpoint", sandbox.endpoint, "--username", sandbox.username)
    ran = kashdeck.run(
        *words, "--secrets-stdin", stdin=f"wrong-{sandbox.password}\n{sandbox.autoauth_key}\n"
    )
    assert ran.code == 2
    assert "failed  Username and password accepted" in ran.out
    assert "separate API password" in ran.err
    (connection,) = kashdeck.json("status")["connections"]
    assert connection["state"] == "not connected"


def test_a_server_that_is_not_there_is_told_as_json_too(kashdeck: Kashdeck) -> None:
    answer = kashdeck.json(
        *("connect", NAME, "--endpoint", "http://127.0.0.1:9/api", "--username", "u"),
        "--secrets-stdin",
        code=2,
        stdin="password\n1234ABCD-1234\n",
    )
    assert answer["error"]["code"] == "server-unreachable"
    assert answer["error"]["sentence"]
    assert answer["error"]["cure"]


def test_without_a_passphrase_a_script_is_told_where_to_put_one(kashdeck: Kashdeck) -> None:
    del kashdeck.environment["KASHDECK_PASSPHRASE_FILE"]
    ran = kashdeck.connect()
    assert ran.code == 1
    assert "KASHDECK_PASSPHRASE_FILE" in ran.err


@pytest.mark.parametrize("keyring", ["plaintext", "secret-service"])
def test_a_keyring_that_cannot_be_used_is_refused_before_anything_is_sent(
    kashdeck: Kashdeck, keyring: str
) -> None:
    ran = kashdeck.connect("--secrets-in", keyring)
    assert ran.code == 2
    assert "What can be used here: encrypted-file" in ran.err
    assert kashdeck.sandbox.account.calls == {}
    assert kashdeck.json("connections") == {"connections": []}


def test_connecting_twice_points_at_reconnect(connected: Kashdeck) -> None:
    ran = connected.connect()
    assert ran.code == 2
    assert "reconnect it" in ran.err


def test_reconnecting_keeps_everything_else(connected: Kashdeck) -> None:
    connected.run("settings", NAME, "publish_tax_data=on")
    connected.sandbox.account.switch(separate_api_password="a new one")
    assert connected.run("sync", NAME).code == 1
    (connection,) = connected.json("status")["connections"]
    assert connection["state"] == "needs reconnecting"
    ran = connected.run(
        *("reconnect", NAME, "--secrets-stdin"),
        stdin=connected.secrets,
    )
    assert ran.code == 0, ran
    (connection,) = connected.json("status")["connections"]
    assert connection["state"] == "connected"
    assert connected.json("settings", NAME)["settings"]["publish_tax_data"] is True


def test_another_company_is_refused_with_the_way_out(connected: Kashdeck) -> None:
    with Sandbox() as other:
        with other.account.books.transaction():
            (company,) = other.account.books.all("company")
            renamed = {
                "CompanyName": "Elsewhere Ltd",
                "Postcode": "ZZ9 9ZZ",
                "VatRegistrationNumber": "GB111111111",
                "PrimaryEmail": "elsewhere@example.com",
            }
            other.account.books.drop("company", company["CompanyName"])
            other.account.books.put("company", {**company, **renamed})
        answer = connected.json(
            *("reconnect", NAME, "--endpoint", other.endpoint, "--username", other.username),
            "--secrets-stdin",
            code=2,
            stdin=f"{other.password}\n{other.autoauth_key}\n",
        )
    assert answer["error"]["code"] == "other-company"
    assert "disconnect it first" in answer["error"]["cure"]


def test_disconnecting_removes_the_secrets_and_keeps_the_lists(connected: Kashdeck) -> None:
    answer = connected.json("disconnect", NAME, "--yes")
    assert answer["connection"]["state"] == "not connected"
    assert connected.json("lists", NAME, "suppliers")["count"] == 7
    assert connected.run("sync", NAME).code == 2
    assert connected.run("disconnect", NAME, "--yes").code == 2


def test_everything_kept_is_for_its_owner_alone(connected: Kashdeck) -> None:
    for path in (connected.home, *connected.home.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_people_and_their_roles(connected: Kashdeck) -> None:
    me = connected.json("people", NAME)["you"]
    people = connected.json("people", NAME, "elena", "standard")["people"]
    assert people == {"elena": "standard", me: "admin"}
    ran = connected.run("people", NAME, me, "none")
    assert ran.code == 2
    assert "last Admin" in ran.err


def test_settings_change_all_or_none(connected: Kashdeck) -> None:
    bad = connected.run("settings", NAME, "publish_tax_data=on", "default_tax_code_costs=19")
    assert bad.code == 2
    assert connected.json("settings", NAME)["settings"]["publish_tax_data"] is False
    words = ("publish_tax_data=on", "default_tax_code_costs=20%", "default_tax_code_sales=n/a")
    assert connected.json("settings", NAME, *words)["settings"] == {
        "publish_tax_data": True,
        "default_tax_code_costs": "20%",
        "default_tax_code_sales": "n/a",
        "settle_seconds": 130,
        "certificate_authority": "",
        "locked_until": None,
        "any_category": False,
    }
