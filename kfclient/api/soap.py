# mypy: untyped-calls-exclude="zeep"
"""zeep's part: the WSDL, and the envelopes it builds from checked values."""

from __future__ import annotations

import functools
import threading
from datetime import UTC, datetime, time
from importlib import resources
from typing import TYPE_CHECKING, Any

import zeep
from lxml import etree
from zeep.wsdl import Document
from zeep.xsd import ComplexType

from kfclient.api.credentials import MASK
from kfclient.api.messages import message, scalar
from kfclient.api.records import Record
from kfclient.api.transport import Reply, Transport

if TYPE_CHECKING:
    from kfclient.api.endpoint import Endpoint

_BINDING = "{KashFlow}KashFlowAPISoap"
_LINE = "{KashFlow}InvoiceLine"
_SETTINGS = zeep.Settings(
    strict=True, raw_response=True, forbid_dtd=True, forbid_entities=True, forbid_external=True
)
_loading = threading.Lock()


@functools.cache
def _load() -> Document:
    """Load our WSDL: a file of this package, never the server's word for it."""
    with resources.files(__package__).joinpath("kashflow.wsdl").open("rb") as file:
        no_transport: Any = None  # the file refers to no other
        return Document(file, no_transport, settings=_SETTINGS)


def _document() -> Document:
    with _loading:
        return _load()


class Soap:
    """Builds and sends the requests of one endpoint. Safe to use from many threads at once.

    One WSDL is loaded per process; nothing of zeep's is changed by a call (its `settings` and
    `Transport.settings` contexts, which are not thread-safe, are not used).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._transport = Transport(endpoint)
        self._client = zeep.Client(_document(), transport=self._transport, settings=_SETTINGS)
        self._service = self._client.create_service(_BINDING, endpoint.url)

    def send(self, operation: str, fields: dict[str, Any]) -> Reply:
        """Send a request within the current exchange; return the reply, its body unread.

        `fields` are the operation's own, as records and scalars. Raises `BadRequest` for a value
        that cannot be sent, and what `Transport.post_xml` raises.
        """
        reply: Reply = self._service[operation](**self._arguments(operation, fields))
        return reply

    def envelope(self, operation: str, fields: dict[str, Any]) -> bytes:
        """Return the pretty-printed envelope that `send` would send, its secrets masked."""
        arguments = self._arguments(operation, fields)
        tree = self._client.create_message(self._service, operation, **arguments)
        etree.indent(tree)
        return etree.tostring(tree, encoding="utf-8", xml_declaration=True)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _arguments(self, operation: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return zeep's arguments: masked secrets (the transport puts them in), then `fields`."""
        binding = self._client.wsdl.bindings[_BINDING]
        signature = dict(binding.get(operation).input.body.type.elements)
        arguments: dict[str, Any] = {"UserName": MASK, "Password": MASK}
        for name, value in fields.items():
            if isinstance(value, Record):
                arguments[name] = self._object(signature[name].type, message(value, name))
            else:
                arguments[name] = scalar(value, type(value), name, name)
        return arguments

    def _object(self, kind: ComplexType, values: dict[str, Any]) -> Any:
        """Return zeep's object for `values`, what the schema needs and nobody gave filled in."""
        if "Lines" in values:
            line = self._client.get_type(_LINE)
            # Objects, so that each line goes out with its xsi:type; a dict would go out as text.
            values["Lines"] = {"anyType": [self._object(line, one) for one in values["Lines"]]}
        for name, element in kind.elements:
            if name not in values and not element.is_optional:
                values[name] = _nothing(element.type.name)
        return kind(**values)


def _nothing(kind: str) -> Any:
    """Return what an unset field of a .NET value type holds; for a date (`Created`), today."""
    if kind == "dateTime":
        return datetime.combine(datetime.now(UTC).date(), time())
    return {"int": 0, "decimal": 0, "boolean": False}[kind]
