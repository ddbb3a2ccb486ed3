"""The lines of a document: what is checked, and what is stored as it was sent."""

from __future__ import annotations

from decimal import Decimal

from kfclient.sandbox.account import Account, Refusal
from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.ledger import money
from kfclient.sandbox.reading import Foreign
from kfclient.sandbox.schema import Record
from kfclient.sandbox.soap import Fault

_MONEY_LIMIT = Decimal("922337203685477.5807")
_FOUR_PLACES = Decimal("0.0001")


def new_lines(account: Account, sent: list[Record | Foreign], document: Record) -> list[Record]:
    """Return an insert's lines as they are stored; refuse the first that cannot be."""
    return [new_line(account, line, document) for line in sent]


def changed_lines(account: Account, sent: list[Record | Foreign], document: Record) -> list[Record]:
    """Return an update's lines as they are stored, in place of those that `document` holds.

    Their amounts are in the document's currency: that is how the caller read them. A line that the
    document holds keeps its LineID.
    """
    own = {line["LineID"] for line in document["Lines"]}
    return [
        _stored(account, line, line["LineID"] if line["LineID"] in own else None)
        for line in map(_as_line, sent)
    ]


def new_line(account: Account, sent: Record | Foreign, document: Record) -> Record:
    """Return a line as it is stored, `VatAmount` as sent, with a LineID of its own.

    Raises `Refusal`, or `Fault` for what the service could not cast to a line.
    """
    return _stored(account, _in_document_currency(_as_line(sent), document), None)


def _as_line(sent: Record | Foreign) -> Record:
    if isinstance(sent, Foreign):
        raise Fault(
            "Server was unable to process request. ---> Unable to cast object of type "
            f"'{sent.clr_type}' to type 'InvoiceLine'.",
            "Server",
        )
    return sent


def _stored(account: Account, line: Record, identity: int | None) -> Record:
    _check(account, line)
    kept = TYPES["InvoiceLine"].lean(line)
    if "Description" in kept:
        kept["Description"] = " ".join(kept["Description"].splitlines())
    kept["LineID"] = account.books.next_id("lines") if identity is None else identity
    return kept


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
