# mypy: untyped-calls-exclude="zeep"
"""Reads a SOAP reply as it arrives, and judges it before anything in it counts.

zeep's own decoding is not used: strict, one new field fails a whole list; lenient, half a reply is
a shorter list. The order here is envelope, fault, exactly the response of the operation, Status,
records; and nothing counts unless the document closed properly. Also here: which error a refusal
of KashFlow's is, and the readers that turn elements into records or, by a WSDL, into dicts.
"""

from __future__ import annotations

import functools
import logging
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, get_args, get_origin

from lxml import etree
from zeep.xsd import AnyType, ComplexType

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    CodeInvalid,
    CodeNotUnique,
    KashFlowError,
    NotFound,
    NotKashFlow,
    Refused,
    ReplyBroken,
    RequestFault,
    RequestTooLarge,
    ServerBusy,
    ServerTrouble,
    WrongCredentials,
)
from kfclient.api.records import (
    BankAccount,
    Currency,
    Customer,
    Invoice,
    InvoiceLine,
    InvoiceNote,
    NominalCode,
    Payment,
    Project,
    ReceiptAttachment,
    ReceiptNote,
    Record,
    Supplier,
    kashflow_fields,
)
from kfclient.api.reply_text import UNREADABLE, ReplyText
from kfclient.api.wsdl import Contract, item_of

# KashFlow's own no: which of our errors a `StatusDetail` or a SOAP fault is.
#
# KashFlow has no error codes, only sentences. Those matched here are the ones public clients have
# seen, by their stems; any other is a plain `Refused` that says the sentence.

_ADDRESS = re.compile(r"the ip address of (.*?) is not in the access list", re.IGNORECASE)
_CREDENTIALS = re.compile(r"incorrect username or password", re.IGNORECASE)
_DISABLED = re.compile(
    r"\bAPI\b.*\b(not (been )?enabled|disabled|switched off|turned off|not switched on)",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"code is not unique", re.IGNORECASE)
_INVALID = re.compile(r"code specified is invalid", re.IGNORECASE)
_TIMEOUT = re.compile(r"\btimeout expired\b", re.IGNORECASE)
_TOO_LARGE = re.compile(r"maximum request length exceeded", re.IGNORECASE)
_ABSENT = re.compile(
    r"\b(there is no|no such|not found|does(n[o']t| not) exist|could not (be found|find))\b",
    re.IGNORECASE,
)


def refusal(operation: str, text: str, said: str) -> KashFlowError:
    """Return the error for `text`, the `StatusDetail` of a reply whose Status is not OK.

    `said` is the text as a person may see it: without secrets, and of bounded length.

    A database that gave up in the middle is no refusal: what it had done by then nobody says.
    """
    if _TIMEOUT.search(text):
        return ServerTrouble(_quoted("KashFlow had trouble of its own", said), said=said)
    if _CREDENTIALS.search(text):
        return WrongCredentials("KashFlow does not accept this username and password.", said=said)
    if _ADDRESS.search(text):
        address = _ADDRESS.search(said)
        named = f", {address[1]}," if address else ""
        return AddressNotListed(
            f"This machine's address{named} is not on the list of those that may use this "
            "account's API.",
            said=said,
        )
    if _DISABLED.search(text):
        return ApiDisabled("The SOAP API is switched off for this account.", said=said)
    if operation == "AutoAuthIP":
        return AutoAuthRefused(_quoted("KashFlow did not accept the AutoAuth key", said), said=said)
    if _TAKEN.search(text):
        return CodeNotUnique("This code is taken in KashFlow already.", said=said)
    if _INVALID.search(text):
        return CodeInvalid("KashFlow does not take this code.", said=said)
    if _ABSENT.search(text):
        return NotFound(_quoted("KashFlow does not have it", said), said=said)
    return Refused(_quoted("KashFlow refused this", said), said=said)


def fault(code: str, said: str) -> KashFlowError:
    """Return the error for a SOAP fault: `code` is its faultcode or Code/Value, `said` its text.

    Client (SOAP 1.2: Sender) means that KashFlow could not read the request, so did nothing with
    it; any other fault may have come after the work was done.
    """
    if _TOO_LARGE.search(said):
        return too_large(said)
    party = code.rpartition(":")[2].partition(".")[0]
    if party in ("Client", "Sender"):
        return RequestFault(
            _quoted("KashFlow could not read what was sent, so nothing was changed", said),
            "This is a mistake of this program, not of yours: please report it.",
            said=said,
        )
    return ServerTrouble(_quoted("KashFlow had trouble of its own", said), said=said)


def too_large(said: str = "") -> RequestTooLarge:
    """Return the error for a request that the server did not read for its size."""
    return RequestTooLarge("This is larger than KashFlow takes; nothing was changed.", said=said)


def _quoted(sentence: str, said: str) -> str:
    if not said:
        return f"{sentence}, and gave no reason."
    return f"{sentence}. It says: {said}{'' if said[-1] in '.!?' else '.'}"


# Turns KashFlow's elements into records, by element name.

NAMESPACE = "{KashFlow}"

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)


class Reader(Protocol[R_co]):
    """Reads an element into a record; see `reader`."""

    def __call__(self, element: etree._Element, left_out: Counter[Any] | None = None) -> R_co:
        """Return the record."""


_log = logging.getLogger(__name__)


# An xs:int, and an xs:decimal as long as money in SQL is. Bounded before a number is made of them:
# `1e999999999` as an int takes minutes and all memory.
_INT = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,15}(?:\.[0-9]{0,6}0{0,20})?|\.[0-9]{1,6}0{0,20})", re.ASCII)
_SHORT = 10
_INT32 = range(-(2**31), 2**31)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[^<]{0,40})?", re.ASCII)


def whole_number(text: str) -> int:
    """Return the xs:int in `text`: decimal digits alone. Raises ValueError for anything else."""
    if len(text) < _SHORT and text.isdigit() and text.isascii():  # nearly always
        return int(text)
    if _INT.fullmatch(text) is None or (number := int(text)) not in _INT32:
        raise ValueError
    return number


def own_id(text: str) -> int:
    """Return the id of the thing itself, 0 where it has none. Raises ValueError.

    KashFlow counts ids upwards, and what is new is told by that: one below nought is none.
    """
    if (number := whole_number(text)) < 0:
        raise ValueError
    return number


def amount(text: str) -> Decimal:
    """Return the xs:decimal in `text`: at most 15 digits before the point, and six decimals.

    Raises ValueError for anything else.
    """
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError
    return Decimal(text)


def truth(text: str) -> bool:
    """Return the xs:boolean in `text`, whatever its case. Raises ValueError for anything else."""
    word = text.strip().casefold()
    if word not in ("true", "false", "1", "0"):
        raise ValueError
    return word in ("true", "1")


def day(text: str) -> date | None:
    """Return the day of the xs:dateTime in `text`; year 1 is KashFlow's "no date", so None.

    Its times are naive and always midnight, so the day is what stands there: a zone is not
    followed. Raises ValueError for anything else.
    """
    text = text.strip()
    if _DAY.fullmatch(text) is None:
        raise ValueError
    value = date.fromisoformat(text[:10])
    return None if value.year == 1 else value


_SCALARS: dict[Any, Callable[[str], Any] | None] = {
    str: None,
    int: whole_number,
    Decimal: amount,
    bool: truth,
    date | None: day,
}


_OWN_IDS: dict[type[Record], str] = {
    Invoice: "invoice_dbid",
    Payment: "pay_id",
    ReceiptAttachment: "attachment_id",
    ReceiptNote: "note_id",
    InvoiceNote: "note_id",
    Supplier: "supplier_id",
    Customer: "customer_id",
    NominalCode: "id",
    Project: "id",
    BankAccount: "account_id",
}


# KashFlow's element name for the items of a list within a record, where it is a typed one.
_ITEMS: dict[type[Record], str] = {InvoiceLine: "InvoiceLine", Currency: "Currencies"}


@functools.cache
def reader(record: type[R]) -> Reader[R]:
    """Return the function that reads one element into a `record`.

    Unknown children are left out (and counted by name, if it is given where), missing and empty
    ones keep their default, so a server that learns new fields breaks nothing. A scalar that
    cannot be read keeps its default too, is named in `broken`, and is logged by name, never by
    content.
    """
    known, nested = _elements(record)

    def read(element: etree._Element, left_out: Counter[Any] | None = None) -> R:
        values: dict[str, Any] = {}
        broken: list[str] = []
        taken = 0
        for child in element:
            tag = child.tag
            found = known.get(tag)
            if found is not None:
                text = child.text
                if text:
                    name, convert = found
                    taken += 1
                    try:
                        values[name] = convert(text) if convert else text
                    except ValueError:
                        broken.append(name)
            elif tag in nested:
                name, kind = nested[tag]
                values[name] = items = _read_items(child, kind)
                taken += 1
                if any(map(_IS_BROKEN, items)):
                    broken.append(name)
            elif left_out is not None:
                left_out[tag] += 1
        if broken or taken > len(values):
            values["broken"] = _told_broken(record, [*broken, *_said_twice(element, known, nested)])
        return record(**values)

    return read


_IS_BROKEN = attrgetter("broken")
_Known = dict[Any, tuple[str, Callable[[str], Any] | None]]


def _elements(record: type[Record]) -> tuple[_Known, dict[Any, tuple[str, type[Record]]]]:
    """Return the fields of a record by KashFlow's tags: the scalars, and the lists within it."""
    known: _Known = {}
    nested: dict[Any, tuple[str, type[Record]]] = {}
    for field in kashflow_fields(record):
        tag = NAMESPACE + field.encode_name
        if get_origin(field.type) is tuple:
            nested[tag] = (field.name, get_args(field.type)[0])
        else:
            is_own = _OWN_IDS.get(record) == field.name
            known[tag] = (field.name, own_id if is_own else _SCALARS[field.type])
    return known, nested


def _said_twice(element: etree._Element, *known: dict[Any, tuple[str, Any]]) -> list[str]:
    """Return the fields that an element has more than once: which is meant nobody knows."""
    counts = Counter(child.tag for child in element)
    return [name for fields in known for tag, (name, _) in fields.items() if counts[tag] > 1]


def _told_broken(record: type[Record], names: list[str]) -> tuple[str, ...]:
    """Return KashFlow's names of the fields, and log what could not be read."""
    theirs = {field.name: field.encode_name for field in kashflow_fields(record)}
    _log.warning("%s has a value in %s that cannot be read", record.__name__, ", ".join(names))
    return tuple(dict.fromkeys(theirs[name] for name in names))


def _read_items(element: etree._Element, kind: type[Record]) -> tuple[Record, ...]:
    """Read a list within a record: `<anyType>` items or, in typed operations, named ones."""
    read = reader(kind)
    items = (f"{NAMESPACE}anyType", NAMESPACE + _ITEMS[kind])
    return tuple(read(child) for child in element if child.tag in items)


_SOAP = ("{http://schemas.xmlsoap.org/soap/envelope/}", "{http://www.w3.org/2003/05/soap-envelope}")
_OK = 200
_REDIRECTS = range(300, 400)
_HTTP_TOO_LARGE = 413
_SERVER_ERROR = 500
_SAID_AT_MOST = 500
_READ_AT_MOST = 20_000

_log = logging.getLogger(__name__)


class Decoder(Generic[R]):
    """Takes the reply to one `operation` in pieces; `close` gives its response element.

    `hide` takes secrets out of what the server says; `busy` is raised for a reply that turned the
    call away, whatever stands in it.

    With `record` and `item` (the name of KashFlow's element) the records of a list are read into
    `rows` as they arrive and the elements dropped, so memory holds the records alone.
    """

    def __init__(
        self,
        operation: str,
        http_status: int,
        record: type[R] | None = None,
        item: str = "",
        content_type: str = "",
        hide: Callable[[str], str] = str,
        busy: ServerBusy | None = None,
    ) -> None:
        self.operation = operation
        self._busy = busy
        self._hide = hide
        self._text = ReplyText(content_type)
        self.rows: list[R] = []
        self._http_status = http_status
        self._item = NAMESPACE + item
        self._read: Reader[R] | None = reader(record) if record else None
        self._left_out: Counter[Any] = Counter()
        self._list: etree._Element | None = None
        self._strange = 0
        self._head = b""
        self._parser: Any = etree.XMLPullParser(
            events=("end",) if record else (),
            tag=self._item if record else None,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )

    def feed(self, chunk: bytes) -> None:
        """Take the next piece; raise `KashFlowError` as soon as it is no XML."""
        if self._busy is None:
            self._parse(self._text.feed(chunk))

    def _parse(self, text: bytes) -> None:
        if not text:
            return
        if len(self._head) < _SAID_AT_MOST:
            self._head += text[:_SAID_AT_MOST]
        try:
            self._parser.feed(text)
            for _, element in self._parser.read_events():
                self._take(element)
        except etree.XMLSyntaxError:
            raise self._unreadable() from None

    def close(self) -> etree._Element:
        """Return the response element of a reply that says OK.

        Raises `Refused` with KashFlow's own sentence where it says no, `RequestFault` or
        `ServerTrouble` for a SOAP fault, and `ReplyBroken`, `NotKashFlow` or `ServerTrouble` for
        all that is no whole reply to this operation.
        """
        if self._busy is not None:
            raise self._busy
        self._parse(self._text.close())
        try:
            root: etree._Element = self._parser.close()
        except etree.XMLSyntaxError:
            raise self._unreadable() from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise self._unreadable()
        soap = root.tag.removesuffix("Envelope")
        body = root.find(f"{soap}Body") if soap in _SOAP else None
        if body is None:
            raise self._unreadable()
        if (trouble := body.find(f"{soap}Fault")) is not None:
            raise self._fault(trouble, soap)
        if self._http_status != _OK:
            raise self._unreadable()
        response = body[0] if len(body) == 1 else None
        if response is None or response.tag != f"{NAMESPACE}{self.operation}Response":
            raise ReplyBroken(f"KashFlow answered something else than {self.operation}.")
        self._judge(response)
        self._check_list(response)
        return response

    def _take(self, element: etree._Element) -> None:
        """Read one record, if it stands in the list of this operation, and let go of it."""
        parent = element.getparent()
        if parent is None:
            return
        if parent is not self._list:
            if parent.tag != f"{NAMESPACE}{self.operation}Result":
                return
            self._list = parent
        if self._read is not None:
            self.rows.append(self._read(element, self._left_out))
        element.clear()
        while (sibling := element.getprevious()) is not None:
            self._strange += sibling.tag != self._item
            parent.remove(sibling)

    def _check_list(self, response: etree._Element) -> None:
        result = response.find(f"{NAMESPACE}{self.operation}Result")
        if self._read is None or result is None:
            return
        self._strange += sum(child.tag != self._item for child in result)
        if self._list not in (None, result) or (self._strange and not self.rows):
            raise ReplyBroken(
                f"The list in KashFlow's answer to {self.operation} is of other things."
            )
        _log.debug(
            "%s: %d rows, %d other elements between them, left out of them %s",
            self.operation,
            len(self.rows),
            self._strange,
            dict(self._left_out),
        )

    def _judge(self, response: etree._Element) -> None:
        statuses = [one.text or "" for one in response.iterfind(f"{NAMESPACE}Status")]
        status = statuses[0].strip().casefold() if len(statuses) == 1 else ""
        said = response.findtext(f"{NAMESPACE}StatusDetail") or ""
        if not status or UNREADABLE in status:
            raise ReplyBroken(f"KashFlow's answer to {self.operation} does not say how it went.")
        if status == "ok":
            if said:
                _log.warning("%s: KashFlow says OK, and adds a remark", self.operation)
            return
        result = (response.findtext(f"{NAMESPACE}{self.operation}Result") or "").strip()
        if self.operation.startswith("Insert") and result not in ("", "0", "false"):
            raise ReplyBroken(f"KashFlow says no to {self.operation}, and gives a number for it.")
        raise refusal(self.operation, _one_line(said), self._shown(said))

    def _fault(self, element: etree._Element, soap: str) -> KashFlowError:
        code = element.findtext("faultcode") or element.findtext(f"{soap}Code/{soap}Value") or ""
        said = element.findtext("faultstring") or ""
        said = said or element.findtext(f"{soap}Reason/{soap}Text") or ""
        return fault(code.strip(), self._shown(said))

    def _shown(self, said: str) -> str:
        """Return what KashFlow says as one line, fit for a screen: secrets masked, then cut."""
        return _one_line(self._hide(said[:_READ_AT_MOST]))

    def _unreadable(self) -> KashFlowError:
        """Return the error for a body that is no reply of KashFlow's, by what it looks like."""
        head = self._head.lower()
        if self._http_status >= _SERVER_ERROR:
            return ServerTrouble(f"The server is in trouble (HTTP {self._http_status}).")
        if self._http_status == _HTTP_TOO_LARGE:
            return too_large()
        if self._http_status in _REDIRECTS:
            return NotKashFlow("The server points to another address, which is not followed.")
        if self._http_status != _OK:
            return NotKashFlow(
                f"The server answered with HTTP {self._http_status}, not as KashFlow."
            )
        if not head:
            return ReplyBroken("The reply is empty.")
        if b"<html" in head or b"<!doctype html" in head:
            return NotKashFlow("A web page came back, not KashFlow's reply.")
        if b"envelope" in head:
            return ReplyBroken("KashFlow's reply is damaged, or only half of it came.")
        return NotKashFlow("Something else than KashFlow answered.")


def _one_line(text: str) -> str:
    return " ".join(text[:_READ_AT_MOST].split())[:_SAID_AT_MOST]


# Replies as dicts, by the names and types of a WSDL, for operations that have no record.

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ABOUT = ("Status", "StatusDetail")
_SCALAR_READERS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "string": (str, ""),
    "int": (whole_number, 0),
    "integer": (whole_number, 0),
    "decimal": (amount, Decimal(0)),
    "boolean": (truth, False),
    "dateTime": (day, None),
}

_log = logging.getLogger(__name__)

Content = str | int | Decimal | bool | date | None | list[Any] | dict[str, Any]


class ContractReader:
    """Reads elements by the types of one contract, as forgivingly as records are read.

    Unknown elements come along as text or dict, missing ones have the value that .NET means by
    that: "", 0, False, None for a date or an object, [] for a list. A scalar that cannot be read
    counts as missing, and is logged by name, never by content.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def response(self, operation: str, element: etree._Element) -> dict[str, Content]:
        """Return all that an operation's response element says but for its Status."""
        said = self._object(element, self._contract.reply_type(operation))
        return {name: value for name, value in said.items() if name not in _ABOUT}

    def _value(self, element: etree._Element, kind: Any) -> Content:
        if isinstance(kind, AnyType):
            named = (element.get(_XSI_TYPE) or "").rpartition(":")[2]
            kind = self._contract.named(named) or kind
        if not isinstance(kind, ComplexType):
            return (
                _scalar(element, kind.name) if kind.name in _SCALAR_READERS else _untyped(element)
            )
        many = item_of(kind)
        if many is None:
            return self._object(element, kind)
        tag = NAMESPACE + many.name
        return [self._value(child, many.type) for child in element if child.tag == tag]

    def _object(self, element: etree._Element, kind: ComplexType) -> dict[str, Content]:
        known = {name: field.type for name, field in kind.elements}
        values: dict[str, Content] = {name: _missing(kind) for name, kind in known.items()}
        for child in element:
            name = str(child.tag).rpartition("}")[2]
            if name not in known:
                values[name] = _untyped(child)
            elif child.tag == NAMESPACE + name:
                values[name] = self._value(child, known[name])
        return values


def _missing(kind: Any) -> Content:
    if isinstance(kind, ComplexType):
        return None if item_of(kind) is None else []
    default: Content = _SCALAR_READERS[kind.name][1] if kind.name in _SCALAR_READERS else None
    return default


def _scalar(element: etree._Element, kind: str) -> Content:
    convert, default = _SCALAR_READERS[kind]
    value: Content = default
    if element.text:
        try:
            value = convert(element.text)
        except ValueError:
            _log.warning("%s has a value that cannot be read", str(element.tag).rpartition("}")[2])
    return value


def _untyped(element: etree._Element) -> Content:
    if not len(element):
        return element.text or ""
    names = [str(child.tag).rpartition("}")[2] for child in element]
    if len(names) > len(set(names)):
        return [_untyped(child) for child in element]
    return {name: _untyped(child) for name, child in zip(names, element, strict=True)}
