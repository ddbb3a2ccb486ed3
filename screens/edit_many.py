"""The form of many items: what is typed becomes of all of them, what is left stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from kfclient.desk.errors import ItemChanged, ItemSettled, ItemUnknown
from kfclient.desk.items.bulk_edit import MANY_FIELDS, changed_by, shared_text
from kfclient.desk.model.item import Item, Kind
from kfclient.desk.model.sides import side_of
from kfclient.errors import Problem, tell
from screens.app_screen import Act, AppScreen
from screens.dialogs import ConfirmScreen
from screens.item_draft import Unreadable, read_text
from screens.picker import (
    PICKABLE,
    Choice,
    PickerScreen,
    best_first,
    candidates,
    heading,
    plain,
    values_of,
)
from screens.widgets.filter_box import TextLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

VARIOUS = "various"
NOTHING = "nothing, in all of them"
COMPLETED = frozenset(PICKABLE) - {"tax_rate"}
"""Fields in which a few letters stand for the best match; a tax rate is figures."""


class SharedField(Input):
    """One field of many items: `before` is what all of them have, None where that differs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "screen.next_field", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field above", show=False),
    ]

    def __init__(self, field: str, before: str | None) -> None:
        super().__init__(
            before or "",
            placeholder=VARIOUS if before is None else "",
            compact=True,
            classes=f"field-{field}",
        )
        self.field = field
        self.before = before
        self.emptied = False
        self.offered: Sequence[Choice] = ()
        self.picked: Choice | None = None

    @property
    def touched(self) -> bool:
        """Whether it is to become something else than it is."""
        return self.emptied or self.value != (self.before or "")

    @property
    def named(self) -> Choice | None:
        """The record that was picked, or that the text names whole."""
        wanted = plain(self.value)
        whole = (
            one
            for one in self.offered
            if wanted in (one.plain_code, one.plain_name, plain(f"{one.code} {one.name}"))
        )
        return self.picked or (next(whole, None) if wanted else None)

    @property
    def best(self) -> Choice | None:
        """The record that the text is taken to begin, None where it names one or fits none."""
        if self.named is not None or not self.value.strip() or not self.touched:
            return None
        return next(iter(best_first(self.offered, self.value)), None)

    def put(self, one: Choice) -> None:
        """Have the field be this record."""
        self.emptied = False
        self.value = _text_of(self.field, one)
        self.picked = one
        self.cursor_position = len(self.value)

    def values(self) -> dict[str, Any]:
        """Return what becomes of the items' fields; raises `Unreadable`."""
        named = self.named
        if named is not None and self.field in COMPLETED:
            return values_of(self.field, named)
        value = read_text(self.field, self.value)
        return {"contact": value, "contact_code": ""} if self.field == "contact" else {
            self.field: value
        }  # fmt: skip


def _text_of(field: str, one: Choice) -> str:
    if field in ("category", "project"):
        return f"{one.code} {one.name}".strip()
    return one.code if field == "tax_rate" else one.name


class EditManyScreen(AppScreen[list[Item]]):
    """Changes items of one business alike; dismisses with those that were changed, saved."""

    CSS_PATH = "edit_many.tcss"
    AUTO_FOCUS = ".field-category"
    ACTS = (
        Act("save", "ctrl+s", "Change them", "Change all of them", footer=True, priority=True),
        Act("choose", "f4,ctrl+k", "Choose", "Choose from the synced list, by code or name",
            footer=True, priority=True),
        Act("empty", "f8", "Empty", "Have the field be empty in all of them", footer=True),
        Act("back", "escape", "Back", "Leave; asks when something was typed", footer=True),
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str, items: Sequence[Item]) -> None:
        super().__init__(business_name, "Items", f"{len(items):,} items")
        self.business = business_id
        self.items = list(items)
        self.asked = 0
        self.saving = False
        self.given: dict[str, Any] = {}
        """What the items were given, once they are saved."""

    # What it shows

    def body(self) -> Iterable[Widget]:
        """Return a field each, and what would change."""
        yield TextLine(self._which(), id="which", grows=True)
        with VerticalScroll(id="fields", can_focus=False):
            for name in MANY_FIELDS:
                if name != "contact" or self.kind is not None:
                    with Horizontal(classes="pair"):
                        yield Static(self._label(name), classes="label", markup=False)
                        yield SharedField(name, shared_text(self.items, name))
                        yield TextLine(classes="beside", id=f"beside-{name}")
        yield TextLine(id="preview", grows=True)

    @property
    def kind(self) -> Kind | None:
        """The kind by which contacts are called, None where purchases and sales are mixed."""
        sides = {side_of(item.kind) for item in self.items}
        return self.items[0].kind if len(sides) == 1 else None

    def _label(self, name: str) -> str:
        return MANY_FIELDS[name].label_of(self.kind or Kind.COST)

    def _which(self) -> str:
        """Return `Items 3, 4, 5 and 17 more`: what will be changed is on the screen."""
        named = ", ".join(item.id for item in self.items[:8])
        more = f" and {len(self.items) - 8:,} more" if len(self.items) > 8 else ""
        return f"Items {named}{more}. What you leave as it is stays as it is in each."

    def on_mount(self) -> None:
        """Fetch what the fields can be."""
        desk, kind = self.services.desk, self.kind or Kind.COST
        names = [one.field for one in self.fields if one.field in COMPLETED]

        def fetch() -> dict[str, list[Choice]]:
            return {name: candidates(desk, self.business, name, kind) for name in names}

        self.ask(fetch, self.offer)
        self.preview()

    def offer(self, offered: Mapping[str, Sequence[Choice]]) -> None:
        """Take what the fields can be."""
        for one in self.fields:
            one.offered = offered.get(one.field, ())
        self.preview()

    @property
    def fields(self) -> list[SharedField]:
        """The fields, from the top."""
        return list(self.query(SharedField).results())

    @property
    def field(self) -> SharedField | None:
        """The field with the focus."""
        return self.focused if isinstance(self.focused, SharedField) else None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what the text stands for, and what would change."""
        field = event.input
        if not isinstance(field, SharedField):
            return
        if field.picked is not None and field.value != _text_of(field.field, field.picked):
            field.picked = None
        if field.value:
            field.emptied = False
        self.preview()

    def preview(self) -> None:
        """Say beside the fields what they stand for, and below them how many items change."""
        for one in self.fields:
            self.query_one(f"#beside-{one.field}", TextLine).say(self._beside(one))
        values, problem = self.values()
        if problem:
            self.say(f"✗ {problem}")
            return
        if not values:
            self.say("Type what all of them are to have.")
            return
        self.asked += 1
        asked, items = self.asked, list(self.items)

        def count(changed: list[Item]) -> None:
            if asked == self.asked and not self.saving:
                self.say(self._counted(len(changed)))

        self.ask(lambda: changed_by(items, values), count)

    def _beside(self, one: SharedField) -> str:
        if one.best is not None:
            return f"→ {_text_of(one.field, one.best)}"
        if not one.touched or one.emptied or not one.offered or one.named is not None:
            return ""
        return "new" if one.field == "contact" else "! not in KashFlow's list"

    def _counted(self, changing: int) -> str:
        same = len(self.items) - changing
        told = f"Ctrl+S changes {changing:,} of {len(self.items):,} items"
        labels = ", ".join(self._label(one.field).lower() for one in self.fields if one.touched)
        return f"{told}: {labels}." + (f" {same:,} are so already." if same else "")

    def values(self) -> tuple[dict[str, Any], str]:
        """Return what the items' fields become, and a sentence for what cannot be read."""
        values: dict[str, Any] = {}
        for one in self.fields:
            if one.touched:
                try:
                    values |= one.values()
                except Unreadable as problem:
                    return {}, f"{self._label(one.field)}: {problem}"
        return values, ""

    def say(self, text: str) -> None:
        """Say something below the fields."""
        self.query_one("#preview", TextLine).say(text)

    # Filling it in

    def action_next_field(self) -> None:
        """Take the best match for what was typed, and go to the next field."""
        if self.field is not None:
            self.complete(self.field)
        self.focus_next()

    def complete(self, field: SharedField) -> bool:
        """Put the best match in for what was typed; False where there is nothing to put in."""
        best = field.best
        if best is not None:
            field.put(best)
        return best is not None

    def action_choose(self) -> None:
        """Offer what this field can be."""
        field = self.field
        if field is None or field.field not in PICKABLE:
            self.say("i There is no list for this field.")
            return
        desk, kind, name = self.services.desk, self.kind or Kind.COST, field.field
        typed = field.value if field.touched else ""

        def offer(offered: list[Choice]) -> None:
            if self.on_top:
                picker = PickerScreen(heading(name, kind), offered, typed)
                self.app.push_screen(picker, lambda one: self.picked(field, one))

        self.ask(lambda: candidates(desk, self.business, name, kind), offer)

    def picked(self, field: SharedField, one: Choice | None) -> None:
        """Put what was picked into its field."""
        if one is not None:
            field.put(one)
            self.focus_next()

    def action_empty(self) -> None:
        """Have the field be empty in all of them."""
        field = self.field
        if field is None or not MANY_FIELDS[field.field].clears:
            self.say("i This field cannot be empty.")
            return
        field.emptied, field.picked, field.placeholder = True, None, NOTHING
        field.value = ""
        self.preview()

    # Changing them

    def action_save(self) -> None:
        """Change the items; what a few letters stand for is shown first."""
        if self.saving:
            return
        completed = [one for one in self.fields if self.complete(one)]
        if completed:
            return  # the next Ctrl+S changes them: nobody has seen it yet
        values, problem = self.values()
        if problem or not values:
            self.preview()
            return
        changed, items = changed_by(self.items, values), self.services.desk.items
        if not changed:
            self.say("i All of them are so already.")
            return
        self.saving, self.given = True, values
        self.ask(
            lambda: items.save_all(self.business, changed), self.dismiss, self.not_saved,
            lane="items",
        )  # fmt: skip

    def not_saved(self, problem: Problem) -> None:
        """Say why nothing was changed; where somebody else was quicker, look at the items anew."""
        self.saving = False
        if problem.code not in (ItemChanged.code, ItemSettled.code, ItemUnknown.code):
            self.say(f"✗ {tell(problem)}")
            return
        items, ids = self.services.desk.items, [item.id for item in self.items]

        def anew() -> list[Item]:
            known = items.by_id(self.business)
            return [known[one] for one in ids if one in known and known[one].sent is None]

        def again(now: list[Item]) -> None:
            self.items = now
            self.query_one("#which", TextLine).say(self._which())
            self.say(
                f"! {problem.sentence} Nothing was changed. Ctrl+S changes {len(now):,} items as "
                "they are now."
            )

        self.ask(anew, again)

    def action_back(self) -> None:
        """Leave; ask first where something would be lost."""
        if not any(one.touched for one in self.fields):
            self.dismiss(None)
            return
        question = ConfirmScreen(
            "Leave without changing them?", yes="Leave", more="What you typed is not saved yet."
        )
        self.app.push_screen(question, self.leave)

    def leave(self, yes: bool | None) -> None:
        """Leave after the question."""
        if yes:
            self.dismiss(None)
