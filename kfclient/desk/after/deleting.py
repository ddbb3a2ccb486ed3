"""Deleting in KashFlow what Kashdeck put there, each once, and looking whether it is gone.

A document goes by its id, which KashFlow gives to no other ever: its number may be another's by
now. Payments go by their own id, files by their own and the document's. A sale's files cannot be
deleted: KashFlow's contract has no operation for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError, NotFound, Refused
from kfclient.api.errors import Outcome as CallOutcome
from kfclient.desk.after.removal import Removal
from kfclient.desk.errors import NotReadBack, NotThereYet
from kfclient.desk.events import Listener, StepUndone
from kfclient.desk.publish.documents import SALE, document_of, documents_of
from kfclient.desk.publish.followup_calls import id_of, listed
from kfclient.desk.publish.followups import PlannedPayment
from kfclient.desk.publish.outcomes import Outcome, seconds_to_wait
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.publish.attempt_step import Step
    from kfclient.desk.publish.attempts import Attempts


class Deleting:
    """Deletes, and settles deletes that had no answer. Call it under the publish lock."""

    def __init__(
        self, sessions: Sessions, attempts: Attempts, clock: Callable[[], dt.datetime]
    ) -> None:
        self._sessions = sessions
        self._attempts = attempts
        self._removals = attempts.removals
        self._clock = clock

    def delete(self, business: str, removal: Removal, listener: Listener) -> Problem | None:
        """Delete it, once, and write down what came of it; return why it is not gone, if so.

        An answer that did not come, or that says that it is not there, is settled by looking.
        Raises `ItemChanged` before anything was sent.
        """
        removal = self._removals.begin(business, removal)
        try:
            self._sessions.call(business, lambda line: self._send(line, business, removal))
        except KashFlowError as problem:
            if isinstance(problem, NotFound) or problem.outcome is CallOutcome.UNKNOWN:
                removal = self._removals.unknown(business, removal, problem)
                return self._look(business, removal, problem, listener)
            outcome = Outcome.REFUSED if isinstance(problem, Refused) else Outcome.NOT_SENT
            self._removals.kept(business, removal, outcome, problem)
            return problem
        return self._confirm(business, removal, listener)

    def recover(self, business: str) -> None:
        """Make what a sudden end left without an outcome one of unknown outcome.

        The settle time runs from now: when the process ended is not known.
        """
        for removal in self._removals.pending(business):
            if removal.outcome is Outcome.SENDING:
                problem = NotThereYet(
                    f"Kashdeck ended while {removal.what} was being deleted in KashFlow; it may "
                    "be gone.",
                    "Look in KashFlow for what is unknown, or undo it again.",
                )
                self._removals.unknown(business, removal, problem)

    def settle(
        self, business: str, removal: Removal, settle: dt.timedelta, listener: Listener
    ) -> None:
        """Look for a removal of unknown outcome: gone, still there, or too early to say.

        Raises `KashFlowError` when KashFlow could not be looked at.
        """
        wait = seconds_to_wait(removal.gave_up_at, settle, self._clock())
        if self._is_gone(business, removal):
            self._gone(business, removal, listener)
        elif wait > 0:
            self._removals.unknown(business, removal, _not_yet(removal, wait))
        else:
            problem = NotThereYet(
                f"KashFlow still has {removal.what}: it was not deleted.",
                "Undo it again, or leave it as it is.",
            )
            self._removals.kept(business, removal, Outcome.STILL_THERE, problem)

    # Inside

    def _send(self, kashflow: KashFlow, business: str, removal: Removal) -> None:
        sale = removal.operation == SALE
        if removal.is_document:
            delete = kashflow.delete_invoice_by_id if sale else kashflow.delete_receipt_by_id
            delete(removal.target)
        elif isinstance(self._step(business, removal).followup, PlannedPayment):
            pay = kashflow.delete_invoice_payment if sale else kashflow.delete_receipt_payment
            pay(removal.target)
        else:
            kashflow.delete_receipt_attachment(removal.dbid, removal.target)

    def _step(self, business: str, removal: Removal) -> Step:
        """Return the step that is taken back, at the document as it is numbered now."""
        step = self._attempts.steps.get(business, removal.step)
        return msgspec.structs.replace(step, number=removal.number, dbid=removal.dbid)

    def _confirm(self, business: str, removal: Removal, listener: Listener) -> Problem | None:
        """Look whether what KashFlow says it has deleted is gone; where it cannot tell, it is."""
        try:
            gone = not removal.is_document or self._sessions.call(
                business, lambda kashflow: not _has_number(kashflow, removal)
            )
        except KashFlowError:
            gone = True
        if gone:
            self._gone(business, removal, listener)
            return None
        problem = NotReadBack(
            f"KashFlow says that {removal.what} is deleted, but still shows it.",
            "Look again in a while: kashdeck resolve, or undo it again.",
        )
        self._removals.unknown(business, removal, problem)
        return problem

    def _look(
        self, business: str, removal: Removal, problem: KashFlowError, listener: Listener
    ) -> Problem | None:
        try:
            if self._is_gone(business, removal):
                self._gone(business, removal, listener)
                return None
        except KashFlowError:
            pass  # it stays unknown, and is looked for later
        return problem

    def _gone(self, business: str, removal: Removal, listener: Listener) -> None:
        self._removals.done(business, removal)
        listener(StepUndone(business=business, item=removal.item, what=removal.what))

    def _is_gone(self, business: str, removal: Removal) -> bool:
        attempt = self._attempts.get(business, removal.attempt)

        def look(kashflow: KashFlow) -> bool:
            if not removal.is_document:
                there = listed(kashflow, self._step(business, removal)) or []
                return removal.target not in map(id_of, there)
            if _has_number(kashflow, removal):
                return False
            everything = documents_of(kashflow, removal.operation, attempt.party)
            return removal.target not in {one.invoice_dbid for one in everything}

        return self._sessions.call(business, look)


def _has_number(kashflow: KashFlow, removal: Removal) -> bool:
    """Tell whether the document's number is still its own."""
    found = document_of(kashflow, removal.operation, removal.number)
    return found is not None and found.invoice_dbid == removal.dbid


def _not_yet(removal: Removal, wait: float) -> NotThereYet:
    return NotThereYet(
        f"KashFlow still has {removal.what}, and may be at work on deleting it.",
        f"Look again in {max(1, round(wait))} seconds.",
    )
