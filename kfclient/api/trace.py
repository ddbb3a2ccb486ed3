"""A trace of the wire, to find out what went wrong: every envelope sent and received, no secret.

Secrets are not in a request when it is traced, and are taken out of a reply that repeats one. The
rest is as it travels: a trace holds the names and amounts of a business, so keep it like its books.
"""

from __future__ import annotations

import html
import logging
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

import msgspec

from kfclient.api.credentials import SecretFields

if TYPE_CHECKING:
    from lxml import etree

_KEPT = 256 * 1024
_LONG_FIELDS = ("Base64String",)
_WITHHELD = "(left out: it repeats a secret in another spelling)"

_log = logging.getLogger(__name__)


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that travelled: a request, its reply, or how there came none.

    `text` is the envelope, indented as it was, at most its first 256 KB; `size` counts its bytes
    whole (of a reply after decompression), `status` is HTTP's (0: a request, or no reply),
    `seconds` the time since the call began.
    """

    operation: str
    way: Literal["request", "reply", "failure"]
    text: str
    status: int = 0
    size: int = 0
    seconds: float = 0.0


TraceTo = Callable[[Traced], object] | Path | str
"""Where traces go: a function, or the file (0600) that each is written to the end of."""


class Trace:
    """Tells one client's traffic. What goes wrong in telling is logged, and changes no call."""

    def __init__(self, to: TraceTo) -> None:
        self._tell = to if callable(to) else _File(Path(to)).append

    def call(self, operation: str, secrets: SecretFields) -> TracedCall:
        """Return what traces one call, whose `secrets` are never shown."""
        return TracedCall(self._told, operation, secrets)

    def _told(self, traced: Traced) -> None:
        try:
            self._tell(traced)
        except Exception as error:  # noqa: BLE001 - whose function it is, we cannot know
            _log.warning("The trace could not be written (%s)", type(error).__name__)


class TracedCall:
    """Traces one call: its request, then its reply piece by piece, or how it failed."""

    def __init__(
        self, tell: Callable[[Traced], None], operation: str, secrets: SecretFields
    ) -> None:
        self._tell, self._operation, self._secrets = tell, operation, secrets
        self._began = time.monotonic()
        self._kept = bytearray()
        self._size = 0
        # Half a secret must not stand at the end of what is kept: so much more is, and cut off.
        self._spare = 12 * secrets.longest() + 12

    def request(self, envelope: etree._Element) -> None:
        """Tell of the request, before its secrets are put in."""
        import copy

        from lxml import etree

        shown = copy.deepcopy(envelope)
        for name in _LONG_FIELDS:
            for element in shown.iter(f"{{KashFlow}}{name}"):
                element.text = f"({len(element.text or '')} characters)"
        text = etree.tostring(shown, encoding="unicode")
        self._send("request", self._secrets.hide_in(text), size=len(text.encode()))

    def piece(self, chunk: bytes) -> None:
        """Take the next piece of the reply."""
        self._size += len(chunk)
        room = _KEPT + self._spare - len(self._kept)
        if room > 0:
            self._kept += chunk[:room]

    def reply(self, status: int) -> None:
        """Tell of the reply, as far as it came."""
        text = self._readable()
        self._send("reply", text, status=status, size=self._size)

    def failure(self, sentence: str) -> None:
        """Tell why the call brought nothing."""
        self._send("failure", self._secrets.hide_in(sentence))

    def _readable(self) -> str:
        utf16 = self._kept.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = self._kept.decode("utf-16" if utf16 else "utf-8", "replace").replace("\0", "")
        text = self._secrets.hide_in(text)
        # A server may break off in the middle of one: each text within the elements by itself.
        text = "<".join(self._secrets.hide_in(part, cut=True) for part in text.split("<"))
        plain = html.unescape(unquote(text))
        if self._secrets.hide_in(plain) != plain:
            return _WITHHELD
        if self._size > _KEPT:
            text = text[: min(_KEPT, len(text) - self._spare)] + "\n(and so on)"
        return re.sub("[^\t\n\r\x20-\x7e\xa0-\U0010ffff]", "�", text)

    def _send(
        self,
        way: Literal["request", "reply", "failure"],
        text: str,
        *,
        status: int = 0,
        size: int = 0,
    ) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        self._tell(
            Traced(
                operation=self._operation,
                way=way,
                text=text,
                status=status,
                size=size,
                seconds=seconds,
            )
        )


class _File:
    """A file that nobody else may read, written to by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()

    def append(self, traced: Traced) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        status = f", HTTP {traced.status}" if traced.status else ""
        size = f", {traced.size} bytes" if traced.way != "failure" else ""
        head = f"--- {now} {traced.operation}: {traced.way}{status}{size}, {traced.seconds:.3f} s"
        line = f"{head}\n{traced.text}\n"
        with self._writing:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(file, "a", encoding="utf-8") as opened:
                opened.write(line)
