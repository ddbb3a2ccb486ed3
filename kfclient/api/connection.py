"""HTTP connections that say when a request's first byte is about to leave.

Up to that moment a failure means "not sent" for certain, after it never: no exception of requests
or urllib3 tells the two apart reliably (a TLS error, for one, can be either).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from kfclient import __version__
from kfclient.api import exchange
from kfclient.api.endpoint import Endpoint, trust

if TYPE_CHECKING:
    import ssl

_POOL = 16

_FRESH = 5.0
"""Seconds for which an unused connection may wait for its lane: servers end those that idle."""


class _Connection(HTTPConnection):
    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        _made_ready(self)
        super().endheaders(message_body, encode_chunked=encode_chunked)


class _SecureConnection(HTTPSConnection):
    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        _made_ready(self)
        super().endheaders(message_body, encode_chunked=encode_chunked)


def _made_ready(connection: HTTPConnection) -> None:
    """Connect, wait for the lane, and note that the first byte is about to leave.

    A lane is not held while connecting: TCP and TLS take several ways there and back.
    """
    if connection.sock is None:
        connection.connect()
    if exchange.current().begin() > _FRESH:
        # The server may have hung up meanwhile, and nothing has left yet. Not connection.close(),
        # which would forget the request as well.
        connection.sock.close()
        connection.connect()
    exchange.current().leaving(connection.sock)


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
