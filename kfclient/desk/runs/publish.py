"""Publishing: planning what would be sent, sending it once, and resolving what is not known.

KashFlow has no way to tell a repeated document from a new one, so nothing is ever sent twice on a
guess. In `kfclient.desk.publish`, `journal` writes down what is about to be sent and what came of
it, `send` has the order in which an item goes, `recover` and `decide` what becomes of one whose
reply was lost; `kfclient.desk.runs.run` does it for many items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import Customer, Supplier
from kfclient.cancel import Cancel, Pause
from kfclient.desk.errors import PlanChanged
from kfclient.desk.events import Listener, PublishStarted, ignore
from kfclient.desk.model.item import ItemState, is_unread
from kfclient.desk.publish.journal_records import PublishReport, PublishResult
from kfclient.desk.publish.new_contacts import code_for
from kfclient.desk.publish.plan import (
    Agreed,
    Followup,
    LeftOut,
    Plan,
    PlannedFile,
    PlannedItem,
    PlannedPayment,
    fingerprint_of,
    make_plan,
    plan_item,
)
from kfclient.desk.runs.follow import RunControl
from kfclient.desk.runs.resolve import Resolving
from kfclient.desk.runs.run import Backoff, PlanCheck, PublishRun
from kfclient.desk.runs.runs import Context, Run, line_of, publish_ended
from kfclient.store.events_file import EventsFile

if TYPE_CHECKING:
    from kfclient.api import KashFlow


# The SOAP bodies of what is planned, as they will go out, without credentials.

_CONTENT = "Li4u"
"""In place of a file's content, which may be megabytes: three dots, as they travel."""


def envelope(kashflow: KashFlow, planned: PlannedItem) -> str:
    """Return the bodies, in their order.

    The document's number and id, which KashFlow gives, are 0 in what follows it; a file's content
    is left out.
    """
    bodies: list[bytes] = []
    if planned.number is None:
        if (new := planned.creates) is not None:
            code = code_for(new.name)
            bodies.append(
                kashflow.envelope("InsertSupplier", supl=Supplier(code=code, name=new.name))
                if new.kind == "supplier"
                else kashflow.envelope("InsertCustomer", custr=Customer(code=code, name=new.name))
            )
        bodies.append(kashflow.envelope(planned.operation, Inv=planned.invoice))
    bodies += _followups(kashflow, planned)
    return "\n".join(body.decode() for body in bodies)


def _followups(kashflow: KashFlow, planned: PlannedItem) -> Iterator[bytes]:
    noun = planned.side.noun
    for followup in planned.followups:
        yield _followup(kashflow, noun, planned.number or 0, followup)


def _followup(kashflow: KashFlow, noun: str, number: int, followup: Followup) -> bytes:
    if isinstance(followup, PlannedPayment):
        payment = msgspec.structs.replace(followup.payment, pay_invoice=number)
        return kashflow.envelope(f"Insert{noun}Payment", **{f"{noun}Payment": payment})
    if isinstance(followup, PlannedFile):
        from kfclient.api.document_operations import attachment

        fields = attachment(followup.name, b"...") | {
            "Base64String": _CONTENT,
            "FileSize": str(followup.size),
        }
        return kashflow.envelope(f"AttachFileTo{noun}", **{f"{noun}No": number}, **fields)
    return kashflow.envelope(
        f"Insert{noun}Note",
        **{f"{noun}Id": 0},
        NoteDate=followup.day,
        Notes=followup.text,
    )


__all__ = ["PublishReport", "PublishResult", "Publishing"]

LANES = 4
"""What public clients ask of KashFlow at once; what it bears is documented nowhere."""

_REASONS = {
    ItemState.TO_REVIEW: "It is still to review.",
    ItemState.PUBLISHED: "It is in KashFlow already.",
    ItemState.PUBLISHING: "It is being published now.",
    ItemState.UNKNOWN: "It was sent and no answer came; KashFlow has to be looked at first.",
}
_STEP_UNKNOWN = (
    "It is in KashFlow, but what followed it had no answer; KashFlow has to be looked at first."
)
_UNREAD = "It is in KashFlow, and was not read back yet."


class Publishing(RunControl):
    """Plans and publishes for every business; one publisher a business at a time.

    `backoff` is how it waits for the network, where it is asked to; `lanes` how many items are on
    their way at once, unless told otherwise.
    """

    def __init__(
        self, context: Context, resolving: Resolving, backoff: Backoff | None = None
    ) -> None:
        super().__init__(context)
        self._items = context.items
        self._resolving = resolving
        self.backoff = backoff or Backoff()
        self.lanes = LANES

    # Before

    def plan(self, business: str, item_ids: Sequence[str] | None = None) -> Plan:
        """Return what publishing these items would do; None stands for all that can go.

        That is those that are ready, and those in KashFlow with something left to do. Items that
        cannot go are left out, with the reason; so are those that publishing reads back first. Asks
        KashFlow nothing. Raises `ItemUnknown`.
        """
        reference_data = self._items.reference_data.of(business)
        if item_ids is None:
            wanted = [
                item
                for item in self._items.all(business)
                if item.sent is not ItemState.PUBLISHED or item.left or is_unread(item)
            ]
        else:
            ids = dict.fromkeys(item_id.strip() for item_id in item_ids)
            wanted = [self._items.get(business, item_id) for item_id in ids]
        planner = PlanCheck(business, self._items, self._context.sends)
        planned: list[PlannedItem] = []
        left_out: list[LeftOut] = []
        for item in wanted:
            state = self._items.state(business, item)
            findings = self._items.findings(business, item)
            if state is ItemState.READY:
                planned.append(plan_item(item, findings, reference_data))
            elif state is ItemState.PUBLISHED and (rest := planner.left_of(item)) is not None:
                planned.append(rest)
            else:
                reason = _STEP_UNKNOWN if item.left else _REASONS[state]
                reason = _UNREAD if is_unread(item) else reason
                left_out.append(LeftOut(item.id, reason, findings))
        plan = make_plan(business, planned, left_out, reference_data)
        return msgspec.structs.replace(plan, everything=item_ids is None)

    def envelope(self, business: str, planned: PlannedItem) -> str:
        """Return the SOAP bodies that will go out, in their order, with the credentials as dots.

        Loads zeep: call it in a worker. Raises `NotConnected`, and what the keyring says.
        """
        return envelope(self._context.sessions.open(business), planned)

    # During

    def publish(
        self,
        business: str,
        plan: Plan,
        *,
        create_suppliers: bool = False,
        create_customers: bool = False,
        lanes: int | None = None,
        wait: bool = False,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
        pause: Pause | None = None,
        detached: bool = False,
    ) -> PublishReport:
        """Send what the plan shows, each item once; what is in KashFlow already is not sent again.

        Items of unknown outcome are looked for first. Up to `lanes` calls are made at once, for
        one item of a supplier or customer at a time. With `wait` the run waits by itself while
        KashFlow cannot be reached, and until what is unknown is known. A cancel lets the calls on
        their way come to their end; `pause` pauses and resumes, and so does `ask` from any session.
        The run is on disk: after a sudden end, or where the cancel was to leave, `interrupted`
        tells of it. `detached` tells others that it goes on in the background. Raises `Busy` while
        another session publishes for this business, `PlanChanged` before anything is sent when that
        is no longer what was shown, `NotConnected`, and what the keyring and the store say; what
        goes wrong with KashFlow is in the report.
        """
        if plan.business != business or plan.fingerprint != fingerprint_of(plan.items):
            raise PlanChanged("This plan is not for this business, or was changed by hand.")
        agreed = Agreed(create_suppliers, create_customers)
        run = self._context.runs.new(
            plan, agreed, lanes=lanes or self.lanes, wait=wait, detached=detached
        )
        with self._resolving.alone(business):
            return self._carry_out(
                business, run, listener, cancel or Cancel(), pause or Pause(), strict=True
            )

    def resume(
        self,
        business: str,
        *,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
        pause: Pause | None = None,
        lanes: int | None = None,
        wait: bool = False,
        detached: bool = False,
    ) -> PublishReport:
        """Carry on the run that was broken off, with exactly what was shown and agreed to then.

        It goes in as many lanes as then, and waits for the network as then, unless told otherwise.
        An item that is no longer what was shown is left where it is, and said so in the report,
        which is empty where no run was broken off. Raises as `publish` does, but for `PlanChanged`.
        """
        with self._resolving.alone(business):
            run = self._context.runs.open(business)
            if run is None:
                return PublishReport(())
            run = msgspec.structs.replace(
                run, lanes=lanes or run.lanes, wait=wait or run.wait, detached=detached
            )
            return self._carry_out(
                business, run, listener, cancel or Cancel(), pause or Pause(), strict=False
            )

    def give_up(self, business: str) -> None:
        """End the run that was broken off; its items stay as they are. Raises `Busy`."""
        with self._resolving.recovered(business):
            run = self._context.runs.open(business)
            if run is not None:
                self._context.runs.end(business, run, "cancelled")
                events = EventsFile(self._context.home.events_path(business))
                ended = publish_ended(business, PublishReport((), cancelled=True))
                events.begin(line_of(ended), afresh=False)
                events.close()

    # Inside

    def _carry_out(
        self,
        business: str,
        run: Run,
        listener: Listener,
        cancel: Cancel,
        pause: Pause,
        *,
        strict: bool,
    ) -> PublishReport:
        report = PublishReport(())
        self._resolving.recovery.recover(business)
        listener(PublishStarted(business=business, items=tuple(one.item for one in run.shown)))
        going = PublishRun(
            self._context,
            self._resolving.recovery,
            business,
            run,
            listener,
            cancel,
            pause,
            self.backoff,
        )
        try:
            with self._context.sessions.held(business):
                report = going.carry_out(strict=strict)
        finally:
            self._resolving.catch_up(business)
            listener(publish_ended(business, report))
        return report
