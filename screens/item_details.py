"""One item that was sent: where it stands, KashFlow's number, and all of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from textual.containers import VerticalScroll

from kfclient.desk.model.item import ItemState
from screens.app_screen import BACK, Act
from screens.audit import AuditScreen
from screens.item_actions import ACTS as AFTERWARDS
from screens.item_actions import ItemActions
from screens.item_list import revision_of
from screens.item_words import details, standing
from screens.picker import Choice, PickerScreen
from screens.resolve import ResolveScreen
from screens.watch import Watch
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.model.item import Finding, Item, LeftStep

    Found = tuple[Item, ItemState, tuple[Finding, ...]]


STEP_COLUMNS = (Column("Your answer", 16), Column("What it means"), Column("", 1))


class ItemDetailsScreen(ItemActions):
    """Shows an item that cannot be edited any more."""

    CSS_PATH = "item_details.tcss"
    ACTS = (
        Act("resolve", "r", "Look in KashFlow", "Look in KashFlow for this item", footer=True),
        Act("decide", "w", "Decide", "Say what became of an item of unknown outcome", footer=True),
        Act("trail", "h", "Audit trail", "Who did what with this item"),
        *(
            msgspec.structs.replace(act, footer=act.do not in ("copy_item", "take_back"))
            for act in AFTERWARDS
            if act.do in ("verify", "undo", "files", "copy_item", "take_back")
        ),
        Act("copy", "c", "Copy", "Copy this text to the clipboard"),
        BACK,
    )

    def __init__(self, business_id: str, business_name: str, item_id: str) -> None:
        super().__init__(business_name, "Items", f"Item {item_id}")
        self.business = business_id
        self.business_name = business_name
        self.item_id = item_id
        self.state: ItemState | None = None
        self.item: Item | None = None
        self.text = ""

    def body(self) -> Iterable[Widget]:
        """Return where the item stands, and the rest below it."""
        yield TextLine(id="state")
        with VerticalScroll(classes="first"):
            yield TextLine(id="all", grows=True)

    def on_mount(self) -> None:
        """Show the item, whoever changes it."""
        desk, business = self.services.desk, self.business
        self.watcher: Watch[Found] = Watch(
            self, lambda: revision_of(desk, business), self.read, lambda found: self.show(*found)
        )

    def read(self) -> Found:
        """Return the item, where it stands, and what is known about it."""
        items, business = self.services.desk.items, self.business
        item = items.get(business, self.item_id)
        return item, items.state(business, item), items.findings(business, item)

    def show(self, item: Item, state: ItemState, findings: tuple[Finding, ...]) -> None:
        """Show the item."""
        self.state, self.item = state, item
        self.text = details(item, state, findings)
        self.query_one("#state", TextLine).say(standing(item, state)[0])
        self.query_one("#all", TextLine).say(self.text)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to look in KashFlow only where the outcome is unknown."""
        if action in ("resolve", "decide"):
            return self.state is ItemState.UNKNOWN or self.unknown_step() is not None
        return super().check_action(action, parameters)

    def action_decide(self) -> None:
        """Show what was sent beside what KashFlow has; of a payment, file or note, ask."""
        step = self.unknown_step()
        if step is not None and self.state is not ItemState.UNKNOWN:
            self.decide_step(step)
            return
        unknown = ResolveScreen(self.business, self.business_name, self.item_id)
        self.app.push_screen(unknown, lambda _: self.watcher.again())

    def unknown_step(self) -> LeftStep | None:
        """Return what followed the document and had no answer, the first of it."""
        left = self.item.left if self.item is not None else ()
        return next((one for one in left if one.unknown), None)

    def decide_step(self, step: LeftStep) -> None:
        """Ask whether a payment, a file or a note is in KashFlow, and settle it so."""
        resolving = self.services.desk.resolving
        answers = [
            Choice.of("there", "It is there", "Nothing of it is sent again."),
            Choice.of("none", "It is not there", "It can be sent again; twice, if it is."),
        ]

        def picked(one: Choice | None) -> None:
            if one is not None:
                self.ask(
                    lambda: resolving.decide_step(
                        self.business, self.item_id, step.step, there=one.row.key == "there"
                    ),
                    lambda _: self.watcher.again(),
                    lane=f"publish-{self.business}",
                )

        title = f"Is it in KashFlow: {step.what}?"
        self.app.push_screen(PickerScreen(title, answers, columns=STEP_COLUMNS), picked)

    def marked_items(self) -> list[Item]:
        """Return the item."""
        return [] if self.item is None else [self.item]

    def one_item(self, doing: str) -> Item | None:
        """Return the item."""
        del doing
        return self.item

    def verified(self) -> list[str]:
        """Return the item's id."""
        return [self.item_id]

    def done(self, told: str) -> None:
        """Say what was done, and read the item again."""
        if told:
            self.notify(told, timeout=5, markup=False)
        self.watcher.again()

    def action_trail(self) -> None:
        """Show what was done with this item."""
        self.app.push_screen(AuditScreen(self.business, self.business_name, self.item_id))

    def action_copy(self) -> None:
        """Copy the text."""
        self.services.copy_text(self.text, "The item")

    def action_resolve(self) -> None:
        """Look in KashFlow for this item."""
        resolving = self.services.desk.resolving
        self.query_one("#state", TextLine).say("Looking in KashFlow…")
        self.ask(
            lambda: resolving.resolve(self.business, [self.item_id]),
            lambda _: self.watcher.again(),
            lane=f"publish-{self.business}",
        )
