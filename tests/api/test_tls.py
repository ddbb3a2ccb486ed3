"""Over the network only TLS that can be trusted: anything less, and nothing leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfclient.api import Credentials, KashFlow, probe
from kfclient.api.endpoint import trust
from kfclient.api.errors import (
    BadRequest,
    InsecureConnection,
    Outcome,
    ReplyLost,
    ServerUnreachable,
)
from kfclient.api.records import Supplier
from tests.api.byte_server import ByteServer, ok, repeats, resets
from tests.api.certificates import issue
from tests.api.clients import ONCE, PASSWORD, USERNAME, client


def test_a_trusted_certificate_makes_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = issue(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", trusted)
    with ByteServer(repeats(ok("InsertSupplier", "7")), tls=context) as server:
        assert client(server.endpoint).insert_supplier(Supplier(name="Acme")) == 7
        said = probe.secure(server.endpoint)
    assert said.startswith("TLS 1.3, certificate of KashFlow's double, valid until ")


def test_an_authority_of_ones_own_is_trusted_beside_the_public_ones(tmp_path: Path) -> None:
    context, authority = issue(tmp_path)
    with ByteServer(repeats(ok("InsertSupplier", "7")), tls=context) as server:
        api = KashFlow(
            server.endpoint, Credentials(USERNAME, PASSWORD), limits=ONCE, authority=authority
        )
        assert api.insert_supplier(Supplier(name="Acme")) == 7
        assert "KashFlow's double" in probe.secure(server.endpoint, authority=Path(authority))
        with pytest.raises(InsecureConnection, match="self-signed certificate"):
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        assert sum(b"Acme" in request for request in server.requests) == 1
    public = trust().cert_store_stats()["x509_ca"]
    assert trust(authority).cert_store_stats()["x509_ca"] == public + 1 > 50


def test_an_authority_does_not_excuse_another_servers_certificate(tmp_path: Path) -> None:
    context, authority = issue(tmp_path, address="127.0.0.2")
    with ByteServer(repeats(ok("InsertSupplier", "7")), tls=context) as server:
        api = KashFlow(server.endpoint, Credentials("u", "p"), limits=ONCE, authority=authority)
        with pytest.raises(InsecureConnection, match="not valid for"):
            api.insert_supplier(Supplier(name="Acme"))
        assert server.requests == []


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\0"])
def test_an_authority_that_cannot_be_read_is_named_and_nothing_is_sent(
    content: bytes | None, tmp_path: Path
) -> None:
    authority, context = tmp_path / "ca.pem", issue(tmp_path)[0]
    if content is not None:
        authority.write_bytes(content)
    with ByteServer(repeats(ok("GetSuppliers")), tls=context) as server:
        api = KashFlow(server.endpoint, Credentials("u", "p"), limits=ONCE, authority=authority)
        with pytest.raises(BadRequest, match=r"ca\.pem cannot be read") as caught:
            api.get_suppliers()
        with pytest.raises(BadRequest):
            probe.secure(server.endpoint, authority=authority)
        assert server.requests == []
    assert "BEGIN CERTIFICATE" in caught.value.cure


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    context, _ = issue(tmp_path)
    with ByteServer(repeats(ok("InsertSupplier", "7")), tls=context) as server:
        with pytest.raises(InsecureConnection, match="self-signed certificate") as caught:
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        with pytest.raises(InsecureConnection, match="self-signed certificate"):
            probe.secure(server.endpoint)
        assert server.requests == []
    assert caught.value.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(("address", "days"), [("127.0.0.1", -1), ("127.0.0.2", 30)])
def test_a_certificate_that_expired_or_is_of_another_server_is_refused(
    address: str, days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = issue(tmp_path, address=address, days=days)
    monkeypatch.setenv("SSL_CERT_FILE", trusted)
    why = "has expired, by this machine's clock, which says" if days < 0 else "not valid for"
    with ByteServer(repeats(ok("InsertSupplier", "7")), tls=context) as server:
        with pytest.raises(InsecureConnection, match=why):
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        with pytest.raises(InsecureConnection, match=why):
            probe.secure(server.endpoint)
        assert server.requests == []


def test_a_server_that_speaks_no_tls_is_no_safe_connection() -> None:
    with ByteServer(b"HTTP/1.1 400 Bad Request\r\n\r\n", hears=False) as server:
        endpoint = server.endpoint.replace("http:", "https:")
        with pytest.raises(InsecureConnection) as caught:
            client(endpoint).insert_supplier(Supplier(name="Acme"))
        with pytest.raises(InsecureConnection):
            probe.secure(endpoint)
    assert caught.value.outcome is Outcome.NOT_SENT


def test_a_tls_connection_that_dies_after_the_request_leaves_an_insert_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = issue(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", trusted)
    with ByteServer(resets, tls=context) as server:
        with pytest.raises(ReplyLost) as caught:
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        assert len(server.requests) == 1
    assert caught.value.outcome is Outcome.UNKNOWN


def test_a_server_that_hangs_up_in_the_handshake_was_sent_nothing() -> None:
    with ByteServer(resets, hears=False) as server:
        endpoint = server.endpoint.replace("http:", "https:")
        with pytest.raises((InsecureConnection, ServerUnreachable)) as caught:
            client(endpoint).insert_supplier(Supplier(name="Acme"))
    assert caught.value.outcome is Outcome.NOT_SENT
