"""The log: one JSON object a line in the home folder, never on the screen, never with a secret.

Any number of processes, of several people where a home is shared, write to one file. A line is one
write to its end, so none mixes with another; a full file is put aside under a lock, and whoever
still has it open goes on in the new one. With what was put aside, the log is bounded.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from kfclient.errors import Problem
from kfclient.store.durable_files import make_folder, open_file
from kfclient.store.filelock import FileLock
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.store.home import Home

__all__ = ["log_files", "redact", "start_logging", "stop_logging"]

_LARGEST = 1 << 20
"""Bytes of a file that is put aside when the next line would make it larger."""

_KEPT = 3
"""How many files that were put aside are kept."""

_LONGEST = 20_000
"""Characters of a text in a line; the middle of a longer one is left out."""

# Waiting for the log is waiting for nothing that matters.
_LOCK_SECONDS = 0.5

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


def log_files(path: Path) -> list[Path]:
    """Return where the log is, the oldest part first; not every part need be there."""
    return [*(_aside(path, number) for number in range(_KEPT, 0, -1)), path]


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


class _LogFile(logging.Handler):
    """Appends to a file that others append to as well, and that any of them puts aside when full.

    `logging` calls `emit` under the handler's lock, so it is not re-entered by threads.
    """

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._path = home.log_path
        self._lock_file = FileLock(self._path.with_name(self._path.name + ".lock"))
        self._descriptor = -1
        self._torn = False
        self.level_before = logging.WARNING

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record at the end of the file; trouble in doing so is nobody's trouble."""
        with contextlib.suppress(Exception):
            self._write(self.format(record).encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._let_go()
        super().close()

    def _write(self, line: bytes) -> None:
        self._follow()
        size = os.fstat(self._descriptor).st_size
        if size and size + len(line) > _LARGEST:
            self._put_aside(line)
        # After a disk was full, the rest of a line may be missing.
        data = b"\n" + line if self._torn else line
        self._torn = os.write(self._descriptor, data) != len(data)

    def _follow(self) -> None:
        """Have the file open that is at our path now: another process may have put ours aside."""
        if self._descriptor >= 0:
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(self._path.stat(), os.fstat(self._descriptor)):
                    return
            self._let_go()
        make_folder(self._path.parent)
        self._descriptor = open_file(self._path, os.O_WRONLY | os.O_APPEND)

    def _put_aside(self, line: bytes) -> None:
        if not self._lock_file.acquire(_LOCK_SECONDS):
            return
        try:
            self._follow()
            if os.fstat(self._descriptor).st_size + len(line) > _LARGEST:
                parts = log_files(self._path)
                for older, newer in pairwise(parts):
                    with contextlib.suppress(FileNotFoundError):
                        newer.replace(older)
                self._follow()
        finally:
            self._lock_file.release()

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


class _JsonLines(logging.Formatter):
    """One line a record, redacted.

    `{"time", "level", "logger", "process", "user", "thread", "message", "template", ...extras,
    "error", "code", "traceback"}`: `template` is the message without what was put into it, `error`
    the exception's type and `code` a problem's.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "user": os.getuid(),
            "thread": record.threadName,
            "message": self._message(record),
        }
        if record.args:
            line["template"] = record.msg
        line |= {
            name: value
            for name, value in vars(record).items()
            if name not in _OWN_FIELDS and not name.startswith("_")
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            if isinstance(record.exc_info[1], Problem):
                line["code"] = record.exc_info[1].code
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: _bounded(redact.clean(str(text))) for name, text in line.items()})

    def _message(self, record: logging.LogRecord) -> str:
        with contextlib.suppress(Exception):  # a bad format string in some library
            return record.getMessage()
        return str(record.msg)


def _bounded(text: str) -> str:
    """Return the text without its middle where it is too long; a secret in it is blanked before."""
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]} ... {len(text) - _LONGEST} characters left out ... {text[-half:]}"
