"""`kashdeck backup` and `kashdeck restore`, as they are typed."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest

from kfclient.desk.business.backup_rights import Backups
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import NotAllowed
from kfclient.desk.person import this_person
from kfclient.store import Home
from tests.tui.kashdeck import COSTS, NAME, PASSPHRASE, Kashdeck

if TYPE_CHECKING:
    from pathlib import Path


def test_a_backup_goes_to_another_machine_without_the_secrets(
    connected: Kashdeck, tmp_path: Path
) -> None:
    connected.run("import", NAME, COSTS)
    items = connected.json("items", NAME)
    suppliers = connected.json("lists", NAME, "suppliers")
    path = tmp_path / "books.zip"
    secret = (connected.home / "secrets.json").read_bytes()

    made = connected.run("backup", str(path))

    assert made.code == 0
    assert f"Backed up {NAME} to" in made.out
    assert "Passwords and AutoAuth keys are not in it." in made.out.replace("\n", " ")
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "secret" in name or ".l" in name]
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert connected.sandbox.account.password.encode() not in everything
    assert PASSPHRASE.encode() not in everything
    assert secret not in everything

    shutil.rmtree(connected.home)
    restored = connected.run("restore", str(path))

    assert restored.code == 0, restored.err
    assert f"Restored {NAME} as of" in restored.out
    assert "kashdeck reconnect NAME" in restored.out
    assert "KashFlow is looked at" in restored.out.replace("\n", " ")
    assert connected.json("items", NAME) == items
    assert connected.json("lists", NAME, "suppliers") == suppliers
    assert connected.json("audit", NAME, "verify")["sound"]
    answer = connected.json("sync", NAME, code=2)
    assert answer["error"]["code"] == "secret-missing"


def test_what_was_there_is_named_and_can_be_had_again(connected: Kashdeck, tmp_path: Path) -> None:
    path = str(tmp_path / "books.zip")
    connected.json("backup", path)
    connected.run("import", NAME, COSTS)
    items = connected.json("items", NAME)["items"]
    entries = connected.json("audit", NAME)["entries"]

    answer = connected.json("restore", path, "--yes")["restored"]

    assert answer["businesses"] == [NAME]
    assert connected.json("items", NAME)["items"] == []
    again = connected.json("restore", answer["kept"])["restored"]
    assert again["kept"] != answer["kept"]
    assert [item["id"] for item in connected.json("items", NAME)["items"]] == [
        item["id"] for item in items
    ]
    told = connected.json("audit", NAME)["entries"]
    assert told[: len(entries)] == entries, "the trail comes back too"
    assert told[-1]["action"] == "restored"
    assert told[-1]["after"]["before"] in again["kept"]
    assert connected.json("audit", NAME, "verify")["sound"]


def test_a_backup_is_noted_in_the_trail(connected: Kashdeck, tmp_path: Path) -> None:
    connected.json("backup", str(tmp_path / "books.zip"))

    entry = connected.json("audit", NAME)["entries"][-1]

    assert (entry["action"], entry["after"]["file"]) == ("backed-up", "books.zip")


def test_wrong_use_is_said(connected: Kashdeck, tmp_path: Path) -> None:
    there = tmp_path / "there.zip"
    there.write_text("somebody's")

    for words, code, said in (
        (["backup"], "wrong-use", "FILE"),
        (["backup", str(there)], "backup-refused", "there already"),
        (["backup", str(tmp_path)], "backup-refused", "there already"),
        (["backup", str(tmp_path / "no" / "a.zip")], "state-unwritable", "could not be written"),
        (["restore"], "wrong-use", "--sound"),
        (["restore", str(there), "--sound"], "wrong-use", "not both"),
        (["restore", str(there)], "backup-refused", "not a whole backup"),
        (["restore", str(tmp_path / "nothing.zip")], "backup-refused", "There is no file"),
    ):
        error = connected.json(*words, code=2)["error"]
        assert error["code"] == code, words
        assert said in error["sentence"], error


def test_a_damaged_home_can_be_restored_and_its_error_says_how(
    connected: Kashdeck, tmp_path: Path
) -> None:
    path = tmp_path / "books.zip"
    connected.json("backup", str(path))
    (connected.home / "state.json").write_text("nonsense")

    error = connected.json("status", code=2)["error"]
    assert "kashdeck restore FILE" in error["cure"]
    assert connected.json("restore", "--sound", code=1)["salvaged"][0]["kept"] is None
    answer = connected.json("restore", str(path))["restored"]

    assert answer["unreadable_before"] == ["state.json"]
    assert connected.json("status")["connections"][0]["name"] == NAME


def test_the_sound_part_of_a_damaged_file_is_kept(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    assert connected.run("restore", "--sound").out == "Nothing is damaged here.\n"
    home = Home(connected.home)
    books = home.books(connected.json("items", NAME)["items"] and "harbour-lane-trading")
    for number in range(3):
        books.table("items").update({"note": f"n{number}"}, doc_ids=[1])
    log = next((connected.home / "businesses").glob("*/items.json.log"))
    log.write_bytes(log.read_bytes().replace(b'"n1"', b'"nX"'))

    said = connected.run("restore", "--sound", "--yes")

    assert said.code == 0
    assert "the last 2 changes could not be read" in said.out.replace("\n", " ")
    assert len(connected.json("items", NAME)["items"]) > 5


def test_only_who_is_admin_of_every_business_here_may_restore(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "books.zip"
    Businesses(home, person="anna").add("Harbour Lane")
    Businesses(home, person="ben").add("Mill")
    Backups(home, person="ben").make(path)
    Businesses(home, person="anna").set_role("harbour-lane", "ben", None)

    for person in ("anna", "ben"):
        backups = Backups(home, person=person)
        for doing in (backups.examine, backups.restore):
            with pytest.raises(NotAllowed, match="put a backup in the place of"):
                doing(path)

    assert Businesses(home).get("harbour-lane").people == {"anna": "admin"}


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_where_nothing_says_who_is_admin_the_owner_of_the_folder_restores(
    home: Home, tmp_path: Path, harm: str
) -> None:
    if os.getuid() != 0:
        pytest.skip("NOT PROVED: only root can give a folder to another user")
    path = tmp_path / "books.zip"
    Businesses(home).add("Harbour Lane")
    home.books("harbour-lane").table("items").insert({"reference": "A"})
    Backups(home).make(path)
    home.close()
    for name in ("state.json", "state.json.log"):
        (home.root / name).write_bytes(b"{") if harm == "damaged" else (home.root / name).unlink()
    os.chown(home.root, 40_077, -1)
    backups = Backups(Home(home.root))
    for doing in (lambda: backups.examine(path), lambda: backups.restore(path), backups.keep_sound):
        with pytest.raises(NotAllowed, match="only user 40077, whose folder"):
            doing()
    os.chown(home.root, os.getuid(), -1)
    backups.restore(path)
    assert [one.business.id for one in Businesses(Home(home.root)).all()] == ["harbour-lane"]


def test_a_restore_names_each_address_that_changes_and_the_password_stays_here(
    connected: Kashdeck, tmp_path: Path
) -> None:
    path, elsewhere = tmp_path / "books.zip", "http://127.0.0.1:9/api/service.asmx"
    home = Home(connected.home)
    table = home.state().table("businesses")
    (found,) = table.all()
    here = found["connection"]["endpoint"]
    for address in (elsewhere, here):
        connection = {**found["connection"], "endpoint": address}
        table.update({"connection": connection}, doc_ids=[found.doc_id])
        if address == elsewhere:
            connected.json("backup", str(path))
    home.close()

    said = connected.run("restore", str(path), "--yes")
    assert said.code == 0
    told = said.out.replace("\n", " ")
    assert f"{NAME} is connected to" in told
    assert elsewhere in told
    assert here in told
    answer = connected.json("sync", NAME, code=2)
    assert answer["error"]["code"] == "secret-elsewhere"
    # Nor is a new one asked for, to be sent there.
    account = connected.sandbox.account
    typed = f"{account.password}\n{account.autoauth_key}\n"
    refused = connected.run("reconnect", NAME, "--secrets-stdin", stdin=typed)
    assert refused.code == 2
    assert "Nothing was asked or sent." in refused.err
    again = ("reconnect", NAME, "--endpoint", here, "--secrets-stdin", "--no-sync")
    assert connected.run(*again, stdin=typed).code == 0
    assert connected.run("sync", NAME).code == 0
    restored = connected.json("restore", str(path), "--yes")["restored"]
    assert [one["business"] for one in restored["addresses"]] == [NAME]


# -- records that do not fit --------------------------------------------------------------------


def put(home: Home, table: str, **fields: object) -> None:
    """Change a stored record as a hand with an editor would."""
    database = home.state() if table in {"businesses", "counts"} else home.books(BUSINESS)
    (first, *_) = database.table(table).all()
    database.table(table).update(fields, doc_ids=[first.doc_id])


BUSINESS = "harbour-lane-trading"
ODD: dict[str, tuple[str, dict[str, object]]] = {
    "a role": ("businesses", {"people": {"root": "boss"}}),
    "people": ("businesses", {"people": [1]}),
    "a day": ("businesses", {"created_at": "yesterday"}),
    "a connection": ("businesses", {"connection": {"endpoint": 3}}),
    "a setting": ("businesses", {"settings": {"settle_seconds": "soon"}}),
    "a way out": ("businesses", {"id": "../../elsewhere"}),
    "a count": ("counts", {"ready": "many"}),
    "an item's date": ("items", {"date": "31/11"}),
    "an item's lines": ("items", {"lines": "none"}),
}


@pytest.mark.parametrize("what", ODD)
def test_a_record_that_does_not_fit_is_found_refused_and_set_aside(
    connected: Kashdeck, tmp_path: Path, what: str
) -> None:
    connected.run("import", NAME, COSTS)
    items = len(connected.json("items", NAME)["items"])
    table, fields = ODD[what]
    sound, odd = str(tmp_path / "sound.zip"), str(tmp_path / "odd.zip")
    connected.run("backup", sound)
    home = Home(connected.home)
    put(home, table, **fields)
    home.close()
    connected.run("backup", odd)

    commands = (("status",), ("items", NAME), ("check", NAME), ("settings", NAME), ("people", NAME))
    for words in commands if table != "counts" else ():  # which they count anew
        ran = connected.run(*words)
        assert "did not foresee" not in ran.err + ran.out, words
        assert (
            ran.code in {0, 1} or "restore --sound" in ran.err or "There is no business" in ran.err
        )
    doctor = connected.json("doctor", code=1)
    (finding,) = [one for one in doctor["findings"] if one["code"] == "state-damaged"]
    assert table in finding["sentence"]

    ran = connected.run("restore", "--sound", "--yes")
    assert ran.code == 0, ran.err
    assert f"of {table} was not as Kashdeck writes it" in ran.out.replace("\n", " ")
    if what in {"a day", "a way out"}:
        assert connected.json("connections")["connections"] == []
    else:
        lost = 1 if table == "items" else 0
        assert len(connected.json("items", NAME)["items"]) == items - lost
    found = json.loads(connected.run("doctor", "--json").out)["findings"]
    assert "state-damaged" not in [one["code"] for one in found]
    copies = list(connected.home.rglob("*.damaged-*"))
    assert len(copies) == 1

    if what in {"a role", "people"}:
        assert "no-admin" in [one["code"] for one in found]
        assert connected.run("people", NAME, this_person(), "admin").code == 0
    answer = connected.json("restore", odd, "--yes", code=2)["error"]
    assert answer["code"] == "backup-refused"
    assert table in answer["sentence"]
    assert connected.run("restore", sound, "--yes").code == 0
    assert len(connected.json("items", NAME)["items"]) == items
