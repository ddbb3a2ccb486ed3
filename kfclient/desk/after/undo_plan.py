"""What undoing would delete in KashFlow: read there, shown, and then deleted as shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.after.belongings import ALL, belongings, difference, done, matched, words_of
from kfclient.desk.after.comparing import compare, fingerprint_of_document
from kfclient.desk.errors import NotUndone
from kfclient.desk.inbox.item import Item
from kfclient.desk.publish.attempt import Attempt, party_word
from kfclient.desk.publish.documents import SALE, word_of
from kfclient.desk.publish.followup_calls import id_of
from kfclient.desk.publish.followups import PlannedFile, PlannedNote, PlannedPayment
from kfclient.desk.publish.id_names import IdNames
from kfclient.desk.publish.outcomes import PENDING
from kfclient.desk.publish.planning import LeftOut
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.api.records import Invoice
    from kfclient.desk.after.belongings import Kind, Matched
    from kfclient.desk.after.whereabouts import Finder
    from kfclient.desk.publish.attempt_step import Step
    from kfclient.desk.publish.parts import Parts

_ADDED = {
    PlannedFile: "the file {}, added in KashFlow, would be lost",
    PlannedNote: "the note {}, added in KashFlow, would be lost",
}


class UndoItem(msgspec.Struct, frozen=True, kw_only=True):
    """A published item, and what undoing it deletes in KashFlow.

    `number` and `dbid` are the document's as KashFlow has it now; `payments` are Kashdeck's own,
    each with its step here and its id there, and go first. `deletes` and `goes_with_it` (files and
    notes) say it in words, `stays` what is left there ("the supplier ... stays"). What was
    `changed` there since it was read back keeps the item from being undone, unless that is agreed
    to. One that is `gone` already has nothing to delete, and only comes back to the inbox. `seen`
    is the fingerprint of the document as it was looked at.
    """

    item_id: str
    version: int
    attempt: int
    operation: str
    contact: str
    number: int
    dbid: int
    deletes: tuple[str, ...]
    goes_with_it: tuple[str, ...] = ()
    payments: tuple[tuple[int, int], ...] = ()
    changed: tuple[str, ...] = ()
    stays: str = ""
    gone: bool = False
    seen: str = ""

    @property
    def sentence(self) -> str:
        """What would be done, in words."""
        if self.gone:
            word = word_of(self.operation)
            return f"{word.capitalize()} {self.number} is gone from KashFlow already"
        told = f"Delete {', then '.join(self.deletes)}"
        return f"{told}, with {' and '.join(self.goes_with_it)}" if self.goes_with_it else told


class UndoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What undoing would do, in its order, and which items cannot be undone, each with the reason.

    `run` is the publishing session that is undone, None for items by number.
    """

    business: str
    items: tuple[UndoItem, ...]
    left_out: tuple[LeftOut, ...] = ()
    run: int | None = None

    @property
    def changed(self) -> tuple[UndoItem, ...]:
        """Those that were changed in KashFlow since: undone only where that is agreed to."""
        return tuple(one for one in self.items if one.changed)


class UndoLook:
    """Looks at published items in KashFlow, to tell what undoing them deletes."""

    def __init__(self, business: str, parts: Parts, finder: Finder) -> None:
        self._business = business
        self._parts = parts
        self._finder = finder
        books = parts.items.bookshelf.books(business)
        self._locked_until = books.settings.locked_until
        self._names = IdNames(parts.lists, business, books.home_currency)

    def look(self, item: Item, attempt: Attempt) -> UndoItem:
        """Return what undoing the item deletes, as KashFlow is now.

        Raises `NotUndone` with the reason where it cannot be, `NotReadBack`, `KashFlowError`.
        """
        steps = self._parts.attempts.steps.of(self._business, attempt.id)
        if any(step.outcome in PENDING for step in steps):
            raise NotUndone("What followed it had no answer; KashFlow has to be looked at first.")
        found = self._finder.find(attempt, everywhere=True).found
        bare = self._bare(item, attempt, found)
        if found is None:
            return bare
        if self._locked_until and found.invoice_date and found.invoice_date <= self._locked_until:
            until = shown_date(self._locked_until)
            raise NotUndone(f"It is in the period that is locked, up to {until}.")
        undo = msgspec.structs.replace(
            bare,
            deletes=(_told(attempt, found),),
            goes_with_it=_unlisted(attempt, steps),
            changed=self._changes(attempt, found),
        )
        for kind in ALL:
            there = self._at(attempt, found, kind)
            if there is not None:
                undo = self._with(undo, kind, there)
        return undo

    def _with(self, undo: UndoItem, kind: Kind, there: Matched) -> UndoItem:
        """Return it with what belongs to the document of one kind."""
        told = [words_of(one, self._names) for one in there.others]
        if kind is PlannedPayment and told:
            raise NotUndone(
                f"A payment was recorded on it in KashFlow: {told[0]}.",
                "Take that payment off there first, if it is to go.",
            )
        changed = [_ADDED[kind].format(one) for one in told]
        ours = [(step, own) for step, own in there.ours if own is not None]
        differ = [difference(step, own, self._names) for step, own in ours]
        words = tuple(step.followup.what for step, _ in ours)
        undo = msgspec.structs.replace(
            undo,
            changed=(*undo.changed, *changed, *(one.sentence for one in differ if one)),
        )
        if kind is not PlannedPayment:
            return msgspec.structs.replace(undo, goes_with_it=(*undo.goes_with_it, *words))
        return msgspec.structs.replace(
            undo,
            deletes=(*words, *undo.deletes),
            payments=tuple((step.id, id_of(own)) for step, own in ours),
        )

    def _bare(self, item: Item, attempt: Attempt, found: Invoice | None) -> UndoItem:
        party = party_word(attempt)
        return UndoItem(
            item_id=item.id,
            version=item.version,
            attempt=attempt.id,
            operation=attempt.operation,
            contact=attempt.contact,
            number=found.invoice_number if found is not None else attempt.number or 0,
            dbid=found.invoice_dbid if found is not None else attempt.dbid or 0,
            deletes=(),
            stays=f"the {party} {attempt.contact} stays in KashFlow" if attempt.created else "",
            gone=found is None,
            seen="" if found is None else fingerprint_of_document(found),
        )

    def _changes(self, attempt: Attempt, found: Invoice) -> tuple[str, ...]:
        """Return what was changed since it was read back; what came out so is no change."""
        if attempt.seen == fingerprint_of_document(found):
            return ()
        sale = attempt.operation == SALE
        told = compare(attempt.payload, found, self._names, sale=sale)
        changed = [one.sentence for one in told]
        if found.invoice_number != attempt.number:
            changed.append(f"its number was {attempt.number} and is {found.invoice_number}")
        return tuple(changed)

    def _at(self, attempt: Attempt, found: Invoice, kind: Kind) -> Matched | None:
        there = self._parts.sessions.call(
            self._business, lambda line: belongings(line, attempt.operation, found, kind)
        )
        if there is None:
            return None
        steps = self._parts.attempts.steps.of(self._business, attempt.id)
        return matched(steps, kind, there)


def _unlisted(attempt: Attempt, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the files of a sale, which KashFlow does not list; they go with it all the same."""
    sale = attempt.operation == SALE
    return tuple(step.followup.what for step in done(steps, PlannedFile) if sale)


def _told(attempt: Attempt, found: Invoice) -> str:
    """Return which document it is: "purchase 12 (Pennine Water, PEN-1, £120.00)"."""
    currency = attempt.payload.currency_code or "GBP"
    parts = (attempt.contact, attempt.reference, shown(attempt.gross, currency))
    told = ", ".join(part for part in parts if part)
    return f"{word_of(attempt.operation)} {found.invoice_number} ({told})"
