"""Why no connection could be made, in words; both the calls and the first checks say it so."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kfclient.api.errors import InsecureConnection, NotSent, ServerUnreachable

if TYPE_CHECKING:
    from kfclient.api.endpoint import Endpoint

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
            return InsecureConnection(
                f"The certificate of {endpoint.place} cannot be trusted "
                f"({cause.verify_message}); nothing was sent.",
                _CERTIFICATE_CURE,
            )
        if isinstance(cause, ssl.SSLError):
            return InsecureConnection(
                f"No safe connection to {endpoint.place} could be made; nothing was sent."
            )
    return ServerUnreachable(f"{_reason(causes, endpoint)}; nothing was sent.")


def _reason(causes: list[BaseException], endpoint: Endpoint) -> str:
    names = {type(cause).__name__ for cause in causes}
    told_by_proxy = any(str(cause).startswith("Tunnel connection failed") for cause in causes)
    if told_by_proxy or names & {"ProxyError", "InvalidProxyURL"}:
        return f"The proxy on the way to {endpoint.place} did not let us through"
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
