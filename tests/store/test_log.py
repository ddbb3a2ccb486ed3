"""The log: in the home, one line each, never on the screen, never with a secret."""

from __future__ import annotations

import ast
import json
import logging
import resource
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from kfclient.store.errors import StateBusy
from kfclient.store.log import log_files, start_logging, stop_logging
from kfclient.store.redaction import redact
from tests.store.processes import ROOT, finished, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfclient.store.home import Home

log = logging.getLogger("kfclient.test")

WRITE = """
import logging, sys
from pathlib import Path
from kfclient.store import Home, log
log._LARGEST = int(sys.argv[3])
log.start_logging(Home(Path(sys.argv[1])))
sys.stdin.readline()
for n in range(int(sys.argv[4])):
    logging.getLogger("kfclient.test").info("line", extra={"tag": sys.argv[2], "n": n})
"""


@pytest.fixture(autouse=True)
def logged(home: Home) -> Iterator[None]:
    start_logging(home)
    yield
    stop_logging()


def lines(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in home.log_path.read_text().splitlines()]


def test_each_record_is_one_line_with_its_extras(home: Home) -> None:
    assert not home.root.exists()
    log.info("synced %d\nsuppliers", 12, extra={"business": "acme", "seconds": 1.5})

    [line] = lines(home)

    assert line["message"] == "synced 12\nsuppliers"
    assert (line["level"], line["logger"]) == ("info", "kfclient.test")
    assert (line["business"], line["seconds"]) == ("acme", "1.5")
    assert line["time"].endswith("+00:00")
    assert home.log_path.stat().st_mode & 0o777 == 0o600
    assert home.root.stat().st_mode & 0o777 == 0o700


def test_a_secret_is_blanked_wherever_it_stands(home: Home) -> None:
    secret = "s3cret\"<&>'\n\u00f6 pa55"
    redact.add(secret, "")

    def fail(password: str) -> None:
        raise ValueError(f"cannot use {password!r}")

    log.info("the password is %s", secret)
    log.info(f"sent <Password>{'s3cret&quot;&lt;&amp;&gt;&#x27;'}\n\u00f6 pa55</Password>")
    log.warning("extra", extra={"body": json.dumps({"password": secret})})
    try:
        fail(secret)
    except ValueError:
        log.exception("it failed with %r", {"password": secret})

    text = home.log_path.read_text()
    assert len(lines(home)) == 4
    assert "s3cret" not in text
    assert "pa55" not in text
    assert text.count("[hidden]") >= 5
    assert "Traceback" in lines(home)[3]["traceback"]
    assert "s3cret" not in repr(redact)


def test_a_secret_that_is_part_of_another_leaves_nothing_of_it(home: Home) -> None:
    redact.add("mellon")
    redact.add("mellon-collie-42")

    log.info("mellon-collie-42 and mellon")

    assert lines(home)[0]["message"] == "[hidden] and [hidden]"


def test_what_libraries_say_in_debug_is_never_written(home: Home) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    for name in ("zeep.transports", "zeep.wsdl", "urllib3.connectionpool", "keyring.backend"):
        logging.getLogger(name).debug("<Password>open</Password>")
        logging.getLogger(name).warning("heard")

    assert [line["message"] for line in lines(home)] == ["heard"] * 4


def test_a_log_that_cannot_be_written_disturbs_nobody(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    home.root.write_text("a file where the folder should be")

    log.error("nowhere to go")

    assert capfd.readouterr() == ("", "")


def test_it_rotates_and_stays_private(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfclient.store.log._LARGEST", 2000)
    start_logging(home)
    for n in range(60):
        log.info("line %d %s", n, "x" * 50)

    files = sorted(home.root.glob("kashdeck.log*"))
    assert files.pop().name == "kashdeck.log.lock"

    assert files == sorted(log_files(home.log_path))
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert all(file.stat().st_size <= 2000 for file in files)


def test_starting_twice_writes_once_and_stopping_leaves_logging_as_it_was(home: Home) -> None:
    stop_logging()
    level = logging.getLogger().level
    start_logging(home)
    start_logging(home)
    log.info("once")
    stop_logging()
    log.info("not any more")

    assert [line["message"] for line in lines(home)] == ["once"]
    assert logging.getLogger().level == level


def test_nothing_reaches_the_terminal(home: Home) -> None:
    code = (
        "import sys, logging, warnings\n"
        "from pathlib import Path\n"
        "from kfclient.store import Home, start_logging\n"
        "start_logging(Home(Path(sys.argv[1])))\n"
        "logging.getLogger('zeep').error('trouble')\n"
        "logging.getLogger('any').info('%d things', 'no number')\n"
        "warnings.warn('old-fashioned')\n"
    )
    process = started("-c", code, home.root)
    said = process.communicate()

    assert said == ("", "")
    trouble, bad_format, warning = (line["message"] for line in lines(home))
    assert (trouble, bad_format) == ("trouble", "%d things")
    assert "old-fashioned" in warning


@pytest.mark.parametrize(("largest", "turns"), [(60_000, 1), (4_000, 0)])
def test_processes_that_fill_it_at_once_lose_and_tear_nothing(
    home: Home, largest: int, turns: int
) -> None:
    """Once they turn it over a few times and all is kept; once so often that the oldest goes."""
    writers = [started("-c", WRITE, home.root, tag, largest, 250) for tag in "abcd"]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        finished(writer)

    files = [file for file in log_files(home.log_path) if file.exists()]
    found = [json.loads(line) for file in files for line in file.read_text().splitlines()]

    assert len(files) == 4
    assert sum(file.stat().st_size for file in files) < 4 * (largest + 1000)
    for tag in "abcd":
        numbers = [int(line["n"]) for line in found if line["tag"] == tag]
        assert len(set(numbers)) == len(numbers)
        if turns:
            assert sorted(numbers) == list(range(250))
    if not turns:
        assert len(found) > 3 * largest / 300


def test_it_goes_on_in_the_new_file_when_another_process_put_the_old_one_aside(home: Home) -> None:
    log.info("before")
    home.log_path.rename(home.log_path.with_name("kashdeck.log.1"))
    log.info("after")
    home.log_path.unlink()
    log.info("at last")

    assert [line["message"] for line in lines(home)] == ["at last"]


def test_a_message_without_end_leaves_its_middle_out(home: Home) -> None:
    redact.add("in-the-middle")
    log.info("begin %s end", "x" * 9_990 + "in-the-middle" + "y" * 3_000_000)

    [line] = lines(home)

    assert home.log_path.stat().st_size < 100_000
    assert (line["message"][:6], line["message"][-4:]) == ("begin ", " end")
    assert "middle" not in line["message"]
    assert "characters left out" in line["message"]


def test_after_a_full_disk_the_next_line_is_whole(home: Home) -> None:
    log.info("first")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (home.log_path.stat().st_size + 20, before[1]))
    try:
        log.info("does not fit")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log.info("last")

    first, torn, last = home.log_path.read_text().splitlines()
    assert len(torn) == 20
    assert [json.loads(line)["message"] for line in (first, last)] == ["first", "last"]


def test_it_tells_apart_what_was_said_from_what_was_put_into_it(home: Home) -> None:
    busy = StateBusy("state.json is in use by process 12.")
    log.error("No snapshot of %s was made", "acme", exc_info=busy)

    [line] = lines(home)

    assert (line["message"], line["template"]) == (
        "No snapshot of acme was made",
        "No snapshot of %s was made",
    )
    assert (line["error"], line["code"]) == ("StateBusy", "state-busy")


def test_what_the_program_says_is_the_same_for_every_business() -> None:
    """A report for others shows these sentences, so nothing is ever put into them beforehand."""
    said = 0
    for package in ("kfclient", "screens", "tui"):
        for path in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if _is_logging(call):
                    said += 1
                    assert isinstance(call.args[0], ast.Constant | ast.Name), (
                        f"{path}:{call.lineno}"
                    )
    assert said > 5


def _is_logging(node: ast.AST) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    return node.func.attr in levels and "log" in ast.unparse(node.func.value).lower()
