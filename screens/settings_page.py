"""KashFlow's API Settings page as a picture in text, and what commonly goes wrong on it.

Where things are on that page: https://help.dext.com (KashFlow: connect), and
https://help.satago.com/en/articles/13247-connecting-to-kashflow for the password and addresses.
"""

from __future__ import annotations

import msgspec
from rich.text import Text

_PICTURE = """\
┌─ KashFlow ──────────────────────────── ① Apps > API Settings ─┐
│  ② [x] Enable SOAP API                                        │
│     [ ] Restrict Access to specific IP addresses          (a) │
│  ③ [x] Enable AutoAuth      ⑤ 1234ABCD-1234  [ Copy code ]    │
│  ④ Username: your name for KashFlow                           │
│     Password: (•) the one you log in with                     │
│               ( ) a separate API password                 (b) │
│                                                  ⑥ [ Update ] │
└───────────────────────────────────────────────────────────────┘"""

_PLACES = {"open": "①", "soap": "②", "autoauth": "③", "username": "④", "key": "⑤", "save": "⑥"}


class Trap(msgspec.Struct, frozen=True):
    """Something that commonly goes wrong; `mark` is its letter in the picture."""

    mark: str
    title: str
    text: str


TRAPS = (
    Trap(
        "(a)",
        "Restrict Access to specific IP addresses",
        "If it is ticked, leave it: with AutoAuth Kashdeck adds this machine's address to the "
        "list by itself.",
    ),
    Trap(
        "(b)",
        "A separate API password",
        "If it is chosen, give that password to Kashdeck. The one you log in with is refused then.",
    ),
    Trap(
        "(c)",
        "The page is missing, grey or will not save",
        "Your accountant may have locked API Settings, or the plan lacks the API. Ask whoever "
        "looks after the account to do these steps.",
    ),
)


def picture(step: str) -> Text:
    """Return the picture, 65 cells by 9 lines, with the place of this step made to stand out."""
    text = Text(_PICTURE, no_wrap=True)
    for place in _PLACES.values():
        text.highlight_words([place], style="bold")
    text.highlight_words([_PLACES[step]], style="reverse bold")
    return text


def traps() -> Text:
    """Return the traps, a title and a sentence each."""
    text = Text()
    for trap in TRAPS:
        text.append(f"{trap.mark} {trap.title}\n", style="bold")
        text.append(f"{trap.text}\n")
    text.rstrip()
    return text
