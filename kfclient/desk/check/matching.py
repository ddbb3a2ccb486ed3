"""Finding a record by what a person or a file calls it: its code, its name, or both."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201b": "'", "`": "'", "\u00b4": "'",
                         "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})  # fmt: skip
_AMPERSAND = re.compile(r"\s*&\s*")
_RATE_BRACKET = re.compile(r"\s*\(\s*(-?[0-9]+(?:\.[0-9]+)?)\s*%\s*\)\s*$")
_CODE_FIRST = re.compile(r"(\S+?)\s*(?:[-:,]\s*|\s)(\S.*)")
_CODE_LAST = re.compile(r"(.*\S)\s*\(\s*(\S+)\s*\)")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return the text as it is compared: case, spaces, quotes and `&`/`and` do not matter.

    Accents do: Zoe and Zoë may be two people.
    """
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(_AMPERSAND.sub(" and ", text).casefold().split())


def split_rate(category: str) -> tuple[str, str]:
    """Take off the tax rate that Dext writes behind a category: `Printing (20%)`, "20".

    The second part is "" where there is none.
    """
    match = _RATE_BRACKET.search(category)
    return (category[: match.start()].strip(), match[1]) if match else (category.strip(), "")


class Index(Generic[T]):
    """Records found by code, by name, or by code and name together.

    Built once from a list; looking something up is a few dictionary reads, however long the list.
    """

    def __init__(
        self, records: Iterable[T], code: Callable[[T], str], name: Callable[[T], str]
    ) -> None:
        self._by_code: dict[str, list[T]] = {}
        self._by_name: dict[str, list[T]] = {}
        self._code, self._name = code, name
        for record in records:
            if key := plain(code(record)):
                self._by_code.setdefault(key, []).append(record)
            if key := plain(name(record)):
                self._by_name.setdefault(key, []).append(record)

    def by_code(self, code: str) -> tuple[T, ...]:
        """Return the records with exactly this code."""
        return tuple(self._by_code.get(plain(code), ()))

    def find(self, text: str) -> tuple[T, ...]:
        """Return every record that the text may mean: none, one, or several to choose from.

        A code or a name matches whole; `7502 Telephone`, `7502 - Telephone` and `Telephone (7502)`
        match where code and name belong together.
        """
        wanted = plain(text)
        if not wanted:
            return ()
        found = [*self._by_code.get(wanted, ())]
        found += [one for one in self._by_name.get(wanted, ()) if one not in found]
        return tuple(found) or self._both(wanted)

    def _both(self, wanted: str) -> tuple[T, ...]:
        """Return the records that the text names by code and name together."""
        pairs = []
        if first := _CODE_FIRST.fullmatch(wanted):
            pairs.append((first[1], first[2]))
        if last := _CODE_LAST.fullmatch(wanted):
            pairs.append((last[2], last[1]))
        return tuple(
            record
            for code, name in pairs
            for record in self._by_code.get(code, ())
            if plain(self._name(record)) == name
        )
