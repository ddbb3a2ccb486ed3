# mypy: untyped-calls-exclude="zeep"
"""A WSDL: which operations there are, what they take and answer, and zeep's envelopes for them."""

from __future__ import annotations

import difflib
import functools
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zeep
from lxml import etree
from zeep.wsdl import Document
from zeep.xsd import AnyType, ComplexType

from kfclient.api.credentials import MASK
from kfclient.api.errors import BadRequest
from kfclient.api.records import InvoiceLine, Record
from kfclient.api.request import message, scalar
from kfclient.api.transport import Reply, Transport

if TYPE_CHECKING:
    from kfclient.api.endpoint import Endpoint

BINDING = "{KashFlow}KashFlowAPISoap"
SETTINGS = zeep.Settings(
    strict=True, raw_response=True, forbid_dtd=True, forbid_entities=True, forbid_external=True
)
TYPE = "@type"
"""The key under which a dict says which of KashFlow's types it is, where a list takes several."""

_KINDS: dict[str, Any] = {
    "string": str,
    "int": int,
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
    "dateTime": date | None,
}
_loading = threading.Lock()


class Contract:
    """A loaded WSDL. Nothing of it changes in use, so threads may share one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._operations: dict[str, Any] = document.bindings[BINDING].all()

    def arguments(self, operation: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return zeep's arguments for a call: masked credentials, then the checked `fields`.

        `fields` have KashFlow's own names and hold records, dicts, lists and scalars. Raises
        `BadRequest`, naming the field and never its content, for an operation or a field that
        does not exist, for one that is missing, and for a value that cannot be sent.
        """
        signature = dict(self._operation(operation).input.body.type.elements)
        arguments = {name: MASK for name in ("UserName", "Password") if name in signature}
        update = operation.startswith("Update")
        for name, value in fields.items():
            if name not in signature:
                raise _bad(f"{operation} has no field {name}", f"It takes {_listed(signature)}.")
            arguments[name] = self._built(signature[name].type, value, name, name, update)
        for name, element in signature.items():
            if name not in arguments and not element.is_optional:
                raise _bad(f"{operation} needs {name}", f"It takes {_listed(signature)}.")
        return arguments

    def reply_type(self, operation: str) -> ComplexType:
        """Return the type of the operation's response element. Raises `BadRequest`."""
        kind: ComplexType = self._operation(operation).output.body.type
        return kind

    def named(self, name: str) -> ComplexType | None:
        """Return KashFlow's type of that name, None if there is none."""
        try:
            found = self.document.types.get_type(f"{{KashFlow}}{name}")
        except (LookupError, ValueError, zeep.exceptions.Error):
            return None
        return found if isinstance(found, ComplexType) else None

    def _operation(self, name: str) -> Any:
        if name not in self._operations:
            near = difflib.get_close_matches(name, self._operations, n=1)
            hint = f"Is it {near[0]} that you mean? " if near else ""
            raise _bad(
                f"There is no operation {name} in the contract at hand",
                f"{hint}The capitals of its name count, and operations that kfclient has no method "
                "for need the vendor's WSDL: KashFlow(..., wsdl=path).",
            )
        return self._operations[name]

    def _built(self, kind: Any, value: Any, name: str, where: str, update: bool) -> Any:
        """Return `value` as zeep is to have it; `where` is the path to it, for the error."""
        if isinstance(value, Record):
            value = message(value, where, update=update)
            if "Lines" in value:
                value["Lines"] = [{TYPE: InvoiceLine.__name__, **line} for line in value["Lines"]]
        if not isinstance(kind, ComplexType):
            wanted = _KINDS.get(kind.name)
            if wanted is None:
                raise _bad(f"{where} is of a kind ({kind.name}) that cannot be sent", "")
            return scalar(value, wanted, name, where)
        many = item_of(kind)
        if many is not None and isinstance(value, list | tuple):
            items = [
                self._item(many.type, one, many.name, f"{where}[{number}]", update)
                for number, one in enumerate(value, start=1)
            ]
            return {many.name: items}
        if not isinstance(value, Mapping):
            raise _bad(f"{where} is a {type(value).__name__}, which cannot be sent there", "")
        return self._object(kind, value, where, update)

    def _item(self, kind: Any, value: Any, name: str, where: str, update: bool) -> Any:
        """Return an item of a list; one of a list of any type says itself which it is."""
        if isinstance(kind, AnyType):
            # An object, so that it goes out with its xsi:type; a dict would go out as text.
            called = value.get(TYPE, "") if isinstance(value, Mapping) else type(value).__name__
            found = self.named(called)
            if found is None:
                raise _bad(
                    f"{where} does not say which of KashFlow's types it is",
                    f'Give it as {{"{TYPE}": "InvoiceLine", ...}}.',
                )
            kind = found
        return self._built(kind, value, name, where, update)

    def _object(self, kind: ComplexType, given: Mapping[str, Any], where: str, update: bool) -> Any:
        """Return zeep's object for a dict, what the schema needs and nobody gave filled in."""
        elements = dict(kind.elements)
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name == TYPE:
                continue
            if name not in elements:
                raise _bad(f"{where} has no field {name}", f"It takes {_listed(elements)}.")
            values[name] = self._built(elements[name].type, value, name, f"{where}.{name}", update)
        for name, element in elements.items():
            if values.get(name) is None and not element.is_optional:
                values[name] = _nothing(element.type.name)
        return kind(**values)


def our_contract() -> Contract:
    """Return the contract of the operations that have a method: a file of this package."""
    with _loading:
        return _ours()


def given_contract(path: Path) -> Contract:
    """Return the contract in a WSDL file. Raises `BadRequest` where it is none of KashFlow's."""
    with _loading:
        try:
            return _given(path, path.stat().st_mtime_ns)
        except (OSError, LookupError, ValueError, AttributeError, TypeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no WSDL of KashFlow's"
        except (zeep.exceptions.Error, etree.LxmlError):
            reason = "it is no WSDL of KashFlow's"
    raise _bad(f"The contract in {path} cannot be used: {reason}", "Name the vendor's WSDL file.")


def item_of(kind: Any) -> Any | None:
    """Return the element that a list type repeats, None for a type that is no list."""
    if not isinstance(kind, ComplexType) or len(kind.elements) != 1:
        return None
    element = kind.elements[0][1]
    return element if element.accepts_multiple else None


@functools.cache
def _ours() -> Contract:
    with resources.files(__package__).joinpath("kashflow.wsdl").open("rb") as file:
        return _loaded(file)


@functools.lru_cache(maxsize=4)
def _given(path: Path, _changed: int) -> Contract:
    with path.open("rb") as file:
        return _loaded(file)


def _loaded(file: Any) -> Contract:
    no_transport: Any = None  # a WSDL that refers to another file is none of KashFlow's
    return Contract(Document(file, no_transport, settings=SETTINGS))


def _nothing(kind: str) -> Any:
    """Return what an unset field of a .NET value type holds; for a date (`Created`), today."""
    if kind == "dateTime":
        return datetime.combine(datetime.now(UTC).date(), time())
    return {"int": 0, "decimal": 0, "boolean": False}[kind]


def _listed(elements: Mapping[str, Any]) -> str:
    own = [name for name in elements if name not in ("UserName", "Password")]
    return ", ".join(own) or "no fields"


def _bad(what: str, cure: str) -> BadRequest:
    return BadRequest(f"{what}; nothing was sent.", cure)


# zeep's part: the envelopes it builds from checked values, and sends.


class Soap:
    """Builds and sends the requests of one endpoint. Safe to use from many threads at once.

    Nothing of zeep's is changed by a call (its `settings` and `Transport.settings` contexts, which
    are not thread-safe, are not used).
    """

    def __init__(self, endpoint: Endpoint, contract: Contract, transport: Transport) -> None:
        self.contract = contract
        self.transport = transport
        self._client = zeep.Client(contract.document, transport=transport, settings=SETTINGS)
        self._service = self._client.create_service(BINDING, endpoint.url)

    def send(self, operation: str, fields: Mapping[str, Any]) -> Reply:
        """Send a request within the current call; return the reply, its body unread.

        `fields` are the operation's own. Raises `BadRequest` for a value that cannot be sent, and
        what `Transport.post_xml` raises.
        """
        arguments = self.contract.arguments(operation, fields)
        reply: Reply = self._service[operation](**arguments)
        return reply

    def envelope(self, operation: str, fields: Mapping[str, Any]) -> bytes:
        """Return the pretty-printed envelope that `send` would send, its secrets masked."""
        arguments = self.contract.arguments(operation, fields)
        tree = self._client.create_message(self._service, operation, **arguments)
        etree.indent(tree)
        return etree.tostring(tree, encoding="utf-8", xml_declaration=True)
