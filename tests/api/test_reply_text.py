"""A character that XML forbids costs nothing but itself; encodings and blanks are read as meant."""

from __future__ import annotations

from datetime import date

import pytest

from kfclient.api.errors import ReplyBroken
from kfclient.api.records import Invoice, Supplier
from kfclient.api.reply_text import ReplyText
from tests.api.byte_server import ByteServer, http, ok, response
from tests.api.clients import client


def read(*pieces: bytes, content_type: str = "") -> str:
    text = ReplyText(content_type)
    return (b"".join(map(text.feed, pieces)) + text.close()).decode()


def suppliers(*names: bytes) -> list[Supplier]:
    rows = "".join(f"<Supplier><Name>@{number}@</Name></Supplier>" for number in range(len(names)))
    body = response("GetSuppliers", rows)
    for number, name in enumerate(names):
        body = body.replace(b"@%d@" % number, name)
    with ByteServer(http(body)) as server:
        return client(server.endpoint).get_suppliers()


BAD = [
    *(b"&#x1B;", b"&#27;", b"&#0;", b"\x0b", b"\0", b"\xe9", b"&#xFFFE;", b"\xef\xbf\xbf"),
    *(b"&#xD800;", b"\xed\xa0\x80", b"&#x110000;", b"&#99999999999999999999;", b"&#x0000001b;"),
]


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_what_xml_forbids_is_one_mark_in_its_own_text(bad: bytes) -> None:
    first, second = suppliers(b"Pen" + bad + b"nine", b"Tern &amp; Co &#163;")
    assert set(first.name) == set("Penni�")
    assert second.name == "Tern & Co £"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 1000])
def test_where_a_piece_ends_makes_no_difference(size: int) -> None:
    reply = (
        b"\r\n <?xml version='1.0' encoding='utf-8'?>\n<r>&lt;&amp;&#65; \xe2\x82\xac"
        b"&#xD83D;&#xDE00;&#55357;&#56832; &#x1B;\x1b\xff</r>\n\0\0\n\0"
    )
    pieces = [reply[place : place + size] for place in range(0, len(reply), size)]
    assert read(*pieces) == "\n<r>&lt;&amp;&#65; €&#128512;&#128512; &#65533;��</r>"


ENCODED = [
    ("utf-16", "", ""),
    ("utf-16-le", "", ""),
    ("utf-16-be", "", "utf-8"),
    ("utf-8-sig", "", "iso-8859-1"),
    ("iso-8859-1", "text/xml; charset=iso-8859-1", ""),
    ("cp1252", 'text/xml; Charset="windows-1252"', ""),
    ("cp1252", "text/xml; charset=iso-8859-1", ""),
    ("cp1252", "text/xml; charset=utf-8", "windows-1252"),
    ("iso-8859-15", "", "iso-8859-15"),
    ("utf-8", "text/xml; charset=us-ascii", ""),
    ("utf-8", "text/xml; charset=rot13", ""),
    ("utf-8", "text/xml; charset=utf-16", "utf-16"),
    ("utf-8", "", "no-such-encoding"),
]


@pytest.mark.parametrize(("encoding", "header", "declared"), ENCODED)
def test_the_encoding_is_the_marks_the_declarations_or_the_headers(
    encoding: str, header: str, declared: str
) -> None:
    said = f' encoding="{declared}"' if declared else ""
    reply = f'<?xml version="1.0"{said}?><r>Café £5</r>'.encode(encoding)
    assert read(reply, content_type=header) == "<r>Café £5</r>"


def test_blanks_before_and_noughts_after_a_reply_are_no_part_of_it() -> None:
    body = b"\r\n \xef\xbb\xbf" + response("GetSuppliers", "<Supplier><Name>A</Name></Supplier>")
    with ByteServer(http(body + b"\0" * 5000)) as server:
        assert [one.name for one in client(server.endpoint).get_suppliers()] == ["A"]
    with ByteServer(http(body + b"\0<r/>")) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).get_suppliers()


TWICE = {
    "two results": response("InsertReceipt", "9</InsertReceiptResult><InsertReceiptResult>8"),
    "two stati": response("InsertReceipt", "9", "<Status>NO</Status><Status>OK</Status>"),
    "two responses": response("InsertReceipt", "9").replace(
        b"<soap:Body>", b'<soap:Body><InsertReceiptResponse xmlns="KashFlow"/>'
    ),
    "more in it": response("InsertReceipt", "9<b>8</b>"),
}


@pytest.mark.parametrize("name", TWICE)
def test_an_answer_that_says_two_things_is_no_answer(name: str) -> None:
    with ByteServer(http(TWICE[name])) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).insert_receipt(Invoice(invoice_date=date(2026, 5, 4)))


def test_a_value_that_is_said_twice_breaks_its_record() -> None:
    row = "<Supplier><SupplierID>7</SupplierID><Name>A</Name><SupplierID>8</SupplierID></Supplier>"
    with ByteServer(ok("GetSuppliers", row)) as server:
        (found,) = client(server.endpoint).get_suppliers()
    assert found.broken == ("SupplierID",)


def test_a_server_that_gives_the_same_page_for_ever_is_not_asked_for_ever() -> None:
    reply = response("GetReceiptsWithPaging", "<Invoice><InvoiceDBID>1</InvoiceDBID></Invoice>")
    about = b"<PageNumber>1</PageNumber><TotalPages>2147483647</TotalPages><TotalRecords>9"
    reply = reply.replace(b"<Status>", about + b"</TotalRecords><Status>")
    with ByteServer(http(reply)) as server, pytest.raises(ReplyBroken, match="same page"):
        list(client(server.endpoint).iter_receipts_pages())


def test_a_garbled_no_is_no_refusal_of_what_may_have_been_done() -> None:
    reply = response("InsertReceipt", status="<Status>O&#x1B;K</Status><StatusDetail />")
    with ByteServer(http(reply)) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).insert_receipt(Invoice(invoice_date=date(2026, 5, 4)))
    with ByteServer(ok("InsertReceipt", "1&#x1B;7")) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).insert_receipt(Invoice(invoice_date=date(2026, 5, 4)))
