"""An item beside what looks like it: a person says whether it is the same document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.question import QuestionScreen
from screens.room import Act, Room
from screens.side_by_side import columns_of, of_item, of_sighting, rows_of
from screens.widgets.ledger_table import LedgerTable
from screens.widgets.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kfclient.desk.duplicates.sightings import Likeness
    from kfclient.desk.inbox.item import Finding, Item


class DuplicateScreen(Room[str]):
    """Shows both side by side; dismisses with what was done, in words, or None."""

    CSS_PATH = "side_by_side.tcss"
    ACTS = (
        Act("other", "n", "Not a duplicate", "They are two documents; that is remembered for "
            "the pair", footer=True),
        Act("same", "d", "Same, delete mine", "It is the same document: delete this item from "
            "the inbox", footer=True),
        Act("back", "escape", "Back", "Decide later; it stays held back", footer=True),
    )  # fmt: skip

    def __init__(
        self, business: tuple[str, str], item: Item, like: Likeness, finding: Finding
    ) -> None:
        """Ask for `business`, its id and name; `finding` says why the two are alike."""
        super().__init__(business[1], "Items", f"Item {item.id}", "Duplicate?")
        self.business = business[0]
        self.item = item
        self.like = like
        self.finding = finding

    def body(self) -> Iterable[Widget]:
        """Return why they are alike, and the two of them field by field."""
        sides = (of_item(self.item, f"Item {self.item.id}"), of_sighting(self.like.other))
        yield Line(f"? {self.finding.sentence}", id="why", grows=True)
        yield LedgerTable(*columns_of(sides), id="sides", classes="first")
        yield Line(
            "n: they are two documents, publish this one too. That is remembered for the pair.\n"
            "d: they are one and the same, delete this item here. Nothing changes in KashFlow.",
            id="answers",
            grows=True,
        )

    def on_mount(self) -> None:
        """Show the two."""
        sides = (of_item(self.item, ""), of_sighting(self.like.other))
        self.query_one(LedgerTable).show_rows(rows_of(sides))

    def action_other(self) -> None:
        """They are two: remember it."""
        radar, item = self.services.desk.radar, self.item
        told = f"✓ Item {item.id} is no duplicate of that one; it is remembered."
        self.ask(
            lambda: radar.not_a_duplicate(self.business, item.id, self.like.other.key),
            lambda _: self.dismiss(told),
            lane="items",
        )

    def action_same(self) -> None:
        """They are one: delete this item, after a question."""
        question = QuestionScreen(
            f"Delete item {self.item.id} from the inbox?",
            yes=f"Delete item {self.item.id}",
            more="The other one stays as it is. KashFlow is not changed.",
        )
        self.app.push_screen(question, lambda yes: self.delete() if yes else None)

    def delete(self) -> None:
        """Delete this item, unless somebody changed it meanwhile."""
        items, item = self.services.desk.items, self.item
        self.ask(
            lambda: items.remove(self.business, item.id, version=item.version),
            lambda _: self.dismiss(f"✓ Item {item.id} was deleted; the other one stays."),
            lane="items",
        )
