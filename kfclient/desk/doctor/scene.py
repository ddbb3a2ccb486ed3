"""What an examination looks at: the home as it lies there, and what has been found so far."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kfclient.desk.doctor.masks import Masks
from kfclient.desk.doctor.report import Finding, Severity
from kfclient.store.contents import Contents
from kfclient.store.fitting import fitted
from kfclient.store.journal import Journal
from kfclient.store.snapshot import Snapshot


@dataclass
class Scene:
    """The home's folder and everything in it, read once; nothing is ever written to it.

    `businesses` are the documents of the state by id, {} where it cannot be read, which
    `state_known` tells from there being none. `barred` are folders that may not be looked into.
    """

    root: Path
    now: datetime
    masks: Masks
    entries: list[tuple[Path, os.stat_result]] = field(default_factory=list)
    barred: list[Path] = field(default_factory=list)
    businesses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    state_known: bool = False
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path, now: datetime) -> Scene:
        """Look at what is there."""
        entries, barred = _everything(root)
        known, businesses = _businesses(root)
        folders = {
            path.name
            for path, status in entries
            if path.parent == root / "businesses" and stat.S_ISDIR(status.st_mode)
        }
        real = {name for name in folders if not name.startswith(".")}
        masks = Masks(root, real | businesses.keys())
        return cls(root, now, masks, entries, barred, businesses, known)

    @property
    def is_open(self) -> bool:
        """Whether the home is a folder that may be looked into."""
        is_folder = bool(self.entries) and stat.S_ISDIR(self.entries[0][1].st_mode)
        return is_folder and self.root not in self.barred

    def mend(self, code: str, sentence: str, cure: str = "") -> None:
        """Note something that has to be mended."""
        self.findings.append(Finding(code, Severity.MEND, sentence, cure))

    def note(self, code: str, sentence: str, cure: str = "") -> None:
        """Note something worth knowing."""
        self.findings.append(Finding(code, Severity.NOTE, sentence, cure))

    def connections(self) -> dict[str, Mapping[str, Any]]:
        """Return the connection of each business that has one, by the business's id."""
        found = {real: document.get("connection") for real, document in self.businesses.items()}
        return {real: one for real, one in found.items() if isinstance(one, Mapping)}


def read_contents(path: Path) -> tuple[Contents, bool, int]:
    """Return what a database's files hold, whether they are of an older format, and their format.

    Keeps no copy of what is damaged. Raises `Damage`, `NewerFormat`, OSError.
    """
    journal = Journal.open(path.with_name(path.name + ".log"))
    try:
        data = path.read_bytes() if path.exists() else b""
        snapshot = Snapshot.decode(data) if data else None
        stored = snapshot.format if snapshot else journal.format if journal else 0
        contents, older = fitted(snapshot, journal)
        return contents, older, stored or 0
    finally:
        if journal is not None:
            journal.close()


def _everything(root: Path) -> tuple[list[tuple[Path, os.stat_result]], list[Path]]:
    entries: list[tuple[Path, os.stat_result]] = []
    barred: list[Path] = []

    def missed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            barred.append(Path(error.filename))

    with contextlib.suppress(OSError):
        entries.append((root, root.stat()))
    for folder, folders, files in os.walk(root, onerror=missed):
        for name in sorted((*folders, *files)):
            path = root.joinpath(folder, name)
            with contextlib.suppress(OSError):
                entries.append((path, path.lstat()))
    return entries, barred


def _businesses(root: Path) -> tuple[bool, dict[str, Mapping[str, Any]]]:
    try:
        contents, _, _ = read_contents(root / "state.json")
        documents = contents.documents("businesses").values()
        return True, {str(document["id"]): document for document in documents}
    except Exception:  # noqa: BLE001 - whatever is wrong with it is told where databases are
        return False, {}
