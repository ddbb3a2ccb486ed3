"""What a person typed to connect a business, until it is checked and kept."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from kfclient.api.endpoint import Endpoint
from kfclient.api.errors import NotSent
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.business import software
from kfclient.store.redaction import redact

# What a person types to connect: the server's address and the AutoAuth key, made clean.

KASHFLOW_PATH = "/api/service.asmx"

_KEY = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))  # noqa: RUF001
_UNSEEN = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


def clean_key(text: str) -> str:
    """Return an AutoAuth key as KashFlow writes it: no spaces, no line ends, capitals."""
    return _UNSEEN.sub("", text).translate(_DASHES).upper()


def key_problem(text: str) -> str:
    """Say what is odd about an AutoAuth key, "" when its shape (1234ABCD-1234) is right.

    The key itself is never in the answer. Shape:
    https://www.kashflow.com/developers/soap-api/autoauthip/
    """
    key = clean_key(text)
    if _KEY.fullmatch(key):
        return ""
    if not key:
        return "The AutoAuth key is missing."
    if re.search(r"[^0-9A-F-]", key):
        return "An AutoAuth key has only the digits 0-9, the letters A-F and one dash."
    if key.count("-") != 1:
        return "An AutoAuth key has one dash, after its first eight characters."
    first, last = key.split("-")
    if len(first) != 8:
        return f"There should be 8 characters before the dash; there are {len(first)}."
    return f"There should be 4 characters after the dash; there are {len(last)}."


def clean_endpoint(text: str) -> str:
    """Return a server's address with what nobody needs taken off.

    https:// is added where no scheme is, a query (?WSDL) and fragment dropped; without a path it is
    KashFlow's own. Raises WrongValue where it is no address, holds a password, or is plain http to
    any machine but this one: the password travels in each request.
    """
    typed = _UNSEEN.sub("", text)
    if not typed:
        raise WrongValue("The server's address is missing.", "It begins with https://")
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        path = parts.path if parts.path.strip("/") else KASHFLOW_PATH
        url = urlunsplit((parts.scheme, parts.netloc.casefold(), path, "", ""))
    except ValueError:
        url = ""
    try:
        return Endpoint.parse(url).url
    except NotSent as problem:
        raise WrongValue(problem.sentence, problem.cure) from problem


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person typed to connect; its repr shows neither the password nor the key.

    `secrets_in` is the id of the keyring that shall hold them (`Secrets.choices`), "" for the one
    that is proposed.
    """

    software: str = "kashflow"
    endpoint: str = ""
    username: str = ""
    password: str = ""
    autoauth_key: str = ""
    secrets_in: str = ""

    def __post_init__(self) -> None:
        """Have both blanked from now on, in whatever is logged or noted."""
        redact.add(self.password, self.autoauth_key)

    def __repr__(self) -> str:
        return f"Draft(software={self.software!r}, endpoint={self.endpoint!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show the same to rich, which would list every field."""
        return [("software", self.software), ("endpoint", self.endpoint)]

    def cleaned(self) -> Draft:
        """Return the draft as it will be used; WrongValue for what is missing or misshapen.

        The password is taken as typed: spaces may belong to it.
        """
        endpoint = clean_endpoint(self.endpoint or software(self.software).endpoint)
        if not self.username.strip():
            raise WrongValue(
                "The username is missing.", "It is the one shown on Apps > API Settings."
            )
        if not self.password:
            raise WrongValue("The password is missing.", "Type it; it is not shown.")
        odd = key_problem(self.autoauth_key)
        if odd:
            raise WrongValue(
                odd, "On Apps > API Settings press Copy code; it looks like 1234ABCD-1234."
            )
        return msgspec.structs.replace(
            self,
            endpoint=endpoint,
            username=self.username.strip(),
            autoauth_key=clean_key(self.autoauth_key),
        )
