"""The item form: what is typed becomes the item, and what cannot be read says so at its field."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.api.records import PaymentMethod
from kfclient.desk import Desk
from kfclient.desk.model.fields import home_per_foreign
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.desk.sync.readers import COST_METHODS
from screens.dialogs import ConfirmScreen
from screens.item_draft import ItemDraft, read_text
from screens.item_form import ItemFormScreen
from screens.picker import Choice, PickerScreen, best_first
from screens.widgets.item_editor import ItemField
from screens.widgets.ledger_table import LedgerTable
from tests.desk.seeded import Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import SIZES, cost, on_screen, showing
from tui.app import KashdeckApp

Compare = Callable[..., bool]
MONEY = st.decimals(-99_999, 99_999, places=2)
FINE = st.decimals("0.000001", 99_999, places=6)
LINES = st.builds(
    ItemLine,
    description=st.text(max_size=30),
    category=st.text(max_size=20),
    quantity=FINE,
    unit_price=FINE,
    tax_rate=st.none() | st.sampled_from([Decimal(rate) for rate in ("20", "17.5", "0", "-1")]),
    vat=MONEY,
)
ITEMS = st.builds(
    Item,
    kind=st.sampled_from(Kind),
    contact=st.text(max_size=30),
    reference=st.text(max_size=20),
    date=st.none() | st.dates(dt.date(1970, 1, 1), dt.date(2099, 12, 31)),
    currency=st.sampled_from(["GBP", "EUR", "JPY"]),
    exchange_rate=st.none() | FINE,
    bank_account=st.text(max_size=10),
    paid_on=st.none() | st.dates(dt.date(1970, 1, 1), dt.date(2099, 12, 31)),
    note=st.text(max_size=20),
    files=st.lists(st.text(max_size=8), max_size=2).map(tuple),
    lines=st.lists(LINES, min_size=1, max_size=3).map(tuple),
)


@given(ITEMS)
def test_opening_and_saving_changes_nothing(item: Item) -> None:
    draft = ItemDraft(item)
    assert draft.read() == (item, {})
    assert not draft.changed


@given(st.decimals("0.0005", 500, places=4))
def test_a_rate_comes_back_as_it_was_typed(rate: Decimal) -> None:
    draft = ItemDraft(cost(currency="EUR"))
    draft.header.now["exchange_rate"] = f"{rate:f}"
    item, problems = draft.read()
    assert not problems
    assert item.exchange_rate is not None
    shown = home_per_foreign(item.exchange_rate)
    assert abs(shown - rate) <= rate / 1000, "KashFlow's way round keeps six decimals"


def test_a_rate_that_people_use_comes_back_to_the_last_figure() -> None:
    for typed in ("0.86", "0.7874", "1.05", "0.0052"):
        draft = ItemDraft(cost(currency="EUR"))
        draft.header.now["exchange_rate"] = typed
        item, _ = draft.read()
        assert ItemDraft(item).header.now["exchange_rate"] == typed


def test_a_rate_is_read_either_way_round() -> None:
    for typed in ("1.17 EUR", "€1.17", "1 GBP = 1.17 EUR", "1.17 EUR per GBP"):
        assert read_text("exchange_rate", typed, "EUR", "GBP") == Decimal("1.17"), typed
    for typed in ("0.8547", "£0.8547", "0.8547 GBP", "1 EUR = 0.8547 GBP", "0.8547 GBP per EUR"):
        assert read_text("exchange_rate", typed, "EUR", "GBP") == Decimal("1.170001"), typed


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("date", "31/12/26", "a year of two figures"),
        ("date", "32/1/2026", "not a day of the calendar"),
        ("due_date", "tomorrow", "tomorrow is not a date. Use 31/12/2026."),
        ("currency", "pounds", "“pounds” is not a currency. Use a code"),
        ("exchange_rate", "0", "more than nothing"),
        ("exchange_rate", "x", "“x” is not a rate"),
        ("exchange_rate", "1.17 USD", "is not a rate. Use"),
        ("paid_on", "soon", "soon is not a date. Use 31/12/2026."),
        ("lines.1.quantity", "two", "two is not an amount. Use 1 or 2.5."),
        ("lines.1.quantity", "£5", "is not a quantity"),
        ("lines.1.unit_price", "1.250,00", "continental"),
        ("lines.1.unit_price", "$612", "is in dollars or pesos, but the currency is GBP"),
        ("lines.1.unit_price", "9" * 20, "too large"),
        ("lines.1.tax_rate", "120", "not a tax rate"),
        ("lines.1.tax_rate", "standard", "Use 20, 0 or n/a."),
        ("lines.1.vat", "2.005", "may be a continental amount"),
        ("lines.1.vat", "--", "not an amount"),
    ],
)
def test_what_cannot_be_read_says_so(field: str, typed: str, said: str) -> None:
    draft = ItemDraft(cost())
    name = field.rpartition(".")[2]
    draft.texts(0 if field.startswith("lines.") else None).now[name] = typed
    _, problems = draft.read()
    assert list(problems) == [field]
    assert said in problems[field]


def test_the_best_match_comes_first() -> None:
    offered = [
        Choice.of("1", "PARC01", "Parcel & Post"),
        Choice.of("2", "POST", "Zebra Ltd"),
        Choice.of("3", "ZZ1", "Postage Partners"),
        Choice.of("4", "MUL01", "Müller Werkzeuge"),
        Choice.of("5", "POST01", "Another"),
        Choice.of("6", "X", "Lamppost makers"),
    ]
    assert [one.row.key for one in best_first(offered, "post")] == ["2", "5", "3", "1", "6"]
    assert [one.row.key for one in best_first(offered, "muller")] == ["4"]
    assert [one.row.key for one in best_first(offered, "werk mül")] == ["4"]
    assert best_first(offered, "nobody") == []
    assert best_first(offered, " ") == offered


def test_twenty_thousand_are_searched_between_two_keys() -> None:
    names = ("Harbour", "Lane", "Müller", "Quillon", "Pennine")
    offered = [
        Choice.of(str(at), f"C{at:05}", f"{names[at % 5]} {names[at % 3]} {at}", "a@b.example")
        for at in range(20_000)
    ]
    began = time.thread_time()
    for typed in ("m", "mul", "c1", "quillon 19", "nothing at all"):
        best_first(offered, typed)
    assert (time.thread_time() - began) / 5 < 0.15


@pytest.mark.parametrize("size", SIZES)
def test_it_looks_like_this(
    inbox: Inbox, inbox_desk: Desk, snap_compare: Compare, size: tuple[int, int]
) -> None:
    lines = (*cost().lines, *cost(price="12.5").lines)
    foreign = cost(currency="EUR", exchange_rate=Decimal("1.162791"), lines=lines)
    item = inbox_desk.items.add(inbox.business, foreign)
    form = ItemFormScreen(inbox.business, "Acme Ltd", item)
    keys = ("tab", "tab", *"31/12/26", "tab", "f7")
    bring = showing(form, "Ready to publish", *keys)
    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=size, run_before=bring)


def test_the_picker_looks_like_this(inbox: Inbox, inbox_desk: Desk, snap_compare: Compare) -> None:
    form = ItemFormScreen(inbox.business, "Acme Ltd", Item())
    bring = showing(form, "It has no supplier", "f4", *"tw", "down")
    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=(80, 24), run_before=bring)


def field(walk: Walk, name: str, line: int = 0) -> ItemField:
    """Return a field of the form: of the header, or of a line (1 is the first)."""
    form = walk.screen
    assert isinstance(form, ItemFormScreen)
    return form.editor.field_of(f"lines.{line}.{name}" if line else name)


async def test_wrong_input_is_said_at_the_field_and_stops_saving(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    form = ItemFormScreen(inbox.business, "Acme Ltd", Item())
    async with on_screen(inbox_desk, form) as walk:
        walk.screen.set_focus(field(walk, "date"))
        await walk.write("31.2.2026")
        assert "✗ Date" not in walk.text, "not while it is being typed"
        await walk.press("enter")
        await walk.until("✗ Date: 31.2.2026 is not a day of the calendar. Use 31/12/2026.")
        walk.screen.set_focus(field(walk, "unit_price", 1))
        await walk.paste("12,5O")
        await walk.press("ctrl+s")
        await walk.until("✗ Net price: 12,5O is not an amount")
        assert walk.app.focused is field(walk, "date"), "the first wrong field"
        assert not walk.overflows()
        await walk.press("ctrl+u")
        await walk.write("28.2.2026")
        await walk.until(lambda: "✗ Date" not in walk.text)
    assert inbox_desk.items.all(inbox.business) == []


async def test_vat_follows_the_rate_and_can_be_typed_over(inbox: Inbox, inbox_desk: Desk) -> None:
    async with on_screen(inbox_desk, ItemFormScreen(inbox.business, "A", Item())) as walk:
        walk.screen.set_focus(field(walk, "unit_price", 1))
        await walk.press(*"99.99", "enter", *"20%", "enter")
        assert field(walk, "vat", 1).value == "20.00"
        await walk.press(*"19.98")
        await walk.until("VAT 19.98   Gross 119.97")
        walk.screen.set_focus(field(walk, "description", 1))
        await walk.write("x")
        assert field(walk, "vat", 1).value == "19.98", "what was typed stays"
        walk.screen.set_focus(field(walk, "quantity", 1))
        await walk.write("2")
        assert field(walk, "vat", 1).value == "40.00"
        walk.screen.set_focus(field(walk, "tax_rate", 1))
        await walk.press("ctrl+u", *"n/a")
        assert field(walk, "vat", 1).value == "0.00"


async def test_lines_are_put_in_copied_and_taken_out(inbox: Inbox, inbox_desk: Desk) -> None:
    before = cost("Kestrel Car Hire")
    form = ItemFormScreen(inbox.business, "Acme Ltd", Item(), before)
    async with on_screen(inbox_desk, form) as walk:
        await walk.press("f6")
        assert field(walk, "contact").value == "Kestrel Car Hire", "from the item before"
        walk.screen.set_focus(field(walk, "category", 1))
        await walk.press("f6")
        assert field(walk, "category", 1).value == "7102 Water Rates"
        await walk.press(*"one", "f7", "f6", *"two", "f7")
        assert [row.number for row in form.editor.rows()] == [1, 2, 3]
        assert field(walk, "category", 2).value == "7102 Water Rates"
        await walk.press("up", "f8")
        assert [field(walk, "description", at).value for at in (1, 2)] == ["one", ""]
        await walk.press("f8", "f8")
        assert len(form.editor.rows()) == 1
        assert field(walk, "description", 1).value == "", "the last line is emptied"
        assert form.draft.read()[0].lines == ()


async def test_problems_move_with_their_lines(inbox: Inbox, inbox_desk: Desk) -> None:
    form = ItemFormScreen(inbox.business, "Acme Ltd", cost(lines=cost().lines * 3))
    async with on_screen(inbox_desk, form) as walk:
        walk.screen.set_focus(field(walk, "vat", 3))
        await walk.write("x")
        walk.screen.set_focus(field(walk, "vat", 1))
        await walk.until("✗ VAT: x is not an amount")
        await walk.press("f8")
        assert list(form.editor.unreadable) == ["lines.2.vat"]
        await walk.press("down", "f8")
        await walk.until(lambda: "✗" not in walk.text)
        assert form.editor.unreadable == {}


async def test_a_contact_typed_after_it_was_picked_loses_its_code(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    form = ItemFormScreen(inbox.business, "Acme Ltd", Item())
    async with on_screen(inbox_desk, form) as walk:
        await walk.press("f4")
        await walk.until_on(PickerScreen)
        await walk.write("TWIN02")
        await walk.press("enter")
        await walk.until("TWIN02")
        assert form.draft.contact_code == "TWIN02"
        walk.screen.set_focus(field(walk, "contact"))
        await walk.press("end", *" & Sons")
        assert form.draft.contact_code == ""


async def test_the_picker_is_cancelled_and_says_when_nothing_matches(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    form = ItemFormScreen(inbox.business, "Acme Ltd", Item(contact="Nobody"))
    async with on_screen(inbox_desk, form) as walk:
        await walk.press("ctrl+k")
        await walk.until_on(PickerScreen)
        assert "Pennine Water" in walk.text, "all of them, where what is there matches none"
        await walk.write("zzz")
        await walk.until("Nothing matches.")
        await walk.press("enter", "escape")
        await walk.until_on(ItemFormScreen)
        assert field(walk, "contact").value == "Nobody"
        walk.screen.set_focus(field(walk, "date"))
        await walk.press("f4")
        await walk.until("There is no list for this field")


async def test_saving_twice_adds_once(inbox: Inbox, inbox_desk: Desk) -> None:
    async with on_screen(inbox_desk, ItemFormScreen(inbox.business, "A", cost())) as walk:
        await walk.press("ctrl+s", "ctrl+s")
        await walk.until(lambda: not isinstance(walk.screen, ItemFormScreen))
    assert len(inbox_desk.items.all(inbox.business)) == 1


async def test_an_item_that_is_gone_loses_nothing_typed(inbox: Inbox, inbox_desk: Desk) -> None:
    item = inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, ItemFormScreen(inbox.business, "A", item)) as walk:
        inbox_desk.items.remove(inbox.business, item.id)
        await walk.press("end", *" Ltd", "ctrl+s")
        await walk.until("Somebody else deleted this item meanwhile.")
        await walk.press("n")
        await walk.until_on(ItemFormScreen)
        assert field(walk, "contact").value == "Pennine Water Ltd"
        await walk.press("ctrl+s")
        await walk.until_on(ConfirmScreen)
        await walk.press("y", "enter")
        await walk.until(lambda: not isinstance(walk.screen, ItemFormScreen))
    [added] = inbox_desk.items.all(inbox.business)
    assert (added.contact, added.id != item.id) == ("Pennine Water Ltd", True)


async def test_how_it_was_paid_and_its_files_are_given(
    inbox: Inbox, inbox_desk: Desk, tmp_path: Path
) -> None:
    inbox.write(COST_METHODS, (PaymentMethod(method_id=3, method_name="Card"),))
    for name in ("a.pdf", "huge.xls"):
        (tmp_path / name).write_bytes(b"%PDF")
    item = inbox_desk.items.add(inbox.business, cost(currency="EUR"))
    form = ItemFormScreen(inbox.business, "Acme Ltd", item)
    async with on_screen(inbox_desk, form) as walk:
        walk.screen.set_focus(field(walk, "exchange_rate"))
        await walk.write("1.17 EUR")
        await walk.until("Booked 85.47 + 17.09 = 102.56 GBP")
        walk.screen.set_focus(field(walk, "bank_account"))
        for heading in ("Choose a bank account", "Choose a payment method"):
            await walk.press("f4")
            await walk.until(heading)
            await walk.press("enter")
            await walk.until_on(ItemFormScreen)
        await walk.write("3/9/2026")
        await walk.press("f9")
        await walk.until("No files yet.")
        for name in ("a.p", "huge"):
            await walk.write(f"{tmp_path}/{name}")
            await walk.press("tab")
            await walk.until(lambda: walk.app.focused.value.endswith(("f", "s")))  # type: ignore[union-attr]
            await walk.press("enter")
        await walk.until("✗ KashFlow takes no")
        assert not walk.overflows()
        walk.screen.query_one(LedgerTable).action_jump(-1)
        await walk.until("KashFlow takes no .xls files: huge.xls.")
        await walk.press("tab", "delete")
        await walk.until(lambda: "huge" not in walk.text)
        await walk.press("f9")
        await walk.until("1: a.pdf")
        await walk.press("ctrl+s")
        await walk.until(lambda: not isinstance(walk.screen, ItemFormScreen))
    saved = inbox_desk.items.get(inbox.business, item.id)
    assert (saved.exchange_rate, saved.paid_on) == (Decimal("1.17"), dt.date(2026, 9, 3))
    assert (saved.bank_account, saved.payment_method) == ("Current account", "Card")
    assert saved.files == (str(tmp_path / "a.pdf"),)


async def test_many_lines_can_be_worked_with(inbox: Inbox, inbox_desk: Desk) -> None:
    form = ItemFormScreen(inbox.business, "Acme Ltd", cost(lines=cost().lines * 40))
    async with on_screen(inbox_desk, form) as walk:
        await walk.until("Gross 4,800.00")
        walk.screen.set_focus(field(walk, "category", 40))
        await walk.press("f7", "f6")
        assert len(form.editor.rows()) == 41
        assert not walk.overflows()
