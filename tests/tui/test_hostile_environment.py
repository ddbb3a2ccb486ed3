"""Whatever surrounds it, a command says in a sentence what stands in its way."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfclient.dates import settle_zone
from tests.tui.kashdeck import NAME, ROOT, SALES, Kashdeck
from tests.tui.test_terminal import ESCAPES, on_terminal
from tui.commands import COMMANDS

ODD = os.fsdecode(b"K\xe4ufe")
"""A name as a zip file from Windows leaves it: no UTF-8."""
UNFORESEEN = "did not foresee"
ENDLESS = {"sandbox", "demo"}


def test_words_that_are_no_text_are_named_by_every_command(
    connected: Kashdeck, tmp_path: Path
) -> None:
    odd = str(tmp_path / ODD)
    for command in sorted(one.name for one in COMMANDS if one.name not in ENDLESS):
        for words in ([odd], [NAME, odd], [NAME, "1", f"note={odd}"], ["--json", odd]):
            ran = connected.run(command, *words)
            assert UNFORESEEN not in ran.err + ran.out
            assert ran.code in (1, 2) or command in ("backup", "restore"), ran


def test_a_file_of_any_name_is_imported_and_backed_up(connected: Kashdeck, tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    paper = folder / "bill.pdf"
    paper.write_bytes(b"%PDF")
    sales = folder / f"{ODD}.csv"
    sales.write_bytes(Path(SALES).read_bytes())

    ran = connected.run("import", NAME, str(sales))
    assert ran.code == 0, ran
    assert "items added" in ran.out
    assert connected.json("import", NAME, str(sales))["added"] == []
    assert "K\ufffdufe.csv" in connected.run("audit", NAME).out

    assert connected.run("backup", str(folder / ODD)).code == 0
    assert "K\\udce4ufe" not in str(connected.json("backup", str(folder / f"{ODD}2")))


@pytest.mark.parametrize(
    ("words", "closed"),
    [(["items", NAME, "--json"], False), (["items", NAME], False), (["status"], True)],
)
def test_output_that_cannot_be_written_is_said_and_so_is_what_was_done(
    connected: Kashdeck, words: list[str], closed: bool
) -> None:
    command = [sys.executable, "-m", "tui", *words]
    if closed:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            env=connected.environment,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
    told = done.stderr.decode()
    assert done.returncode == 2, told
    why = "it is closed" if closed else "no space left on device"
    assert told.startswith(f"Standard output could not be written ({why})")
    assert "What the command had done by then is done" in told
    assert "Traceback" not in told


def test_a_disk_that_keeps_no_locks_is_named(
    connected: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refused)
    for words in (["status"], ["add", NAME, "contact=Pennine Water"], ["items", NAME], ["doctor"]):
        ran = connected.run(*words)
        assert UNFORESEEN not in ran.err, ran
        if words[0] in ("status", "add"):
            assert (ran.code, "keeps no locks" in ran.err) == (2, True), ran
    assert "The locks could not be examined: No locks available." in ran.out


def test_without_a_home_folder_kashdeck_home_is_asked_for(
    connected: Kashdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # a user without an entry
    connected.environment.pop("HOME", None)
    assert connected.run("items", NAME).code == 0
    assert UNFORESEEN not in connected.run("doctor").err
    connected.environment.pop("KASHDECK_HOME")
    ran = connected.run("status")
    assert ran.code == 2
    assert ran.err.startswith("There is no home folder here: HOME is not set")


@pytest.fixture
def zone_kept() -> Iterator[None]:
    """Put back the time zone of this process afterwards."""
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()
    assert settle_zone() == ""


@pytest.mark.usefixtures("zone_kept")
@pytest.mark.parametrize(
    "zone",
    ["Europe/Lundon", "xx/../y", "A", ":nope", "nonsense", ":/etc/passwd", "../../etc/passwd",
     "UTC+999", "UTC+99999", "A" * 5000, "/usr/share/zoneinfo", "x\x1b]0;y", "UTC0 "],
)  # fmt: skip
def test_a_time_zone_that_is_none_is_said_and_stops_nothing(connected: Kashdeck, zone: str) -> None:
    connected.environment["TZ"] = zone
    ran = connected.run("audit", NAME)
    assert ran.code == 0
    shown = zone[:60].replace("\x1b", "\ufffd")
    assert ran.err.startswith(f"TZ says {shown}, which is no time zone that this machine knows")
    report = connected.json("doctor", code=0)
    assert [one["code"] for one in report["findings"] if one["code"] == "zone-unknown"]


@pytest.mark.usefixtures("zone_kept")
@pytest.mark.parametrize(
    "zone",
    ["", "UTC", "UTC0", "GMT0BST,M3.5.0/1,M10.5.0", "<+0330>-3:30", "EST5EDT", "BST-1",
     "XYZ3ABC,J60/02:00:00,J300", "IST-1GMT0,M10.5.0,M3.5.0/-1"],
)  # fmt: skip
def test_what_posix_calls_a_time_zone_is_one(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    assert settle_zone() == ""
    assert os.environ["TZ"] == zone


@pytest.mark.usefixtures("zone_kept")
@pytest.mark.parametrize("named", ["Test/Harbour", ":Test/Harbour", "{}/Test/Harbour", "Test"])
def test_a_file_of_a_time_zone_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    (tmp_path / "Test").mkdir()
    (tmp_path / "Test" / "Harbour").write_bytes(b"TZif2" + bytes(40))
    monkeypatch.setenv("TZDIR", str(tmp_path))
    monkeypatch.setenv("TZ", named.format(tmp_path))
    known = settle_zone() == ""
    assert known is ("Harbour" in named)


# Every command, with usual words, whatever surrounds it.

USUAL: dict[str, list[str]] = {
    "connect": ["New", "--username", "U", "--endpoint", "http://127.0.0.1:9/a", "--secrets-stdin"],
    "reconnect": [NAME, "--secrets-stdin"],
    "disconnect": [NAME],
    "connections": [],
    "status": [],
    "sync": [NAME],
    "lists": [NAME, "suppliers"],
    "import": [NAME, SALES],
    "items": [NAME],
    "item": [NAME, "1"],
    "add": [NAME, "contact=Pennine Water"],
    "edit": [NAME, "1", "note=x"],
    "undo-edit": [NAME],
    "remove": [NAME, "2"],
    "copy": [NAME, "1"],
    "check": [NAME],
    "claim": [NAME, "Ann", "1"],
    "publish": [NAME, "--ready", "--yes"],
    "resolve": [NAME],
    "verify": [NAME],
    "undo": [NAME, "--last"],
    "attach": [NAME, "1"],
    "settings": [NAME],
    "keyring": [NAME],
    "unlock": [],
    "lock": [],
    "people": [NAME],
    "share": [],
    "backup": ["{}/copy.zip"],
    "restore": ["{}/copy.zip"],
    "doctor": ["--network"],
    "audit": [NAME],
}
SURROUNDINGS: list[dict[str, str | None]] = [
    {"http_proxy": "http://[::1", "https_proxy": "::", "all_proxy": "socks9://x"},
    {"http_proxy": "socks5://127.0.0.1:9", "no_proxy": "\x1b,*.x"},
    {"HOME": None, "TMPDIR": "/nowhere", "PATH": "", "LOGNAME": "\x1b", "USER": "", "TZ": "x/y"},
    {"TERM": "nonsense", "COLORTERM": "\udce4", "LC_ALL": "xx_YY", "LANG": "\udce4",
     "COLUMNS": "-1", "LINES": "0", "SSH_CONNECTION": ODD, "NO_COLOR": "x", "PAGER": ODD},
    {"KASHDECK_PASSPHRASE_FILE": "/dev/full", "SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": ODD,
     "REQUESTS_CA_BUNDLE": "/nowhere", "CURL_CA_BUNDLE": "/nowhere", "XDG_STATE_HOME": "x",
     "PYTHON_KEYRING_BACKEND": "no.such.Keyring"},
]  # fmt: skip


@pytest.mark.usefixtures("zone_kept")
@pytest.mark.parametrize("around", SURROUNDINGS, ids=lambda around: next(iter(around)))
def test_every_command_in_hostile_surroundings(
    connected: Kashdeck, tmp_path: Path, around: dict[str, str | None]
) -> None:
    assert set(USUAL) == {one.name for one in COMMANDS} - ENDLESS
    for name, value in around.items():
        connected.environment.pop(name, None)
        if value is not None:
            connected.environment[name] = value
    for command, words in USUAL.items():
        ran = connected.run(command, *(word.format(tmp_path) for word in words))
        said = ran.out + ran.err
        assert UNFORESEEN not in said, (command, ran)
        assert ran.code in (0, 1, 2), (command, ran)
        assert all(char == "\n" or char.isprintable() for char in said), (command, said)


def test_the_terminal_itself_says_how_large_it_is(connected: Kashdeck) -> None:
    connected.run("add", NAME, "contact=" + "A very long name of a supplier " * 6)
    with on_terminal(
        connected.home, "items", NAME, TERMINAL_COLUMNS="60", COLUMNS="300", LINES="2"
    ) as terminal:
        shown = ESCAPES.sub(b"", terminal.read_to_end()).decode()
    assert "Item" in shown
    assert max(len(line) for line in shown.splitlines()) <= 60
