"""Servers of other makes, which know fewer of KashFlow's operations."""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from kfclient.api.errors import InsecureConnection
from kfclient.desk import Desk, Draft
from kfclient.desk.errors import WrongValue
from kfclient.sandbox import Sandbox
from tests.api.certificates import issue


@contextmanager
def server_without(
    sandbox: Sandbox, *operations: str, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server of another make: the sandbox, but for some operations it never heard of."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            action = self.headers["SOAPAction"]
            if action.strip('"').removeprefix("KashFlow/") in operations:
                status, reply = 500, _unknown(action)
            else:
                request = urllib.request.Request(
                    sandbox.endpoint,
                    body,
                    {"Content-Type": self.headers["Content-Type"], "SOAPAction": action},
                )
                try:
                    with urllib.request.urlopen(request) as answer:
                        status, reply = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, reply = error.code, error.read()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}/api/service.asmx"
        server.shutdown()
        thread.join()


def _unknown(action: str) -> bytes:
    said = f"Server did not recognize the value of HTTP Header SOAPAction: {action}."
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{said}</faultstring>"
        "<detail /></soap:Fault></soap:Body></soap:Envelope>"
    ).encode()


def test_a_server_that_knows_fewer_operations_is_synced_all_the_same(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    sandbox.account.switch(ip_restricted=False)
    unknown = ("AutoAuthIP", "GetNominalCodesExtended", "GetProjects_Full", "GetCurrencies")
    with server_without(sandbox, *unknown) as endpoint:
        made = desk.connecting.connect(business, msgspec.structs.replace(draft, endpoint=endpoint))
        assert made.company.currency == "GBP"
        report = desk.syncing.sync(business)
    assert report.failed == ()
    assert {one.code for one in desk.lists.nominals(business)} >= {4000, 5000}
    assert desk.lists.currencies(business) == ()
    projects = {one.name: one.status for one in desk.lists.projects(business)}
    assert projects["Mill Lane refit"] == 1


def test_a_server_with_an_authority_of_its_own_is_trusted_once_that_is_named(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox, tmp_path: Path
) -> None:
    tls, authority = issue(tmp_path)
    with server_without(sandbox, tls=tls) as endpoint:
        there = msgspec.structs.replace(draft, endpoint=endpoint)
        with pytest.raises(InsecureConnection) as refused:
            desk.connecting.connect(business, there)
        assert "Certificate authority" in refused.value.cure
        desk.businesses.change_settings(business, {"certificate_authority": authority})
        desk.connecting.connect(business, there)
        assert desk.syncing.sync(business).failed == ()
        desk.businesses.change_settings(business, {"certificate_authority": "none"})
        assert desk.syncing.sync(business).failed, "it is trusted no longer"


def test_an_authority_that_is_none_is_said_so_when_it_is_named(
    desk: Desk, business: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    for name, said in (("notes.txt", "holds no certificate"), ("gone.pem", "cannot be read")):
        with pytest.raises(WrongValue, match=said):
            desk.businesses.change_settings(
                business, {"certificate_authority": str(tmp_path / name)}
            )
