"""Secrets seen in this process, so that no text that is kept or shown repeats them."""

from __future__ import annotations

import html
import json
import threading
from urllib.parse import quote, quote_plus

BLANK = "[hidden]"


class Redactor:
    """Blanks the secrets it was told of, also as XML, JSON, Python or a URL would write them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} hidden)"

    def add(self, *secrets: str) -> None:
        """Blank these from now on; empty ones are no secrets."""
        with self._lock:
            forms = {form for secret in secrets if secret for form in _forms(secret)}
            # The longest first: one secret may be a part of another.
            self._forms = tuple(
                sorted(forms | set(self._forms), key=lambda form: (-len(form), form))
            )

    def clean(self, text: str) -> str:
        """Return the text with every known secret blanked."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, BLANK)
        return text


def _forms(secret: str) -> set[str]:
    return {
        secret,
        html.escape(secret),
        html.escape(secret, quote=False),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    }


redact = Redactor()
"""The one of this process."""
