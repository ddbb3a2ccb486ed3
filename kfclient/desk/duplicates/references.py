"""Document numbers as people write them: `INV-0102`, `inv 102` and `Inv.No 102` are one number."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PIECES = re.compile(r"[0-9]+|[^\W0-9_]+")
# Words that stand before a number and are no part of it. "CN" and "credit" are not among them: a
# credit note is another document than the invoice of the same number.
_IDLE = frozenset(
    {"invoice", "inv", "no", "nr", "number", "num", "ref", "reference", "our", "your", "bill",
     "receipt", "document", "doc"}
)  # fmt: skip
# What a scanner takes for one another.
_SEEN_AS = str.maketrans({"o": "0", "q": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"})
_FEW_DIGITS = 3


@lru_cache(maxsize=16384)
def reference_key(text: str) -> str:
    """Return the reference as it is compared, "" where there is none.

    Capitals, spaces, signs, leading noughts and the words before the number do not matter; where
    one group of figures ends and the next begins does: 2024-01 is neither 2024-02 nor 20241.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    pieces = [
        (piece.lstrip("0") or "0") if piece.isascii() and piece.isdigit() else piece
        for piece in _PIECES.findall(folded)
    ]
    at = 0
    while at < len(pieces) - 1 and pieces[at] in _IDLE:
        at += 1
    return "-".join(pieces[at:])


def tells_apart(key: str) -> bool:
    """Tell whether a reference's key can stand for one document: "rent" and "cash" cannot."""
    return any(letter in "0123456789" for letter in key)


def alike(one: str, other: str) -> bool:
    """Tell whether two different keys may be one number misread, mistyped or cut short.

    Two neighbouring figures that changed places, figures read as letters, or the letters before
    the number left out. One figure more, less or other is another number.
    """
    if not one or not other or one == other:
        return False
    if _as_seen(one) == _as_seen(other):
        return True
    return _turned(one, other) or _cut(one, other) or _cut(other, one)


def _as_seen(key: str) -> str:
    return key.translate(_SEEN_AS).replace("-", "")


def _turned(one: str, other: str) -> bool:
    """Tell whether two neighbouring figures changed places, and nothing else."""
    if len(one) != len(other):
        return False
    apart = [at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if len(apart) != 2 or apart[1] != apart[0] + 1:
        return False
    first, second = apart
    return one[first] == other[second] and one[second] == other[first] and one[first].isdigit()


def _cut(whole: str, part: str) -> bool:
    """Tell whether `part` is the number at the end of `whole`, without the letters before it."""
    return (
        part.isdigit()
        and len(part) >= _FEW_DIGITS
        and whole.endswith(f"-{part}")
        and not tells_apart(whole.removesuffix(f"-{part}"))
    )
