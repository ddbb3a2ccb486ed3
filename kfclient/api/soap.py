# mypy: untyped-calls-exclude="zeep"
"""zeep's part: the envelopes it builds from checked values, and sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import zeep
from lxml import etree

from kfclient.api.contract import BINDING, SETTINGS, Contract
from kfclient.api.transport import Reply, Transport

if TYPE_CHECKING:
    from kfclient.api.endpoint import Endpoint


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
        """Send a request within the current exchange; return the reply, its body unread.

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
