"""Whatever comes back, the client says what it is: rows, a refusal, or "nobody knows"."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    CodeInvalid,
    CodeNotUnique,
    KashFlowError,
    NotFound,
    NotKashFlow,
    Outcome,
    Refused,
    ReplyBroken,
    ReplyLost,
    RequestFault,
    RequestTooLarge,
    ServerTrouble,
    WrongCredentials,
)
from kfclient.api.records import Customer, Supplier
from tests.api.byte_server import ByteServer, envelope, http, ok, response, zipped
from tests.api.clients import client

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"


def supplier(number: int, more: str = "") -> str:
    return (
        f"<Supplier><SupplierID>{number}</SupplierID><Code>S{number}</Code>"
        f"<Name>Supplier {number}</Name>{more}</Supplier>"
    )


THREE = supplier(1) + supplier(2, "<EC>0</EC>") + supplier(3)
WHOLE = response("GetSuppliers", THREE)
CUT = WHOLE[: WHOLE.index(b"Supplier 3")]


def fault(code: str, text: str = "It went wrong.") -> bytes:
    return envelope(
        f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring><detail />"
        "</soap:Fault>"
    )


def fault12(code: str) -> bytes:
    return envelope(
        f"<soap:Fault><soap:Code><soap:Value>{code}</soap:Value></soap:Code><soap:Reason>"
        '<soap:Text xml:lang="en">It went wrong.</soap:Text></soap:Reason></soap:Fault>',
        SOAP12,
    )


def chunked(*pieces: bytes, ended: bool = True) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + (b"0\r\n\r\n" if ended else b"")


HTML = b"<html><head><title>Sorry</title></head><body><p>Back soon<br></body></html>"
XHTML = (
    b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">'
    b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body/></html>'
)
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%b">' % (name, b"&%c;" % (name - 1) * 10) for name in range(98, 107))
    + b"]>"
    + WHOLE.partition(b"?>")[2].replace(b"Supplier 1", b"&j;")
)
FILE_ENTITY = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + WHOLE.partition(b"?>")[
    2
].replace(b"Supplier 1", b"&f;")

BAD: dict[str, tuple[bytes, type[KashFlowError]]] = {
    "fault: client, 500": (http(fault("soap:Client"), "500 Server Error"), RequestFault),
    "fault: client, 200": (http(fault("soap:Client")), RequestFault),
    "fault: client, 400": (http(fault("soap:Client.Text"), "400 Bad Request"), RequestFault),
    "fault: server, 500": (http(fault("soap:Server"), "500 Server Error"), ServerTrouble),
    "fault: server, 200": (http(fault("soap:Server")), ServerTrouble),
    "fault: no code": (http(envelope("<soap:Fault/>"), "500 Server Error"), ServerTrouble),
    "fault: must understand": (http(fault("soap:MustUnderstand")), ServerTrouble),
    "fault 1.2: sender": (http(fault12("soap:Sender"), "500 Server Error"), RequestFault),
    "fault 1.2: receiver": (http(fault12("soap:Receiver"), "500 Server Error"), ServerTrouble),
    "html 200": (http(HTML, kind="text/html"), NotKashFlow),
    "html 200, unclosed tags": (http(HTML.replace(b"</p>", b""), kind="text/html"), NotKashFlow),
    "html 200 called xml": (http(HTML), NotKashFlow),
    "xhtml 200": (http(XHTML), NotKashFlow),
    "html 401": (http(HTML, "401 Unauthorized"), NotKashFlow),
    "html 403": (http(HTML, "403 Forbidden"), NotKashFlow),
    "html 404": (http(HTML, "404 Not Found"), NotKashFlow),
    "html 413": (http(HTML, "413 Request Entity Too Large"), RequestTooLarge),
    "fault: too large": (
        http(fault("soap:Server", "Maximum request length exceeded."), "500 x"),
        RequestTooLarge,
    ),
    "html 500": (http(HTML, "500 Internal Server Error"), ServerTrouble),
    "html 502": (http(HTML, "502 Bad Gateway"), ServerTrouble),
    "html 503": (http(HTML, "503 Service Unavailable"), ServerTrouble),
    "empty 503": (http(b"", "503 Service Unavailable"), ServerTrouble),
    "a good body, 500": (http(WHOLE, "500 Internal Server Error"), ServerTrouble),
    "a good body, 404": (http(WHOLE, "404 Not Found"), NotKashFlow),
    "302, a good body": (http(WHOLE, "302 Found", extra="Location: /there\r\n"), NotKashFlow),
    "307": (http(b"", "307 Temporary Redirect", extra="Location: /there\r\n"), NotKashFlow),
    "cut in a record": (http(CUT), ReplyBroken),
    "cut after the last record": (http(WHOLE[: WHOLE.index(b"</GetSuppliersRes")]), ReplyBroken),
    "cut, no length": (b"HTTP/1.1 200 OK\r\n\r\n" + CUT, ReplyBroken),
    "shorter than its length": (http(CUT, length=len(WHOLE)), ReplyLost),
    "whole, shorter than its length": (http(WHOLE, length=len(WHOLE) + 1), ReplyLost),
    "headers, then the end": (http(b"", length=500), ReplyLost),
    "half the headers": (b"HTTP/1.1 200 OK\r\nContent-Ty", ReplyBroken),
    "no reply": (b"", ReplyLost),
    "not http": (b"220 smtp.example.com ESMTP\r\n", ReplyLost),
    "chunked, cut": (chunked(CUT, ended=False), ReplyLost),
    "chunked, whole, no end": (chunked(WHOLE, ended=False), ReplyLost),
    "chunked, bad size": (chunked(CUT, ended=False) + b"zz\r\n", ReplyLost),
    "empty 200": (http(b""), ReplyBroken),
    "empty 202": (http(b"", "202 Accepted"), NotKashFlow),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", NotKashFlow),
    "json": (http(b'{"Error": "no"}', kind="application/json"), NotKashFlow),
    "plain text": (http(b"OK", kind="text/plain"), NotKashFlow),
    "other xml": (http(b"<rss version='2.0'><channel/></rss>"), NotKashFlow),
    "bare ampersand": (http(WHOLE.replace(b"Supplier 2", b"A & B")), ReplyBroken),
    "two documents": (http(WHOLE + WHOLE), ReplyBroken),
    "bytes after it": (http(WHOLE + b"<br>"), ReplyBroken),
    "gzip that is none": (http(WHOLE, extra="Content-Encoding: gzip\r\n"), ReplyBroken),
    "gzip, cut": (
        http(gzip.compress(WHOLE)[:-40], extra="Content-Encoding: gzip\r\n"),
        ReplyBroken,
    ),
    "another operation's response": (ok("GetCustomers", THREE), ReplyBroken),
    "a response in no namespace": (http(WHOLE.replace(b' xmlns="KashFlow"', b"")), ReplyBroken),
    "records in no namespace": (
        ok("GetSuppliers", THREE.replace("<Supplier>", '<Supplier xmlns="">')),
        ReplyBroken,
    ),
    "a list of other things": (ok("GetSuppliers", "<Foo/><Foo/>"), ReplyBroken),
    "no body": (http(envelope("")), ReplyBroken),
    "an envelope of no soap": (http(WHOLE.replace(b"schemas.xmlsoap.org", b"x")), ReplyBroken),
    "no status": (http(response("GetSuppliers", THREE, "")), ReplyBroken),
    "empty status": (http(response("GetSuppliers", THREE, "<Status/>")), ReplyBroken),
    "status no": (
        http(response("GetSuppliers", "", "<Status>NO</Status><StatusDetail>Why</StatusDetail>")),
        Refused,
    ),
    "status something": (http(response("GetSuppliers", "", "<Status>FAIL</Status>")), Refused),
    "entity bomb": (http(BOMB), ReplyBroken),
    "entity of a file": (http(FILE_ENTITY), ReplyBroken),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_reply_is_told_for_what_it_is(name: str) -> None:
    reply, expected = BAD[name]
    with ByteServer(reply) as server:
        with pytest.raises(KashFlowError) as caught:
            client(server.endpoint).get_suppliers()
        assert type(caught.value) is expected
        assert server.connections == 1
        assert "Supplier 1" not in str(caught.value)
        assert "Back soon" not in str(caught.value)


GOOD: dict[str, bytes] = {
    "plain": http(WHOLE),
    "no length": b"HTTP/1.1 200 OK\r\n\r\n" + WHOLE,
    "http 1.0": http(WHOLE).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunked": chunked(WHOLE[:100], WHOLE[100:101], WHOLE[101:]),
    "gzip": zipped(WHOLE),
    "called text/plain": http(WHOLE, kind="text/plain"),
    "called text/html": http(WHOLE, kind="text/html"),
    "byte order mark": http(b"\xef\xbb\xbf" + WHOLE),
    "utf-16": http(WHOLE.decode().replace("utf-8", "utf-16").encode("utf-16")),
    "soap 1.2": http(WHOLE.replace(b"http://schemas.xmlsoap.org/soap/envelope/", SOAP12.encode())),
    "other prefix": http(WHOLE.replace(b"soap:", b"S:").replace(b"xmlns:soap", b"xmlns:S")),
    "a header": http(WHOLE.replace(b"<soap:Body>", b"<soap:Header><x/></soap:Header><soap:Body>")),
    "a comment in a name": http(WHOLE.replace(b"Supplier 2", b"Supp<!-- x -->lier 2")),
    "cdata": http(WHOLE.replace(b"Supplier 2", b"<![CDATA[Supplier 2]]>")),
    "status in lower case": http(WHOLE.replace(b"OK", b" ok ")),
    "a remark with the ok": http(
        WHOLE.replace(b"<StatusDetail />", b"<StatusDetail>x</StatusDetail>")
    ),
    "unknown fields": http(WHOLE.replace(b"<Name>", b"<New><Name>no</Name></New><Name>")),
    "unknown elements in the list": http(WHOLE.replace(b"<Supplier>", b"<Note/><Supplier>", 1)),
    "unknown elements in the response": http(WHOLE.replace(b"<Status>", b"<Extra/><Status>")),
    "fields in another order": http(
        WHOLE.replace(
            b"<Code>S2</Code><Name>Supplier 2</Name>", b"<Name>Supplier 2</Name><Code>S2</Code>"
        )
    ),
    "a supplier inside a supplier": http(
        WHOLE.replace(b"<EC>0</EC>", b"<Old><Supplier><Name>9</Name></Supplier></Old>")
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_reply_gives_its_rows_however_it_is_written(name: str) -> None:
    with ByteServer(GOOD[name]) as server:
        rows = client(server.endpoint).get_suppliers()
    assert rows == [Supplier(supplier_id=n, code=f"S{n}", name=f"Supplier {n}") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "result", ["", "<GetSuppliersResult/>", '<GetSuppliersResult xsi:nil="true"/>']
)
def test_an_empty_list_is_an_empty_list(result: str) -> None:
    body = envelope(
        f'<GetSuppliersResponse xmlns="KashFlow">{result}<Status>OK</Status></GetSuppliersResponse>'
    )
    with ByteServer(http(body)) as server:
        assert client(server.endpoint).get_suppliers() == []


INSERT_BAD: dict[str, tuple[bytes, Outcome]] = {
    "refused": (
        http(response("InsertSupplier", "0", "<Status>NO</Status><StatusDetail>x</StatusDetail>")),
        Outcome.REFUSED,
    ),
    "could not be read": (http(fault("soap:Client"), "500 x"), Outcome.REFUSED),
    "a no with a number": (
        http(response("InsertSupplier", "7", "<Status>NO</Status>")),
        Outcome.UNKNOWN,
    ),
    "an ok with 0": (ok("InsertSupplier", "0"), Outcome.UNKNOWN),
    "an ok with nothing": (ok("InsertSupplier"), Outcome.UNKNOWN),
    "an ok with nonsense": (ok("InsertSupplier", "seven"), Outcome.UNKNOWN),
    "a number, no status": (http(response("InsertSupplier", "7", "")), Outcome.UNKNOWN),
    "server fault": (http(fault("soap:Server"), "500 x"), Outcome.UNKNOWN),
    "another response": (ok("InsertCustomer", "7"), Outcome.UNKNOWN),
    "a redirect": (http(b"", "307 x", extra="Location: /there\r\n"), Outcome.UNKNOWN),
    "html 503": (http(HTML, "503 x"), Outcome.UNKNOWN),
    "html 404": (http(HTML, "404 x"), Outcome.UNKNOWN),
    "half": (http(response("InsertSupplier", "7")[:-40]), Outcome.UNKNOWN),
    "no reply": (b"", Outcome.UNKNOWN),
}


@pytest.mark.parametrize("name", INSERT_BAD)
def test_an_insert_is_refused_only_where_kashflow_provably_did_nothing(name: str) -> None:
    reply, outcome = INSERT_BAD[name]
    with ByteServer(reply) as server:
        with pytest.raises(KashFlowError) as caught:
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        assert caught.value.outcome is outcome
        assert len(server.requests) == 1
        if outcome is Outcome.UNKNOWN:
            assert "may or may not be in KashFlow" in caught.value.sentence
            assert caught.value.cure


def test_a_reading_call_in_doubt_says_that_nothing_was_changed() -> None:
    with ByteServer(http(CUT)) as server, pytest.raises(ReplyBroken) as caught:
        client(server.endpoint).get_suppliers()
    assert "Nothing was changed" in caught.value.sentence


SENTENCES: dict[str, type[KashFlowError]] = {
    "Incorrect username or password": WrongCredentials,
    "The IP address of 203.0.113.9 is not in the access list, see your settings": AddressNotListed,
    "There is no customer with that email address": NotFound,
    "Customer Code is not unique": CodeNotUnique,
    "Supplier Code is not unique": CodeNotUnique,
    "The customer code specified is invalid, please re-enter without any special characters.": (
        CodeInvalid
    ),
    "The API is not enabled for this account": ApiDisabled,
    "Execution Timeout Expired. The timeout period elapsed.": ServerTrouble,
    "Not on a Sunday": Refused,
    "": Refused,
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_kashflows_that_is_known_has_its_own_error(sentence: str) -> None:
    no = f"<Status>NO</Status><StatusDetail>{sentence}</StatusDetail>"
    reply = http(response("InsertCustomer", "0", no))
    with ByteServer(reply) as server, pytest.raises(KashFlowError) as caught:
        client(server.endpoint).insert_customer(Customer(name="Acme"))
    error = caught.value
    assert type(error) is SENTENCES[sentence]
    assert error.said == sentence
    unsure = isinstance(error, ServerTrouble)
    assert error.outcome is (Outcome.UNKNOWN if unsure else Outcome.REFUSED)


def test_a_note_that_was_refused_was_not_stored() -> None:
    no = "<Status>NO</Status><StatusDetail>No such receipt</StatusDetail>"
    reply = http(response("InsertReceiptNote", "false", no))
    with ByteServer(reply) as server, pytest.raises(NotFound):
        client(server.endpoint).insert_receipt_note(41, "x", date(2026, 5, 4))
