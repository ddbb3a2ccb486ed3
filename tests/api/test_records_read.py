"""What stands in a reply is what the records hold: amounts to the penny, dates to the day."""

from __future__ import annotations

import io
import logging
import socket
import time
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from kfclient.api.errors import RecordBroken, ReplyBroken
from kfclient.api.records import Invoice, InvoiceLine, NominalCode, Supplier
from kfclient.api.reply import Decoder
from tests.api.byte_server import ByteServer, http, ok, response
from tests.api.clients import client

LINE = (
    "<Quantity>2.0000</Quantity><Description>Paper</Description><Rate>9.9900</Rate>"
    "<ChargeType>18685896</ChargeType><VatRate>20.0000</VatRate><VatAmount>4.0000</VatAmount>"
    "<ProductName>new</ProductName><Sort>1</Sort>"
)
HEAD = (
    "<InvoiceDBID>41</InvoiceDBID><InvoiceNumber>7</InvoiceNumber>"
    "<InvoiceDate>2026-05-04T00:00:00</InvoiceDate><DueDate>0001-01-01T00:00:00</DueDate>"
    "<CustomerID>3</CustomerID><ExchangeRate>1</ExchangeRate>"
)
EXPECTED = Invoice(
    invoice_dbid=41,
    invoice_number=7,
    invoice_date=date(2026, 5, 4),
    customer_id=3,
    exchange_rate=Decimal(1),
    lines=(
        InvoiceLine(
            quantity=Decimal(2),
            description="Paper",
            rate=Decimal("9.99"),
            charge_type=18685896,
            vat_rate=Decimal(20),
            vat_amount=Decimal(4),
            sort=1,
        ),
    ),
)


@pytest.mark.parametrize("item", ['anyType xsi:type="InvoiceLine"', "anyType", "InvoiceLine"])
def test_a_document_is_read_with_its_lines_typed_or_not(item: str) -> None:
    end = item.partition(" ")[0]
    lines = f"<Lines><{item}>{LINE}</{end}></Lines>"
    with ByteServer(ok("GetReceipt", HEAD + lines), ok("GetReceiptsForSupplier", "x")) as server:
        assert client(server.endpoint).get_receipt(7) == EXPECTED
    rows = f"<Invoice>{HEAD}{lines}</Invoice><Invoice>{HEAD}<Lines/></Invoice>"
    with ByteServer(ok("GetReceiptsForSupplier", rows)) as server:
        first, second = client(server.endpoint).get_receipts_for_supplier(3)
    assert first == EXPECTED
    assert second.lines == ()


ABSENT = {
    "nothing": ok("GetReceipt"),
    "nought": ok("GetReceipt", "<InvoiceDBID>0</InvoiceDBID><InvoiceNumber>0</InvoiceNumber>"),
    "no": http(
        response(
            "GetReceipt",
            status="<Status>NO</Status><StatusDetail>There is no such receipt</StatusDetail>",
        )
    ),
}


@pytest.mark.parametrize("way", ABSENT)
def test_a_document_that_is_not_there_is_none_however_kashflow_says_it(way: str) -> None:
    with ByteServer(ABSENT[way]) as server:
        assert client(server.endpoint).get_receipt(7) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T00:00:00", date(2026, 5, 4)),
        ("2026-05-04", date(2026, 5, 4)),
        ("2026-05-04T23:59:59.1234567+01:00", date(2026, 5, 4)),
        ("2026-05-04T00:00:00Z", date(2026, 5, 4)),
        (" 2026-05-04T00:00:00 ", date(2026, 5, 4)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:01:15Z", None),
        ("", None),
    ],
)
def test_a_date_is_its_day_and_kashflows_no_date_is_none(text: str, expected: date | None) -> None:
    head = HEAD.replace("2026-05-04T00:00:00", text)
    with ByteServer(ok("GetReceipt", head)) as server:
        found = client(server.endpoint).get_receipt(7)
    assert found is not None
    assert found.invoice_date == expected


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("Code", "4000", 4000),
        ("Code", "-5", -5),
        ("Code", "2147483647", 2147483647),
        ("Code", "", 0),
        ("VATRate", "17.5000", Decimal("17.5")),
        ("VATRate", ".5", Decimal("0.5")),
        ("VATRate", "-999999999999999.999999", Decimal("-999999999999999.999999")),
        ("Archived", "true", True),
        ("Archived", "1", True),
        ("Archived", "True", True),
        ("Archived", "false", False),
        ("Name", "Sales &amp; more", "Sales & more"),
        ("Name", "", ""),
    ],
)
def test_a_value_is_read_or_left_at_its_default(field: str, text: str, expected: object) -> None:
    row = f"<NominalCodeExtended><id>9</id><{field}>{text}</{field}></NominalCodeExtended>"
    with ByteServer(ok("GetNominalCodesExtended", row)) as server:
        [found] = client(server.endpoint).get_nominal_codes_extended()
    names = {"Code": "code", "VATRate": "vat_rate", "Archived": "archived", "Name": "name"}
    assert found.id == 9
    assert getattr(found, names[field]) == expected
    assert isinstance(found, NominalCode)
    assert found.broken == ()


LONG = "9" * 20_000
BROKEN = [
    *(("Code", text) for text in ("4000.00", " 4000", "4000\n", "4000.5", "abc", "1_000", "£5")),
    *(("Code", text) for text in ("1e3", "1e999999999", "1E+9999999999999999", "2147483648", LONG)),
    *(("Code", text) for text in ("٣", "0x1F", "--1", "NaN")),
    *(("VATRate", text) for text in ("1E2", "1e77777777", "1E-50", "NaN", "Infinity", "£5", LONG)),
    *(("VATRate", text) for text in ("1,000.00", "1" + "0" * 30, "0.1234567", " 1", "٣", "1_0")),
    ("Archived", "yes"),
]


@pytest.mark.parametrize(("field", "text"), BROKEN, ids=lambda one: str(one)[:20])
def test_a_value_that_is_out_of_bounds_breaks_its_record_alone(field: str, text: str) -> None:
    rows = "".join(
        f"<NominalCodeExtended><id>{number}</id><{field}>{value}</{field}></NominalCodeExtended>"
        for number, value in ((8, ""), (9, text))
    )
    with ByteServer(ok("GetNominalCodesExtended", rows)) as server:
        sound, found = client(server.endpoint).get_nominal_codes_extended()
    assert (sound.id, sound.broken) == (8, ())
    assert found == NominalCode(id=9, broken=(field,))


def test_an_id_below_nought_is_none_and_other_numbers_may_be() -> None:
    inner = ("<InvoiceDBID>-41</InvoiceDBID>", "<ProjectID>-1</ProjectID>")
    rows = "".join(f"<Invoice>{one}</Invoice>" for one in inner)
    with ByteServer(ok("GetReceiptsForSupplier", rows)) as server:
        first, second = client(server.endpoint).get_receipts_for_supplier(3)
    assert first == Invoice(broken=("InvoiceDBID",))
    assert second == Invoice(project_id=-1)


@pytest.mark.parametrize("bad", ["04/05/2026", "2026-13-01T00:00:00", "2026-W01-1"])
def test_one_document_with_a_value_that_cannot_be_read_is_neither_there_nor_absent(
    bad: str,
) -> None:
    head = HEAD.replace("2026-05-04T00:00:00", bad)
    with ByteServer(ok("GetReceipt", head)) as server, pytest.raises(RecordBroken) as broken:
        client(server.endpoint).get_receipt(7)
    assert "InvoiceDate" in broken.value.sentence
    line = f"<Lines><anyType>{LINE.replace('9.9900', '1e99999999')}</anyType></Lines>"
    with ByteServer(ok("GetReceipt", HEAD + line)) as server, pytest.raises(RecordBroken):
        client(server.endpoint).get_receipt(7)


def test_a_broken_payment_or_file_of_a_document_is_never_left_out_of_what_it_has() -> None:
    row = "<Payment><PayID>1</PayID><PayAmount>1e9</PayAmount></Payment>"
    with ByteServer(ok("GetReceiptPayment", row)) as server, pytest.raises(RecordBroken):
        client(server.endpoint).get_receipt_payment(7)
    row = "<ReceiptAttachment><AttachmentID>1e9</AttachmentID></ReceiptAttachment>"
    with ByteServer(ok("GetReceiptAttachments", row)) as server, pytest.raises(RecordBroken):
        client(server.endpoint).get_receipt_attachments(7)


@pytest.mark.parametrize("number", ["1e9", "1e999999999", "9" * 5000, "2147483648", "٣", " 7 "])
def test_a_number_that_is_none_leaves_an_insert_of_unknown_outcome(number: str) -> None:
    with ByteServer(ok("InsertReceipt", number)) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).insert_receipt(EXPECTED)


def test_a_value_that_cannot_be_read_is_logged_by_name_and_never_by_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    row = "<Supplier><SupplierID>1</SupplierID><EC>hush-hush</EC></Supplier>"
    with ByteServer(ok("GetSuppliers", row)) as server, caplog.at_level(logging.DEBUG):
        client(server.endpoint).get_suppliers()
    assert "Supplier has a value in ec that cannot be read" in caplog.text
    assert "hush-hush" not in caplog.text


def test_fields_that_are_left_out_are_counted_for_whoever_looks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    row = "<Supplier><SupplierID>1</SupplierID><TradeBorderType>2</TradeBorderType></Supplier>"
    with ByteServer(ok("GetSuppliers", row * 3)) as server, caplog.at_level(logging.DEBUG):
        client(server.endpoint).get_suppliers()
    assert "3 rows, 0 other elements" in caplog.text
    assert "{'{KashFlow}TradeBorderType': 3}" in caplog.text


@pytest.mark.parametrize("text", ["", "maybe"])
def test_an_answer_that_is_neither_yes_nor_no_is_broken(text: str) -> None:
    with ByteServer(ok("isUserVATRegistered", text)) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).is_user_vat_registered()


def test_a_page_that_does_not_say_how_many_there_are_is_broken() -> None:
    with ByteServer(ok("GetReceiptsWithPaging", "")) as server, pytest.raises(ReplyBroken):
        client(server.endpoint).get_receipts_with_paging(1)


def test_progress_is_told_at_most_four_times_a_second_and_at_the_end() -> None:
    row = b"<Supplier><SupplierID>1</SupplierID></Supplier>"
    beginning, end = response("GetSuppliers", "|").split(b"|")
    told: list[int] = []

    def until_told(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + beginning)
        while not told:
            connection.sendall(row)
            time.sleep(0.03)
        connection.sendall(row + end)

    began = time.monotonic()
    with ByteServer(until_told) as server:
        rows = client(server.endpoint).get_suppliers(on_rows=told.append)
    took = time.monotonic() - began
    assert 1 < len(told) <= took * 4 + 1
    assert told == sorted(set(told))
    assert told[-1] == len(rows)


def suppliers(count: int) -> bytes:
    """Return a realistic reply: 24 fields a supplier, some 800 bytes."""
    texts = "Code Name Contact Mobile Fax Address1 Address2 Address3 Address4 PostCode Telephone"
    body = "".join(f"<{name}>{name} of this one</{name}>" for name in texts.split())
    rest = (
        "<Website>x.example</Website><Email>a@x.example</Email><Created>2024-01-02T00:00:00"
        "</Created><Updated>2024-01-02T00:00:00</Updated><EC>0</EC><VATNumber>GB1</VATNumber>"
        "<Notes>some</Notes><CurrencyID>1</CurrencyID><PaymentTerms>30</PaymentTerms>"
        "<ContactTitle>Ms</ContactTitle><ContactFirstName>A</ContactFirstName>"
        "<ContactLastName>B</ContactLastName>"
    )
    rows = (
        f"<Supplier><SupplierID>{n + 1}</SupplierID>{body}{rest}</Supplier>" for n in range(count)
    )
    return response("GetSuppliers", "".join(rows))


def decoded(reply: bytes) -> Decoder[Supplier]:
    decoder = Decoder("GetSuppliers", 200, Supplier, "Supplier")
    for start in range(0, len(reply), 65536):
        decoder.feed(reply[start : start + 65536])
    return decoder


def test_elements_are_let_go_of_as_they_are_read() -> None:
    decoder = decoded(suppliers(2000))
    response_element = decoder.close()
    assert len(decoder.rows) == 2000
    assert len(list(response_element.iter())) < 10


def test_reading_costs_little_more_than_parsing() -> None:
    reply = suppliers(4000)

    def plain() -> list[dict[str, str | None]]:
        rows = []
        for _, element in etree.iterparse(io.BytesIO(reply), tag="{KashFlow}Supplier"):
            rows.append({child.tag: child.text for child in element})
            element.clear()
        return rows

    def ours() -> list[Supplier]:
        decoder = decoded(reply)
        decoder.close()
        return decoder.rows

    best: dict[str, float] = {}
    for _ in range(20):  # as many as it takes until other programs have disturbed neither
        for name, way in (("plain", plain), ("ours", ours)):
            began = time.process_time()
            assert len(way()) == 4000
            best[name] = min(best.get(name, 9.0), time.process_time() - began)
        if best["ours"] <= 1.5 * best["plain"]:
            return
    pytest.fail(f"CPU seconds: {best}")
