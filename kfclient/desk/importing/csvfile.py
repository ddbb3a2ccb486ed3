"""Reading a CSV file as hurried people have it: any of the usual encodings and separators."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import re
import sys
from collections.abc import Collection, Container, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from kfclient.desk.errors import FileRefused
from kfclient.store.durable_files import NoPlainFile, read_named, too_large
from kfclient.store.paths import as_text

# Files of other programs, named as what they are.

_STARTS = (
    (b"PK\x03\x04", "an Excel workbook (or another zip file)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"BZh", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"\xfd7zXZ", "a compressed file"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a Word document (RTF)"),
    (b"-----BEGIN", "a key or a certificate"),
)

_BANK = "Statements of a bank are imported in KashFlow itself."
_SAVE = "Save or export it as CSV, then import that."
_MAIL = (
    r"from \S+@\S+ |(?:(?:from|to|cc|date|subject|received|return-path|delivered-to|message-id"
    r"|mime-version|content-type|reply-to|x-[\w-]+):[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2}"
)
_TEXTS = (
    (r"OFXHEADER|<\?OFX|<OFX>|<\?xml[^>]*>\s*<\?OFX", "a bank statement (OFX)", _BANK),
    (r"!(?:Type|Account|Option)\b", "a bank statement (QIF)", _BANK),
    (r"(?:\{1:.*)?:20:", "a bank statement (MT940)", _BANK),
    (r"<(?:!doctype html|html|table|head|body)\b", "a web page (HTML)", _SAVE),
    (r"<\?xml|<[a-z][\w:.-]*(?:\s[^<>]*)?>", "an XML file", _SAVE),
    (r"\{\s*\"|\[\s*[\[{]|\{\s*\}", "a JSON file", _SAVE),
    (r"BEGIN:V(?:CARD|CALENDAR)", "a file of contacts or dates", ""),
    (_MAIL, "an e-mail", "Save the file that is attached to it, and import that."),
)

_SALES_OR_COSTS = (
    "Costs come from Dext's export; sales from a file with Reference, Date, Contact, Category, "
    "Quantity and Unit Price among its columns."
)
_DAY = "date|transaction date|posted date|posting date|value date|completed date|started date"
_SUM = "amount|amount (gbp)|value"
_IN_OUT = "paid in|money in|credit|credits|credit amount|paid out|money out|debit|debits"
_OF_A_BANK = "sort code|counter party|transaction description|subcategory|started date"
_WORDS = "description|narrative|memo|details|payee|reference|type|name"
# Of each program the columns that all have to be there; strokes are between alternatives.
_PROGRAMS = (
    ("Xero's template for bills and invoices", _SALES_OR_COSTS, ("contactname", "unitamount")),
    ("a file of QuickBooks", _SALES_OR_COSTS, ("transaction type", "num|no.", "name|supplier")),
    ("a file of QuickBooks", _SALES_OR_COSTS, ("invoiceno|billno|bill no", "customer|vendor")),
    ("a file of QuickBooks", _SALES_OR_COSTS, ("invoiceno|billno|bill no", "supplier")),
    ("a file of Sage", _SALES_OR_COSTS, ("account reference", "nominal a/c ref|nominal code")),
    ("a file of PayPal", _SALES_OR_COSTS, ("time zone|timezone", "gross", "fee", "net")),
    ("a file of Stripe", _SALES_OR_COSTS, ("id", "source|charge id", "amount", "fee|fees")),
    ("an export of a shop's orders", _SALES_OR_COSTS, ("financial status|lineitem name",)),
    ("an export of a shop's orders", _SALES_OR_COSTS, ("order id|order number|order no",)),
    ("a bank statement", _BANK, ("balance|balance (gbp)|running balance|account balance",)),
    ("a bank statement", _BANK, (_DAY, _IN_OUT)),
    ("a bank statement", _BANK, (_OF_A_BANK, _SUM)),
    ("a bank statement", _BANK, (_DAY, _SUM, _WORDS)),
)


def refuse_other_kinds(name: str, data: bytes) -> None:
    """Raise `FileRefused` for what begins like a file of another kind than text with columns."""
    for start, kind in _STARTS:
        if data.startswith(start):
            raise FileRefused(f"{name} is {kind}, not a CSV file.", _SAVE)
    if data[4:12] in {b"ftypheic", b"ftypmif1", b"ftypheix"}:
        raise FileRefused(f"{name} is a picture, not a CSV file.", _SAVE)
    start_of_text = data[:4000].lstrip().decode("latin-1")
    for pattern, kind, cure in _TEXTS:
        if re.match(pattern, start_of_text, re.IGNORECASE | re.DOTALL):
            raise FileRefused(f"{name} is {kind}, not a CSV file.", cure)


def other_program(columns: Collection[str]) -> tuple[str, str] | None:
    """Return what a file with these columns is, and what to do with it; None for what is not known.

    Column names as `plain_column` gives them.
    """
    plain = {name.lstrip("*") for name in columns}
    for kind, cure, needed in _PROGRAMS:
        if all(plain & set(group.split("|")) for group in needed):
            return kind, cure
    return None


# A file as rows.

_STANDARD_INPUT = {"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}
_LARGEST = 50_000_000  # bytes; a year's export of a busy practice is a tenth of it
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "strokes"}
_HEADING_WITHIN = 60  # lines; what programs write above their column names is shorter
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
# Everything below a space but tab and line ends, and DEL: KashFlow's XML cannot carry them.
_CONTROL = {code: None for code in (*range(32), 127, 0xFFFE, 0xFFFF) if chr(code) not in "\t\r\n"}


_CONTROL_BYTES = bytes(code for code in (*range(32), 127) if code not in b"\t\r\n")


class CsvRow(msgspec.Struct, frozen=True):
    """A record: the line of the file where it begins (1-based), and its values by column.

    `plain` has the dates and amounts that the file spells otherwise than this program, as it does;
    `doubts` says of a value why it may be several, by column.
    """

    line: int
    cells: dict[str, str]
    plain: dict[str, str] = {}
    doubts: dict[str, str] = {}

    def __getitem__(self, column: str) -> str:
        """Return the value in the column, or "" where the file has no such column."""
        return self.plain.get(column) or self.cells.get(column, "")

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

    `folder` is where it is: paths in it are meant from there. `separator` stands between values.
    `unsure` names what a person has to say of how it writes: "dates", "amounts".
    """

    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...]
    folder: Path = Path()
    separator: str = ","
    unsure: tuple[str, ...] = ()

    def unread(self, read: Container[str]) -> tuple[str, ...]:
        """Return the columns that are not among those `read` and say something in some row."""
        names = [name for name in self.columns if name and name not in read]
        return tuple(name for name in names if any(row[name] for row in self.rows))


def plain_column(name: str) -> str:
    """Return a column's name without what does not matter: case, spaces, quotes, underlines."""
    return " ".join(re.sub('["_\ufeff]', " ", name).casefold().split())


def read_csv(path: Path, formats: Sequence[Sequence[str]] = ()) -> CsvFile:
    """Read the file; raises `FileRefused` when it is not a CSV file with column names.

    The column names are in the first line, or in the first that has most of those of one of the
    `formats`; what is above them is not read, and neither are they where they come again.
    """
    name = name_of(path)
    text, notes = _decode(name, _load(path))
    skipped = 0
    if text[:4].casefold() == "sep=":  # Excel's own line that names the separator
        skipped, text = 1, text.partition("\n")[2]
    if not text.strip():
        raise FileRefused(f"{name} is empty.", "Export it again; nothing was imported.")
    above, separator = _heading(text, formats)
    if above:
        if text[: above[1]].strip():
            first, last = skipped + 1, skipped + above[0]
            which = f"Line {first} is" if first == last else f"Lines {first} to {last} are"
            was = "was" if first == last else "were"
            notes.append(f"{which} above the column names and {was} not read.")
        skipped, text = skipped + above[0], text[above[1] :]
    if separator != ",":
        notes.append(f"The file is separated by {_SEPARATORS[separator]}.")
    records = _records(text, separator, skipped)
    heading = next(records, None)
    if heading is None or isinstance(heading, BadRow) or len(heading[1]) < 2:
        raise FileRefused(
            f"{name} is not a CSV file: its first line has no column names.",
            "Export it from Dext as CSV, with the column names in the first line.",
        )
    columns = _columns(name, heading[1])
    rows, bad, odd = _rows(columns, records)
    if odd.cleaned:
        notes.append(f"Control characters were removed on {_lines(odd.cleaned)}.")
    if odd.repeated:
        notes.append(f"The column names come again on {_lines(odd.repeated)}.")
    if odd.remarks:
        said = "; ".join(text for _, text in odd.remarks[:3])
        lines = _lines([line for line, _ in odd.remarks])
        notes.append(f"Left out as no document: {lines} ({said}).")
    return CsvFile(columns, rows, bad, tuple(notes), _folder(path), separator)


def is_standard_input(path: Path) -> bool:
    """Tell whether the path names what is handed in."""
    return str(path) in _STANDARD_INPUT


def name_of(path: Path) -> str:
    """Return the file's name as sentences have it."""
    return "Standard input" if is_standard_input(path) else as_text(path.name)


def _folder(path: Path) -> Path:
    """Return the folder from which paths in the file are meant."""
    return Path.cwd() if is_standard_input(path) else path.absolute().parent


def _load(path: Path) -> bytes:
    """Return the file's bytes, or say why it cannot be read; standard input may be named."""
    name = name_of(path)
    try:
        if is_standard_input(path):
            data = sys.stdin.buffer.read(_LARGEST + 1)
            if len(data) > _LARGEST:
                raise too_large(path)
            return data
        return read_named(path, _LARGEST)
    except FileNotFoundError:
        raise FileRefused(f"There is no file {path}.", "Check its name and folder.") from None
    except NoPlainFile as problem:
        raise FileRefused(
            f"{name} cannot be read: {problem.strerror}.", "Choose a file that is one."
        ) from problem
    except (OSError, ValueError) as problem:
        if getattr(problem, "errno", None) == errno.EOVERFLOW:
            raise FileRefused(
                f"{name} is larger than 50 MB.", "Export fewer items at once."
            ) from problem
        reason = getattr(problem, "strerror", None) or str(problem)
        raise FileRefused(f"{name} cannot be read: {reason}.", "") from problem


def _decode(name: str, data: bytes) -> tuple[str, list[str]]:
    """Return the text and a note where the encoding was not the usual one."""
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark) and not data.startswith(codecs.BOM_UTF32_LE):
            text = data.decode("utf-16", "replace").lstrip("\ufeff")
            refuse_other_kinds(name, text[:4000].encode())
            return text, ["The file is written in UTF-16."]
    marked = data.startswith(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    refuse_other_kinds(name, data)
    for encoding, zeros in (("utf-16-le", data[1:200:2]), ("utf-16-be", data[0:200:2])):
        if len(zeros) > 3 and not zeros.strip(b"\0") and b"\0" in zeros:
            return data.decode(encoding, "replace"), ["The file is written in UTF-16."]
    odd = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if odd * 100 > len(data):  # fewer are slips in a text
        raise FileRefused(f"{name} is not a CSV file; it is no text at all.", "Choose a CSV file.")
    try:
        return data.decode("utf-8").removeprefix("\ufeff"), []
    except UnicodeDecodeError:
        pass
    if marked or _is_mostly_utf8(data):
        return _spoiled(data)
    encoding = _single_byte(data)
    note = f"The file is not written in UTF-8; it was read as {_SINGLE_BYTE[encoding]}."
    return data.decode(encoding, "replace"), [note]


_SINGLE_BYTE = {
    "cp1252": "Windows text (code page 1252)",
    "mac_roman": "text of an old Macintosh (MacRoman)",
    "cp850": "text of DOS (code page 850)",
}
_CUT_OFF = {b"\xc2", b"\xc3", b"\xc4", b"\xc5"}  # of Western letters; no text has them in Windows'
_LINE_END = re.compile(rb"\r\n|\r|\n")
_UTF8_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_WESTERN = re.compile(rb"[\xc2-\xc5][\x80-\xbf]|\xe2[\x80-\x83][\x80-\xbf]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def _is_mostly_utf8(data: bytes) -> bool:
    """Tell whether the text is UTF-8 but for some bytes, and not of another encoding.

    In any other a Western letter of UTF-8 would be two signs in a row that no text has.
    """
    if _WESTERN.search(data):
        return True
    whole = len(_UTF8_LETTER.findall(data))
    return whole > 10 * len(_BEYOND_ASCII.findall(_UTF8_LETTER.sub(b"", data)))


def _spoiled(data: bytes) -> tuple[str, list[str]]:
    """Read UTF-8 in which some bytes are Windows text, or left over from letters that were cut."""
    spoiled: list[int] = []

    def read(problem: UnicodeError) -> tuple[str, int]:
        if not isinstance(problem, UnicodeDecodeError):
            raise problem
        spoiled.append(problem.start)
        odd = data[problem.start : problem.end]
        # What begins a letter of UTF-8 and does not end it has lost the rest.
        if len(odd) > 1 or odd in _CUT_OFF:
            return "\ufffd", problem.end
        return odd.decode("cp1252", "replace"), problem.end

    codecs.register_error("kashdeck-windows", read)
    text = data.decode("utf-8", "kashdeck-windows")
    lines: dict[int, None] = {}
    line, counted = 1, 0
    for at in spoiled:
        between = data[counted:at]
        line, counted = line + len(_LINE_END.findall(between)), at
        lines[line] = None
    note = (
        f"The file is written in UTF-8 but for {_lines(list(lines))}, where some letters were read "
        "as Windows text (code page 1252) or could not be read; look at the names there."
    )
    return text, [note]


def _single_byte(data: bytes) -> str:
    """Return the encoding of one byte a letter in which the text has the fewest odd letters."""
    sample = data[:2_000_000]
    odd = {name: _odd_letters(sample.decode(name, "replace")) for name in _SINGLE_BYTE}
    return min(odd, key=lambda name: odd[name])  # the first, which is Windows', where they are even


_ODD = re.compile(
    # A sign in a word, a capital after a small letter, a letter that English files do not have.
    "(?<=[A-Za-z])[^\\W\\d_A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0152\u0153\u0160\u0161\u017d\u017e\u0178]"
    "|(?<=[A-Za-z])[^\\w\\s\u0000-\u007f\u2018\u2019\u2013\u2014\u201c\u201d\u00ae\u2122\u00a0]"
    "|(?<=[a-z])[\u00c0-\u00d6\u00d8-\u00de\u0152\u0160\u017d\u0178]"
    "|[^\\W\\d_A-Za-z\u00c0-\u00ff\u0152\u0153\u0160\u0161\u017d\u017e\u0178](?=[0-9])"
    "|[\u00c0-\u00ff\u0152\u0153\u0160\u0161\u017d\u017e\u0178](?=[0-9])"
    "|[\u2500-\u25ff\ufffd\u0080-\u009f]"
)


def _odd_letters(text: str) -> int:
    return len(_ODD.findall(text))


def _heading(text: str, formats: Sequence[Sequence[str]]) -> tuple[tuple[int, int] | None, str]:
    """Return how many lines, and letters, are above the column names, and the separator.

    Where no line has most names of a format, the column names are in the first.
    """
    letters = 0
    for above, match in enumerate(islice(_LINE.finditer(text), _HEADING_WITHIN)):
        line = match[0]
        for separator in _SEPARATORS:
            if line.count(separator) < 2:
                continue
            names = {plain_column(name) for name in _split(line, separator)}
            if any(len(names.intersection(one)) * 2 > len(one) for one in formats):
                return ((above, letters) if above else None), separator
        letters = match.end()
    first = text.lstrip("\r\n").splitlines()[0]
    return None, max(",;\t", key=first.count)


def _split(line: str, separator: str) -> list[str]:
    """Return the values of a line by itself; none where it is no record."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


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


class _Odd(msgspec.Struct):
    """Lines that are told of: `remarks` hold words and no document, as "Page 1 of 2"."""

    cleaned: list[int] = []
    repeated: list[int] = []
    remarks: list[tuple[int, str]] = []


def _rows(
    columns: tuple[str, ...], records: Iterator[tuple[int, list[str]] | BadRow]
) -> tuple[tuple[CsvRow, ...], tuple[BadRow, ...], _Odd]:
    """Return whole rows, rows that cannot be read, and the lines that are told of."""
    rows: list[CsvRow] = []
    bad: list[BadRow] = []
    odd = _Odd([], [], [])
    for record in records:
        if isinstance(record, BadRow):
            bad.append(record)
            continue
        line, values = record
        clean = [_value(value) for value in values]
        # Spreadsheets leave empty cells behind the last column.
        while len(clean) > len(columns) and not clean[-1]:
            clean.pop()
        if plain_column(clean[0]) == columns[0] and tuple(map(plain_column, clean)) == columns:
            odd.repeated.append(line)
            continue
        if remark := _remark(clean):
            odd.remarks.append((line, remark))
            continue
        if len(clean) != len(columns):
            reason = (
                f"It has {len(clean)} values where the heading has {len(columns)} columns; perhaps "
                "a text with a comma is not in quotation marks."
            )
            bad.append(BadRow(line, reason, ", ".join(clean)[:200]))
            continue
        if any(value.translate(_CONTROL) != value for value in values):
            odd.cleaned.append(line)
        rows.append(CsvRow(line, dict(zip(columns, clean, strict=True))))
    return tuple(rows), tuple(bad), odd


def _remark(values: list[str]) -> str:
    """Return what a record says that is words and nothing else, shortened; "" for any other."""
    if sum(map(bool, values)) != 1:
        return ""
    text = " ".join("".join(values).split())
    several = " " in text and sum(map(str.isalpha, text)) * 2 > len(text)
    return text[:60] if several and not _TOTAL.fullmatch(text) else ""


_GUARDED = re.compile(r"'[-+=@(£€$]*[0-9][0-9.,/: -]*%?\)?")


def _value(written: str) -> str:
    """Return a value without control characters, and without what makes a spreadsheet's a text."""
    value = written.translate(_CONTROL).strip()
    if _GUARDED.fullmatch(value):  # '00123
        return value[1:].strip()
    if value.startswith('="') and value.endswith('"') and len(value) > 2:  # ="00123"
        return value[2:-1].replace('""', '"').strip()
    return value


_TOTAL = re.compile(
    r"(?:grand |sub[- ]?|net |gross |overall |report |page |running )?totals?\b.*|sum|balance\b.*",
    re.IGNORECASE | re.DOTALL,
)
_FIGURES = re.compile(r"[^A-Za-z]*[0-9][^A-Za-z]*")


def without_totals(file: CsvFile, identity: Sequence[str]) -> CsvFile:
    """Return the file without the rows that add up others, and with a note of them.

    `identity` are the columns of which a document has one at least: there a total has nothing, or
    the word for it.
    """
    rows: list[CsvRow] = []
    totals: list[int] = []
    for row in file.rows:
        names = [row[name] for name in identity]
        if any(name and not _TOTAL.fullmatch(name) for name in names):
            rows.append(row)
            continue
        said = [value for value in row.cells.values() if value]
        if any(_TOTAL.fullmatch(value) for value in said) or all(map(_FIGURES.fullmatch, said)):
            totals.append(row.line)
        else:
            rows.append(row)
    if not totals:
        return file
    note = f"Left out as a total of others: {_lines(totals)}."
    return msgspec.structs.replace(file, rows=tuple(rows), notes=(*file.notes, note))


def _lines(lines: list[int]) -> str:
    """Return `line 3` or `lines 3, 8 and 12`."""
    words = [str(line) for line in lines[:20]]
    if len(words) == 1:
        return f"line {words[0]}"
    more = " and more" if len(lines) > 20 else ""
    return f"lines {', '.join(words[:-1])} and {words[-1]}{more}"
