"""Help: every command of the screen before it, with its keys, in the same words."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Static

from screens.room import Act, Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

TABLE_KEYS = (
    ("↑ ↓  or  k j", "Move"),
    ("PgUp PgDn", "Move by a page"),
    ("Home End  or  g G", "First, last"),
    ("Enter", "Open or choose"),
    ("Tab", "Next part of the screen"),
    ("Ctrl+P", "Every command, found by typing"),
    ("Ctrl+T", "Light or dark"),
    ("Ctrl+Q", "Quit; what is stored stays"),
)
KEYS_WIDTH, WORDS_WIDTH = 18, 37


class HelpScreen(Panel[None]):
    """Lists the commands of a screen."""

    CSS_PATH = "panels.tcss"
    ACTS = (Act("back", "escape,question_mark", "Close", footer=True),)

    def __init__(self, title: str, acts: Sequence[Act]) -> None:
        super().__init__()
        self.heading = title
        self.acts = acts

    def compose(self) -> ComposeResult:
        """Lay out the commands, then the keys that work everywhere."""
        with VerticalScroll(classes="panel"):
            yield Static(self.heading, classes="panel-title", markup=False)
            lines = [(keys_shown(act.keys), act.help or act.words) for act in self.acts]
            for keys, words in [*lines, ("", ""), *TABLE_KEYS]:
                yield Static(help_line(keys, words), markup=False)


def help_line(keys: str, words: str) -> str:
    """Return the keys and, beside them, the words, which may take several lines."""
    lines = wrap(words, WORDS_WIDTH) or [""]
    indent = "\n" + " " * (KEYS_WIDTH + 1)
    return f"{keys:<{KEYS_WIDTH}} {indent.join(lines)}"


SHOWN = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "slash": "/",
    "question_mark": "?",
    "delete": "Del",
}


def keys_shown(keys: str) -> str:
    """Return keys as a person knows them: `slash` as /, `ctrl+s` as Ctrl+S."""
    names = [SHOWN.get(key, key.replace("ctrl+", "Ctrl+")) for key in keys.split(",")]
    return ", ".join(names)
