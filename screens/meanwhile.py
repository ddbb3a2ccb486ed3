"""What others do to an item while a person has it open in the form: told, and never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.errors import ItemUnknown
from screens.compare import CompareScreen
from screens.differences import differences
from screens.lookout import Lookout
from screens.question import QuestionScreen
from screens.widgets.line import Line

if TYPE_CHECKING:
    from kfclient.desk.inbox.item import Item
    from kfclient.errors import Problem
    from screens.item_form import ItemFormScreen

NOBODY = "Somebody else"


class Meanwhile:
    """Watches the item of a form, and settles who keeps what where two people changed it."""

    def __init__(self, form: ItemFormScreen) -> None:
        self.form = form

    def begin(self) -> None:
        """Watch the item for as long as the form is open; a new one is nobody else's yet."""
        form = self.form
        if form.draft.item.id:
            items = form.services.desk.items
            form.lookout = Lookout(
                form, lambda: items.revision(form.business), self.read, self.show, self.trouble
            )

    def read(self) -> tuple[Item, str]:
        """Return the item as it is stored now, and who saved it last; off the screen's thread."""
        desk, mine = self.form.services.desk, self.form.draft.item
        item = desk.items.get(self.form.business, mine.id)
        if item.version == mine.version:
            return item, ""
        entries = desk.audit.entries(self.form.business, item=mine.id)
        return item, entries[-1].who if entries else NOBODY

    def show(self, found: tuple[Item, str]) -> None:
        """Say what somebody else changed; show it at once where nothing has been typed here."""
        form, (theirs, who) = self.form, found
        before = form.draft.item
        fields = ", ".join(one.label for one in differences(before, before, theirs))
        if form.saving:
            return
        if theirs.sent is not None:
            self.say("! It was sent to KashFlow meanwhile, and cannot be changed here any more.")
        elif not fields:
            self.say("")
        elif form.draft.changed:
            self.say(f"! {who} changed it meanwhile: {fields}. Ctrl+S shows both.")
        else:
            form.call_later(self.show_theirs, theirs, f"i {who} changed it just now: {fields}.")

    async def show_theirs(self, theirs: Item, told: str) -> None:
        """Fill the form with their version, unless something was typed a moment ago."""
        if not self.form.draft.changed:
            await self.form.show_item(theirs)
            self.say(told)

    def trouble(self, problem: Problem) -> None:
        """Say that the item is gone, or why it cannot be looked at."""
        gone = "Somebody else deleted it meanwhile. Ctrl+S offers to add it as a new item."
        self.say(f"! {gone if problem.code == ItemUnknown.code else problem.sentence}")

    def say(self, text: str) -> None:
        """Say what happened meanwhile, above the sums."""
        for line in self.form.query("#meanwhile").results(Line):
            line.say(text)
            line.set_class(not text, "hidden")

    # Saving after somebody else

    def changed(self) -> None:
        """Look what the other one saved, and show what both have."""
        self.form.ask(self.read, self.compare, self.form.not_saved)

    def compare(self, found: tuple[Item, str]) -> None:
        """Show what both have, where the other one changed anything that a person types."""
        form, (theirs, who) = self.form, found
        before, (mine, _) = form.draft.item, form.draft.read()
        if not differences(before, before, theirs):
            form.store(msgspec.structs.replace(mine, version=theirs.version))
        elif not differences(before, mine, theirs):
            form.kept(theirs)
        elif form.on_top:
            business = form.business, form.business_name
            form.app.push_screen(CompareScreen(business, before, mine, theirs, who), self.chosen)

    def chosen(self, item: Item | None) -> None:
        """Save what was chosen."""
        if item is None:
            self.form.say("i Nothing is saved yet. Ctrl+S shows what both of you have once more.")
        else:
            self.form.store(item)

    def deleted(self) -> None:
        """Ask whether what was typed is to be a new item: the other one deleted this one."""
        question = QuestionScreen(
            "Somebody else deleted this item meanwhile.",
            yes="Add yours as a new item",
            more="What you typed is still on the screen; Cancel leaves it there.",
        )
        self.form.app.push_screen(question, lambda yes: self.add() if yes else None)

    def add(self) -> None:
        """Add what was typed as a new item."""
        mine, _ = self.form.draft.read()
        self.form.store(msgspec.structs.replace(mine, id=""))
