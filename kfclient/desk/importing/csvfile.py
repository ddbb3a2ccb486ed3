"""Reading a CSV file as hurried people have it: any of the usual encodings and separators."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kfclient.desk.errors import FileRefused
from kfclient.store.durable_files import NoPlainFile, read_named, too_large

_STANDARD_INPUT = {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}
_LARGEST = 50_000_000  # bytes; a year's export of a busy practice is a tenth of it
_OTHER_KINDS = {
    b"PK\x03\x04": "an Excel workbook (or another zip file)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a compressed file",
}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# Everything below a space but tab and line ends, and DEL: KashFlow's XML cannot carry them.
_CONTROL = {code: None for code in (*range(32), 127, 0xFFFE, 0xFFFF) if chr(code) not in "\t\r\n"}


class CsvRow(msgspec.Struct, frozen=True):
    """A record: the line of the file where it begins (1-based), and its values by column."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the value in the column, or "" where the file has no such column."""
        return self.cells.get(column, "")

    @property
    def text(self) -> str:
        """The record on one line, as it is shown beside what is wrong with it."""
        return ", ".join(" ".join(value.split()) for value in self.cells.values() if value)[:200]


class BadRow(msgspec.Struct, frozen=True):
    """A record that was left out: its line (1-based), why, and what it says."""

    line: int
    reason: str
    text: str = ""


class CsvFile(msgspec.Struct, frozen=True):
    """A CSV file, read: column names as `plain_column` gives them, whole rows, odd ones, notes.

    `folder` is where it is: paths in it are meant from there.
    """

    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...]
    folder: Path = Path()


def plain_column(name: str) -> str:
    """Return a column's name without what does not matter: case, spaces, quotes."""
    return " ".join(name.replace('"', "").casefold().split())


def read_csv(path: Path) -> CsvFile:
    """Read the file; raises `FileRefused` when it is not a CSV file with a heading line."""
    text, notes = _decode(path.name, _load(path))
    skipped = 0
    if text[:4].casefold() == "sep=":  # Excel's own line that names the separator
        skipped, text = 1, text.partition("\n")[2]
    if not text.strip():
        raise FileRefused(f"{path.name} is empty.", "Export it again; nothing was imported.")
    separator = _separator(text)
    if separator != ",":
        notes.append(f"The file is separated by {_SEPARATORS[separator]}.")
    records = _records(text, separator, skipped)
    heading = next(records, None)
    if heading is None or isinstance(heading, BadRow) or len(heading[1]) < 2:
        raise FileRefused(
            f"{path.name} is not a CSV file: its first line has no column names.",
            "Export it from Dext as CSV, with the column names in the first line.",
        )
    columns = _columns(path.name, heading[1])
    rows, bad, cleaned = _rows(columns, records)
    if cleaned:
        notes.append(f"Control characters were removed on {_lines(cleaned)}.")
    return CsvFile(columns, rows, bad, tuple(notes), path.absolute().parent)


def _load(path: Path) -> bytes:
    """Return the file's bytes, or say why it cannot be read; standard input may be named."""
    try:
        if str(path) in _STANDARD_INPUT:
            data = sys.stdin.buffer.read(_LARGEST + 1)
            if len(data) > _LARGEST:
                raise too_large(path)
            return data
        return read_named(path, _LARGEST)
    except FileNotFoundError:
        raise FileRefused(f"There is no file {path}.", "Check its name and folder.") from None
    except NoPlainFile as problem:
        raise FileRefused(
            f"{path.name} cannot be read: {problem.strerror}.", "Choose a file that is one."
        ) from problem
    except (OSError, ValueError) as problem:
        if getattr(problem, "errno", None) == errno.EOVERFLOW:
            raise FileRefused(
                f"{path.name} is larger than 50 MB.", "Export fewer items at once."
            ) from problem
        reason = getattr(problem, "strerror", None) or str(problem)
        raise FileRefused(f"{path.name} cannot be read: {reason}.", "") from problem


def _decode(name: str, data: bytes) -> tuple[str, list[str]]:
    """Return the text and a note where the encoding was not the usual one."""
    for start, kind in _OTHER_KINDS.items():
        if data.startswith(start):
            raise FileRefused(
                f"{name} is {kind}, not a CSV file.", "Save or export it as CSV, then import that."
            )
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            return _strictly(name, data, "utf-16"), ["The file is written in UTF-16."]
    if b"\0" in data:
        raise _not_text(name)
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = "The file is not written in UTF-8; it was read as Windows text (code page 1252)."
        return _strictly(name, data, "cp1252"), [note]


def _strictly(name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise _not_text(name) from None


def _not_text(name: str) -> FileRefused:
    return FileRefused(f"{name} is not a CSV file; it is no text at all.", "Choose a CSV file.")


def _separator(text: str) -> str:
    """Return the separator that the heading line uses most; a comma where it has none."""
    heading = text.lstrip("\r\n").splitlines()[0]
    return max(_SEPARATORS, key=heading.count)


def _records(text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]] | BadRow]:
    """Yield each record with the line where it begins, or what is wrong with it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield BadRow(line, _csv_reason(str(problem)))
            continue
        if any(value.strip() for value in record):
            yield line, record


def _csv_reason(problem: str) -> str:
    if "end of data" in problem:
        return (
            "A quotation mark opens here and never closes, so this row and all that follow it "
            "could not be told apart."
        )
    if "field larger" in problem:
        return "One value is longer than 131,072 characters; a closing quotation mark is missing."
    return "The quotation marks do not pair up."


def _columns(name: str, heading: list[str]) -> tuple[str, ...]:
    """Return the plain column names; twice the same name cannot be told apart."""
    columns = tuple(plain_column(column.translate(_CONTROL)) for column in heading)
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise FileRefused(
            f"{name} has the column {twice[0]} more than once.", "Export it again, or remove one."
        )
    return columns


def _rows(
    columns: tuple[str, ...], records: Iterator[tuple[int, list[str]] | BadRow]
) -> tuple[tuple[CsvRow, ...], tuple[BadRow, ...], list[int]]:
    """Return whole rows, odd rows, and the lines where control characters were removed."""
    rows: list[CsvRow] = []
    bad: list[BadRow] = []
    cleaned: list[int] = []
    for record in records:
        if isinstance(record, BadRow):
            bad.append(record)
            continue
        line, values = record
        clean = [value.translate(_CONTROL).strip() for value in values]
        # Spreadsheets leave empty cells behind the last column.
        while len(clean) > len(columns) and not clean[-1]:
            clean.pop()
        if len(clean) != len(columns):
            reason = (
                f"It has {len(clean)} values where the heading has {len(columns)} columns; perhaps "
                "a text with a comma is not in quotation marks."
            )
            bad.append(BadRow(line, reason, ", ".join(clean)[:200]))
            continue
        if any(value.translate(_CONTROL) != value for value in values):
            cleaned.append(line)
        rows.append(CsvRow(line, dict(zip(columns, clean, strict=True))))
    return tuple(rows), tuple(bad), cleaned


def _lines(lines: list[int]) -> str:
    """Return `line 3` or `lines 3, 8 and 12`."""
    words = [str(line) for line in lines[:20]]
    if len(words) == 1:
        return f"line {words[0]}"
    more = " and more" if len(lines) > 20 else ""
    return f"lines {', '.join(words[:-1])} and {words[-1]}{more}"
