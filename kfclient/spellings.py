"""Finding a secret in a text that somebody else wrote, however it is spelled there.

A server that repeats a password may write it in capitals, percent-encoded, with XML's or JSON's
escapes, with its spaces gone or others put in, or break off in the middle of it. So texts are
compared by what is left of them once escapes are undone: ASCII letters and digits, of one case.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote_to_bytes

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ESCAPE = re.compile(
    r"(?:%(?:25)*[0-9A-Fa-f]{2})+"
    r"|&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,8});"
    r"|\\{1,8}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})"
)
_DOUBLED_PERCENT = re.compile("%(?:25)+(?=[0-9A-Fa-f]{2})")
_NOT_CORE = re.compile("[^0-9a-z]+")
_NOT_DENSE = re.compile(r"[\s\\]+")

_LEAST = 6
"""Letters and digits from which on they alone tell a secret; of fewer its other signs count too."""


def hide(text: str, secrets: Iterable[str], mask: str, *, cut: bool = False) -> str:
    """Return `text` with the secrets in it masked, in whatever spelling.

    With `cut` the beginning of one that ends the text, where that is half of it or more, is masked
    too. Secrets of fewer than four signs are not looked for.
    """
    left: dict[re.Pattern[str], str] = {}  # of the text as it is now: it may be long, secrets many
    for secret in secrets:
        if len(secret) < 4:
            continue
        if secret in text:
            text = text.replace(secret, mask)
            left.clear()
        left_out = _NOT_CORE if len(reduced(secret, _NOT_CORE)) >= _LEAST else _NOT_DENSE
        wanted = reduced(secret, left_out)
        if len(wanted) < 4:
            continue
        if left_out not in left:
            left[left_out] = reduced(text, left_out)
        there = left[left_out]
        if wanted in there or (cut and _cut_off(there, wanted)):
            text = _masked(text, wanted, left_out, mask, cut=cut)
            left.clear()
    return text


def reduced(text: str, left_out: re.Pattern[str] = _NOT_CORE) -> str:
    """Return what two spellings of a text have in common."""
    plain = _ESCAPE.sub(_undone, text) if any(sign in text for sign in "%&\\") else text
    return left_out.sub("", plain.lower())


def _undone(escape: re.Match[str]) -> str:
    written = escape[0]
    if written[0] == "%":
        return unquote_to_bytes(_DOUBLED_PERCENT.sub("%", written)).decode("utf-8", "replace")
    if written[0] == "&":
        return html.unescape("&" + written.removeprefix("&").rpartition("amp;")[2])
    return chr(int(written.lstrip("\\")[1:], 16))


def _cut_off(there: str, wanted: str) -> int:
    """Return how much of what is wanted stands at the end, 0 for less than half."""
    least = max(4, len(wanted) // 2)
    for size in range(min(len(wanted) - 1, len(there)), least - 1, -1):
        if there.endswith(wanted[:size]):
            return size
    return 0


def _masked(text: str, wanted: str, left_out: re.Pattern[str], mask: str, *, cut: bool) -> str:
    pieces = list(_pieces(text, left_out))
    there = "".join(piece for piece, _, _ in pieces)
    at = [place for piece in pieces for place in [piece] * len(piece[0])]
    spans: list[tuple[int, int]] = []
    found = there.find(wanted)
    while found >= 0:
        spans.append((at[found][1], at[found + len(wanted) - 1][2]))
        found = there.find(wanted, found + len(wanted))
    if cut and (size := _cut_off(there, wanted)):
        spans.append((at[len(there) - size][1], len(text)))
    for start, end in reversed(spans):
        text = text[:start] + mask + text[end:]
    return text


def _pieces(text: str, left_out: re.Pattern[str]) -> Iterator[tuple[str, int, int]]:
    """Yield what counts of the text, each part with where it stands in it."""
    place = 0
    for escape in _ESCAPE.finditer(text):
        yield from _signs(text, place, escape.start(), left_out)
        yield left_out.sub("", _undone(escape).lower()), escape.start(), escape.end()
        place = escape.end()
    yield from _signs(text, place, len(text), left_out)


def _signs(
    text: str, start: int, end: int, left_out: re.Pattern[str]
) -> Iterator[tuple[str, int, int]]:
    for place in range(start, end):
        yield left_out.sub("", text[place].lower()), place, place + 1
