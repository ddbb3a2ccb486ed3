"""What can be known to be wrong with an item's files before they are sent.

KashFlow does not publish what it takes: .xls is refused (kashflow.ideas.aha.io/ideas/KF-I-6458),
pictures have previews there, and ASP.NET's limit of 4 MB a request leaves 3 MB for a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kfclient.desk.inbox.item import Finding, Item

LARGEST = 3_000_000
"""The most bytes of one file: a third more as it is sent, and the request's own words."""

REFUSED = frozenset({".xls"})
TAKEN = frozenset(
    {".pdf", ".txt", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".csv", ".doc",
     ".docx", ".xlsx", ".htm", ".html", ".eml", ".zip", ".heic"}
)  # fmt: skip

_MB = 1_000_000


def check_files(item: Item) -> tuple[Finding, ...]:
    """Return what is wrong with the item's files, looked at as they are now."""
    return tuple(found for path in dict.fromkeys(item.files) for found in _file(path))


def _file(path: str) -> Iterator[Finding]:
    place = Path(path).expanduser()
    kind = place.suffix.casefold()
    try:
        size = place.stat().st_size if place.is_file() else None
    except (OSError, ValueError):
        size = None
    if size is None:
        yield _finding("E-FILE-MISSING", f"The file {path} is not there, or cannot be read.", path)
    elif not size:
        yield _finding("E-FILE-EMPTY", f"The file {place.name} is empty.", path)
    elif size > LARGEST:
        yield _finding(
            "E-FILE-TOO-LARGE",
            f"The file {place.name} has {size / _MB:.1f} MB; KashFlow takes about 3.",
            path,
        )
    if kind in REFUSED:
        yield _finding("E-FILE-TYPE", f"KashFlow takes no {kind} files: {place.name}.", path)
    elif kind not in TAKEN:
        yield Finding(
            code="W-FILE-TYPE",
            sentence=f"Whether KashFlow takes {kind or 'files without an ending'} is not known: "
            f"{place.name}.",
            cure="If it is refused, the document is there without it, and a PDF can follow.",
            field="files",
            key="take-out-file",
            value=path,
        )


def _finding(code: str, sentence: str, path: str) -> Finding:
    return Finding(
        code=code,
        sentence=sentence,
        cure="Choose another file (a PDF is best), or take it out.",
        field="files",
        key="take-out-file",
        value=path,
    )
