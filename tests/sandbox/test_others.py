"""Requests as other people's clients write them, each in its own manner, all understood."""

from __future__ import annotations

import pytest

from tests.contract import validate_request
from tests.sandbox.wire import SOAP11, SOAP12, Wire, headers

PHP = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="{soap}" xmlns:ns1="KashFlow"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><SOAP-ENV:Body><ns1:InsertReceipt>
<ns1:UserName>{user}</ns1:UserName><ns1:Password>{password}</ns1:Password><ns1:Inv>
<ns1:InvoiceDBID>0</ns1:InvoiceDBID><ns1:InvoiceNumber>0</ns1:InvoiceNumber>
<ns1:InvoiceDate>2026-01-02</ns1:InvoiceDate><ns1:DueDate>2026-01-02</ns1:DueDate>
<ns1:CustomerID>{supplier}</ns1:CustomerID><ns1:Paid>0</ns1:Paid>
<ns1:SuppressTotal>0</ns1:SuppressTotal><ns1:ProjectID>0</ns1:ProjectID>
<ns1:ExchangeRate>0</ns1:ExchangeRate><ns1:Lines><ns1:anyType xsi:type="ns1:InvoiceLine">
<ns1:Quantity>1</ns1:Quantity><ns1:Description>café</ns1:Description><ns1:Rate>9.5</ns1:Rate>
<ns1:ChargeType>0</ns1:ChargeType><ns1:VatRate>20</ns1:VatRate><ns1:VatAmount>1.9</ns1:VatAmount>
<ns1:ProductID>0</ns1:ProductID><ns1:Sort>0</ns1:Sort><ns1:ProjID>0</ns1:ProjID>
<ns1:LineID>0</ns1:LineID></ns1:anyType></ns1:Lines><ns1:NetAmount>0</ns1:NetAmount>
<ns1:VATAmount>0</ns1:VATAmount><ns1:AmountPaid>0</ns1:AmountPaid>
<ns1:UseCustomDeliveryAddress>false</ns1:UseCustomDeliveryAddress></ns1:Inv>
</ns1:InsertReceipt></SOAP-ENV:Body></SOAP-ENV:Envelope>"""

DOTNET = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="{soap}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body><InsertReceipt xmlns="KashFlow">
<UserName>{user}</UserName><Password>{password}</Password><Inv><InvoiceDBID>0</InvoiceDBID>
<InvoiceNumber>0</InvoiceNumber><InvoiceDate>2026-01-02T00:00:00</InvoiceDate>
<DueDate>2026-01-02T00:00:00.0000000+00:00</DueDate><CustomerID>{supplier}</CustomerID>
<Paid>0</Paid><SuppressTotal>0</SuppressTotal><ProjectID>0</ProjectID>
<ExchangeRate>1</ExchangeRate><Lines><anyType xsi:type="InvoiceLine"><Quantity>1</Quantity>
<Description>café</Description><Rate>9.5</Rate><ChargeType>0</ChargeType><VatRate>20</VatRate>
<VatAmount>1.9</VatAmount><ProductID>0</ProductID><Sort>0</Sort><ProjID>0</ProjID>
<LineID>0</LineID></anyType></Lines><NetAmount>0</NetAmount><VATAmount>0</VATAmount>
<AmountPaid>0</AmountPaid><UseCustomDeliveryAddress>false</UseCustomDeliveryAddress></Inv>
</InsertReceipt></soap:Body></soap:Envelope>"""

NODE = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{soap}" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:tns="KashFlow"><soap:Body>'
    '<tns:InsertReceipt xmlns:tns="KashFlow" xmlns="KashFlow"><tns:UserName>{user}</tns:UserName>'
    "<tns:Password>{password}</tns:Password><tns:Inv><tns:CustomerID>{supplier}</tns:CustomerID>"
    '<tns:Lines><anyType xsi:type="InvoiceLine" xmlns="KashFlow"><Quantity>1</Quantity>'
    "<Description>café</Description><Rate>9.5</Rate><VatAmount>1.9</VatAmount></anyType>"
    "</tns:Lines></tns:Inv></tns:InsertReceipt></soap:Body></soap:Envelope>"
)

BY_HAND = """<Envelope xmlns="{soap}"><Header/><Body><!-- by hand -->
  <k:InsertReceipt xmlns:k="KashFlow"><k:Inv>
    <k:Lines><k:anyType xmlns:i="http://www.w3.org/2001/XMLSchema-instance"
      i:type="k:InvoiceLine"><k:Rate>9.5</k:Rate><k:Quantity>1</k:Quantity>
      <k:VatAmount>1.9</k:VatAmount><k:Description><![CDATA[café]]></k:Description></k:anyType>
    </k:Lines><k:CustomerID>{supplier}</k:CustomerID></k:Inv>
  <k:Password>{password}</k:Password><k:UserName>{user}</k:UserName></k:InsertReceipt>
</Body></Envelope>"""

MANNERS = {"PHP": PHP, ".NET": DOTNET, "node": NODE, "by hand": BY_HAND}


def written(manner: str, wire: Wire, supplier: int, soap: str) -> bytes:
    """Return the request with this sandbox's credentials."""
    sandbox = wire.sandbox
    filled = MANNERS[manner].format(
        soap=soap, user=sandbox.username, password=sandbox.password, supplier=supplier
    )
    return filled.encode()


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize("manner", MANNERS)
def test_each_manner_of_writing_is_understood(
    wire: Wire, supplier: int, manner: str, soap: str
) -> None:
    sent = headers("InsertReceipt")
    if soap == SOAP12:
        sent = {"Content-Type": 'application/soap+xml; action="KashFlow/InsertReceipt"'}
    answer = wire.send(written(manner, wire, supplier, soap), sent)
    assert answer.status == "OK", answer.detail
    read = wire.ok("GetReceipt", ReceiptNumber=answer.number)
    assert (read.text("NetAmount"), read.text("VATAmount")) == ("9.5000", "1.9000")
    assert read.text("Description") == "café"


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252", "utf-8-sig"])
def test_the_declared_encoding_counts(wire: Wire, supplier: int, encoding: str) -> None:
    text = written("PHP", wire, supplier, SOAP11).decode()
    declared = encoding.removesuffix("-sig")
    body = text.replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    answer = wire.send(body, headers("InsertReceipt"))
    assert answer.status == "OK", answer.detail
    assert wire.ok("GetReceipt", ReceiptNumber=answer.number).text("Description") == "café"


def test_the_vendors_schema_agrees_with_the_strictest(wire: Wire, supplier: int) -> None:
    assert validate_request(written(".NET", wire, supplier, SOAP11)) == "InsertReceipt"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<CustomerID>", b"<customerid>"),
        (b"<Rate>9.5</Rate>", b"<Rate>9,5</Rate>"),
        (b"<Rate>9.5</Rate>", b""),
        (b'xsi:type="InvoiceLine"', b'xsi:type="Foo"'),
        (b"<Quantity>1</Quantity>", b"<Colour>red</Colour>"),
        (b"InsertReceipt", b"InsertPurchase"),
        (b'xmlns="KashFlow"', b'xmlns="kashflow"'),
    ],
)
def test_the_vendors_schema_notices_what_is_wrong(
    wire: Wire, supplier: int, old: bytes, new: bytes
) -> None:
    body = written(".NET", wire, supplier, SOAP11)
    spoiled = body.replace(old, new)
    if old == b"<CustomerID>":
        spoiled = spoiled.replace(b"</CustomerID>", b"</customerid>")
    assert spoiled != body
    with pytest.raises(AssertionError):
        validate_request(spoiled)
