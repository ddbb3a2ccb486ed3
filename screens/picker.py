"""Picks one of a synced list by code or name: type, move with the arrows, Enter."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.room import Act, Panel
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class Candidate(msgspec.Struct, frozen=True):
    """One that can be picked: what is shown of it, and its code and name as they are compared.

    `rate` is a currency's exchange rate in KashFlow, as people say it, or "".
    """

    code: str
    name: str
    row: Row
    plain_code: str
    plain_name: str
    plain_all: str
    rate: str = ""

    @classmethod
    def of(cls, key: str, code: str, name: str, detail: str = "", *, rate: str = "") -> Candidate:
        """Return a candidate; keys must differ."""
        row = Row(key, (code, name, detail))
        every = plain(f"{code} {name} {detail}")
        return cls(code, name, row, plain(code), plain(name), every, rate)


def plain(text: str) -> str:
    """Return the text as typing is compared with it: muller finds Müller."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def best_first(candidates: Sequence[Candidate], typed: str) -> list[Candidate]:
    """Return the candidates that match, the best first.

    A code that is what was typed, codes that begin so, names that begin so, words that begin so,
    then whatever holds all the words.
    """
    wanted = plain(typed)
    if not wanted:
        return list(candidates)
    words, within = wanted.split(), f" {wanted}"
    ranks: tuple[list[Candidate], ...] = ([], [], [], [], [])
    for one in candidates:
        if one.plain_code == wanted:
            ranks[0].append(one)
        elif one.plain_code.startswith(wanted):
            ranks[1].append(one)
        elif one.plain_name.startswith(wanted):
            ranks[2].append(one)
        elif within in one.plain_name:
            ranks[3].append(one)
        elif all(word in one.plain_all for word in words):
            ranks[4].append(one)
    return [one for rank in ranks for one in rank]


class Typed(Input):
    """Where the person types; up and down move in the table below meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.move(1)", "Down", show=False),
        Binding("up", "screen.move(-1)", "Up", show=False),
        Binding("pagedown", "screen.page(1)", "Page down", show=False),
        Binding("pageup", "screen.page(-1)", "Page up", show=False),
    ]


COLUMNS = (Column("Code", 12), Column("Name"), Column("", 18))


class PickerScreen(Panel[Candidate]):
    """Offers candidates; dismisses with the one picked, or None."""

    CSS_PATH = "picker.tcss"
    ACTS = (
        Act("pick", "enter", "Choose", "Choose the row under the cursor", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )

    def __init__(
        self,
        title: str,
        candidates: Sequence[Candidate],
        typed: str = "",
        columns: Sequence[Column] = COLUMNS,
    ) -> None:
        super().__init__()
        self.columns = columns
        self.heading = title
        self.candidates = candidates
        self.typed = typed
        self.by_key = {one.row.key: one for one in candidates}

    def compose(self) -> ComposeResult:
        """Lay out the field and the table below it."""
        with Vertical(classes="panel"):
            yield Static(self.heading, classes="panel-title", markup=False)
            yield Typed(self.typed, placeholder="Type to search", id="typed", compact=True)
            yield LedgerTable(*self.columns, empty="Nothing matches.")
            yield Static("↑ ↓ move   Enter chooses   Esc cancels", classes="panel-label")

    def on_mount(self) -> None:
        """Show what matches at first: all of it where what was typed matches nothing."""
        self.table.can_focus = False
        self.show_rows(best_first(self.candidates, self.typed) or self.candidates)

    @property
    def table(self) -> LedgerTable:
        """The table of candidates."""
        return self.query_one(LedgerTable)

    def show_rows(self, matching: Iterable[Candidate]) -> None:
        """Show these, with the cursor on the best."""
        self.table.show_rows(one.row for one in matching)
        self.table.action_jump(0)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        if event.value != self.typed:
            self.typed = event.value
            self.show_rows(best_first(self.candidates, event.value))

    def on_input_submitted(self) -> None:
        """Pick with Enter."""
        self.action_pick()

    def on_ledger_table_chosen(self) -> None:
        """Pick with a click."""
        self.action_pick()

    def action_pick(self) -> None:
        """Pick the row under the cursor."""
        key = self.table.cursor_key
        if key is not None:
            self.dismiss(self.by_key[key])

    def action_move(self, by: int) -> None:
        """Move the cursor while typing."""
        self.table.action_move(by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.table.action_page(by)
