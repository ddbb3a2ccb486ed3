"""The machine and the terminal: versions, size, colours, letters."""

from __future__ import annotations

import codecs
import importlib.metadata
import os
import platform
import ssl
import sys

from kfclient import __version__
from kfclient.desk.doctor.masks import plain
from kfclient.desk.doctor.report import Terminal, Version
from kfclient.desk.doctor.scene import Scene

_PARTS = ("textual", "zeep", "lxml", "requests", "tinydb", "keyring", "cryptography", "msgspec")
_SMALLEST = (80, 24)


def versions(scene: Scene) -> tuple[Version, ...]:
    """Return the versions of the program, of what it is made with, and of the machine."""
    found = [Version("kashdeck", __version__), Version("python", platform.python_version())]
    for name in (*_PARTS, "orjson", "urllib3"):
        try:
            found.append(Version(name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Version(name, ""))
            scene.mend(
                "part-missing",
                f"The Python package {name} is missing, so Kashdeck is not whole.",
                "Install Kashdeck again.",
            )
    found += [Version("openssl", ssl.OPENSSL_VERSION), Version("system", _system())]
    return tuple(found)


def terminal(scene: Scene) -> Terminal:
    """Return what the terminal is like."""
    columns, rows = _size()
    # Python's own: while the app is open, others stand in for them.
    given, shown = sys.__stdin__, sys.__stdout__
    seen = Terminal(
        term=plain(os.environ.get("TERM", "")),
        columns=columns,
        rows=rows,
        colours=_colours(),
        encoding=plain(shown.encoding if shown is not None else ""),
        interactive=all(stream is not None and stream.isatty() for stream in (given, shown)),
        ssh="SSH_CONNECTION" in os.environ,
        multiplexer="tmux" if "TMUX" in os.environ else "screen" if "STY" in os.environ else "",
    )
    if columns and (columns < _SMALLEST[0] or rows < _SMALLEST[1]):
        scene.note(
            "terminal-small",
            f"The terminal has {columns} columns and {rows} rows; the app wants 80 and 24.",
            "Make the window larger, or its letters smaller.",
        )
    if columns and seen.term in ("", "dumb", "unknown"):
        scene.note(
            "terminal-unknown",
            "TERM does not say what the terminal can do, so the app cannot open in it.",
            "Set TERM, for example: export TERM=xterm-256color",
        )
    if seen.encoding and not _is_utf8(seen.encoding):
        scene.note(
            "terminal-letters",
            "The terminal's letters are not UTF-8, so some names are shown with marks.",
            "Set a UTF-8 locale, for example: export LC_ALL=C.UTF-8",
        )
    return seen


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = platform.mac_ver()[0] and f"macOS {platform.mac_ver()[0]}"
    return f"{name or platform.system()} ({platform.system()} {platform.release()})"


def _size() -> tuple[int, int]:
    for descriptor in (1, 0, 2):
        try:
            size = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return size.columns, size.lines
    return 0, 0


def _colours() -> int:
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return 1 << 24
    try:
        import curses

        curses.setupterm(os.environ.get("TERM", "") or "unknown", 1)
        return max(curses.tigetnum("colors"), 0)
    except Exception:  # noqa: BLE001 - curses raises an error of its own, or is not there
        return 0


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
