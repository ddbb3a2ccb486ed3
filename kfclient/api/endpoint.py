"""Where KashFlow's API is: the address a person gives, checked, and the way to it."""

from __future__ import annotations

import functools
import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kfclient.api.errors import BadRequest, InsecureConnection, ServerUnreachable

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

_ADDRESS_CURE = (
    "Check the server's address, for example https://securedwebapp.com/api/service.asmx."
)
_PROXY_CURE = "Look at HTTPS_PROXY and ALL_PROXY."


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parsed address of one SOAP endpoint; `secure` means https."""

    url: str
    host: str
    port: int
    secure: bool

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Return the endpoint that `text`, an http or https address, names.

        Raises `BadRequest` where it is no such address or holds a password, and
        `InsecureConnection` for plain http to any machine but this one: the password travels in
        the body of every call.
        """
        url = text.strip()
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            host.encode("idna")
        except (ValueError, UnicodeError):
            host, port = "", None
        if not host or parts.scheme not in ("http", "https") or any(c.isspace() for c in url):
            raise BadRequest(
                "That is not the address of a server; nothing was sent.", _ADDRESS_CURE
            )
        if "@" in parts.netloc:
            raise BadRequest(
                "The server's address holds a username or password; nothing was sent.",
                "Take everything before the @ out of the address.",
            )
        secure = parts.scheme == "https"
        if not secure and not is_this_machine(host):
            raise InsecureConnection(
                f"Plain http to {host} would show the password to the network; nothing was sent."
            )
        return cls(url, host, port or (443 if secure else 80), secure)

    @property
    def place(self) -> str:
        """The machine and port, as in `securedwebapp.com:443`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def proxy(self) -> str | None:
        """Return the proxy that the environment names for this endpoint, if there is one.

        `https_proxy`, `all_proxy` and `no_proxy` are followed, as other programs do; this machine
        itself is never reached through a proxy.
        """
        from requests.utils import get_environ_proxies, select_proxy

        if is_this_machine(self.host):
            return None
        proxy = select_proxy(self.url, get_environ_proxies(self.url))
        if not proxy:
            return None
        try:
            parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            named = bool(parts.hostname) and parts.port != 0
        except ValueError:
            named = False
        if not named:
            raise ServerUnreachable(
                "The address of the proxy that the environment names is none; nothing was sent.",
                f"{_PROXY_CURE} In a password @ is written %40, : %3A and / %2F.",
            )
        if parts.scheme not in ("http", "https"):
            raise ServerUnreachable(
                f"The environment names a proxy of the kind {parts.scheme.upper()}, which Kashdeck "
                "cannot use; nothing was sent.",
                f"{_PROXY_CURE} A proxy for http is needed, or none.",
            )
        return proxy

    def proxy_place(self) -> str:
        """Return the machine and port of the proxy, "" where there is none; never its password."""
        try:
            proxy = self.proxy() or ""
        except ServerUnreachable:
            return ""
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return f"{parts.hostname}:{parts.port or 80}" if proxy else ""


def is_this_machine(host: str) -> bool:
    """Return whether `host` can only be this machine: localhost, 127.0.0.0/8 or ::1."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def trust(authority: Path | str | None = None) -> ssl.SSLContext:
    """Return a TLS context: 1.2 or later, host names checked, certificates verified.

    It trusts what this machine trusts (and `SSL_CERT_FILE`), for the companies that have an
    authority of their own, the public authorities of `certifi`, and those in the PEM file
    `authority`, where one is named. Raises `BadRequest` where that holds none. Reading them takes
    some 30 ms, so it is done once.
    """
    return _trust(
        os.environ.get("SSL_CERT_FILE"),
        os.environ.get("SSL_CERT_DIR"),
        None if authority is None else os.fspath(authority),
    )


@functools.lru_cache(maxsize=8)
def _trust(_file: str | None, _folder: str | None, authority: str | None) -> ssl.SSLContext:
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if authority is not None:
        try:
            # A pipe would be waited for, and a device read without end.
            context.load_verify_locations(authority if os.path.isfile(authority) else "")  # noqa: PTH113
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            raise BadRequest(
                f"The certificate authority in {authority} cannot be read; nothing was sent.",
                "Name a file that holds its certificate in PEM form "
                "(it begins with BEGIN CERTIFICATE).",
            ) from None
    return context
