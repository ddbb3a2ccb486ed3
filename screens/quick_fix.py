"""Mends what was found about an item with one key: the act itself, or what a person has to choose.

Which acts there are, findings say (`Finding.key`); what a machine can do is done by
`kfclient.desk.items.quick_fix`. This chooses the screen for the others.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.items.check import PUBLISH_TAX
from kfclient.desk.items.check_lines import AGREE
from kfclient.desk.items.duplicate_finder import NOT_A_DUPLICATE
from kfclient.desk.items.quick_fix import ASKS, for_many, is_mechanical
from kfclient.desk.model.item import Finding, Item, ItemLine, Severity
from screens.app_screen import Act, AppScreen, Question
from screens.dialogs import ConfirmScreen
from screens.picker import PICKABLE, Choice, PickerScreen, candidates, heading, values_of
from screens.side_by_side import columns_of, of_item, of_sighting, rows_of
from screens.widgets.filter_box import TextLine
from screens.widgets.ledger_table import Column, LedgerTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.widget import Widget

    from kfclient.desk.items.duplicate_index import Likeness


# An item beside what looks like it: a person says whether it is the same document.


class DuplicateScreen(Question, AppScreen[str]):
    """Shows both side by side; dismisses with what was done, in words, or None."""

    CSS_PATH = "side_by_side.tcss"
    ANSWERS = frozenset("nd")
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
        yield TextLine(f"? {self.finding.sentence}", id="why", grows=True)
        yield LedgerTable(*columns_of(sides), id="sides", classes="first")
        yield TextLine(
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
        duplicates, item = self.services.desk.duplicates, self.item
        told = f"✓ Item {item.id} is no duplicate of that one; it is remembered."
        self.ask(
            lambda: duplicates.not_a_duplicate(self.business, item.id, self.like.other.key),
            lambda _: self.dismiss(told),
            lane="items",
        )

    def action_same(self) -> None:
        """They are one: delete this item, after a question."""
        question = ConfirmScreen(
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


ACTS = {
    "use-supplier": "Use that supplier ({})",
    "use-customer": "Use that customer ({})",
    "use-date": "Turn day and month round ({})",
    "clear-due-date": "Take the due date out",
    "use-currency": "Use {}",
    "use-exchange-rate": "Use the rate {} to 1",
    "own-cost": "Book it as a cost of its own, on no claim",
    "keep-lines": "Keep the lines as they are",
    "use-tax-rate": "Use the tax rate {}",
    "use-percentage": "Use {} percent",
    "vat-in-net": "Make that tax a part of the net amount",
    AGREE: "Publish it as it is",
    "use-vat": "Use the VAT {}",
    "split": "Split it into a taxed and a zero-rated line",
    "clean-text": "Take the odd characters out",
    "take-out-file": "Take the file out ({})",
    NOT_A_DUPLICATE: "Compare the two",
    PUBLISH_TAX: "Send the VAT of all items from now on",
}
"""What each act is called; {} is what it is done with."""

COLUMNS = (Column("What to do", 32), Column("Why"), Column("", 1))

TAX_ON = (
    "From then on KashFlow learns of the VAT of everything this business publishes, and has it in "
    "its VAT return. Settings has it as Publish tax data."
)


def is_mendable(finding: Finding) -> bool:
    """Whether one key can lead to its mending."""
    return is_mechanical(finding.key) or finding.key.startswith("choose-")


def words_of(finding: Finding) -> str:
    """Return what its act is called: `Use the tax rate 20`, `Choose a category`."""
    if finding.key in ACTS:
        return ACTS[finding.key].format(finding.value)
    return f"Choose a {finding.key.removeprefix('choose-').replace('-', ' ')}"


def alike_in(
    every: Mapping[str, Sequence[Finding]], wanted: Finding
) -> dict[str, tuple[Finding, ...]]:
    """Return by item the findings that say the same, where one act may mend them all."""
    if not for_many(wanted.key):
        return {}
    found = {
        key: tuple(
            one
            for one in findings
            if (one.code, one.sentence, one.key, one.value)
            == (wanted.code, wanted.sentence, wanted.key, wanted.value)
        )
        for key, findings in every.items()
    }
    return {key: same for key, same in found.items() if same}


class QuickFixFlow:
    """Mends the items of a screen; `done` is told what was done, and shows the item anew."""

    def __init__(self, screen: AppScreen[Any], business: str, done: Callable[[str], None]) -> None:
        self._screen = screen
        self._business = business
        self._done = done

    def mend(
        self,
        item_id: str,
        findings: Sequence[Finding],
        others: Mapping[str, Sequence[Finding]] | None = None,
    ) -> None:
        """Do what mends the item; where several things can, the person chooses.

        `others` are the findings of the other items that are meant, by their ids: where some are
        the same, their mending is offered with it.
        """
        acts = [one for one in findings if is_mendable(one)]
        acts.sort(key=lambda one: one.severity is not Severity.STOP)
        begun: list[tuple[str, str, Callable[[], None]]] = []
        for act in acts:
            begin = partial(self._begin, item_id, act)
            begun.append((words_of(act), act.sentence, begin))
            if len(alike := alike_in({item_id: findings, **(others or {})}, act)) > 1:
                words = f"… in all {len(alike):,}"
                begun.append((words, act.sentence, partial(self._begin_all, alike, act)))
        if len(begun) == 1:
            begun[0][2]()
        elif begun:
            offered = [
                Choice.of(str(at), words, sentence) for at, (words, sentence, _) in enumerate(begun)
            ]

            def picked(one: Choice | None) -> None:
                if one is not None:
                    begun[int(one.row.key)][2]()

            picker = PickerScreen(f"Mend item {item_id}", offered, columns=COLUMNS)
            self._screen.app.push_screen(picker, picked)

    def _begin(self, item_id: str, finding: Finding) -> None:
        if finding.key == NOT_A_DUPLICATE:
            self._compare(item_id, finding)
        elif finding.key == PUBLISH_TAX:
            question = ConfirmScreen(
                "Send the VAT of all items from now on?", yes="Send it", more=TAX_ON
            )
            self._screen.app.push_screen(
                question, lambda yes: self._apply(item_id, finding) if yes else None
            )
        elif finding.key in ASKS:
            question = ConfirmScreen(
                f"{words_of(finding)}?",
                yes="Yes",
                more=f"Item {item_id}: {finding.sentence} {finding.cure}".rstrip(),
            )
            self._screen.app.push_screen(
                question, lambda yes: self._apply(item_id, finding) if yes else None
            )
        elif is_mechanical(finding.key):
            self._apply(item_id, finding)
        else:
            self._choose(item_id, finding)

    def _begin_all(self, alike: Mapping[str, Sequence[Finding]], finding: Finding) -> None:
        """Mend all of these items, each of which has the finding."""
        if not is_mechanical(finding.key):
            self._choose(next(iter(alike)), finding, alike)
            return
        quick_fixes = self._screen.services.desk.quick_fixes
        self._screen.ask(
            lambda: quick_fixes.apply_all(self._business, alike),
            lambda saved: self._done(f"✓ {len(saved):,} items: {words_of(finding)}."),
            lane="items",
        )

    def _apply(self, item_id: str, finding: Finding) -> None:
        quick_fixes = self._screen.services.desk.quick_fixes
        self._screen.ask(
            lambda: quick_fixes.apply(self._business, item_id, finding),
            lambda _: self._done(f"✓ Item {item_id}: {words_of(finding)}."),
            lane="items",
        )

    # What a person chooses

    def _choose(
        self,
        item_id: str,
        finding: Finding,
        alike: Mapping[str, Sequence[Finding]] | None = None,
    ) -> None:
        """Offer what the item's field can be, and put it there; in all that are `alike`."""
        desk, name = self._screen.services.desk, finding.field.rpartition(".")[2]
        if name not in PICKABLE:
            return

        def look() -> tuple[Item, list[Choice]]:
            item = desk.items.get(self._business, item_id)
            return item, candidates(desk, self._business, name, item.kind)

        def offer(found: tuple[Item, list[Choice]]) -> None:
            item, offered = found
            if self._screen.on_top:
                typed = text_at(item, finding.field)
                picker = PickerScreen(heading(name, item.kind), offered, typed)
                self._screen.app.push_screen(
                    picker,
                    lambda one: (
                        self._put_all(alike, one) if alike else self._put(item, finding.field, one)
                    ),
                )

        self._screen.ask(look, offer, lane="items")

    def _put_all(self, alike: Mapping[str, Sequence[Finding]], one: Choice | None) -> None:
        if one is None:
            return
        items = self._screen.services.desk.items

        def put() -> list[Item]:
            changed = []
            for item_id, findings in alike.items():
                item = items.get(self._business, item_id)
                for field in (finding.field for finding in findings):
                    item = with_values(item, field, values_of(field.rpartition(".")[2], one))
                changed.append(item)
            return items.save_all(self._business, changed)

        self._screen.ask(
            put,
            lambda saved: self._done(f"✓ {len(saved):,} items: {one.name or one.code}."),
            lane="items",
        )

    def _put(self, item: Item, field: str, one: Choice | None) -> None:
        if one is None:
            return
        items = self._screen.services.desk.items
        changed = with_values(item, field, values_of(field.rpartition(".")[2], one))
        self._screen.ask(
            lambda: items.save(self._business, changed),
            lambda saved: self._done(f"✓ Item {saved.id}: {one.name or one.code}."),
            lane="items",
        )

    # Duplicates

    def _compare(self, item_id: str, finding: Finding) -> None:
        desk = self._screen.services.desk

        def look() -> tuple[Item, Likeness | None]:
            item = desk.items.get(self._business, item_id)
            likenesses = desk.duplicates.likenesses(self._business, item)
            found = (one for one in likenesses if one.other.key == finding.value)
            return item, next(found, None)

        def show(found: tuple[Item, Likeness | None]) -> None:
            item, like = found
            if like is None:
                self._done(f"i Item {item_id} looks like a duplicate no more.")
            elif self._screen.on_top:
                self._screen.app.push_screen(
                    DuplicateScreen((self._business, self._screen.trail[0]), item, like, finding),
                    lambda told: self._done(told) if told else None,
                )

        self._screen.ask(look, show, lane="items")


def text_at(item: Item, field: str) -> str:
    """Return the text of a field as findings name it: `contact`, `lines.2.category`."""
    name = field.rpartition(".")[2]
    value = getattr(_line(item, field) if field.startswith("lines.") else item, name, "")
    return value if isinstance(value, str) else ""


def with_values(item: Item, field: str, values: dict[str, Any]) -> Item:
    """Return the item with these values, in the line that the field names or in itself."""
    if not field.startswith("lines."):
        return msgspec.structs.replace(item, **values)
    at = int(field.split(".")[1]) - 1
    line = msgspec.structs.replace(item.lines[at], **values)
    return msgspec.structs.replace(item, lines=(*item.lines[:at], line, *item.lines[at + 1 :]))


def _line(item: Item, field: str) -> ItemLine:
    return item.lines[int(field.split(".")[1]) - 1]
