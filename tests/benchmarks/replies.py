"""Two long lists as KashFlow would send them, and a server of their own process that sends them.

    python -m tests.benchmarks.replies ROWS

prints its address and serves until its standard input ends.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from importlib import resources

from lxml import etree

KINDS = {"GetSuppliers": "Supplier", "GetCustomers": "Customer"}
_XS = "{http://www.w3.org/2001/XMLSchema}"


def reply(operation: str, rows: int) -> bytes:
    """Return the envelope of a list of that many rows, every field of the contract filled in."""
    kind = KINDS[operation]
    wsdl = etree.fromstring(resources.files("kfclient.api").joinpath("kashflow.wsdl").read_bytes())
    fields = [
        (str(element.get("name")), str(element.get("type")).partition(":")[2])
        for element in wsdl.iterfind(f".//{_XS}complexType[@name='{kind}']//{_XS}element")
    ]
    pieces = []
    for number in range(1, rows + 1):
        values = "".join(f"<{name}>{_value(name, of, number)}</{name}>" for name, of in fields)
        pieces.append(f"<{kind}>{values}</{kind}>")
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<{operation}Response xmlns="KashFlow"><{operation}Result>{"".join(pieces)}'
        f"</{operation}Result><Status>OK</Status><StatusDetail /></{operation}Response>"
        "</soap:Body></soap:Envelope>"
    ).encode()


def _value(name: str, kind: str, number: int) -> str:
    if name in ("SupplierID", "CustomerID"):
        return str(2_000_000 + number)
    match kind:
        case "int" | "integer":
            return str(number % 30)
        case "decimal":
            return f"{number % 100}.5000"
        case "boolean":
            return "false"
        case "dateTime":
            return "2025-04-01T00:00:00"
    return f"{name} of number {number}"


def serve(rows: int) -> None:
    """Answer both operations, a thread a connection, until standard input ends."""
    answers = {operation: reply(operation, rows) for operation in KINDS}
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/\n")
    sys.stdout.flush()

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, answers), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


def _answer(connection: socket.socket, answers: dict[str, bytes]) -> None:
    with connection:
        heard = b""
        while b":Envelope>" not in heard.partition(b"\r\n\r\n")[2]:
            piece = connection.recv(65536)
            if not piece:
                return
            heard += piece
            asked = re.search(rb"KashFlow/(\w+)", heard)
            if asked and b"</soap-env:Envelope>" in heard:
                body = answers[asked[1].decode()]
                head = (
                    "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n"
                )
                connection.sendall(head.encode())
                connection.sendall(body)
                heard = b""


if __name__ == "__main__":
    serve(int(sys.argv[1]))
