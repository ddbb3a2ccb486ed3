"""Neutral names for what must not leave the machine: businesses, people, files of other names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from kfclient.desk.business.list_names import ListName

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
