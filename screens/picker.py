"""Picks one of a synced list by code or name: type, move with the arrows, Enter."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from kfclient.desk.items.exchange_rates import turned
from kfclient.desk.model.item import Kind
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import parse_tax_code
from kfclient.desk.model.sides import side_of
from screens.app_screen import Act, Dialog
from screens.item_words import CONTACTS, home_per_foreign
from screens.widgets.ledger_table import Column, LedgerTable, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from kfclient.desk import Desk


class Choice(msgspec.Struct, frozen=True):
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
    def of(cls, key: str, code: str, name: str, detail: str = "", *, rate: str = "") -> Choice:
        """Return a candidate; keys must differ."""
        row = Row(key, (code, name, detail))
        every = plain(f"{code} {name} {detail}")
        return cls(code, name, row, plain(code), plain(name), every, rate)


def plain(text: str) -> str:
    """Return the text as typing is compared with it: muller finds Müller."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def best_first(candidates: Sequence[Choice], typed: str) -> list[Choice]:
    """Return the candidates that match, the best first.

    A code that is what was typed, codes that begin so, names that begin so, words that begin so,
    then whatever holds all the words.
    """
    wanted = plain(typed)
    if not wanted:
        return list(candidates)
    words, within = wanted.split(), f" {wanted}"
    ranks: tuple[list[Choice], ...] = ([], [], [], [], [])
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


class PickerScreen(Dialog[Choice]):
    """Offers candidates; dismisses with the one picked, or None."""

    CSS_PATH = "picker.tcss"
    ACTS = (
        Act("pick", "enter", "Choose", "Choose the row under the cursor", footer=True),
        Act("back", "escape", "Cancel", footer=True),
    )

    def __init__(
        self,
        title: str,
        candidates: Sequence[Choice],
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

    def show_rows(self, matching: Iterable[Choice]) -> None:
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


# What the picker of a field offers, from the synced lists.

PICKABLE = (
    "contact",
    "category",
    "project",
    "tax_rate",
    "currency",
    "bank_account",
    "payment_method",
)
"""The fields that have a list to choose from."""


def heading(field: str, kind: Kind) -> str:
    """Return the picker's title for a field."""
    words = {
        "contact": CONTACTS[kind].lower(),
        "category": "category",
        "project": "project",
        "tax_rate": "tax rate",
        "currency": "currency",
        "bank_account": "bank account",
        "payment_method": "payment method",
    }
    return f"Choose a {words[field]}"


def candidates(desk: Desk, business: str, field: str, kind: Kind) -> list[Choice]:
    """Return what a field can be, as the last sync left it; the person of a claim is a supplier.

    Categories and projects that are put away in KashFlow are not offered.
    """
    makers: dict[str, Callable[[], list[Choice]]] = {
        "contact": lambda: _contacts(desk, business, kind),
        "category": lambda: _categories(desk, business),
        "project": lambda: _projects(desk, business),
        "tax_rate": lambda: _of_list(desk, business, ListName.TAX_RATES),
        "currency": lambda: _currencies(desk, business),
        "bank_account": lambda: _of_list(desk, business, ListName.BANK_ACCOUNTS),
        "payment_method": lambda: _methods(desk, business, kind),
    }
    return makers[field]()


def values_of(field: str, one: Choice) -> dict[str, Any]:
    """Return the fields of the item, or of its line, that picking this for a field sets."""
    if field == "contact":
        return {"contact": one.name, "contact_code": one.code}
    if field in ("category", "project"):
        return {field: f"{one.code} {one.name}".strip()}
    if field == "tax_rate":
        return {"tax_rate": parse_tax_code(one.code)}
    if field == "currency":
        rate = turned(Decimal(one.rate)) if one.rate else None
        return {"currency": one.code, "exchange_rate": rate}
    return {field: one.name}


def _of_list(desk: Desk, business: str, name: ListName) -> list[Choice]:
    return [
        Choice.of(str(row.id), row.code, row.name, row.detail)
        for row in desk.lists.read(business, name)
    ]


def _contacts(desk: Desk, business: str, kind: Kind) -> list[Choice]:
    return sorted(_of_list(desk, business, side_of(kind).contacts), key=lambda one: one.plain_name)


def _categories(desk: Desk, business: str) -> list[Choice]:
    return [
        Choice.of(str(one.id), str(one.code), one.name, one.type_name)
        for one in sorted(desk.lists.nominals(business), key=lambda one: one.code)
        if not one.archived
    ]


def _projects(desk: Desk, business: str) -> list[Choice]:
    return [
        one
        for one in _of_list(desk, business, ListName.PROJECTS)
        if one.row.cells[2].startswith("active")
    ]


def _currencies(desk: Desk, business: str) -> list[Choice]:
    home, offered = home_currency(desk, business), []
    for one in desk.lists.currencies(business):
        foreign = one.currency_code != home and one.exchange_rate > 0
        rate = f"{home_per_foreign(one.exchange_rate):f}" if foreign else ""
        code, said = one.currency_code, f"1 {one.currency_code} = {rate} {home}"
        offered.append(Choice.of(code, code, said if rate else "", rate=rate))
    return offered


def _methods(desk: Desk, business: str, kind: Kind) -> list[Choice]:
    methods = desk.lists.sale_methods if kind is Kind.SALE else desk.lists.cost_methods
    return [Choice.of(str(one.method_id), "", one.method_name) for one in methods(business)]


def home_currency(desk: Desk, business: str) -> str:
    """Return the currency that the business's books are kept in."""
    connection = desk.businesses.get(business).connection
    return connection.company.currency if connection is not None else "GBP"
