"""Servers of other makes, which know fewer of KashFlow's operations."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from kfclient.desk import Desk, Draft
from kfclient.sandbox import Sandbox


@contextmanager
def server_without(sandbox: Sandbox, *operations: str) -> Iterator[str]:
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
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api/service.asmx"
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
