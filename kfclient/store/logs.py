"""The log: one JSON object a line in the home folder, never on the screen, never with a secret."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, TextIO, cast

from kfclient.store.files import FILE_MODE, make_folder
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from kfclient.store.home import Home

__all__ = ["redact", "start_logging", "stop_logging"]

_LARGEST = 1 << 20
_KEPT = 3

# At DEBUG these write requests out, passwords included, so they are capped whatever the root says.
_CAPPED = ("zeep", "zeep.transports", "urllib3", "requests", "keyring")

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def start_logging(home: Home) -> None:
    """Write what happens to `home.log_path` from now on, in the place of any earlier log.

    The file is made with its first line. Trouble in writing it disturbs nothing and nobody.
    """
    stop_logging()
    handler = _LogFile(home)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    handler.level_before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _CAPPED:
        logging.getLogger(name).setLevel(logging.INFO)
    # Without this a warning from a library would be printed over the screen.
    logging.captureWarnings(capture=True)


def stop_logging() -> None:
    """Close the log; logging is as it was before."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _LogFile)]:
        root.removeHandler(handler)
        handler.close()
        root.setLevel(handler.level_before)
        logging.captureWarnings(capture=False)


class _LogFile(RotatingFileHandler):
    """A rotating file for its owner alone, in a folder that is made when it is needed."""

    def __init__(self, home: Home) -> None:
        super().__init__(
            home.log_path, maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8", delay=True
        )
        self._home = home
        self.level_before = logging.WARNING

    def _open(self) -> TextIO:  # type: ignore[override]
        make_folder(self._home.log_path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._home.log_path, flags, FILE_MODE)
        return cast("TextIO", os.fdopen(descriptor, "a", encoding="utf-8"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say nothing: the parent's prints to the terminal, over the screen."""


class _JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "thread", "message", ...extras, "traceback"}`, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": self._message(record),
        }
        line |= {
            name: str(value)
            for name, value in vars(record).items()
            if name not in _OWN_FIELDS and not name.startswith("_")
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: redact.clean(str(text)) for name, text in line.items()})

    def _message(self, record: logging.LogRecord) -> str:
        with contextlib.suppress(Exception):  # a bad format string in some library
            return record.getMessage()
        return str(record.msg)
