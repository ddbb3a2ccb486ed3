"""Secrets seen in this process, so that no text that is kept or shown repeats them.

They are needed for as long as the process runs, and in clear for a moment only: in between they are
sealed with a pad that is as random and as long as they are.
"""

from __future__ import annotations

import html
import json
import os
import re
import threading
from urllib.parse import quote, quote_plus

from kfclient.spellings import hide, reduced

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterator

BLANK = "[hidden]"

_PERCENT = re.compile("%[0-9A-F]{2}")


class Redactor:
    """Blanks the secrets it was given, also as XML, JSON, Python or a URL would write them.

    Those that are no words are found in any spelling: see `kfclient.spellings`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sealed: tuple[tuple[bytes, bytes], ...] = ()
        self._told: tuple[tuple[bytes, bytes], ...] = ()

    def __repr__(self) -> str:
        return f"Redactor({len(self._sealed)} hidden)"

    def add(self, *secrets: str) -> None:
        """Blank these from now on; empty ones are no secrets."""
        with self._lock:
            # The same ones are given before every call to KashFlow.
            told = set(_clear(self._told))
            fresh = {secret for secret in secrets if secret} - told
            if not fresh:
                return
            forms = {form for secret in fresh for form in _forms(secret)} | set(self._forms())
            # The longest first: one secret may be a part of another.
            ordered = sorted(forms, key=lambda form: (-len(form), form))
            self._sealed = tuple(_sealed(form) for form in ordered)
            self._told += tuple(_sealed(secret) for secret in fresh)

    def clean(self, text: str) -> str:
        """Return the text with every known secret blanked."""
        for form in self._forms():
            if form in text:
                text = text.replace(form, BLANK)
        return hide(text, filter(_is_telling, _clear(self._told)), BLANK)

    def _forms(self) -> Iterator[str]:
        return _clear(self._sealed)


def _is_telling(secret: str) -> bool:
    """Tell whether a secret is none of the words that stand in a text anyway, in any spelling."""
    core = reduced(secret)
    return len(core) >= 8 and any(one.isdigit() for one in core) and not core.isdigit()


def _clear(sealed: tuple[tuple[bytes, bytes], ...]) -> Iterator[str]:
    for pad, covered in sealed:
        yield _xor(pad, covered).decode("utf-8", "surrogatepass")


def _sealed(form: str) -> tuple[bytes, bytes]:
    clear = form.encode("utf-8", "surrogatepass")
    pad = os.urandom(len(clear))
    return pad, _xor(pad, clear)


def _xor(one: bytes, other: bytes) -> bytes:
    size = len(one)
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(size)


def _forms(secret: str) -> set[str]:
    """Return the secret as whatever may have written it: XML, HTML, JSON, Python, a URL."""
    escaped = html.escape(secret, quote=False)
    quoted = html.escape(secret)
    marked = {escaped, quoted, quoted.replace("&#x27;", "&#39;"), escaped.replace('"', "&quot;")}
    in_urls = {
        write(secret, safe=safe, errors="surrogatepass")
        for write in (quote, quote_plus)
        for safe in ("", "/")
    }
    return {
        secret,
        *marked,
        *(text.encode("ascii", "xmlcharrefreplace").decode("ascii") for text in marked),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(secret.encode("utf-8", "surrogatepass"))[2:-1],
        *in_urls,
        *(_PERCENT.sub(lambda found: found[0].lower(), text) for text in in_urls),
    }


redact = Redactor()
"""The one of this process."""
