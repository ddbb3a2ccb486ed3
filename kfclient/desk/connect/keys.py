"""What a person types to connect: the server's address and the AutoAuth key, made clean."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from kfclient.api.endpoint import Endpoint
from kfclient.api.errors import NotSent
from kfclient.desk.errors import WrongValue

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
