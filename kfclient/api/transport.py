# mypy: untyped-calls-exclude="zeep"
"""How zeep's requests travel, and how the replies come back: in pieces, within limits.

Rules, each bought with a measurement: redirects are not followed (requests would turn the POST
into a GET, or send it twice), TLS is always verified, nothing is tried again here, a writing call
and a second try have a connection of their own, the reply may not outgrow its limit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import requests
import zeep
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError
from zeep.wsdl.utils import etree_to_string

from kfclient.api.connection import open_session
from kfclient.api.errors import KashFlowError, ReplyBroken, ReplyLost, ReplyTooSlow
from kfclient.api.exchange import Exchange, current
from kfclient.api.unreachable import not_connected

if TYPE_CHECKING:
    from pathlib import Path

    from lxml import etree

    from kfclient.api.endpoint import Endpoint

_CHUNK = 64 * 1024

# zeep writes whole envelopes to its log at DEBUG. Ours never reach that code; should a later
# version of zeep log elsewhere, nobody can turn it on by accident.
for _name in ("zeep", "zeep.transports", "zeep.wsdl", "zeep.xsd"):
    logging.getLogger(_name).setLevel(logging.INFO)


class Transport(zeep.Transport):
    """Carries the envelopes of one endpoint; safe to use from many threads at once.

    Reading calls share a pool of kept connections. The username, the password and the AutoAuth key
    are put into an envelope here, at the last moment: zeep never sees them.
    """

    _close_session = False  # zeep's __del__ asks, even where no session could be made

    def __init__(self, endpoint: Endpoint, authority: Path | str | None = None) -> None:
        self._kept = open_session(endpoint, authority)
        super().__init__(session=self._kept)  # type: ignore[no-untyped-call]
        self._endpoint = endpoint
        self._authority = authority

    def post_xml(self, address: str, envelope: etree._Element, headers: dict[str, str]) -> Reply:
        """Send `envelope` within the current exchange; return its reply, the body unread.

        Raises the tree of `kfclient.api.errors`: `NotSent` while nothing can have left, `Unknown`
        afterwards.
        """
        exchange = current()
        if not exchange.alone:  # kept connections are as many as there are lanes
            exchange.begin()
        exchange.check()
        if exchange.trace is not None:
            exchange.trace.request(envelope)
        session = self._kept
        if exchange.alone:
            session = open_session(self._endpoint, self._authority)
        if exchange.alone:
            headers = {**headers, "Connection": "close"}
        try:
            # Not session.send: it reads a redirect's whole body to find out where it leads.
            response = session.get_adapter(address).send(
                session.prepare_request(
                    requests.Request("POST", address, headers, data=_filled(envelope, exchange))
                ),
                stream=True,
                timeout=(exchange.limits.connect, min(exchange.limits.silence, exchange.remaining)),
                proxies=self._proxies(),
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # The exception and its frames hold the request, so it is told anew, not chained.
            raise self._told(error, exchange) from None
        return Reply(response, exchange, session.close if exchange.alone else None)

    def close(self) -> None:
        """Close the kept connections."""
        self._kept.close()

    def _proxies(self) -> dict[str, str]:
        proxy = self._endpoint.proxy()
        return {"https" if self._endpoint.secure else "http": proxy} if proxy else {}

    def _told(self, error: BaseException, exchange: Exchange) -> KashFlowError:
        if not exchange.sent:
            return not_connected(error, self._endpoint)
        return broken_off(error, exchange)


class Reply:
    """What came back: the HTTP status, and the body in pieces as it arrives.

    `done` is called when the body has been read, or given up.
    """

    def __init__(
        self,
        response: requests.Response,
        exchange: Exchange,
        done: Callable[[], None] | None = None,
    ) -> None:
        self.status = response.status_code
        self._response = response
        self._exchange = exchange
        self._done = done

    def chunks(self) -> Generator[bytes]:
        """Yield the body, decompressed, in pieces of at most 64 KB.

        The connection goes back to its pool only when the body was read to its end. Raises
        `ReplyLost`, `ReplyTooSlow`, `ReplyBroken` (not the gzip it claims to be, or larger than
        the limit) and `Cancelled`.
        """
        raw, size, whole = self._response.raw, 0, False
        exchange = self._exchange
        try:
            while chunk := raw.read1(_CHUNK, decode_content=True):
                exchange.check()
                size += len(chunk)
                if exchange.trace is not None:
                    exchange.trace.piece(chunk)
                if size > exchange.limits.size:
                    raise ReplyBroken("The reply is larger than any list of KashFlow's.")
                yield chunk
            exchange.check()
            whole = True
        except (HTTPError, OSError, ValueError) as error:
            raise broken_off(error, exchange) from None
        finally:
            if whole:
                raw.release_conn()
            else:
                raw.close()
            if exchange.trace is not None:
                exchange.trace.reply(self.status)
            if self._done is not None:
                self._done()


def broken_off(error: BaseException, exchange: Exchange) -> KashFlowError:
    """Return what to tell after `error` ended an exchange whose request may have arrived.

    Raises `Cancelled` or `ReplyTooSlow` where it was we who hung up.
    """
    exchange.check()
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError | TimeoutError):
        return ReplyTooSlow("KashFlow did not answer in the time set.")
    if isinstance(error, DecodeError):
        return ReplyBroken("The reply is not compressed in the way it says.")
    return ReplyLost("The connection ended before KashFlow's whole reply had come.")


def _filled(envelope: etree._Element, exchange: Exchange) -> bytes:
    """Return the bytes to send: the envelope with the secrets in their places."""
    for name, secret in exchange.secrets.items():
        for element in envelope.iter(f"{{KashFlow}}{name}"):
            element.text = secret
    message: bytes = etree_to_string(envelope)
    return message
