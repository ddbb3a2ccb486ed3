"""Looking at one published item in KashFlow, and comparing it with what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError
from kfclient.desk.after.belongings import ALL, belongings, difference, done, matched
from kfclient.desk.after.comparing import Difference, compare, in_words
from kfclient.desk.business.business import ProblemNote
from kfclient.desk.errors import DeletedThere, DeskError, EditedThere
from kfclient.desk.inbox.items import publish_lock
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.documents import SALE, word_of
from kfclient.desk.publish.followups import PlannedFile, PlannedPayment
from kfclient.desk.publish.gate import stops
from kfclient.desk.publish.id_names import IdNames
from kfclient.desk.publish.outcomes import Outcome
from kfclient.desk.publish.report import note_of

if TYPE_CHECKING:
    from kfclient.api.records import Invoice
    from kfclient.desk.after.belongings import Kind
    from kfclient.desk.after.whereabouts import Finder, Whereabouts
    from kfclient.desk.publish.attempt_step import Step
    from kfclient.desk.publish.parts import Parts


class Verdict(StrEnum):
    """What a look at a published item in KashFlow has shown.

    SAME to the penny; CHANGED there; DELETED there; REPLACED: it is gone and its number is another
    document's; NOT_READ: it could not be looked at.
    """

    SAME = "same"
    CHANGED = "changed"
    DELETED = "deleted"
    REPLACED = "replaced"
    NOT_READ = "not-read"


class VerifyResult(msgspec.Struct, frozen=True):
    """One item: its verdict, what differs (for CHANGED), and the problem in words, if any.

    `unlisted` says what KashFlow does not tell and so was not compared: the files of a sale.
    """

    item_id: str
    number: int
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    problem: ProblemNote | None = None
    unlisted: tuple[str, ...] = ()


class VerifyLook:
    """Looks at published items of one business, one verification long."""

    def __init__(self, business: str, parts: Parts, finder: Finder) -> None:
        self._business = business
        self._parts = parts
        self._finder = finder
        books = parts.items.bookshelf.books(business)
        self._names = IdNames(parts.lists, business, books.home_currency)

    def look(self, attempt: Attempt) -> VerifyResult:
        """Return how the attempt's document is in KashFlow now.

        Raises `KashFlowError` for what would go wrong with every other one too, `Cancelled`.
        """
        try:
            where = self._finder.find(attempt)
            if where.found is None:
                return _gone(attempt, where)
            self._learn(attempt, where.found)
            differences, unlisted = self._differences(attempt, where.found)
        except (DeskError, KashFlowError) as problem:
            if isinstance(problem, KashFlowError) and stops(problem):
                raise
            return _result(attempt, Verdict.NOT_READ, problem=note_of(problem))
        if not differences:
            return _result(attempt, Verdict.SAME, unlisted=unlisted)
        named = _named(attempt)
        edited = EditedThere(f"In KashFlow {named} is otherwise: {in_words(differences)}.")
        return _result(attempt, Verdict.CHANGED, differences, note_of(edited), unlisted)

    def _learn(self, attempt: Attempt, found: Invoice) -> None:
        """Keep the id of a document that was never read back, unless somebody publishes now."""
        if attempt.dbid:
            return
        with self._parts.home.try_lock(publish_lock(self._business)) as held:
            latest = self._parts.attempts.latest(self._business, attempt.item)
            if held and latest == attempt:
                self._parts.attempts.confirmed(self._business, attempt, found, None)

    def _differences(
        self, attempt: Attempt, found: Invoice
    ) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
        """Return what differs, and what KashFlow does not list and so cannot be compared."""
        sale = attempt.operation == SALE
        told = [*compare(attempt.payload, found, self._names, sale=sale)]
        if found.invoice_number != attempt.number:
            told.append(Difference("number", str(attempt.number), str(found.invoice_number)))
        steps = self._parts.attempts.steps.of(self._business, attempt.id)
        unlisted: list[str] = []
        for kind in ALL:
            if not done(steps, kind):
                continue
            if sale and kind is PlannedFile:
                unlisted += [step.followup.what for step in done(steps, kind)]
            else:
                told += self._at(attempt, found, steps, kind)
        told += self._taken_off(found, steps)
        return tuple(told), tuple(unlisted)

    def _taken_off(self, found: Invoice, steps: Sequence[Step]) -> list[Difference]:
        """Return the payments that an undoing has deleted, broken off before the document went.

        None where a payment is there again.
        """
        if found.amount_paid:
            return []
        undone = (one for one in steps if one.outcome is Outcome.UNDONE)
        payments = [one for one in undone if isinstance(one.followup, PlannedPayment)]
        differ = (difference(step, None, self._names) for step in payments)
        return [one for one in differ if one is not None]

    def _at(
        self, attempt: Attempt, found: Invoice, steps: Sequence[Step], kind: Kind
    ) -> list[Difference]:
        """Return what differs of the payments, files or notes that Kashdeck put there."""
        there = self._parts.sessions.call(
            self._business, lambda line: belongings(line, attempt.operation, found, kind)
        )
        pairs = matched(steps, kind, there or []).ours
        differ = (difference(step, own, self._names) for step, own in pairs)
        return [one for one in differ if one is not None]


def _result(
    attempt: Attempt,
    verdict: Verdict,
    differences: tuple[Difference, ...] = (),
    problem: ProblemNote | None = None,
    unlisted: tuple[str, ...] = (),
) -> VerifyResult:
    number = attempt.number or 0
    return VerifyResult(attempt.item, number, verdict, differences, problem, unlisted)


def _gone(attempt: Attempt, where: Whereabouts) -> VerifyResult:
    if where.instead is None:
        problem = DeletedThere(f"KashFlow no longer has {_named(attempt)}: it was deleted there.")
        return _result(attempt, Verdict.DELETED, problem=note_of(problem))
    other = where.instead
    told = ", ".join(part for part in (other.customer_name, other.customer_reference) if part)
    problem = DeletedThere(
        f"KashFlow no longer has {_named(attempt)}: it was deleted there, and its number is "
        f"another document's now{f' ({told})' if told else ''}."
    )
    return _result(attempt, Verdict.REPLACED, problem=note_of(problem))


def _named(attempt: Attempt) -> str:
    return f"{word_of(attempt.operation)} {attempt.number}"
