"""One endpoint, two versions of SOAP, dispatch by SOAPAction."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from tests.sandbox.wire import SOAP11, SOAP12, Wire
from tests.waiting import HANG

BODY = '<GetVATRates xmlns="KashFlow"><UserName>{}</UserName><Password>{}</Password></GetVATRates>'
TEXT = "text/xml; charset=utf-8"


def envelope(wire: Wire, namespace: str = SOAP11) -> bytes:
    content = BODY.format(wire.sandbox.username, wire.sandbox.password)
    return f'<e:Envelope xmlns:e="{namespace}"><e:Body>{content}</e:Body></e:Envelope>'.encode()


@pytest.mark.parametrize("action", ['"KashFlow/GetVATRates"', "KashFlow/GetVATRates"])
def test_the_action_may_be_quoted_or_not(wire: Wire, action: str) -> None:
    answer = wire.send(envelope(wire), {"Content-Type": TEXT, "SOAPAction": action})
    assert answer.status == "OK"
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.xml.tag == f"{{{SOAP11}}}Envelope"
    assert answer.xml.prefix == "soap"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": 'application/soap+xml; charset=utf-8; action="KashFlow/GetVATRates"'},
        {"Content-Type": "application/soap+xml;action=KashFlow/GetVATRates"},
        {"Content-Type": "application/soap+xml", "SOAPAction": '"KashFlow/GetVATRates"'},
    ],
)
def test_soap_12_takes_its_action_from_either_header(wire: Wire, headers: dict[str, str]) -> None:
    answer = wire.send(envelope(wire, SOAP12), headers)
    assert answer.status == "OK"
    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    assert answer.xml.tag == f"{{{SOAP12}}}Envelope"


def test_a_12_envelope_sent_as_text_xml_is_answered_in_12(wire: Wire) -> None:
    headers = {"Content-Type": TEXT, "SOAPAction": '"KashFlow/GetVATRates"'}
    answer = wire.send(envelope(wire, SOAP12), headers)
    assert answer.status == "OK"
    assert answer.xml.tag == f"{{{SOAP12}}}Envelope"


def test_the_path_may_be_in_any_case_as_on_iis(wire: Wire) -> None:
    headers = {"Content-Type": TEXT, "SOAPAction": '"KashFlow/GetVATRates"'}
    assert wire.send(envelope(wire), headers, "/API/Service.ASMX").status == "OK"


def test_a_browser_sees_the_help_page(wire: Wire) -> None:
    answer = wire.send(None, {})
    assert answer.http == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"InsertReceipt" in answer.body


def test_another_path_is_not_found(wire: Wire) -> None:
    assert wire.send(None, {}, "/").http == 404
    assert wire.send(b"<a/>", {"Content-Type": TEXT}, "/elsewhere").http == 404


def test_a_post_that_is_no_soap_is_not_recognised(wire: Wire) -> None:
    answer = wire.send(b"{}", {"Content-Type": "application/json"})
    assert answer.http == 500
    sentence = b"Request format is unrecognized for URL unexpectedly ending in '/service.asmx'."
    assert sentence in answer.body


def test_many_calls_go_over_one_connection(wire: Wire) -> None:
    connection = http.client.HTTPConnection(wire.host, timeout=HANG)
    headers = {"Content-Type": TEXT, "SOAPAction": '"KashFlow/GetVATRates"'}
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("POST", "/api/service.asmx", envelope(wire), headers)
        assert b"<Status>OK</Status>" in connection.getresponse().read()
        assert connection.sock is first
    connection.close()


def test_a_request_in_chunks_is_read(wire: Wire) -> None:
    def pieces() -> Iterator[bytes]:
        whole = envelope(wire)
        yield whole[:10]
        yield whole[10:]

    connection = http.client.HTTPConnection(wire.host, timeout=HANG)
    headers = {"Content-Type": TEXT, "SOAPAction": '"KashFlow/GetVATRates"'}
    connection.request("POST", "/api/service.asmx", pieces(), headers, encode_chunked=True)
    assert b"<Status>OK</Status>" in connection.getresponse().read()
    connection.close()


def test_expect_100_continue_is_answered(wire: Wire) -> None:
    body = envelope(wire)
    with socket.create_connection(("127.0.0.1", wire.port)) as caller:
        caller.settimeout(HANG)
        caller.sendall(
            b"POST /api/service.asmx HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
            b'SOAPAction: "KashFlow/GetVATRates"\r\nExpect: 100-continue\r\n'
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        assert caller.recv(1000).startswith(b"HTTP/1.1 100")
        caller.sendall(body)
        assert caller.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: many\r\n",
        b"Content-Length: -1\r\n",
        b"",
        b"Transfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_that_cannot_be_found_is_a_bad_request(wire: Wire, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", wire.port)) as caller:
        caller.settimeout(HANG)
        caller.sendall(
            b"POST /api/service.asmx HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
            + head
            + b"\r\nzz\r\n"
        )
        assert caller.recv(1000).startswith(b"HTTP/1.1 400")


def test_it_listens_on_this_machine_alone(wire: Wire) -> None:
    assert wire.host.startswith("127.0.0.1:")


def test_a_reply_is_compressed_for_who_asks_once_that_is_switched_on(wire: Wire) -> None:
    headers = {
        "Content-Type": TEXT,
        "SOAPAction": '"KashFlow/GetVATRates"',
        "Accept-Encoding": "gzip, deflate",
    }
    assert "content-encoding" not in wire.send(envelope(wire), headers).headers
    wire.sandbox.account.switch(gzip=True)
    answer = wire.send(envelope(wire), headers)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.body[:2] == b"\x1f\x8b"
    headers.pop("Accept-Encoding")
    assert "content-encoding" not in wire.send(envelope(wire), headers).headers
