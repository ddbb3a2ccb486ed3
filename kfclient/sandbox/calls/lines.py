"""The lines of a document: what is checked, and what is stored as it was sent."""

from __future__ import annotations

from decimal import Decimal

from kfclient.sandbox.account import Account, Refusal
from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.ledger import money
from kfclient.sandbox.reading import Foreign
from kfclient.sandbox.schema import Record
from kfclient.sandbox.soap import Fault

_FIRST_LINE = 90412663
_MONEY_LIMIT = Decimal("922337203685477.5807")
_FOUR_PLACES = Decimal("0.0001")


def new_lines(account: Account, sent: list[Record | Foreign], document: Record) -> list[Record]:
    """Return the lines as they are stored; refuse the first that cannot be."""
    return [new_line(account, line, document) for line in sent]


def new_line(account: Account, sent: Record | Foreign, document: Record) -> Record:
    """Return a line as it is stored.

    `VatAmount` is kept as sent. A line that keeps its LineID in an update keeps it; others get a
    new one. Raises `Refusal`, or `Fault` for what the service could not cast to a line.
    """
    if isinstance(sent, Foreign):
        raise Fault(
            "Server was unable to process request. ---> Unable to cast object of type "
            f"'{sent.clr_type}' to type 'InvoiceLine'.",
            "Server",
        )
    _check(account, sent)
    line = TYPES["InvoiceLine"].lean(_in_document_currency(sent, document))
    if "Description" in line:
        line["Description"] = " ".join(line["Description"].splitlines())
    own = {known["LineID"] for known in document.get("Lines", ())}
    if line.get("LineID") not in own:
        line["LineID"] = account.books.next_id("lines", _FIRST_LINE)
    return line


def _check(account: Account, line: Record) -> None:
    books, switches = account.books, account.switches
    amounts = (line["Quantity"], line["Rate"], line["VatAmount"], line["Quantity"] * line["Rate"])
    if any(abs(amount) > _MONEY_LIMIT for amount in amounts):
        raise Fault(
            "Server was unable to process request. ---> "
            "Arithmetic overflow error converting expression to data type money.",
            "Server",
        )
    charge, project = line["ChargeType"], line["ProjID"]
    if charge and switches.strict_charge_types and books.get("nominals", charge) is None:
        raise Refusal(f"There is no nominal code with the ID {charge}")
    if project and switches.strict_projects and books.get("projects", project) is None:
        raise Refusal(f"There is no project with the ID {project}")


def _in_document_currency(line: Record, document: Record) -> Record:
    """Amounts count as home currency unless the line says they are in the document's."""
    rate = document["ExchangeRate"]
    if rate == 1 or (line["ValuesInCurrency"] or "").strip() == "1":
        return line
    return {
        **line,
        "Rate": (line["Rate"] * rate).quantize(_FOUR_PLACES),
        "VatAmount": money(line["VatAmount"] * rate),
    }
