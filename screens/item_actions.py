"""What is done with items beside editing and publishing them: verify, undo, files, copy, claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfclient.desk.model.item import Item, ItemState, Kind
from screens.app_screen import Act, AppScreen
from screens.claim import ClaimScreen
from screens.dialogs import ConfirmScreen
from screens.files import ItemFilesScreen
from screens.picker import Choice, PickerScreen
from screens.undo import UndoScreen
from screens.verify import VerifyScreen
from screens.widgets.ledger_table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfclient.desk.published.undo import PublishedRun

ACTS = (
    Act("verify", "v", "Verify", "Compare published items with KashFlow: the marked ones, or "
        "all that are shown"),
    Act("undo_edit", "u", "Undo", "Take back your last edit, deletion or import, here"),
    Act("redo_edit", "ctrl+r", "Redo", "Do again what was taken back last"),
    Act("undo", "U", "Undo publishing", "Take the marked items, or this one, out of KashFlow "
        "again"),
    Act("undo_run", "R", "Undo a run", "Take all that one run published out of KashFlow again"),
    Act("files", "f", "Files", "Attach files to this item, replace them, take them off"),
    Act("copy_item", "N", "Copy as new", "Add a copy of this item, as an item of its own"),
    Act("take_back", "z", "Take copy back", "Remove the copy that was just added"),
    Act("claim", "o", "Claim", "Gather the marked costs into an expense claim of a person"),
    Act("take_apart", "t", "Take apart", "Take this gathered claim apart: its costs come back"),
)  # fmt: skip
RUN_COLUMNS = (Column("Begun", 18), Column("What it published"), Column("", 1))


class ItemActions(AppScreen[None]):
    """A screen of items, with these commands; `done` is told what was done."""

    business: str
    business_name: str
    copied: Item | None = None
    """The copy that was added last, until it was taken back."""

    def one_item(self, doing: str) -> Item | None:
        """Return the item under the cursor, for what is done with one.

        Where others are marked, a person is told that they are not meant; `doing` is what is done,
        as a sentence begins.
        """
        raise NotImplementedError

    def verified(self) -> list[str] | None:
        """Return the ids of the items to compare, None for all that are published."""
        raise NotImplementedError

    def marked_items(self) -> list[Item]:
        """Return the items that are marked, or the one under the cursor."""
        raise NotImplementedError

    def done(self, told: str) -> None:
        """Say what was done, and show the items anew."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with the items that are meant."""
        if action == "take_back":
            return self.copied is not None
        if action in ("take_apart", "files", "copy_item"):
            one = self.one_item("")
            if action == "take_apart":
                return one is not None and one.kind is Kind.CLAIM and one.sent is None
            return one is not None
        if action in ("undo", "claim"):
            items = self.marked_items()
            kinds = {
                "undo": any(one.sent is ItemState.PUBLISHED for one in items),
                "claim": any(one.kind is Kind.COST and one.sent is None for one in items),
            }
            return kinds[action]
        return super().check_action(action, parameters)

    def _show(self, screen: AppScreen[Any]) -> None:
        self.app.push_screen(screen, lambda _: self.done(""))

    def action_verify(self) -> None:
        """Compare with KashFlow."""
        ids = self.verified()
        if ids == []:
            self.done("i Nothing that is shown here is in KashFlow.")
            return
        self._show(VerifyScreen(self.business, self.business_name, ids))

    def action_undo_edit(self) -> None:
        """Take back this person's last edit, deletion or import."""
        items = self.services.desk.items
        self.ask(
            lambda: items.undo_edit(self.business),
            lambda step: self.done(f"✓ Taken back: {step.words}. Ctrl+R does it again."),
            lane="items",
        )

    def action_redo_edit(self) -> None:
        """Do again what was taken back last."""
        items = self.services.desk.items
        self.ask(
            lambda: items.redo_edit(self.business),
            lambda step: self.done(f"✓ Done again: {step.words}."),
            lane="items",
        )

    def action_undo(self) -> None:
        """Show what undoing would delete."""
        ids = [one.id for one in self.marked_items() if one.sent is ItemState.PUBLISHED]
        self._show(UndoScreen(self.business, self.business_name, ids))

    def action_undo_run(self) -> None:
        """Offer the runs of publishing that made documents, the newest first."""
        undoing = self.services.desk.undoing

        def offer(runs: Sequence[PublishedRun]) -> None:
            offered = [run_candidate(one) for one in runs if one.there]
            if not offered:
                self.done("i No run has documents in KashFlow that could be undone.")
            elif self.on_top:
                picker = PickerScreen("Undo which run?", offered, columns=RUN_COLUMNS)
                self.app.push_screen(picker, self._undo_run)

        self.ask(lambda: undoing.runs(self.business), offer)

    def _undo_run(self, one: Choice | None) -> None:
        if one is not None:
            run = int(one.row.key)
            self._show(UndoScreen(self.business, self.business_name, run=run))

    def action_files(self) -> None:
        """Show the files of the item."""
        item = self.one_item("Files are attached to one item")
        if item is not None:
            self._show(ItemFilesScreen(self.business, self.business_name, item.id))

    def action_copy_item(self) -> None:
        """Add a copy of the item, after a question."""
        items, original = self.services.desk.items, self.one_item("One item is copied")
        if original is None:
            return

        def sure(yes: bool | None) -> None:
            if yes:
                copying = lambda: items.copy(self.business, original.id)  # noqa: E731
                self.ask(copying, added, lane="items")

        def added(copy: Item) -> None:
            self.copied = copy
            self.done(
                f"✓ Item {copy.id} is a copy of item {original.id}: change what differs. z takes "
                "it back."
            )

        question = ConfirmScreen(
            f"Add a copy of item {original.id}?",
            yes="Add a copy",
            more="It is an item of its own: published too, the books have both.",
        )
        self.app.push_screen(question, sure)

    def action_take_back(self) -> None:
        """Remove the copy that was added, unless somebody changed it since."""
        items, copy = self.services.desk.items, self.copied
        if copy is None:
            return
        self.copied = None
        self.ask(
            lambda: items.remove(self.business, copy.id, version=copy.version),
            lambda _: self.done(f"✓ Item {copy.id}, the copy, is gone again."),
            lane="items",
        )

    def action_claim(self) -> None:
        """Gather costs into a claim."""
        costs = [one for one in self.marked_items() if one.kind is Kind.COST and one.sent is None]

        def gathered(claim: Item | None) -> None:
            if claim is not None:
                count = f"{len(costs)} cost{'' if len(costs) == 1 else 's'}"
                self.done(f"✓ Item {claim.id} is the claim of {claim.contact}, made of {count}.")

        self.app.push_screen(ClaimScreen(self.business, self.business_name, costs), gathered)

    def action_take_apart(self) -> None:
        """Take a claim apart, after a question."""
        claims = self.services.desk.claims
        claim = self.one_item("One claim is taken apart")
        if claim is None:
            return

        def sure(yes: bool | None) -> None:
            if yes:
                self.ask(
                    lambda: claims.ungather(self.business, claim.id),
                    lambda costs: self.done(f"✓ {len(costs)} costs are back in the inbox."),
                    lane="items",
                )

        question = ConfirmScreen(
            f"Take claim {claim.id} apart?",
            yes="Take it apart",
            more="The claim goes; its costs are back in the inbox, as they were.",
        )
        self.app.push_screen(question, sure)


def run_candidate(one: PublishedRun) -> Choice:
    """Return a run as it is offered: when it was begun, by whom, and what it made."""
    when = f"{one.started_at.astimezone():%d/%m/%Y %H:%M}"
    documents = "1 document" if one.made == 1 else f"{one.made} documents"
    there = "all still there" if one.there == one.made else f"{one.there} still there"
    return Choice.of(str(one.run), when, f"{documents} by {one.who}, {there}")
