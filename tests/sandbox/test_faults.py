"""SOAP faults, to the word: HTTP 500, never a Status."""

from __future__ import annotations

import pytest

from tests.sandbox.wire import SOAP11, SOAP12, Answer, Wire, lines, record

UNREADABLE = "Server was unable to read request. ---> There is an error in XML document "
TEXT = "text/xml; charset=utf-8"
CAST = "Server was unable to process request. ---> Unable to cast object of type "


def send(wire: Wire, body: bytes, action: str = '"KashFlow/GetVATRates"') -> Answer:
    return wire.send(body, {"Content-Type": TEXT, "SOAPAction": action})


@pytest.mark.parametrize(
    ("field", "value", "inner"),
    [
        ("CustomerID", "", "Input string was not in a correct format."),
        ("CustomerID", "abc", "Input string was not in a correct format."),
        ("CustomerID", "1.0", "Input string was not in a correct format."),
        ("CustomerID", "99999999999", "Value was either too large or too small for an Int32."),
        ("ExchangeRate", "", "Input string was not in a correct format."),
        ("ExchangeRate", "1,000.00", "Input string was not in a correct format."),
        ("ExchangeRate", "£5", "Input string was not in a correct format."),
        ("ExchangeRate", "1e3", "Input string was not in a correct format."),
        ("ExchangeRate", "9" * 30, "Value was either too large or too small for a Decimal."),
        ("InvoiceDate", "", "The string '' is not a valid AllXsd value."),
        (
            "InvoiceDate",
            "2026-08-18 10:53:48 UTC",
            "The string '2026-08-18 10:53:48 UTC' is not a valid AllXsd value.",
        ),
        ("InvoiceDate", "18/08/2026", "The string '18/08/2026' is not a valid AllXsd value."),
        ("InvoiceDate", "2026-02-30", "The string '2026-02-30' is not a valid AllXsd value."),
        ("UseCustomDeliveryAddress", "", "The string '' is not a valid Boolean value."),
        ("UseCustomDeliveryAddress", "yes", "The string 'yes' is not a valid Boolean value."),
    ],
)
def test_a_value_that_cannot_be_read(wire: Wire, field: str, value: str, inner: str) -> None:
    answer = wire.call("InsertReceipt", record("Inv", **{field: value}))
    assert answer.http == 500
    assert answer.fault_code == "soap:Client"
    assert answer.fault.startswith(UNREADABLE)
    assert answer.fault.endswith(f"). ---> {inner}")
    assert answer.content.find("detail") is not None
    assert not wire.sandbox.account.receipts()


def test_the_fault_says_where_in_the_document(wire: Wire) -> None:
    body = (
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body>\n<GetReceipt xmlns="KashFlow">\n'
        " <ReceiptNumber>x</ReceiptNumber></GetReceipt></s:Body></s:Envelope>"
    )
    answer = send(wire, body.encode(), '"KashFlow/GetReceipt"')
    assert answer.fault == f"{UNREADABLE}(3, 20). ---> Input string was not in a correct format."


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
def test_the_fault_comes_in_any_encoding(wire: Wire, encoding: str) -> None:
    body = wire.envelope("GetReceipt", ReceiptNumber="é").decode()
    sent = body.replace('encoding="utf-8"', f'encoding="{encoding}"').encode(encoding)
    assert send(wire, sent, "KashFlow/GetReceipt").fault.endswith("not in a correct format.")


def test_a_null_value_is_as_empty_as_empty(wire: Wire) -> None:
    inner = '<Inv><CustomerID xsi:nil="true" /></Inv>'
    assert wire.faulted("InsertReceipt", inner).endswith("not in a correct format.")


def test_a_child_where_text_belongs(wire: Wire) -> None:
    fault = wire.faulted("GetCustomerByEmail", "<CustomerEmail><b>x</b></CustomerEmail>")
    assert "Unexpected node type Element." in fault


def test_an_unknown_type_in_the_lines(wire: Wire, supplier: int) -> None:
    inner = '<Lines><anyType xsi:type="Foo"><Rate>1</Rate></anyType></Lines>'
    fault = wire.faulted("InsertReceipt", record("Inv", inner, CustomerID=supplier))
    assert fault.endswith(
        "The specified type was not recognized: name='Foo', namespace='KashFlow', "
        "at <anyType xmlns='KashFlow'>."
    )


def test_a_wrong_type_for_an_object(wire: Wire) -> None:
    fault = wire.faulted("InsertReceipt", '<Inv xsi:type="Customer"></Inv>')
    assert "name='Customer', namespace='KashFlow', at <Inv xmlns='KashFlow'>." in fault


@pytest.mark.parametrize(
    ("line", "clr_type"),
    [
        ("<anyType><Rate>1</Rate></anyType>", "System.Xml.XmlNode[]"),
        ("<anyType>{'Rate': 1}</anyType>", "System.Xml.XmlNode[]"),
        (
            '<anyType xmlns:x="http://www.w3.org/2001/XMLSchema" xsi:type="x:string">{}</anyType>',
            "System.String",
        ),
        ('<anyType xsi:type="Payment"></anyType>', "Payment"),
    ],
)
def test_a_line_that_does_not_say_it_is_one(
    wire: Wire, supplier: int, line: str, clr_type: str
) -> None:
    inner = record("Inv", f"<Lines>{line}</Lines>", CustomerID=supplier)
    answer = wire.call("InsertReceipt", inner)
    assert answer.fault_code == "soap:Server"
    assert answer.fault == f"{CAST}'{clr_type}' to type 'InvoiceLine'."
    assert not wire.sandbox.account.receipts()


def test_the_gates_come_before_a_line_is_cast(closed: Wire) -> None:
    detail = closed.no("InsertReceipt", record("Inv", "<Lines><anyType /></Lines>"))
    assert detail.startswith("The IP address of 127.0.0.1")


def test_an_object_that_is_missing(wire: Wire) -> None:
    answer = wire.call("InsertReceipt")
    assert answer.fault_code == "soap:Server"
    assert answer.fault.endswith("Object reference not set to an instance of an object.")


def test_more_money_than_there_is(wire: Wire, supplier: int) -> None:
    line = {"Quantity": "99999999999999", "Rate": "99999999999999"}
    fault = wire.faulted("InsertReceipt", record("Inv", lines(line), CustomerID=supplier))
    assert fault.endswith("Arithmetic overflow error converting expression to data type money.")


@pytest.mark.parametrize("action", ["KashFlow/Foo", "KashFlow/getvatrates", "Other/GetVATRates"])
def test_an_unknown_action(wire: Wire, action: str) -> None:
    answer = send(wire, b"<a/>", f'"{action}"')
    sentence = f"Server did not recognize the value of HTTP Header SOAPAction: {action}."
    assert answer.http == 500
    assert answer.fault_code == "soap:Client"
    assert answer.fault == sentence


def test_no_action(wire: Wire) -> None:
    answer = wire.send(b"<a/>", {"Content-Type": TEXT})
    assert answer.fault == (
        "Unable to handle request without a valid action parameter. "
        "Please supply a valid soap action."
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a",
        b"not xml",
        b"<a>\x01</a>",
        b"<a>&nbsp;</a>",
        b"<a>\xff</a>",
        b"<a></b>",
        b"<s:Envelope/>",
        b"<a s:b=''/>",
        b"<a b='' b=''/>",
    ],
)
def test_xml_that_is_not_well_formed(wire: Wire, body: bytes) -> None:
    answer = send(wire, body)
    assert answer.http == 500
    assert answer.fault_code == "soap:Client"
    assert answer.fault.startswith(UNREADABLE)


def test_a_document_type_is_prohibited_and_expands_to_nothing(wire: Wire) -> None:
    body = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert "DTD is prohibited" in send(wire, body).fault


def test_another_envelope(wire: Wire) -> None:
    answer = send(wire, b'<e:Envelope xmlns:e="urn:other"><e:Body/></e:Envelope>')
    assert answer.fault_code == "soap:VersionMismatch"
    assert "Envelope namespace urn:other was unexpected" in answer.fault


def test_no_envelope(wire: Wire) -> None:
    assert send(wire, b"<GetVATRates xmlns='KashFlow'/>").http == 500


def test_a_header_that_must_be_understood(wire: Wire) -> None:
    body = (
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Header><Security xmlns="urn:x" s:mustUnderstand="1"/>'
        "</s:Header><s:Body/></s:Envelope>"
    )
    answer = send(wire, body.encode())
    assert answer.fault_code == "soap:MustUnderstand"


def test_other_headers_are_passed_over(wire: Wire) -> None:
    body = f'<s:Envelope xmlns:s="{SOAP11}"><s:Header><a/></s:Header><s:Body/></s:Envelope>'
    assert send(wire, body.encode()).status == "NO"


def test_a_request_of_more_than_4_mb(wire: Wire) -> None:
    answer = wire.call("GetVATRates", f"<Filler>{'x' * 5_000_000}</Filler>")
    assert answer.http == 500
    assert answer.fault.endswith("Maximum request length exceeded.")


def test_the_12_shape(wire: Wire) -> None:
    answer = wire.post(
        "GetReceipt",
        '<GetReceipt xmlns="KashFlow"><ReceiptNumber/></GetReceipt>',
        SOAP12,
    )
    assert answer.http == 500
    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    fault = answer.content
    assert [child.tag for child in fault] == [
        f"{{{SOAP12}}}{n}" for n in ("Code", "Reason", "Detail")
    ]
    assert answer.fault_code == "soap:Sender"
    text = fault.find(f".//{{{SOAP12}}}Text")
    assert text is not None
    assert text.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_a_fault_of_the_servers_in_12_is_the_receivers(wire: Wire) -> None:
    sandbox = wire.sandbox
    content = (
        f'<InsertReceipt xmlns="KashFlow"><UserName>{sandbox.username}</UserName>'
        f"<Password>{sandbox.password}</Password></InsertReceipt>"
    )
    assert wire.post("InsertReceipt", content, SOAP12).fault_code == "soap:Receiver"
