"""The inbox of a business: costs, sales and expense claims on their way to KashFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from kfclient.desk.events import ItemHeld, ItemPublished, PublishEnded, PublishStarted
from kfclient.desk.items.bulk_edit import changed_by, given_to
from kfclient.desk.items.filter_words import Filter
from kfclient.desk.model.item import ItemState, Kind, is_refused
from kfclient.errors import tell
from kfclient.money import ZERO, shown
from screens.app_screen import BACK, Act
from screens.audit import AuditScreen
from screens.dialogs import ConfirmScreen
from screens.edit_many import EditManyScreen
from screens.import_file import ImportScreen
from screens.item_actions import ACTS as AFTERWARDS
from screens.item_actions import ItemActions
from screens.item_details import ItemDetailsScreen
from screens.item_draft import new_item
from screens.item_form import ItemFormScreen
from screens.item_list import EDITABLE, ItemList, Listed, read_inbox, revision_of, views_shown
from screens.item_words import NARROW, WIDE, counts_shown, details
from screens.picker import home_currency
from screens.publish_flow import PublishFlow
from screens.quick_fix import QuickFixFlow, is_mendable
from screens.watch import DuplicateWatch, Watch
from screens.widgets.filter_box import FilterBox, TextLine
from screens.widgets.ledger_table import LedgerTable, fitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.events import DescendantBlur
    from textual.widget import Widget
    from textual.widgets import Input

    from kfclient.desk.events import Event
    from kfclient.desk.model.item import Item
    from kfclient.desk.publish.journal_records import PublishResult
    from kfclient.errors import Problem


class ItemsScreen(ItemActions):
    """Lists the items, says what each still needs, and leads to everything done with them."""

    CSS_PATH = "items.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (96, "-wide"), (150, "-beside")]  # noqa: RUF012
    ACTS = (
        Act("new", "n", "New", "Add an item by hand", footer=True),
        Act("edit", "e", "Edit", "Edit the marked items together, or the one under the cursor; "
            "Enter edits this one", footer=True),
        Act("repeat", "full_stop", "Repeat", "Give the marked items, or this one, what the last "
            "edit gave"),
        Act("import_file", "i", "Import", "Import a CSV file: Dext costs, or sales"),
        Act("publish", "p", "Publish", "Publish the marked items, or the ready ones of those that "
            "are shown", footer=True),
        Act("mend", "m", "Mend", "Mend what was found about the item under the cursor",
            footer=True),
        Act(
            "resolve",
            "r",
            "Look in KashFlow",
            "Look in KashFlow for the items of unknown outcome",
            footer=True,
        ),
        Act("delete", "d,delete", "Delete", "Delete the marked items, or this one"),
        Act("trail", "h", "Audit trail", "Who did what with the item under the cursor"),
        *AFTERWARDS,
        Act("filter", "slash", "Filter", "Type to filter the items"),
        Act("mark_all", "a", "Mark all", "Mark all that are shown, or none (space marks one)"),
        Act("view('all')", "1", "All items"),
        Act("view('review')", "2", "Items to review"),
        Act("view('ready')", "3", "Ready items"),
        Act("view('published')", "4", "Published items"),
        Act(
            "view('unknown')",
            "5",
            "Items that need you: of unknown outcome, refused, or with something left to do",
        ),
        Act("kind('cost')", "c", "Costs", "Costs only, or all kinds again"),
        Act("kind('sale')", "s", "Sales", "Sales only, or all kinds again"),
        Act("kind('claim')", "x", "Expense claims", "Expense claims only, or all kinds again"),
        BACK,
    )  # fmt: skip

    def __init__(self, business_id: str, business_name: str) -> None:
        super().__init__(business_name, "Items")
        self.business = business_id
        self.business_name = business_name
        self.inbox = ItemList()
        self.view = "all"
        self.kind: Kind | None = None
        self.next_key = ""
        self.given: dict[str, Any] = {}
        """What the last edit here gave, to be repeated."""
        self.quick_fixes = QuickFixFlow(self, business_id, self.done)
        self.publishing = PublishFlow(self, (business_id, business_name), self.came_back)

    # What it shows

    def body(self) -> Iterable[Widget]:
        """Return the views, the filter, the table, and what is known of the item in it."""
        yield TextLine(views_shown(self.view, self.kind), id="views")
        yield FilterBox("Words, or supplier:kest gross>100 date:oct -category: is:ready")
        with Vertical(id="parts"):
            yield LedgerTable(
                *NARROW, id="items", classes="first", markable=True, empty="Reading the items…"
            )
            with VerticalScroll(id="about"):
                yield TextLine(id="details", grows=True)

    def on_mount(self) -> None:
        """Read the items, and again whenever they have changed."""
        self.services.events.subscribe(self, self.heard)
        desk, business = self.services.desk, self.business
        self.watcher: Watch[ItemList] = Watch(
            self,
            lambda: revision_of(desk, business),
            lambda: read_inbox(desk, business),
            self.show_inbox,
            self.unread,
        )
        self.duplicates = DuplicateWatch(self, business, self.looked_out)
        self.duplicates.look()
        self.publishing.arrive()

    def on_unmount(self) -> None:
        """Stop looking for duplicates: nobody is there to see them."""
        self.duplicates.stop()

    def looked_out(self, read: int, _: Problem | None) -> None:
        """Show the items anew where KashFlow had something to compare them with."""
        if read:
            self.watcher.again()

    def heard(self, event: Event) -> None:
        """Say whether publishing is going on."""
        changes = (PublishStarted, ItemPublished, ItemHeld, PublishEnded)
        if event.business == self.business and isinstance(event, changes):
            self.show_title()

    def unread(self, problem: Problem) -> None:
        """Say why the items cannot be read."""
        self.query_one("#details", TextLine).say(tell(problem))

    def show_inbox(self, inbox: ItemList) -> None:
        """Show items that have been read."""
        self.inbox = inbox
        self.show_rows()
        self.refresh_bindings()
        if self.next_key:
            self.table.go_to(self.next_key)
            self.next_key = ""
        self.show_title()

    @property
    def table(self) -> LedgerTable:
        """The table of items."""
        return self.query_one("#items", LedgerTable)

    def show_rows(self) -> None:
        """Show the items of this view, kind and filter."""
        table, wide = self.table, not self.has_class("-narrow")
        table.lay_out(WIDE if wide else NARROW)
        wanted = Filter(self.query_one(FilterBox).value)
        if not self.inbox.listed:
            table.empty = "Nothing here yet. Press i to import a file, n to add an item."
        elif wanted.problem is not None:
            table.empty = tell(wanted.problem)
        else:
            table.empty = "No item in this view. Press 1 for all of them."
        table.show_rows(
            self.inbox.rows(self.view, self.kind, wanted, wide=wide), self.inbox.listed.keys()
        )
        self.show_title()

    def show_title(self) -> None:
        """Say where the person is, and how many items stand where, on the title line."""
        listed = self.inbox.listed.values()
        refused = sum(is_refused(one.item, one.state) for one in listed)
        told = counts_shown((one.state for one in listed), refused)
        job = self.services.publishing.job(self.business)
        if job is not None and not job.ended:
            told = f"↑ publishing, p shows it; {told}"
        told = self.marks_shown() + told
        trail = " > ".join(("Kashdeck", *self.trail))
        room = max(0, self.size.width - 2 - len(told) - 1)
        self.query_one("#title", Static).update(f"{fitted(trail, room)} {told}")

    def marks_shown(self) -> str:
        """Return `3 marked, 1 not shown; `: what will be acted on must be on the screen."""
        marked = self.table.marked
        if not marked:
            return ""
        away = len(marked - {row.key for row in self.table.rows})
        items = [one.item for key, one in self.inbox.listed.items() if key in marked]
        currencies = {item.currency for item in items}
        gross = sum((item.gross for item in items), ZERO)
        # Of several currencies there is no sum.
        worth = f" {shown(gross, currencies.pop())}" if len(currencies) == 1 else ""
        hidden = f", {away:,} not shown" if away else ""
        return f"● {len(marked):,} marked{worth}{hidden}; "

    def on_ledger_table_marks_changed(self) -> None:
        """Say how many are marked."""
        self.show_title()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Use the columns that fit the new width, once Textual has told which it is."""
        self.call_after_refresh(self.resized)

    def resized(self) -> None:
        """Lay rows and title out for the width."""
        if (self.table.columns is NARROW) != self.has_class("-narrow"):
            self.show_rows()
        self.show_title()

    def on_ledger_table_moved(self, event: LedgerTable.Moved) -> None:
        """Say what is known of the item under the cursor."""
        one = self.inbox.listed.get(event.key or "")
        text = "" if one is None else details(one.item, one.state, one.findings)
        self.refresh_bindings()
        told = self.query_one("#details", TextLine)
        if text != told.content:
            told.say(text)
            self.query_one("#about").scroll_home(animate=False)

    # Filter and views

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(FilterBox).add_class("open")
        self.query_one(FilterBox).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as the person types."""
        event.stop()
        self.show_rows()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Close the filter when it is left empty."""
        if isinstance(event.widget, FilterBox) and not event.widget.value:
            event.widget.remove_class("open")

    def action_back(self) -> None:
        """Take the filter off, or go back."""
        box = self.query_one(FilterBox)
        if not box.value:
            super().action_back()
        box.value = ""
        box.remove_class("open")

    def action_view(self, view: str) -> None:
        """Show another view: "all", "review", "ready", "published" or "unknown"."""
        self.view = view
        self.query_one("#views", TextLine).say(views_shown(self.view, self.kind))
        self.show_rows()

    def action_kind(self, kind: str) -> None:
        """Show one kind of item only, or all kinds again."""
        self.kind = None if self.kind == kind else Kind(kind)
        self.action_view(self.view)

    def action_mark_all(self) -> None:
        """Mark every item shown, or take all marks off."""
        shown = {row.key for row in self.table.rows}
        marked = self.table.marked
        self.table.mark_all(marked - shown if shown <= marked else marked | shown)

    # Adding, changing, deleting

    def under_cursor(self) -> Listed | None:
        """Return the item under the cursor."""
        return self.inbox.listed.get(self.table.cursor_key or "")

    def action_new(self) -> None:
        """Add an item by hand, of the kind that is shown."""
        currency = home_currency(self.services.desk, self.business)
        self.edit(new_item(self.kind or Kind.COST, currency), self.under_cursor())

    def action_edit(self) -> None:
        """Edit the marked items together, or the one under the cursor."""
        marked = self.chosen() if self.table.marked else []
        if len(marked) > 1 or any(one is not self.under_cursor() for one in marked):
            self.edit_many(marked)
        else:
            self.edit_one()

    def edit_many(self, marked: Sequence[Listed]) -> None:
        """Open the form of many on those that can be changed; the marks stay."""
        items = [one.item for one in marked if one.state in EDITABLE]
        if len(items) < len(marked):
            left = len(marked) - len(items)
            told = f"i {left:,} of the marked {'is' if left == 1 else 'are'} in KashFlow, or may be"
            self.notify(f"{told}, and cannot be edited.", timeout=5, markup=False)
        if items:
            form = EditManyScreen(self.business, self.business_name, items)

            def saved(items: Sequence[Item] | None) -> None:
                if items is not None:
                    self.given = form.given
                    self.many_saved(items)

            self.app.push_screen(form, saved)

    def many_saved(self, items: Sequence[Item]) -> None:
        """Say how many were changed."""
        changed = "1 item was" if len(items) == 1 else f"{len(items):,} items were"
        self.done(f"✓ {changed} changed.")

    def action_repeat(self) -> None:
        """Give the marked items, or the one under the cursor, what the last edit gave."""
        given, items = self.given, self.services.desk.items
        meant = [one.item for one in self.chosen() if one.state in EDITABLE]
        changed = changed_by(meant, given)
        if changed:
            self.ask(lambda: items.save_all(self.business, changed), self.many_saved, lane="items")
        elif given:
            self.done("i There is nothing to change: it is so already, or it is in KashFlow.")
        else:
            self.done("i Nothing was edited here yet that could be repeated.")

    def edit_one(self) -> None:
        """Edit the item under the cursor, or show it where it cannot be edited any more."""
        one = self.under_cursor()
        if one is None:
            return
        self.one_item("One item is edited")
        if one.state in EDITABLE:
            above = self.table.rows[max(0, self.table.cursor - 1)].key
            self.edit(one.item, self.inbox.listed[above] if above != one.item.id else None)
        else:
            self.app.push_screen(
                ItemDetailsScreen(self.business, self.business_name, one.item.id), self.looked
            )

    def on_ledger_table_chosen(self) -> None:
        """Edit the item that was chosen."""
        self.edit_one()

    def edit(self, item: Item, before: Listed | None) -> None:
        """Open the form on an item; F6 there copies from the item before."""
        above = before.item if before is not None else None
        form = ItemFormScreen(self.business, self.business_name, item, above)
        self.app.push_screen(form, self.saved)

    def saved(self, item: Item | None) -> None:
        """Put the cursor on the item that was saved, and remember what it was given."""
        before = self.inbox.listed.get(item.id) if item is not None else None
        if item is not None and before is not None:
            self.given = given_to(before.item, item) or self.given
        if item is not None:
            self.next_key = item.id
            self.watcher.again()

    def action_trail(self) -> None:
        """Show what was done with the item under the cursor."""
        one = self.under_cursor()
        if one is not None:
            self.app.push_screen(AuditScreen(self.business, self.business_name, one.item.id))

    def action_import_file(self) -> None:
        """Import a file."""
        self.app.push_screen(ImportScreen(self.business, self.business_name))

    def chosen(self) -> list[Listed]:
        """Return the marked items, or the one under the cursor."""
        marked = [one for key, one in self.inbox.listed.items() if key in self.table.marked]
        one = self.under_cursor()
        return marked or ([one] if one is not None else [])

    def marked_items(self) -> list[Item]:
        """Return the marked items, or the one under the cursor."""
        return [one.item for one in self.chosen()]

    def one_item(self, doing: str) -> Item | None:
        """Return the item under the cursor; say so where others are marked."""
        one = self.under_cursor()
        marked = len(self.table.marked - {one.item.id if one is not None else ""})
        if one is not None and marked and doing:
            told = f"i {doing}, the one under the cursor: {one.item.id}. The marks stay."
            self.notify(told, timeout=5, markup=False)
        return one.item if one is not None else None

    def verified(self) -> list[str] | None:
        """Return the marked items, else those shown that are in KashFlow, None for all."""
        marked = [key for key in self.inbox.listed if key in self.table.marked]
        if marked or self.shows_all():
            return marked or None
        shown = (self.inbox.listed[row.key] for row in self.table.rows)
        return [one.item.id for one in shown if one.state is ItemState.PUBLISHED]

    def shows_all(self) -> bool:
        """Whether no view, kind or filter keeps any item away."""
        return len(self.table.rows) == len(self.inbox.listed)

    def action_delete(self) -> None:
        """Delete the marked items, or the one under the cursor, after a question."""
        doomed = [one.item for one in self.chosen() if one.state in EDITABLE]
        if not doomed:
            if self.chosen():
                told = "i Nothing was deleted: what was sent to KashFlow is kept here."
                self.query_one("#details", TextLine).say(told)
            return
        what = f"item {doomed[0].id}" if len(doomed) == 1 else f"{len(doomed)} items"
        names = ", ".join(item.contact or f"item {item.id}" for item in doomed[:4])
        more = f"{names}{' and others' if len(doomed) > 4 else ''}. KashFlow does not have them."
        shown = {row.key for row in self.table.rows}
        if away := sum(item.id not in shown for item in doomed):
            more += f" {away} of them marked, and not shown just now."
        self.app.push_screen(
            ConfirmScreen(f"Delete {what} from the inbox?", yes=f"Delete {what}", more=more),
            lambda yes: self.delete(doomed) if yes else None,
        )

    def delete(self, doomed: Sequence[Item]) -> None:
        """Delete these items, unless somebody changed them meanwhile."""
        items, versions = self.services.desk.items, {item.id: item.version for item in doomed}
        gone = "1 item is" if len(doomed) == 1 else f"{len(doomed):,} items are"
        self.ask(
            lambda: items.remove_all(self.business, versions),
            lambda _: self.done(f"✓ {gone} deleted. u brings them back."),
            lane="items",
        )

    def action_mend(self) -> None:
        """Mend what was found about the item under the cursor, in all others too where wanted.

        The others are those that are marked, or else those that are shown.
        """
        one = self.under_cursor()
        if one is not None:
            marked = self.table.marked
            meant = marked or {row.key for row in self.table.rows}
            others = {
                key: other.findings
                for key, other in self.inbox.listed.items()
                if key in meant and key != one.item.id and other.state in EDITABLE
            }
            self.quick_fixes.mend(one.item.id, one.findings, others)

    def done(self, told: str) -> None:
        """Say what was done, and read the items again."""
        if told:
            self.notify(told, timeout=5, markup=False)
        self.watcher.again()

    # Publishing

    def action_publish(self) -> None:
        """Show what publishing would send of what is marked or shown, or what goes on already."""
        wanted = [key for key in self.inbox.listed if key in self.table.marked]
        if not wanted and not self.shows_all():
            shown = (self.inbox.listed[row.key] for row in self.table.rows)
            wanted = [
                one.item.id
                for one in shown
                if one.state is not ItemState.PUBLISHED or one.item.left
            ]
            self.publishing.begin(wanted)
        else:
            self.publishing.begin(wanted or None)

    def came_back(self) -> None:
        """Read the items again after publishing, and forget the marks."""
        self.table.mark_all(())
        self.watcher.again()

    def looked(self, _: object) -> None:
        """Read the items again after a screen that may have changed them."""
        self.watcher.again()

    def action_resolve(self) -> None:
        """Look in KashFlow for the items of unknown outcome."""
        resolving = self.services.desk.resolving
        self.query_one("#details", TextLine).say("Looking in KashFlow…")
        self.ask(
            lambda: resolving.resolve(self.business),
            self.resolved,
            lane=f"publish-{self.business}",
        )

    def resolved(self, results: Sequence[PublishResult]) -> None:
        """Say what was found; what was not, the items themselves say."""
        found = [f"item {one.item_id} as No. {one.number}" for one in results if one.number]
        if found:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            self.notify(f"In KashFlow: {', '.join(found[:3])}{more}.", timeout=5, markup=False)
        self.watcher.again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to look in KashFlow only where something is unknown."""
        if action == "resolve":
            return self.inbox.has(ItemState.UNKNOWN)
        if action == "mend":
            one = self.under_cursor()
            return one is not None and any(map(is_mendable, one.findings))
        return super().check_action(action, parameters)
