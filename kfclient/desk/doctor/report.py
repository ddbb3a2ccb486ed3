"""What an examination found: facts, and findings with a cure each. Safe to show to anybody.

Also the neutral names that make it so, and what an examination looks at.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from kfclient.desk.model.list_names import ListName
from kfclient.store.database_files import fitted
from kfclient.store.durable_files import read_plain
from kfclient.store.tables import Snapshot, StoredTables
from kfclient.store.wal import WriteAheadLog


class Urgency(StrEnum):
    """Whether something has to be mended, or is only worth knowing."""

    MEND = "mend"
    NOTE = "note"


class DoctorFinding(msgspec.Struct, frozen=True):
    """Something that is not as it should be: a stable code, a sentence and a cure."""

    code: str
    severity: Urgency
    sentence: str
    cure: str = ""


class PartVersion(msgspec.Struct, frozen=True):
    """A part of the program or the machine, "" where it is not there."""

    name: str
    version: str


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """What the app would be shown on; 0 columns and rows where there is no terminal.

    `colours` is how many its description promises, 0 for none or unknown; `multiplexer` is tmux,
    screen or "".
    """

    term: str
    columns: int
    rows: int
    colours: int
    encoding: str
    interactive: bool
    ssh: bool
    multiplexer: str


class HomeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The home folder; `place` is named only where it is the usual one. Sizes are bytes."""

    place: str
    shared: bool
    files: int
    bytes: int
    free_bytes: int


class Keyring(msgspec.Struct, frozen=True, kw_only=True):
    """A place where secrets may be kept, and the businesses whose secrets it keeps."""

    id: str
    title: str
    usable: bool
    why_not: str
    used_by: tuple[str, ...]


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder of the home; `mode` is octal, `owner` is you, root or person 1, 2, ..."""

    name: str
    bytes: int
    mode: str
    owner: str
    changed_at: datetime


class DatabaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A database; `state` is fine, older, newer, damaged or unreadable."""

    name: str
    state: str
    format: int
    transactions: int
    documents: int
    log_bytes: int


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is being done now: a lock that is held, by which process, and for how long."""

    name: str
    process: int
    seconds: int


class TrailFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An audit trail: its entries, and how many troubles were found in it."""

    name: str
    lines: int
    troubles: int


class LoggedError(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log, without what was put into its sentence."""

    time: str
    level: str
    logger: str
    sentence: str
    error: str
    code: str
    where: str


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A business's server, asked over the network."""

    name: str
    sentence: str
    reached: bool


class Report(msgspec.Struct, kw_only=True):
    """Everything that was found. `servers` is None where the network was not touched."""

    at: datetime
    versions: tuple[PartVersion, ...] = ()
    terminal: Terminal | None = None
    home: HomeFacts | None = None
    keyrings: tuple[Keyring, ...] = ()
    files: tuple[FileFacts, ...] = ()
    databases: tuple[DatabaseFacts, ...] = ()
    work: tuple[Work, ...] = ()
    trails: tuple[TrailFacts, ...] = ()
    errors: tuple[LoggedError, ...] = ()
    servers: tuple[Server, ...] | None = None
    findings: tuple[DoctorFinding, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing has to be mended."""
        return not any(finding.severity is Urgency.MEND for finding in self.findings)


# Neutral names for what must not leave the machine: businesses, people, files of other names.

_LISTS = (*ListName, "cost-payment-methods", "sale-payment-methods", "currencies", "lists")
_STEMS = "|".join(("state", "items", "seen", "secrets", *(re.escape(str(name)) for name in _LISTS)))
_MORE = r"log|lock|tmp|next|\d|damaged-[0-9a-f]{8}|before-format-\d+(-\d+)?|[0-9a-f]{12}|restored"
_OURS = re.compile(rf"(({_STEMS})\.json|audit\.jsonl|kashdeck\.log|lists)(\.({_MORE}))*")
_FOLDERS = {"locks", "businesses", "lists"}
_PLAIN = re.compile(r"[\w.+:/@-]{1,40}", re.ASCII)


class Masks:
    """Gives a neutral name for each real one, the same one each time."""

    def __init__(self, root: Path, businesses: Iterable[str]) -> None:
        self._root = root
        self._businesses = {
            real: f"business {number}" for number, real in enumerate(sorted(set(businesses)), 1)
        }
        self._people: dict[int, str] = {0: "root"}
        self._people[os.getuid()] = "you"
        self._others: dict[str, str] = {}

    def business(self, real: str) -> str:
        """Return "business 2" for a business's id."""
        return self._businesses.get(real, "another business")

    def person(self, user: int) -> str:
        """Return "you", "root" or "person 1" for a user's number."""
        number = len(self._people.keys() - {0, os.getuid()}) + 1
        return self._people.setdefault(user, f"person {number}")

    def place(self, path: Path) -> str:
        """Return a path inside the home, "the home" for itself; only our names are shown."""
        parts = path.relative_to(self._root).parts
        if not parts:
            return "the home"
        shown = []
        for at, part in enumerate(parts):
            if at == 1 and parts[0] == "businesses":
                shown.append(self.business(part))
            elif at == 1 and parts[0] == "locks":
                shown.append(self._lock(part))
            elif part in _FOLDERS or _OURS.fullmatch(part):
                shown.append(part)
            else:
                shown.append(self._other("/".join(parts[: at + 1])))
        return "/".join(shown)

    def _lock(self, name: str) -> str:
        doing, _, real = unquote(name.removesuffix(".lock")).partition("-")
        if real in self._businesses and doing.isalpha():
            return f"{doing} {self.business(real)}"
        return self._other(name)

    def _other(self, name: str) -> str:
        return self._others.setdefault(name, f"other file {len(self._others) + 1}")


def plain(text: str) -> str:
    """Return a word that a setting holds, or say that it is no plain word."""
    return text if _PLAIN.fullmatch(text) or not text else "(not a plain word)"


# What an examination looks at: the home as it lies there, and what has been found so far.


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
    findings: list[DoctorFinding] = field(default_factory=list)

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
        self.findings.append(DoctorFinding(code, Urgency.MEND, sentence, cure))

    def note(self, code: str, sentence: str, cure: str = "") -> None:
        """Note something worth knowing."""
        self.findings.append(DoctorFinding(code, Urgency.NOTE, sentence, cure))

    def connections(self) -> dict[str, Mapping[str, Any]]:
        """Return the connection of each business that has one, by the business's id."""
        found = {real: document.get("connection") for real, document in self.businesses.items()}
        return {real: one for real, one in found.items() if isinstance(one, Mapping)}


def read_contents(path: Path) -> tuple[StoredTables, bool, int]:
    """Return what a database's files hold, whether they are of an older format, and their format.

    Keeps no copy of what is damaged. Raises `Damage`, `NewerFormat`, OSError.
    """
    journal = WriteAheadLog.open(path.with_name(path.name + ".log"))
    try:
        data = read_plain(path) or b""
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
