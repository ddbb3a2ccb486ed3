"""The first checks of a connection, one by one, so that a person sees which of them fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kfclient.api.call import Limits
from kfclient.api.client import KashFlow
from kfclient.api.credentials import Credentials
from kfclient.api.dialling import dial
from kfclient.api.endpoint import Endpoint, trust
from kfclient.api.errors import Refused, ServerTrouble

if TYPE_CHECKING:
    import http.client
    from pathlib import Path

_LOOK = Limits(connect=10.0, reading=30.0, tries=1)


def reach(endpoint: str, limits: Limits = _LOOK) -> str:
    """Connect to the server and hang up; return the place reached, as in `example.com:443`.

    Through a proxy, what is reached is the proxy, or what it reaches for us. Raises
    `ServerUnreachable`, and for an address that will not do `BadRequest` or `InsecureConnection`.
    """
    place = Endpoint.parse(endpoint)
    connection = _connected(place, limits)
    try:
        peer = connection.sock.getpeername()[0]
    finally:
        connection.close()
    proxied = place.proxy() is not None
    if proxied:
        return f"{place.place}, through the proxy {connection.host}:{connection.port}"
    return place.place if peer == place.host else f"{place.place} ({peer})"


def secure(endpoint: str, limits: Limits = _LOOK, authority: Path | str | None = None) -> str:
    """Make a TLS connection and hang up; return its version, and whose certificate until when.

    On this machine plain http will do, and the answer says so. `authority` is a file of
    certificates to trust beside the usual ones. Raises `InsecureConnection` for a
    certificate that cannot be trusted, and what `reach` raises.
    """
    from kfclient.api.transport import not_connected

    place = Endpoint.parse(endpoint)
    if not place.secure:
        return "not needed on this machine"
    connection = _connected(place, limits)
    try:
        with trust(authority).wrap_socket(connection.sock, server_hostname=place.host) as safe:
            version = (safe.version() or "TLS").replace("TLSv", "TLS ")
            return f"{version}, {_certificate(safe.getpeercert() or {})}"
    except OSError as error:
        raise not_connected(error, place) from None
    finally:
        connection.close()


def answers(endpoint: str, limits: Limits = _LOOK, authority: Path | str | None = None) -> str:
    """Ask KashFlow's API a harmless question without credentials; return how fast it answered.

    Any well-formed reply will do, a refusal or a fault included: only KashFlow, or a server that
    speaks as it does, gives one. Raises `NotKashFlow` and the other kinds of `Unknown` for
    anything else, and what `reach` raises.
    """
    began = time.monotonic()
    nobody = KashFlow(endpoint, Credentials("", ""), limits=limits, authority=authority)
    try:
        nobody.get_vat_rates()
    except Refused:
        pass
    except ServerTrouble as trouble:
        if not trouble.said:  # no SOAP fault, but an error page
            raise
    finally:
        nobody.close()
    return f"KashFlow's API answered in {(time.monotonic() - began) * 1000:.0f} ms"


def _connected(place: Endpoint, limits: Limits) -> http.client.HTTPConnection:
    """Return a plain connection that leads to `place`, through the proxy if there is one."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    from requests.utils import get_auth_from_url
    from urllib3.util import make_headers

    from kfclient.api.transport import not_connected

    proxy = place.proxy()
    if proxy is None:
        connection = HTTPConnection(place.host, place.port, timeout=limits.connect)
    else:
        parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=limits.connect)
        auth = ":".join(get_auth_from_url(proxy))
        headers = make_headers(proxy_basic_auth=auth) if auth != ":" else {}
        connection.set_tunnel(place.host, place.port, headers)
    connection._create_connection = dial  # type: ignore[attr-defined]  # noqa: SLF001 - its seam
    try:
        connection.connect()
    except (OSError, HTTPException, ValueError) as error:
        raise not_connected(error, place) from None
    return connection


def _certificate(certificate: Any) -> str:
    """Return the certificate's name and last day in words."""
    import ssl
    from datetime import UTC, datetime

    subject = {name: value for part in certificate.get("subject", ()) for name, value in part}
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    whose = subject.get("commonName") or (names[0] if names else "an unnamed server")
    last = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    return f"certificate of {whose}, valid until {last.day} {last:%B %Y}"
