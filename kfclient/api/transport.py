# mypy: untyped-calls-exclude="zeep"
"""How zeep's requests travel and replies come back: connections, pieces, limits.

Rules, each bought with a measurement: redirects are not followed (requests would turn the POST
into a GET, or send it twice), TLS is always verified, nothing is tried again here, a writing call
and a second try have a connection of their own, the reply may not outgrow its limit. A connection
notes when its first byte is about to leave; before that, a failure is certainly not sent.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import zeep
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)
from zeep.wsdl.utils import etree_to_string

from kfclient import __version__
from kfclient.api.call import Call, current
from kfclient.api.dialling import dial
from kfclient.api.endpoint import Endpoint, trust
from kfclient.api.errors import (
    InsecureConnection,
    KashFlowError,
    NotSent,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    ServerBusy,
    ServerUnreachable,
)
from kfclient.dates import shown_date

if TYPE_CHECKING:
    from lxml import etree


# HTTP connections that note when a request's first byte is about to leave.
#
# Up to that moment a failure means "not sent" for certain, after it never: no exception of requests
# or urllib3 tells the two apart reliably (a TLS error, for one, can be either).

_POOL = 16

_FRESH = 5.0
"""Seconds for which an unused connection may wait for its lane: servers end those that idle."""


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _dialled(self)

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        _made_ready(self)
        super().endheaders(message_body, encode_chunked=encode_chunked)


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _dialled(self)

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        _made_ready(self)
        super().endheaders(message_body, encode_chunked=encode_chunked)


def _dialled(connection: HTTPConnection) -> socket.socket:
    """Connect in our way, and fail in urllib3's."""
    place = (connection._dns_host, connection.port)  # noqa: SLF001 - as its own method does
    timeout = connection.timeout
    try:
        return dial(
            place,
            timeout if isinstance(timeout, int | float) else None,
            options=[one for one in connection.socket_options or () if len(one) == 3],
        )
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "no address answered in time") from error
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error


def _made_ready(connection: HTTPConnection) -> None:
    """Connect, wait for the lane, and note that the first byte is about to leave.

    A lane is not held while connecting: TCP and TLS take several ways there and back.
    """
    if connection.sock is None:
        connection.connect()
    if current().begin() > _FRESH:
        # The server may have hung up meanwhile, and nothing has left yet. Not connection.close(),
        # which would forget the request as well.
        connection.sock.close()
        connection.connect()
    current().leaving(connection.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Makes those connections, directly or through a proxy; never tries anything twice."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=_POOL)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)
        _use_our_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(
            proxy, ssl_context=self._context, **options
        )
        _use_our_pools(manager)
        return manager

    def cert_verify(self, conn: Any, *_requests: object) -> None:
        """Have certificates verified by our context, which has the authorities already.

        requests would have each new connection, so each write, read certifi's file once more: some
        20 ms of CPU.
        """
        conn.cert_reqs = "CERT_REQUIRED"


def _use_our_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def open_session(endpoint: Endpoint, authority: Path | str | None = None) -> requests.Session:
    """Return a session for `endpoint` alone that reads no .netrc and announces each request.

    `authority` is a file of certificates to trust beside the usual ones. Raises `BadRequest` where
    it holds none.
    """
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.headers["User-Agent"] = f"Kashdeck/{__version__}"
    session.headers["Accept"] = "text/xml"
    session.headers["Accept-Encoding"] = "gzip"
    session.adapters.clear()
    # Certificates take some 30 ms to read: not for plain http.
    if endpoint.secure:
        session.mount("https://", _Adapter(trust(authority)))
    else:
        session.mount("http://", _Adapter(None))
    return session


# Why no connection could be made, in words; the calls and the first checks share it.

_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})")

_OF_TIME = {9: "is not valid yet", 10: "has expired"}
"""What OpenSSL's codes say of a certificate's dates."""

_CERTIFICATE_CURE = (
    "Check the server's address. On a company network ask whether it looks into https: its own "
    "certificate must then be known to this machine."
)


def not_connected(error: BaseException, endpoint: Endpoint) -> NotSent:
    """Return what a person should read after `error` kept us from connecting to `endpoint`.

    The exceptions of requests and urllib3 wrap one another; the innermost says what happened.
    Their own text is not shown: it can hold a proxy's password.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            if cause.verify_code in _OF_TIME:
                now = datetime.now().astimezone()
                return InsecureConnection(
                    f"The certificate of {endpoint.place} {_OF_TIME[cause.verify_code]}, by this "
                    f"machine's clock, which says {now:%H:%M} on {shown_date(now.date())}; nothing "
                    "was sent.",
                    "If the clock is wrong, set it. If it is right, tell whoever runs the server.",
                )
            return InsecureConnection(
                f"The certificate of {endpoint.place} cannot be trusted "
                f"({cause.verify_message}); nothing was sent.",
                _CERTIFICATE_CURE,
            )
        if isinstance(cause, ssl.SSLError):
            return InsecureConnection(
                f"No safe connection to {endpoint.place} could be made; nothing was sent."
            )
    return _by_proxy(causes, endpoint) or ServerUnreachable(
        f"{_reason(causes, endpoint)}; nothing was sent."
    )


def _by_proxy(causes: list[BaseException], endpoint: Endpoint) -> ServerUnreachable | None:
    """Return what to say where it was the proxy that failed, None where it was not."""
    proxy = endpoint.proxy_place()
    if not proxy:
        return None
    answers = [found for cause in causes if (found := _TUNNEL.match(str(cause)))]
    cure = "Look at HTTPS_PROXY, and ask whoever looks after the network."
    if answers and answers[0][1] == "407":
        return ServerUnreachable(
            f"The proxy {proxy} asks for a name and a password that it takes (407); nothing was "
            "sent.",
            "Give them in HTTPS_PROXY, as in http://NAME:PASSWORD@HOST:PORT. A proxy that asks for "
            "a Windows login (NTLM, Kerberos) cannot be used directly.",
        )
    if answers:
        return ServerUnreachable(
            f"The proxy {proxy} did not let us through to {endpoint.place} ({answers[0][1]}); "
            "nothing was sent.",
            cure,
        )
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        what = f"There is no proxy called {proxy}, or the network is down"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        what = f"Nothing answers at the proxy {proxy}"
    elif any(isinstance(cause, TimeoutError) for cause in causes):
        what = f"The proxy {proxy} does not answer"
    else:
        what = f"The proxy {proxy} ended the connection"
    return ServerUnreachable(f"{what}; nothing was sent.", cure)


def _reason(causes: list[BaseException], endpoint: Endpoint) -> str:
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        return f"There is no server called {endpoint.host}, or the network is down"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"Nothing answers at {endpoint.place}"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return f"{endpoint.place} does not answer"
    return f"No connection to {endpoint.place} could be made"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it wraps, by any of the ways there are, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        wrapped = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting.extend(cause for cause in wrapped if isinstance(cause, BaseException))


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
        """Send `envelope` within the current call; return its reply, the body unread.

        Raises the tree of `kfclient.api.errors`: `NotSent` while nothing can have left, `Unknown`
        afterwards.
        """
        call = current()
        if not call.alone:  # kept connections are as many as there are lanes
            call.begin()
        call.check()
        if call.trace is not None:
            call.trace.request(envelope)
        session = self._kept
        if call.alone:
            session = open_session(self._endpoint, self._authority)
        if call.alone:
            headers = {**headers, "Connection": "close"}
        try:
            # Not session.send: it reads a redirect's whole body to find out where it leads.
            response = session.get_adapter(address).send(
                session.prepare_request(
                    requests.Request("POST", address, headers, data=_filled(envelope, call))
                ),
                stream=True,
                timeout=(call.limits.connect, min(call.limits.silence, call.remaining)),
                proxies=self._proxies(),
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # The exception and its frames hold the request, so it is raised anew, not chained.
            raise self._told(error, call) from None
        return Reply(response, call, session.close if call.alone else None)

    def close(self) -> None:
        """Close the kept connections."""
        self._kept.close()

    def _proxies(self) -> dict[str, str]:
        proxy = self._endpoint.proxy()
        return {"https" if self._endpoint.secure else "http": proxy} if proxy else {}

    def _told(self, error: BaseException, call: Call) -> KashFlowError:
        if not call.sent:
            return not_connected(error, self._endpoint)
        return broken_off(error, call)


class Reply:
    """What came back: the HTTP status and headers, and the body in pieces as it arrives.

    `done` is called when the body has been read, or given up.
    """

    def __init__(
        self,
        response: requests.Response,
        call: Call,
        done: Callable[[], None] | None = None,
    ) -> None:
        self.status = response.status_code
        self.content_type: str = response.headers.get("Content-Type", "")
        self.busy = turned_away(response.status_code, response.headers)
        self._response = response
        self._call = call
        self._done = done

    def chunks(self) -> Generator[bytes]:
        """Yield the body, decompressed, in pieces of at most 64 KB.

        The connection goes back to its pool only when the body was read to its end. Raises
        `ReplyLost`, `ReplyTooSlow`, `ReplyBroken` (not the gzip it claims to be, or larger than
        the limit) and `Cancelled`.
        """
        raw, size, whole = self._response.raw, 0, False
        call = self._call
        try:
            while chunk := raw.read1(_CHUNK, decode_content=True):
                call.check()
                size += len(chunk)
                if call.trace is not None:
                    call.trace.piece(chunk)
                if size > call.limits.size:
                    raise ReplyBroken("The reply is larger than any list of KashFlow's.")
                yield chunk
            call.check()
            whole = True
        except (HTTPError, OSError, ValueError) as error:
            raise broken_off(error, call) from None
        finally:
            if whole:
                raw.release_conn()
            else:
                raw.close()
            if call.trace is not None:
                call.trace.reply(self.status)
            if self._done is not None:
                self._done()


_TOO_MANY, _UNAVAILABLE = 429, 503
_SECONDS = re.compile("[0-9]{1,8}", re.ASCII)


def turned_away(status: int, headers: Mapping[str, str]) -> ServerBusy | None:
    """Return the error for a reply by which a server turns a call away unread, None for others.

    That is 429, and 503 where it says when to come again. A time of day is taken by the server's
    own clock, where it gives that.
    """
    asked = headers.get("Retry-After")
    if status != _TOO_MANY and (status != _UNAVAILABLE or asked is None):
        return None
    asked = (asked or "").strip()
    if _SECONDS.fullmatch(asked):
        return ServerBusy(float(asked))
    until, now = _moment(asked), _moment(headers.get("Date", "")) or datetime.now(UTC)
    return ServerBusy(None if until is None else max(0.0, (until - now).total_seconds()))


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def broken_off(error: BaseException, call: Call) -> KashFlowError:
    """Return the error to raise after `error` ended a call whose request may have arrived.

    Raises `Cancelled` or `ReplyTooSlow` where it was we who hung up.
    """
    call.check()
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError | TimeoutError):
        return ReplyTooSlow("KashFlow did not answer in the time set.")
    if isinstance(error, DecodeError):
        return ReplyBroken("The reply is not compressed in the way it says.")
    return ReplyLost("The connection ended before KashFlow's whole reply had come.")


def _filled(envelope: etree._Element, call: Call) -> bytes:
    """Return the bytes to send: the envelope with the secrets in their places."""
    for name, secret in call.secrets.items():
        for element in envelope.iter(f"{{KashFlow}}{name}"):
            element.text = secret
    message: bytes = etree_to_string(envelope)
    return message
