"""A trace shows what travelled, and no secret, whatever the server repeats."""

from __future__ import annotations

import html
import logging
import stat
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pytest

from kfclient.api import Credentials, KashFlow, KashFlowError
from kfclient.api.records import Supplier
from kfclient.api.trace import Traced, TraceTo
from tests.api.byte_server import ByteServer, http, ok, repeats, resets, response, zipped
from tests.api.clients import AUTOAUTH_KEY, ONCE, PASSWORD, USERNAME
from tests.api.test_secrets import REPLIES, SHOWN


def tracing(endpoint: str, to: TraceTo, password: str = PASSWORD) -> KashFlow:
    return KashFlow(endpoint, Credentials(USERNAME, password), limits=ONCE, trace=to)


def test_a_request_and_its_reply_are_told_as_they_travelled() -> None:
    told: list[Traced] = []
    reply = response("InsertSupplier", "7")
    with ByteServer(zipped(reply)) as server:
        tracing(server.endpoint, told.append).insert_supplier(Supplier(name="Acme & Söhne"))
    request, answer = told
    assert (request.operation, request.way, request.status) == ("InsertSupplier", "request", 0)
    assert "Acme &amp; Söhne" in request.text
    assert request.text.count("•••") == 2
    assert (answer.way, answer.status, answer.size) == ("reply", 200, len(reply))
    assert answer.text == reply.decode()
    assert 0 <= request.seconds <= answer.seconds


def test_a_file_gets_all_of_it_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    with ByteServer(repeats(ok("GetVATRates"))) as server:
        api = tracing(server.endpoint, path)
        threads = [threading.Thread(target=api.get_vat_rates) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = path.read_text().splitlines()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len([line for line in lines if " GetVATRates: request, " in line]) == 8
    assert len([line for line in lines if " GetVATRates: reply, HTTP 200, " in line]) == 8
    assert len(lines) == 32


@pytest.mark.parametrize("name", REPLIES)
def test_no_trace_holds_a_secret_whatever_comes_back(name: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    with ByteServer(REPLIES[name]) as server:
        api = tracing(server.endpoint, path)
        with suppress(KashFlowError):
            api.auto_auth_ip("Kashdeck", AUTOAUTH_KEY)
        assert PASSWORD.encode() not in path.read_bytes()
    text = path.read_text()
    assert "AutoAuthIP: request" in text
    for secret in SHOWN:
        assert secret not in text
    if "echoed" in name:
        assert "•••" in text.partition(": reply")[2]


SPELT = {
    "in numbers": "".join(f"&#{ord(sign)};" for sign in PASSWORD),
    "in hex": "".join(f"&#x{ord(sign):x};" for sign in PASSWORD),
    "as in an address": "".join(f"%{ord(sign):02X}" for sign in PASSWORD),
    "half and half": PASSWORD[:5].replace("&", "&amp;") + f"&#{ord(PASSWORD[5])};" + PASSWORD[6:],
}


@pytest.mark.parametrize("how", SPELT)
def test_a_secret_is_masked_in_a_reply_that_spells_it_otherwise(how: str) -> None:
    told: list[Traced] = []
    page = http(f"<html>{SPELT[how]}</html>".encode())
    with ByteServer(page) as server, pytest.raises(KashFlowError):
        tracing(server.endpoint, told.append).get_vat_rates()
    assert told[1].text.startswith("<html>•••")
    assert "strong" not in html.unescape(unquote(told[1].text))
    assert SPELT[how] not in repr(told)


def test_a_secret_in_utf_16_is_found_too() -> None:
    told: list[Traced] = []
    body = f'<?xml version="1.0" encoding="utf-16"?><a>{PASSWORD}</a>'
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        with ByteServer(http(body.encode(encoding))) as server, pytest.raises(KashFlowError):
            tracing(server.endpoint, told.append).get_vat_rates()
    replies = [one.text for one in told if one.way == "reply"]
    assert len(replies) == 3
    assert all("•••" in text for text in replies)
    assert PASSWORD not in repr(told)


@pytest.mark.parametrize("before", range(0, 40, 3))
def test_a_long_reply_is_cut_and_never_within_a_secret(before: int) -> None:
    told: list[Traced] = []
    password = "correct-horse-battery-staple"
    echo = password * 12_000
    filler = "x" * before
    body = response("GetVATRates", f"<Note>{filler}{echo}</Note>")
    with ByteServer(http(body)) as server, suppress(KashFlowError):
        tracing(server.endpoint, told.append, password).get_vat_rates()
    text = told[1].text
    assert told[1].size == len(body) > 300_000
    assert text.endswith("\n(and so on)")
    assert len(text) <= 256 * 1024 + 20
    for length in (len(password), 12):
        assert password[:length] not in text


def test_how_a_call_failed_is_told() -> None:
    told: list[Traced] = []
    with ByteServer(resets) as server, pytest.raises(KashFlowError):
        tracing(server.endpoint, told.append).get_vat_rates()
    assert [one.way for one in told] == ["request", "failure"]
    assert told[1].text.startswith("The connection ended")


def test_an_attached_file_is_not_traced_letter_by_letter() -> None:
    told: list[Traced] = []
    with ByteServer(ok("AttachFileToReceipt", "5")) as server:
        tracing(server.endpoint, told.append).attach_file_to_receipt(7, "a.pdf", b"x" * 3000)
    assert "<ns0:Base64String>(4000 characters)</ns0:Base64String>" in told[0].text
    assert len(told[0].text) < 1000


def test_a_trace_that_cannot_be_written_changes_no_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Traced) -> None:
        raise ZeroDivisionError(PASSWORD)

    wheres: list[TraceTo] = [fails, tmp_path, tmp_path / "no" / "such" / "folder"]
    for where in wheres:
        with ByteServer(ok("InsertSupplier", "7")) as server, caplog.at_level(logging.DEBUG):
            assert tracing(server.endpoint, where).insert_supplier(Supplier(name="Acme")) == 7
    assert "The trace could not be written (ZeroDivisionError)" in caplog.text
    assert PASSWORD not in caplog.text
