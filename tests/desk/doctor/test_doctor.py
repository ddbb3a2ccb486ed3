"""The doctor: what it finds in homes that are well, broken or not there, and what it never says."""

from __future__ import annotations

import datetime as dt
import logging
import os
import stat
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.audit.audit import Audit
from kfclient.desk.audit.entry import Action
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.doctor import examine
from kfclient.desk.doctor.report import DoctorFinding, Report, Urgency
from kfclient.desk.model.business import Company, Connection, Role
from kfclient.desk.person import this_person
from kfclient.store.errors import StateBusy
from kfclient.store.home import Home
from kfclient.store.log import start_logging, stop_logging
from tests.store.processes import finished, started
from tests.store.users import SAM, as_root, started_as

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
TELLTALES = (
    "Zebra",
    "zebra",
    "quagga",
    "okapi",
    "tapir",
    "gnu-books",
    "s3cretpass",
    "10.77.88.99",
    "4321.09",
    "Numbat",
)
"""A business, a supplier, a user, a host, a folder, a password, an address, an amount, a person."""

EXAMINE = """
import sys
from pathlib import Path
from kfclient.desk.doctor import examine
if sys.argv[2:] == ["full"]:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
print(*[finding.code for finding in examine(Path(sys.argv[1])).findings])
"""


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KASHDECK_HOME", "KASHDECK_PASSPHRASE_FILE", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A home with a connected business, items, a list, a trail and a log."""
    home = Home(tmp_path / "gnu-books" / "home")
    businesses = Businesses(home, person="Numbat")
    business = businesses.add("Zebra Traders").id
    connection = Connection(
        software="kashflow",
        endpoint="https://quagga.example/api",
        username="okapi",
        secrets_in="encrypted-file",
        company=Company(name="Zebra Traders Ltd"),
        connected_at=NOW - dt.timedelta(days=1),
        connected_by="Numbat",
    )
    businesses.save_connection(business, connection)
    businesses.set_role(business, "tapir", Role.STANDARD)
    businesses.set_role(business, this_person(), Role.ADMIN)
    home.books(business).table("items").insert({"supplier": "tapir", "net": "4321.09"})
    home.write_list(business, "suppliers", [{"Name": "tapir"}])
    audit = Audit(home, person="Numbat")
    for _ in range(3):
        audit.note(home.state(), business, Action.SETTINGS_CHANGED, after={"supplier": "tapir"})
    audit.flush(business)
    with home.try_lock(f"sync-{business}"):
        pass
    (home.root / "secrets.json").write_text(SECRETS)
    (home.root / "secrets.json").chmod(0o600)
    home.close()
    return home.root


SECRETS = (
    '{"format": 1, "kdf": {"name": "scrypt", "n": 16384, "r": 8, "p": 1, "salt": "AAAA"},'
    ' "check": {"nonce": "AAAA", "box": "AAAA"}, "entries": []}'
)


def codes(report: Report, severity: Urgency = Urgency.MEND) -> list[str]:
    return sorted({found.code for found in report.findings if found.severity is severity})


def finding(report: Report, code: str) -> DoctorFinding:
    [found] = [each for each in report.findings if each.code == code]
    return found


def books_of(root: Path) -> Path:
    [folder] = (root / "businesses").iterdir()
    return folder


def said(report: Report) -> str:
    return msgspec.json.encode(report).decode()


def test_a_home_that_is_well_has_nothing_to_mend_and_is_told_in_full(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    report = examine(root)

    assert codes(report) == []
    assert report.healthy
    assert {one.name: one.state for one in report.databases} == {
        "state.json": "fine",
        "businesses/business 1/items.json": "fine",
        "businesses/business 1/lists/suppliers.json": "fine",
    }
    assert [(one.name, one.lines > 2, one.troubles) for one in report.trails] == [
        ("business 1", True, 0)
    ]
    [used] = [one for one in report.keyrings if one.used_by]
    assert (used.id, used.used_by) == ("encrypted-file", ("business 1",))
    assert {one.owner for one in report.files} <= {"you"}
    assert ("locks/sync business 1", "0600") in {(one.name, one.mode) for one in report.files}
    assert report.home is not None
    assert (report.home.shared, report.home.files) == (False, len(before))
    assert {"kashdeck", "python", "textual", "openssl"} <= {one.name for one in report.versions}
    assert report.servers is None
    assert {path: path.read_bytes() for path in before} == before


def test_it_says_nothing_that_is_nobodys_business(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "zebra\x1b[2J")
    monkeypatch.setenv("KASHDECK_PASSPHRASE_FILE", str(root / "quagga"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "okapi.plaintext")
    home = Home(root)
    start_logging(home)
    log = logging.getLogger("kfclient.zone")
    log.error("No snapshot of %s was made", "zebra", exc_info=StateBusy("quagga holds tapir"))
    log.warning("odd", extra={"host": "10.77.88.99"})
    logging.getLogger("py.warnings").warning("okapi said s3cretpass")
    stop_logging()
    (root / "Numbat notes.txt").write_text("4321.09")
    (root / "businesses" / "zebra-traders" / "lists" / "tapir.json").write_text("{")
    (root / "state.json.damaged-0123abcd").write_text("zebra")
    trail = books_of(root) / "audit.jsonl"
    trail.write_bytes(trail.read_bytes().replace(b"tapir", b"okapi", 1))

    report = examine(root, network=True)

    text = said(report)
    assert [word for word in (*TELLTALES, os.uname().nodename) if word in text] == []
    assert "\\u001b" not in text
    assert {"passphrase-file", "state-damaged", "trail-changed"} <= set(codes(report))
    assert {"keyring-refused", "damaged-copies"} <= set(codes(report, Urgency.NOTE))
    told = [(one.sentence, one.error, one.code) for one in report.errors]
    assert told[0] == ("No snapshot of %s was made", "StateBusy", "state-busy")
    assert told[1] == ("odd", "", "")
    assert "left out" in told[2][0]
    assert report.servers is not None
    assert [one.reached for one in report.servers] == [False]


def test_where_an_error_arose_is_told_by_our_own_files_alone(root: Path) -> None:
    start_logging(Home(root))
    try:
        Home(root).state().table("_meta")
    except ValueError:
        logging.getLogger("kashdeck").exception("A command failed: %s", "x")
    stop_logging()

    [error] = examine(root).errors

    assert (error.error, error.sentence) == ("ValueError", "A command failed: %s")
    assert error.where.startswith("kfclient/store/database.py:")


def test_no_home_at_all_is_no_trouble_and_none_is_made(tmp_path: Path) -> None:
    report = examine(tmp_path / "none")

    assert (codes(report), codes(report, Urgency.NOTE)) == ([], ["no-home"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_home_should_be(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")

    assert codes(examine(tmp_path / "home")) == ["home-no-folder"]


@pytest.mark.parametrize(
    ("content", "code", "state"),
    [
        ("nonsense", "state-damaged", "damaged"),
        ('{"_meta": {"1": {"format": 99, "lsn": 1, "next": {}}}}', "state-newer", "newer"),
        ('{"businesses": {"1": {"no": "id"}}}', "state-damaged", "older"),
    ],
)
def test_a_state_that_cannot_be_read_does_not_stop_it(
    root: Path, content: str, code: str, state: str
) -> None:
    (root / "state.json").write_text(content)
    (root / "state.json.log").unlink()

    report = examine(root)

    assert codes(report) == [code]
    assert [one.state for one in report.databases if one.name == "state.json"] == [state]
    assert ("Install the newest" in finding(report, code).cure) == (state == "newer")
    assert "not-examined" not in codes(report)
    assert (root / "state.json").read_text() == content
    assert not list(root.glob("*.damaged-*"))


def test_what_lies_about_is_named_with_a_cure(root: Path) -> None:
    (root / "state.json").rename(root / "state.old")
    (root / "state.json.log").unlink()
    (root / "secrets.json").unlink()
    (root / "state.json.tmp").touch()
    os.utime(root / "state.json.tmp", (0, 0))
    future = dt.datetime.now(dt.UTC).timestamp() + 86400 * 3
    os.utime(books_of(root) / "items.json.log", (future, future))
    (books_of(root) / "items.json.log").chmod(0o644)

    report = examine(root)

    assert codes(report) == ["business-unlisted", "clock", "too-open", "trail-changed"]
    assert codes(report, Urgency.NOTE) == ["leftovers"]
    assert "3.0 days ahead" in finding(report, "clock").sentence
    assert "business 1/items.json.log" in finding(report, "too-open").sentence
    assert "share --stop" in finding(report, "too-open").cure
    assert all(found.cure for found in report.findings)


def test_the_encrypted_file_that_is_gone_or_broken_is_told(root: Path) -> None:
    (root / "secrets.json").write_text("{}")
    broken = codes(examine(root))
    (root / "secrets.json").unlink()

    assert broken == ["secrets-damaged"]
    assert codes(examine(root)) == ["secrets-missing"]


def test_a_password_in_a_keyring_that_is_not_here_is_told(root: Path) -> None:
    home = Home(root)
    businesses = Businesses(home)
    [summary] = businesses.all()
    for place, code in (("macos", "keyring-elsewhere"), ("secret-service", "keyring-unusable")):
        businesses.update_connection(
            summary.business.id,
            lambda now, place=place: msgspec.structs.replace(now, secrets_in=place),  # type: ignore[misc]
        )
        report = examine(root)
        assert codes(report) == [code]
        assert "business 1" in finding(report, code).sentence
    home.close()


def test_a_lock_that_is_held_for_long_is_told_with_its_holder(root: Path) -> None:
    home = Home(root)
    with home.try_lock("sync-zebra-traders"), home.state().transaction():
        for name in ("state.json.lock", "locks/sync-zebra-traders.lock"):
            os.utime(root / name, (NOW.timestamp(), NOW.timestamp()))
        report = examine(root, clock=lambda: NOW + dt.timedelta(seconds=300))
    home.close()

    assert [(one.name, one.process, one.seconds) for one in report.work] == [
        ("state.json.lock", os.getpid(), 300),
        ("locks/sync business 1", os.getpid(), 300),
    ]
    assert f"kill {os.getpid()}" in finding(report, "held").cure


def test_a_full_disk_does_not_stop_it(root: Path) -> None:
    (root / "state.json").write_text("nonsense")

    told = finished(started("-c", EXAMINE, root, "full")).split()

    assert "state-damaged" in told
    assert "not-examined" not in told


@as_root
def test_a_home_that_is_somebody_elses_is_told(root: Path) -> None:
    for folder in (root, *root.parents[:-1]):
        folder.chmod(folder.stat().st_mode | 0o055)
    root.chmod(0o700)

    packages = "kfclient.store kfclient.desk"
    told = finished(started_as(SAM, EXAMINE, root, packages=packages)).split()
    (root.parent).chmod(0o700)
    hidden = finished(started_as(SAM, EXAMINE, root, packages=packages)).split()

    # That user may not look where Python's packages are, which is told as well.
    for found in (told, hidden):
        assert set(found) - {"not-examined", "part-missing"} == {"home-closed"}


def test_a_part_that_fails_is_told_and_the_rest_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(scene: object) -> None:
        raise RuntimeError("zebra at quagga")

    monkeypatch.setattr("kfclient.desk.doctor.home_files.files", fails)

    report = examine(root)

    assert codes(report) == ["not-examined"]
    assert "RuntimeError in test_doctor.py" in finding(report, "not-examined").sentence
    assert "zebra" not in said(report)
    assert report.databases


def test_a_business_that_nobody_here_can_administer_is_told(root: Path) -> None:
    home = Home(root)
    Businesses(home, person="Numbat").set_role("zebra-traders", this_person(), None)
    home.close()
    report = examine(root)
    assert codes(report) == ["no-admin"]
    assert "business 1" in finding(report, "no-admin").sentence
    assert "kashdeck people NAME" in finding(report, "no-admin").cure


def test_what_is_no_file_is_told(root: Path) -> None:
    (root / "state.json.next.lock").unlink(missing_ok=True)
    (root / "state.json.next.lock").symlink_to("/etc/hostname")
    os.mkfifo(root / "businesses" / "zebra-traders" / "seen.json", 0o600)
    report = examine(root)
    assert {"no-files", "state-unreadable"} == set(codes(report))
    assert "state.json.next.lock" in finding(report, "no-files").sentence
    assert "seen.json" in finding(report, "no-files").sentence


def test_modes_are_judged_by_the_folder(root: Path) -> None:
    root.chmod(0o2770)
    report = examine(root)
    assert codes(report) == ["too-closed"]
    assert "share GROUP" in finding(report, "too-closed").cure
    root.chmod(0o777)
    assert codes(examine(root)) == ["home-open"]
    root.chmod(0o755)
    assert codes(examine(root), Urgency.NOTE) == ["home-seen"]
    assert stat.S_IMODE(root.stat().st_mode) == 0o755
