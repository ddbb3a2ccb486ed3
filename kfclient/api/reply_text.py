"""A reply's bytes made into XML that can be read, whatever the server or the data in it hold.

One control character in one supplier's notes, which ASMX writes as `&#x1B;`, would else cost the
whole list. What XML forbids becomes U+FFFD, as does what is no text in the reply's encoding; a
blank line before the declaration and NULs after the end are taken away.
"""

from __future__ import annotations

import codecs
import re

UNREADABLE = "\ufffd"
"""What stands for a character that XML forbids, or for a byte that is no character."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that XML 1.0 cannot carry, even escaped."""

_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_BLANK = " \t\r\n\0\ufeff"
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_TEXT = re.compile(
    r"utf-?8|utf-?16|utf-?32|(iso|cp|koi8|mac|ascii|big5|gb|euc|shift|ks)[a-z0-9_-]*"
)
# The rest of an encoding's family cannot hold the ASCII of the declaration that names it.
_WIDE = re.compile(r"utf-?(16|32)")
_HEAD = 1024

_NUMBER = r"&#(?:[xX][0-9A-Fa-f]{1,40}|[0-9]{1,40});"
_NUMBERS = re.compile(f"(?:{_NUMBER})+")
_ONE_NUMBER = re.compile(_NUMBER)
_UNFINISHED = re.compile(rf"(?:{_NUMBER}){{0,4}}(?:&[^;&<>\s]{{0,44}})?\Z")
_LOOK_BACK = 240
_MOST_HELD = 64 * 1024
_HIGHEST = 0x10FFFF


def may_be(garbled: str, whole: str) -> bool:
    """Tell whether a text with characters that could not be read may be another one."""
    if UNREADABLE not in garbled:
        return garbled == whole
    parts = (re.escape(part) for part in garbled.split(UNREADABLE))
    return re.fullmatch(".{0,3}".join(parts), whole) is not None


class ReplyText:
    """Takes a reply's bytes in pieces, and gives back UTF-8 without a declaration.

    `content_type` is the reply's header. The encoding is that of a byte order mark, else of the XML
    declaration, else of the header, else UTF-8.
    """

    def __init__(self, content_type: str = "") -> None:
        found = _CHARSET.search(content_type)
        self._charset = found[1] if found else ""
        self._head = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False
        self._kept = ""  # seen, and not handed on: it may be the first part of something

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be read by now of the reply up to this piece."""
        if self._decoder is None:
            self._head += chunk
            start = self._head.lstrip()
            if len(start) < _HEAD and (
                len(start) < len("<?xml") or (start.startswith(b"<?xml") and b"?>" not in start)
            ):
                return b""
            chunk = self._head
        return self._read(chunk)

    def close(self) -> bytes:
        """Return the rest, without the NULs that some servers put after it."""
        rest = self._read(b"" if self._decoder else self._head, ended=True)
        kept, self._kept = self._kept.rstrip(_BLANK), ""
        return rest + _readable(kept)

    def _read(self, chunk: bytes, *, ended: bool = False) -> bytes:
        if self._decoder is None:
            encoding = _encoding(self._head, self._charset)
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self._head = b""
        text = self._kept + self._decoder.decode(chunk, ended)
        self._kept = ""
        if not self._begun:
            text = self._without_declaration(text)
        whole = text.rstrip(_BLANK)
        if len(text) - len(whole) > _MOST_HELD:  # no server's habit: for the parser to judge
            whole = text
        unfinished = _UNFINISHED.search(whole, max(0, len(whole) - _LOOK_BACK))
        cut = unfinished.start() if unfinished else len(whole)
        self._kept = text[cut:]
        return _readable(text[:cut])

    def _without_declaration(self, text: str) -> str:
        text = text.lstrip(_BLANK)
        if not text:
            return ""
        self._begun = True
        if not text.startswith("<?xml"):
            return text
        return text.partition("?>")[2] if "?>" in text else text


def _encoding(head: bytes, charset: str) -> str:
    start = head.lstrip(b" \t\r\n")
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    declared = _DECLARED.match(start)
    for name in (declared[1].decode() if declared else "", charset):
        with_marks_alone = _WIDE.match(name.casefold())
        if name and not with_marks_alone and (known := _codec(name)):
            return known
    return "utf-8"


def _codec(name: str) -> str:
    """Return Python's name of a text encoding, "" for one that is none or that nobody knows."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    if _TEXT.fullmatch(known) is None:
        return ""
    # Who says Latin-1 means Windows' superset of it, and ASCII is a part of UTF-8.
    return {"iso8859-1": "cp1252", "ascii": "utf-8"}.get(known, known)


def _readable(text: str) -> bytes:
    """Return the text as UTF-8, each character that XML forbids replaced."""
    if "&#" in text:
        text = _NUMBERS.sub(_characters, text)
    data = text.encode()
    # Nearly always clean, and bytes are looked through ten times as fast.
    if len(data.translate(None, _CONTROLS)) == len(data) and b"\xef\xbf" not in data:
        return data
    return NOT_XML.sub(UNREADABLE, text).encode()


def _characters(found: re.Match[str]) -> str:
    """Return a run of character references as it is, or with what XML forbids replaced.

    Two halves of a surrogate pair, as some servers write an emoji, are one character.
    """
    codes = [_code(one) for one in _ONE_NUMBER.findall(found[0])]
    if all(NOT_XML.match(chr(code)) is None for code in codes):
        return found[0]
    units = "".join(map(chr, codes)).encode("utf-16-le", "surrogatepass")
    text = NOT_XML.sub(UNREADABLE, units.decode("utf-16-le", "replace"))
    return "".join(f"&#{ord(one)};" for one in text)


def _code(reference: str) -> int:
    """Return the code point of `&#27;` or `&#x1B;`; 0, which XML forbids, for one that is none."""
    digits = reference[2:-1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return code if code <= _HIGHEST else 0
