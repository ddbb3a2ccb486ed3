"""The last errors of the log: what the program said of them, without what it said it about."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from kfclient.desk.doctor.report import LoggedError
from kfclient.desk.doctor.scene import Scene
from kfclient.store.logs import log_files
from kfclient.store.redaction import redact

_KEPT = 10
_LEVELS = {"warning", "error", "critical"}
_OURS = ("kfclient.", "screens.", "tui.", "kashdeck")
_WITHHELD = "(said by another program, and left out)"
_FRAME = re.compile(r'File "[^"]*?((?:kfclient|screens|tui)/[\w/]+\.py)", line (\d+), in (\w+)')
_WORD = re.compile(r"[\w.:+-]{0,80}", re.ASCII)


def errors(scene: Scene) -> tuple[LoggedError, ...]:
    """Return the last warnings and errors, the oldest first."""
    if not scene.is_open:
        return ()
    log = scene.root / "kashdeck.log"
    found: list[LoggedError] = []
    for path in log_files(log):
        try:
            text = path.read_text("utf-8", "replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            scene.mend(
                "log-unreadable",
                f"{path.name} cannot be read: {error.strerror}.",
                "Check who owns it (ls -l).",
            )
            continue
        found += [said for line in text.splitlines() if (said := _said(line)) is not None]
    if log.exists() and not os.access(log, os.W_OK):
        scene.mend(
            "log-unwritable",
            "The log cannot be written, so what goes wrong leaves no trace.",
            "The home's owner puts it right with: kashdeck share GROUP, or kashdeck share --stop",
        )
    return tuple(found[-_KEPT:])


def _said(line: str) -> LoggedError | None:
    try:
        found: dict[str, Any] = json.loads(line)
        if found["level"] not in _LEVELS:
            return None
    except (ValueError, TypeError, KeyError):
        return None  # the torn line of a full disk
    logger = _word(found, "logger")
    ours = logger.startswith(_OURS)
    sentence = str(found.get("template") or found.get("message", "")) if ours else _WITHHELD
    frames = _FRAME.findall(str(found.get("traceback", "")))
    return LoggedError(
        time=_word(found, "time"),
        level=str(found["level"]),
        logger=logger,
        sentence=redact.clean(sentence)[:200],
        error=_word(found, "error"),
        code=_word(found, "code"),
        where="{}:{} in {}".format(*frames[-1]) if frames else "",
    )


def _word(found: dict[str, Any], key: str) -> str:
    """Return a field that can only be a word, "" where it is anything else."""
    text = str(found.get(key, ""))
    return text if _WORD.fullmatch(text) else ""
