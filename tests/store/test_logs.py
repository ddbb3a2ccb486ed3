"""The log: in the home, one line each, never on the screen, never with a secret."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from kfclient.store.logs import redact, start_logging, stop_logging
from tests.store.processes import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfclient.store.home import Home

log = logging.getLogger("kfclient.test")


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
    monkeypatch.setattr("kfclient.store.logs._LARGEST", 2000)
    start_logging(home)
    for n in range(60):
        log.info("line %d %s", n, "x" * 50)

    files = sorted(home.root.glob("kashdeck.log*"))

    assert [file.name for file in files] == ["kashdeck.log"] + [
        f"kashdeck.log.{n}" for n in (1, 2, 3)
    ]
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
