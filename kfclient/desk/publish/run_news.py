"""A run's events as lines, so that another process hears what the one that publishes tells."""

from __future__ import annotations

from typing import Any

import msgspec

from kfclient.desk import events
from kfclient.desk.events import Event
from kfclient.errors import Problem
from kfclient.store.redaction import redact

KIND = "event"
"""The field of a line that names the event; the others are the event's own."""

_KINDS: dict[str, type[Event]] = {
    name: kind
    for name, kind in vars(events).items()
    if isinstance(kind, type) and issubclass(kind, Event)
}


def line_of(event: Event) -> bytes:
    """Return the event as a line; the business is left out, the file says which."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "business"}
    line = msgspec.json.encode({KIND: type(event).__name__, **fields}, enc_hook=_written)
    return redact.clean(line.decode()).encode()


def event_of(line: bytes, business: str) -> Event | None:
    """Return the event of a line; None for one that was torn, or that this version does not know.

    A problem comes back as a `Problem` with its code, sentence and cure.
    """
    try:
        fields = msgspec.json.decode(line)
        kind = _KINDS[fields.pop(KIND)]
        return msgspec.convert({**fields, "business": business}, kind, dec_hook=_read)
    except (msgspec.MsgspecError, KeyError, AttributeError, TypeError):
        return None


def remembered(code: str, sentence: str, cure: str = "") -> Problem:
    """Return a problem that was met elsewhere, or before."""
    kind: type[Problem] = type("Remembered", (Problem,), {"code": code})
    return kind(sentence, cure)


def _written(what: Any) -> Any:
    if isinstance(what, Problem):
        return what.as_dict()
    raise NotImplementedError(type(what))


def _read(kind: type, what: Any) -> Any:
    if kind is Problem:
        return remembered(what["code"], what["sentence"], what["cure"])
    raise NotImplementedError(kind)
