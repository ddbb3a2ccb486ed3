"""Inserting, changing and deleting purchases and sales invoices.

Both are the contract's `Invoice`; a purchase's CustomerID is its supplier's. There is no check for
duplicates. What a caller says of sums and payments is ignored: both are derived.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from kfclient.sandbox.account import Account, Refusal, Result
from kfclient.sandbox.books import INVOICES, RECEIPTS, Ledger, money
from kfclient.sandbox.calls.account_lists import Answer, currency
from kfclient.sandbox.contract import NO_DATE, TYPES, Record
from kfclient.sandbox.soap import Fault
from kfclient.sandbox.xml import Foreign

# The lines of a document: what is checked, and what is stored as it was sent.

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


_DERIVED = (
    "Customer",
    "Paid",
    "EstimateCategory",
    "ReadableString",
    "NetAmount",
    "VATAmount",
    "AmountPaid",
    "CustomerName",
    "PermaLink",
)


def with_number(ledger: Ledger, account: Account, number: int) -> Record:
    """Return the document with that number; refuse where there is none."""
    found = account.books.find(ledger.documents, "InvoiceNumber", number)
    if not found:
        raise Refusal(f"There is no {ledger.noun.lower()} with that number")
    return found[0]


def with_id(ledger: Ledger, account: Account, number: int) -> Record:
    """Return the document with that database id; refuse where there is none."""
    found = account.books.get(ledger.documents, number)
    if found is None:
        raise Refusal(f"There is no {ledger.noun.lower()} with that ID")
    return found


def check_lock(account: Account, moment: str) -> None:
    """Refuse a date on or before the lock date."""
    locked = account.switches.lock_date
    if locked and moment[:10] <= locked:
        raise Refusal(f"Transactions dated on or before {locked} are locked")


def drop_file(ledger: Ledger, account: Account, attachment: Record) -> None:
    """Delete an attachment, and its file once that is in the books."""
    account.books.drop(ledger.files, attachment["AttachmentID"])
    account.books.afterwards(partial(account.shelf.drop, attachment["AmazonFilename"]))


def _insert(ledger: Ledger, asked: str, account: Account, asks: Record) -> Result:
    sent = asks[asked]
    number = sent["InvoiceNumber"]
    header = _header(ledger, account, sent)
    replaced = account.books.find(ledger.documents, "InvoiceNumber", number) if number > 0 else []
    if replaced and account.switches.strict_numbers:
        raise Refusal(f"{ledger.noun} number {number} is already in use")
    if number <= 0:
        number = account.books.highest(ledger.documents, "InvoiceNumber") + 1
    identity = replaced[0]["InvoiceDBID"] if replaced else account.books.next_id("documents")
    document = {**header, "InvoiceDBID": identity, "InvoiceNumber": number}
    document["Lines"] = new_lines(account, sent["Lines"] or [], document)
    account.books.put(ledger.documents, document)
    return Result(number)


def _header(ledger: Ledger, account: Account, sent: Record) -> Record:
    """Check a document's header and return it as it is stored, without identity and lines."""
    books, switches = account.books, account.switches
    check_lock(account, _date(account, sent["InvoiceDate"]))
    party, project = sent["CustomerID"], sent["ProjectID"]
    if switches.strict_parties and books.get(ledger.parties, party) is None:
        raise Refusal(f"There is no {ledger.party} with the ID {party}")
    if switches.strict_projects and project and books.get("projects", project) is None:
        raise Refusal(f"There is no project with the ID {project}")
    held = currency(account, sent["CurrencyCode"])
    rate = sent["ExchangeRate"]
    if held["isDefault"] or rate <= 0:
        rate = held["ExchangeRate"]
    kept = {name: value for name, value in sent.items() if name not in _DERIVED}
    if ledger is RECEIPTS:
        kept = {n: v for n, v in kept.items() if n not in _DELIVERY}
    if switches.reference_length and kept["CustomerReference"]:
        kept["CustomerReference"] = kept["CustomerReference"][: switches.reference_length]
    date = _date(account, sent["InvoiceDate"])
    due = sent["DueDate"]
    return {
        **TYPES["Invoice"].lean(kept),
        "CustomerID": party,
        "InvoiceDate": date,
        "DueDate": date if due == NO_DATE else _midnight(due),
        "CurrencyCode": held["CurrencyCode"],
        "ExchangeRate": rate,
    }


_DELIVERY = ("DeliveryAddress", "UseCustomDeliveryAddress")


def _date(account: Account, moment: str) -> str:
    """Return midnight of a date, today's where there is none: no date is before SQL Server's."""
    return f"{account.today()}T00:00:00" if moment == NO_DATE else _midnight(moment)


def _midnight(moment: str) -> str:
    return f"{moment[:10]}T00:00:00"


def _sent_document(ledger: Ledger, account: Account, sent: Record) -> Record:
    """Return the stored document that an update means: by database id, else by number."""
    if sent["InvoiceDBID"]:
        return with_id(ledger, account, sent["InvoiceDBID"])
    return with_number(ledger, account, sent["InvoiceNumber"])


def _update(
    ledger: Ledger, asked: str, account: Account, asks: Record, *, lines: bool = True
) -> Result:
    sent = asks[asked]
    before = _sent_document(ledger, account, sent)
    check_lock(account, before["InvoiceDate"])
    header = _header(ledger, account, sent)
    document = {
        **header,
        "InvoiceDBID": before["InvoiceDBID"],
        "InvoiceNumber": before["InvoiceNumber"],
        "Lines": before["Lines"],
    }
    if lines and sent["Lines"] is not None:
        document["Lines"] = changed_lines(account, sent["Lines"], document)
    account.books.put(ledger.documents, document)
    return Result(1)


def _insert_line(
    ledger: Ledger, asked: str, account: Account, asks: Record, *, by_id: bool
) -> Result:
    find = with_id if by_id else with_number
    document = find(ledger, account, asks[asked])
    check_lock(account, document["InvoiceDate"])
    line = new_line(account, asks["InvLine"], document)
    account.books.put(ledger.documents, {**document, "Lines": [*document["Lines"], line]})
    return Result(line["LineID"])


def _delete_line(
    ledger: Ledger, asked: str, account: Account, asks: Record, *, by_id: bool
) -> Result:
    find = with_id if by_id else with_number
    document = find(ledger, account, asks[asked])
    check_lock(account, document["InvoiceDate"])
    kept = [line for line in document["Lines"] if line["LineID"] != asks["LineID"]]
    if len(kept) == len(document["Lines"]):
        raise Refusal("There is no line with that ID")
    account.books.put(ledger.documents, {**document, "Lines": kept})
    return Result(1)


def _delete(ledger: Ledger, asked: str, account: Account, asks: Record, *, by_id: bool) -> Result:
    find = with_id if by_id else with_number
    document = find(ledger, account, asks[asked])
    check_lock(account, document["InvoiceDate"])
    books, identity = account.books, document["InvoiceDBID"]
    for payment in books.find(ledger.payments, "PayInvoice", document["InvoiceNumber"]):
        books.drop(ledger.payments, payment["PayID"])
    for note in books.find(ledger.notes, ledger.note_key, identity):
        books.drop(ledger.notes, note["NoteId"])
    for attachment in books.find(ledger.files, "ReceiptID", identity):
        drop_file(ledger, account, attachment)
    books.drop(ledger.documents, identity)
    return Result(1)


def _both(ledger: Ledger) -> dict[str, Answer]:
    noun = ledger.noun
    by_number = {
        "Receipt": "InsertReceiptLineFromNumber",
        "Invoice": "InsertInvoiceLineWithInvoiceNumber",
    }[noun]
    return {
        f"Insert{noun}": partial(_insert, ledger, "Inv"),
        f"Insert{noun}_TypeDefined": partial(_insert, ledger, "Inv_TD"),
        f"Insert{noun}Line": partial(_insert_line, ledger, f"{noun}ID", by_id=True),
        by_number: partial(_insert_line, ledger, f"{noun}Number", by_id=False),
        f"Delete{noun}": partial(_delete, ledger, f"{noun}Number", by_id=False),
        f"Delete{noun}ByID": partial(_delete, ledger, f"{noun}ID", by_id=True),
        f"Delete{noun}Line": partial(_delete_line, ledger, f"{noun}Number", by_id=False),
        f"Delete{noun}LineWith{noun}ID": partial(_delete_line, ledger, f"{noun}ID", by_id=True),
    }


ANSWERS: dict[str, Answer] = {
    **_both(RECEIPTS),
    **_both(INVOICES),
    "UpdateReceipt": partial(_update, RECEIPTS, "Receipt"),
    "UpdateReceipt_TypeDefined": partial(_update, RECEIPTS, "Receipt_TD"),
    "UpdateReceiptHeader": partial(_update, RECEIPTS, "Receipt", lines=False),
    "UpdateInvoice": partial(_update, INVOICES, "Inv"),
    "UpdateInvoice_TypeDefined": partial(_update, INVOICES, "InvTD"),
    "UpdateInvoiceHeader": partial(_update, INVOICES, "Inv", lines=False),
}
