"""The form of an item: everything that KashFlow needs, by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from textual.containers import VerticalScroll

from kfclient.desk.errors import ItemChanged, ItemUnknown
from kfclient.desk.model.item import Item
from kfclient.errors import Problem, tell
from kfclient.visible import stacked
from screens.app_screen import Act, AppScreen
from screens.dialogs import ConfirmScreen
from screens.edit_conflict import EditConflictScreen, differences
from screens.files import FilesScreen
from screens.item_draft import ItemDraft
from screens.item_words import booked_shown, findings_shown
from screens.picker import (
    PICKABLE,
    Choice,
    PickerScreen,
    candidates,
    heading,
    home_currency,
    values_of,
)
from screens.watch import Watch
from screens.widgets.filter_box import TextLine
from screens.widgets.item_editor import ItemEditor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.timer import Timer
    from textual.widget import Widget

    from kfclient.desk.model.item import Finding
    from screens.widgets.item_editor import ItemField


# What others do to an item while a person has it open in the form: shown, and never overwritten.

NOBODY = "Somebody else"


class EditConflict:
    """Watches the item of a form, and settles who keeps what where two people changed it."""

    def __init__(self, form: ItemFormScreen) -> None:
        self.form = form

    def begin(self) -> None:
        """Watch the item for as long as the form is open; a new one is nobody else's yet."""
        form = self.form
        if form.draft.item.id:
            items = form.services.desk.items
            form.watcher = Watch(
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
        for line in self.form.query("#meanwhile").results(TextLine):
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
            form.app.push_screen(
                EditConflictScreen(business, before, mine, theirs, who), self.chosen
            )

    def chosen(self, item: Item | None) -> None:
        """Save what was chosen."""
        if item is None:
            self.form.say("i Nothing is saved yet. Ctrl+S shows what both of you have once more.")
        else:
            self.form.store(item)

    def deleted(self) -> None:
        """Ask whether what was typed is to be a new item: the other one deleted this one."""
        question = ConfirmScreen(
            "Somebody else deleted this item meanwhile.",
            yes="Add yours as a new item",
            more="What you typed is still on the screen; Cancel leaves it there.",
        )
        self.form.app.push_screen(question, lambda yes: self.add() if yes else None)

    def add(self) -> None:
        """Add what was typed as a new item."""
        mine, _ = self.form.draft.read()
        self.form.store(msgspec.structs.replace(mine, id=""))


LOOK_AFTER = 0.3
"""Seconds after the last key before the item is looked over."""


class ItemFormScreen(AppScreen[Item]):
    """Edits one item, or a new one; dismisses with it once it is saved.

    `before` is the item entered before this one: F6 copies from it where no field is above.
    """

    CSS_PATH = "item_form.tcss"
    AUTO_FOCUS = ".field-contact"
    ACTS = (
        Act("save", "ctrl+s", "Save", "Save the item", footer=True, priority=True),
        Act(
            "choose",
            "f4,ctrl+k",
            "Choose",
            "Choose from the synced list, by code or name",
            footer=True,
            priority=True,
        ),
        Act("copy_above", "f6", "Copy above", "Copy the value of the field above", footer=True),
        Act("files", "f9", "Files", "Choose the files that go with it", priority=True),
        Act("insert_line", "f7", "New line", "Insert a line below this one", footer=True),
        Act("delete_line", "f8", "Delete line", "Delete this line", footer=True),
        Act("back", "escape", "Back", "Leave; asks when something was not saved", footer=True),
    )

    def __init__(
        self, business_id: str, business_name: str, item: Item, before: Item | None = None
    ) -> None:
        super().__init__(business_name, "Items", f"Item {item.id}" if item.id else "New item")
        self.business = business_id
        self.business_name = business_name
        self.meanwhile = EditConflict(self)
        self.before = before
        self.draft = ItemDraft(item)
        self.waiting: Timer | None = None
        self.saving = False
        self.saved: Item | None = None

    # What it shows

    def body(self) -> Iterable[Widget]:
        """Return the fields of the item, the sums, and what is known of it."""
        home = home_currency(self.services.desk, self.business)
        self.draft = ItemDraft(self.draft.item, home)
        yield ItemEditor(self.draft, home)
        yield TextLine(id="meanwhile", classes="warn hidden", grows=True)
        yield TextLine(id="totals")
        with VerticalScroll(id="told", can_focus=False):
            yield TextLine(id="findings", grows=True)

    def on_mount(self) -> None:
        """Look at the item as it is, and watch what others do to it."""
        self.show_totals()
        self.look()
        self.meanwhile.begin()

    @property
    def editor(self) -> ItemEditor:
        """The fields."""
        return self.query_one(ItemEditor)

    def on_item_editor_edited(self) -> None:
        """Show the sums, and look the item over once the person stops typing."""
        self.show_totals()
        if self.waiting is not None:
            self.waiting.stop()
        if self.editor.unreadable:
            self.look()
        else:
            self.waiting = self.set_timer(LOOK_AFTER, self.look)

    def show_totals(self) -> None:
        """Show the sums of what can be read."""
        item, _ = self.draft.read()
        told = f"Net {item.net:,.2f}   VAT {item.vat:,.2f}   Gross {item.gross:,.2f}"
        booked = booked_shown(item, self.draft.home)
        self.query_one("#totals", TextLine).say(f"{told} {item.currency}{booked}")

    def look(self) -> None:
        """Say what is still missing, off the screen's thread."""
        item, problems = self.draft.read()
        if problems:
            self.say("✗ It can be saved once every field can be read.")
            return
        items = self.services.desk.items
        self.ask(lambda: items.findings(self.business, item), self.show_findings, self.failed)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Say what is still missing, or that nothing is."""
        told = findings_shown(findings)
        if not any(finding.code.startswith("E-") for finding in findings):
            told.insert(0, "✓ Ready to publish once it is saved.")
        self.say(stacked(told))

    def say(self, text: str) -> None:
        """Say something below the lines; nothing while the form is being filled anew."""
        for told in self.query("#findings").results(TextLine):
            told.say(text)
            self.query_one("#told").scroll_home(animate=False)

    def failed(self, problem: Problem) -> None:
        """Say what did not work; nothing typed is lost."""
        self.say(f"✗ {tell(problem)}")

    # Fields and lines

    def action_next_field(self) -> None:
        """Go to the next field."""
        if (field := self.editor.field) is not None:
            self.editor.next_field(field)

    def action_line(self, by: int) -> None:
        """Go to the same field of the line below (1) or above (-1)."""
        if (field := self.editor.field) is not None:
            self.editor.next_line(field, by)

    def action_copy_above(self) -> None:
        """Copy the value of the line above, or of the item entered before this one."""
        field = self.editor.field
        if field is not None and not self.editor.copy_above(field, self.before):
            self.say("i There is no field above to copy from.")

    async def action_insert_line(self) -> None:
        """Put an empty line below this one."""
        await self.editor.insert_line(self.editor.field)

    async def action_delete_line(self) -> None:
        """Take this line out."""
        field = self.editor.field
        if field is None or field.line is None:
            self.say("i Go to the line that you want to delete.")
        else:
            await self.editor.delete_line(field.line, field.field)

    # Choosing from a list

    def action_choose(self) -> None:
        """Offer what this field can be."""
        field = self.editor.field
        if field is None or field.field not in PICKABLE:
            self.say("i There is no list for this field: contact, currency, bank account, method, "
                     "category, tax and project have one.")  # fmt: skip
            return
        desk, kind, name = self.services.desk, self.draft.kind, field.field

        def offer(offered: list[Choice]) -> None:
            if not self.on_top:
                return
            picker = PickerScreen(heading(name, kind), offered, field.value)
            self.app.push_screen(picker, lambda one: self.picked(field, one))

        self.ask(lambda: candidates(desk, self.business, name, kind), offer)

    def picked(self, field: ItemField, one: Choice | None) -> None:
        """Put what was picked into its field."""
        if one is None:
            return
        editor = self.editor
        if field.field == "contact":
            editor.put_contact(field, one.name, one.code)
        elif field.field == "currency":
            editor.put(field, one.code)
            if one.rate:
                editor.put(editor.header.fields["exchange_rate"], one.rate)
        elif field.field == "tax_rate":
            editor.put(field, one.code)
        else:
            editor.put(field, values_of(field.field, one)[field.field])
        editor.next_field(field)

    # Files

    def action_files(self) -> None:
        """Choose the files that go with the item."""
        files = FilesScreen("Files that go with it to KashFlow", self.draft.files)
        self.app.push_screen(files, self.put_files)

    def put_files(self, files: tuple[str, ...] | None) -> None:
        """Take the files that were chosen."""
        if files is not None:
            self.draft.files = files
            self.editor.edited()

    # Saving and leaving

    def action_save(self) -> None:
        """Save the item, or go to the first field that cannot be read."""
        item = self.editor.whole()
        if item is not None and not self.saving:
            self.store(item)

    def store(self, item: Item) -> None:
        """Store the item, and leave; what keeps it from being stored is shown here."""
        self.saving = True
        items = self.services.desk.items
        store = items.save if item.id else items.add
        self.ask(lambda: store(self.business, item), self.kept, self.not_saved, lane="items")

    def kept(self, item: Item) -> None:
        """Leave with the item that was saved, at once or when what is over the form is closed."""
        self.saved = item
        self.dismiss(item)

    def on_screen_resume(self) -> None:
        """Leave if the item was saved while something was over the form."""
        if self.saved is not None:
            self.dismiss(self.saved)

    def not_saved(self, problem: Problem) -> None:
        """Say why it was not saved; where somebody else was quicker, settle it with them."""
        self.saving = False
        if problem.code == ItemChanged.code:
            self.meanwhile.changed()
        elif problem.code == ItemUnknown.code:
            self.meanwhile.deleted()
        else:
            self.failed(problem)

    async def show_item(self, item: Item) -> None:
        """Fill the form with another version of the item, and stay in the same field."""
        if self.waiting is not None:
            self.waiting.stop()
        field = self.editor.field
        name = field.name_in_item if field is not None else "contact"
        self.draft = ItemDraft(item)
        await self.recompose()
        self.show_totals()
        self.look()
        self.set_focus(self.editor.field_of(name if self.editor.has(name) else "contact"))

    def action_back(self) -> None:
        """Leave; ask first where something would be lost."""
        if not self.draft.changed:
            self.dismiss(None)
            return
        question = ConfirmScreen(
            "Leave without saving?", yes="Leave", more="What you changed here is not saved yet."
        )
        self.app.push_screen(question, self.leave)

    def leave(self, yes: bool | None) -> None:
        """Leave after the question."""
        if yes:
            self.dismiss(None)
