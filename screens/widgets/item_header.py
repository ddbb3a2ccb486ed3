"""The fields of an item above its lines: kind, contact, dates, currency, payment, note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from kfclient.desk.inbox.item import Kind
from kfclient.money import figures
from screens.files import files_shown
from screens.item_draft import DOCUMENTS, HEADER_FIELDS, ItemDraft, Unreadable
from screens.item_words import CONTACTS
from screens.widgets.cycle import Cycle
from screens.widgets.item_fields import Field
from screens.widgets.line import Line

if TYPE_CHECKING:
    from textual.app import ComposeResult

LABELS = {
    "contact": "Supplier",
    "reference": "Reference",
    "date": "Date",
    "due_date": "Due date",
    "currency": "Currency",
    "exchange_rate": "Exchange rate",
    "bank_account": "Bank account",
    "payment_method": "Method",
    "paid_on": "Paid on",
    "note": "Note",
}
_ROWS = (
    ("contact", "reference"),
    ("date", "due_date"),
    ("currency", "exchange_rate"),
    ("bank_account", "payment_method"),
    ("paid_on", "note"),
)


class ItemHeader(Vertical):
    """The header of a draft; what is typed comes to the screen as `Input.Changed`."""

    def __init__(self, draft: ItemDraft, home_currency: str) -> None:
        super().__init__()
        self.draft = draft
        self.home_currency = home_currency
        texts = draft.header.now
        self.fields = {field: Field(field, texts[field]) for field in HEADER_FIELDS}

    def compose(self) -> ComposeResult:
        """Lay out the fields in pairs, each pair with room for what cannot be read."""
        draft, fields = self.draft, self.fields
        with Horizontal(classes="pair"):
            yield Static("Kind", classes="label")
            yield Cycle([kind.value for kind in Kind], draft.kind.value, id="kind")
            yield Static("Document", classes="label second")
            yield Cycle(DOCUMENTS, draft.document, id="document")
        with Horizontal(classes="pair"):
            yield Line(CONTACTS[draft.kind], classes="label", id="contact-label")
            yield fields["contact"]
            yield Line(classes="beside", id="contact-code")
            yield Static("Reference", classes="label second")
            yield fields["reference"]
        yield Line(classes="problem hidden", id="wrong-contact", grows=True)
        with Horizontal(classes="pair"):
            yield Static("Date", classes="label")
            yield fields["date"]
            yield Static("", classes="beside")
            yield Static("Due date", classes="label second")
            yield fields["due_date"]
        yield Line(classes="problem hidden", id="wrong-date", grows=True)
        with Horizontal(classes="pair"):
            yield Static("Currency", classes="label")
            yield fields["currency"]
            yield Line(id="rate-label", grows=True)
            yield fields["exchange_rate"]
            yield Line(id="rate-home", grows=True)
        yield Line(classes="problem hidden", id="wrong-currency", grows=True)
        with Horizontal(classes="pair"):
            yield Line(classes="label", id="paid-label")
            yield fields["bank_account"]
            yield Static("", classes="beside")
            yield Static("Method", classes="label second")
            yield fields["payment_method"]
        yield Line(classes="problem hidden", id="wrong-bank_account", grows=True)
        with Horizontal(classes="pair"):
            yield Static("Paid on", classes="label")
            yield fields["paid_on"]
            yield Static("", classes="beside")
            yield Static("Note", classes="label second")
            yield fields["note"]
        yield Line(classes="problem hidden", id="wrong-paid_on", grows=True)
        with Horizontal(classes="pair"):
            yield Static("Files", classes="label")
            yield Line(id="files")

    def show_draft(self) -> None:
        """Show what goes with the texts: whose name it is, its code, whether a rate is needed."""
        draft = self.draft
        self.query_one("#kind", Cycle).set_value(draft.kind.value)
        self.query_one("#document", Cycle).set_value(draft.document)
        self._say("#contact-label", CONTACTS[draft.kind])
        self._say("#contact-code", draft.contact_code)
        texts = draft.header.now
        currency = texts["currency"].strip().upper()
        foreign = currency != self.home_currency
        rate = self.fields["exchange_rate"]
        if not foreign and texts["exchange_rate"]:
            texts["exchange_rate"] = rate.value = ""
        self._say("#rate-label", f"1 {currency or '?'} =" if foreign else "")
        self._say("#rate-home", self._rate_words(currency) if foreign else "")
        rate.display = foreign
        self._say("#paid-label", "Paid into" if draft.kind is Kind.SALE else "Paid from")
        self._say("#files", f"{files_shown(draft.files)}   (F9 changes them)")

    def _rate_words(self, currency: str) -> str:
        """Return the home currency, and what the rate is the other way round."""
        try:
            rate = self.draft.header.value("exchange_rate")
        except Unreadable:
            rate = None
        home = self.home_currency
        return f"{home}   (1 {home} = {figures(rate)} {currency})" if rate else home

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say below their row which fields cannot be read; `problems` go by field."""
        for row in _ROWS:
            said = []
            for field in row:
                text = problems.get(field, "")
                self.fields[field].show_problem(text)
                said += [f"✗ {LABELS[field]}: {text}"] if text else []
            below = self.query_one(f"#wrong-{row[0]}", Line)
            below.say("\n".join(said))
            below.set_class(not said, "hidden")

    def _say(self, where: str, text: str) -> None:
        self.query_one(where, Line).say(text)
