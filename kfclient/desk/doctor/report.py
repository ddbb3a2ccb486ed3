"""What an examination found: facts, and findings with a cure each. Safe to show to anybody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """Whether something has to be mended, or is only worth knowing."""

    MEND = "mend"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it should be: a stable code, a sentence and a cure."""

    code: str
    severity: Severity
    sentence: str
    cure: str = ""


class Version(msgspec.Struct, frozen=True):
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
    versions: tuple[Version, ...] = ()
    terminal: Terminal | None = None
    home: HomeFacts | None = None
    keyrings: tuple[Keyring, ...] = ()
    files: tuple[FileFacts, ...] = ()
    databases: tuple[DatabaseFacts, ...] = ()
    work: tuple[Work, ...] = ()
    trails: tuple[TrailFacts, ...] = ()
    errors: tuple[LoggedError, ...] = ()
    servers: tuple[Server, ...] | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing has to be mended."""
        return not any(finding.severity is Severity.MEND for finding in self.findings)
