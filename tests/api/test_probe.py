"""The first checks say what they found, or which of them fails and why."""

from __future__ import annotations

import pytest

from kfclient.api import probe
from kfclient.api.errors import (
    InsecureConnection,
    NotKashFlow,
    ReplyLost,
    ServerTrouble,
    ServerUnreachable,
)
from tests.api.byte_server import ByteServer, deaf_port, envelope, http, ok, response
from tests.api.clients import PASSWORD
from tests.api.test_replies import HTML, fault

NO = http(
    response(
        "GetVATRates",
        status="<Status>NO</Status><StatusDetail>Incorrect username or password</StatusDetail>",
    )
)


def test_a_server_that_is_there_is_reached_at_its_place() -> None:
    with ByteServer(b"") as server:
        assert probe.reach(server.endpoint) == f"127.0.0.1:{server.port}"
        by_name = probe.reach(server.endpoint.replace("127.0.0.1", "localhost"))
        assert by_name == f"localhost:{server.port} (127.0.0.1)"


def test_a_server_that_is_not_there_is_not_reached() -> None:
    with deaf_port() as port:
        for check in (probe.reach, probe.answers):
            with pytest.raises(ServerUnreachable):
                check(f"http://127.0.0.1:{port}/")


def test_plain_http_needs_no_tls_on_this_machine_and_is_refused_elsewhere() -> None:
    with ByteServer(b"") as server:
        assert probe.secure(server.endpoint) == "not needed on this machine"
    for check in (probe.reach, probe.secure, probe.answers):
        with pytest.raises(InsecureConnection):
            check("http://example.com/api/service.asmx")


@pytest.mark.parametrize(
    "reply",
    [
        NO,
        ok("GetVATRates"),
        http(fault("soap:Client"), "500 x"),
        http(fault("soap:Server"), "500 x"),
    ],
    ids=["no", "ok", "client fault", "server fault"],
)
def test_any_well_formed_reply_is_an_answer(reply: bytes) -> None:
    with ByteServer(reply) as server:
        assert probe.answers(server.endpoint).startswith("KashFlow's API answered in ")
        assert PASSWORD.encode() not in server.requests[0]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (http(HTML, kind="text/html"), NotKashFlow),
        (http(HTML, "404 Not Found"), NotKashFlow),
        (http(HTML, "503 Service Unavailable"), ServerTrouble),
        (http(envelope("<x/>"), "503 Service Unavailable"), ServerTrouble),
        (b"SSH-2.0-OpenSSH_9.6\r\n", ReplyLost),
    ],
)
def test_something_else_is_no_answer(reply: bytes, expected: type[Exception]) -> None:
    with ByteServer(reply) as server:
        with pytest.raises(expected):
            probe.answers(server.endpoint)
        assert len(server.requests) == 1


def test_a_proxy_that_lets_nobody_through_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with ByteServer(b"HTTP/1.1 403 Forbidden\r\n\r\n") as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        for check in (probe.reach, probe.secure, probe.answers):
            with pytest.raises(ServerUnreachable, match="The proxy"):
                check("https://kashflow.invalid/x")


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://joe:p@ss:w/rd@127.0.0.1:9", "The address of the proxy that the environment names"),
        ("http://127.0.0.1:99999", "The address of the proxy that the environment names"),
        ("http://", "The address of the proxy that the environment names"),
        ("http://[::1", "The address of the proxy that the environment names"),
        ("socks5h://127.0.0.1:9", "The environment names a proxy of the kind SOCKS5H"),
        ("http://me:hush@127.0.0.1:9", "Nothing answers at the proxy 127.0.0.1:9"),
        ("http://proxy.invalid:8080", "There is no proxy called proxy.invalid:8080"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, proxy: str, told: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    for check in (probe.reach, probe.secure, probe.answers):
        with pytest.raises(ServerUnreachable, match="nothing was sent") as caught:
            check("https://kashflow.invalid/x")
        assert caught.value.sentence.startswith(told)
        assert "hush" not in f"{caught.value.sentence} {caught.value.cure}"


def test_a_proxy_that_asks_who_one_is_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with ByteServer(refusal) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        for check in (probe.reach, probe.answers):
            with pytest.raises(ServerUnreachable, match="asks for a name and a password") as caught:
                check("https://kashflow.invalid/x")
            assert "NTLM" in caught.value.cure


def test_a_proxy_is_named_as_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with ByteServer(b"HTTP/1.1 200 Connection established\r\n\r\n") as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:hush@127.0.0.1:{proxy.port}")
        said = probe.reach("https://kashflow.invalid/x")
        assert said == f"kashflow.invalid:443, through the proxy 127.0.0.1:{proxy.port}"
        assert b"Proxy-Authorization: Basic " in proxy.requests[0].title()
