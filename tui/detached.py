"""Publishing in a process of its own, which goes on when the terminal and the login have gone.

Who starts it has shown the plan, asked the person, and opened the place of the password. It sends
an order down a pipe: what was agreed to, and what opens that place (never in the arguments, the
environment or a file). It gets one line back as soon as the run is on disk, or why it is not; from
then on `kashdeck publish NAME --follow` shows how it goes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.cancel import Cancel
from kfclient.desk.errors import PlanChanged
from kfclient.desk.events import Event, PublishBegun, PublishWaiting
from kfclient.desk.runs.runs import remembered
from kfclient.errors import Problem
from tui import coredumps

if TYPE_CHECKING:
    from kfclient.desk import Desk
    from kfclient.desk.publish.journal_records import PublishReport
    from kfclient.desk.publish.plan import Plan


log = logging.getLogger("tui.detached")

_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is to do; with `resume` it carries on the run that was broken off.

    `items` and `behind` are what the plan has, and what it leaves behind; `fingerprint` is of what
    was shown. `secret` opens the place of the password: see `kfclient.store.Secrets.hand_over`.
    """

    root: str
    business: str
    resume: bool = False
    items: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    everything: bool = False
    fingerprint: str = ""
    create_suppliers: bool = False
    create_customers: bool = False
    lanes: int | None = None
    trace: str = ""
    secret: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Order({self.business!r})"


class Started(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of the order: the process that goes on, or the problem that it met at once.

    Neither where there was nothing to do.
    """

    process: int = 0
    problem: dict[str, str] | None = None


def order_of(plan: Plan, desk: Desk, **more: Any) -> Order:
    """Return the order to carry out the plan; `more` are the order's other fields."""
    return Order(
        root=str(desk.home.root),
        business=plan.business,
        items=tuple(one.item_id for one in plan.items),
        behind=tuple(one.item_id for one in plan.behind),
        everything=plan.everything,
        fingerprint=plan.fingerprint,
        **more,
    )


def start(order: Order) -> int:
    """Start the process, and return its number once its run is on disk; 0 for nothing to do.

    Raises what it has met before: `Busy`, `PlanChanged`, `NotConnected` and their like.
    """
    # The child has another folder to be in, and may have been started from a checkout.
    paths = [os.environ.get("PYTHONPATH", ""), str(Path(__file__).parents[1])]
    child = subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-P", "-m", "tui.detached", order.business],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        start_new_session=True,
        umask=0o077,
    )
    # It leaves its work to a process that is nobody's child, so that it leaves nothing behind.
    said, _ = child.communicate(msgspec.json.encode(order))
    try:
        answer = msgspec.json.decode(said, type=Started)
    except msgspec.MsgspecError:
        raise Problem(
            "The process that was to publish in the background ended at once.",
            "Look at what it sent before with: kashdeck items NAME --state unknown. The log in "
            "Kashdeck's folder says more.",
        ) from None
    if answer.problem is not None:
        raise remembered(**answer.problem)
    return answer.process


def main() -> None:
    """Be the process: take the order, go away from the terminal, carry it out."""
    coredumps.forbid()
    if os.fork():
        os._exit(0)
    coredumps.close_memory()
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    reply = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    _carry_out(order, ReplyLine(reply))


class ReplyLine:
    """The one line that whoever started this process waits for; no more is written."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, answer: Started) -> None:
        """Write it, unless something was written; nobody may be there to read it any more."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, msgspec.json.encode(answer))
            os.close(self._descriptor)
        self._descriptor = -1

    def hear(self, event: Event) -> None:
        """Say that the run is on disk, as soon as it is; note in the log what it waits for."""
        if isinstance(event, PublishBegun):
            log.info("publishing %s in the background: %d items", event.business, event.items)
            self.say(Started(process=os.getpid()))
        elif isinstance(event, PublishWaiting):
            log.info("waiting %.0f seconds: %s", event.seconds, event.problem.sentence)


def _carry_out(order: Order, reply: ReplyLine) -> None:
    """Publish; the last words are in the log, and in the run's record."""
    from kfclient.desk.desk import Desk
    from kfclient.store.log import start_logging

    cancel = Cancel()
    for number in _SIGNALS:
        # The machine may be going down: what was begun is carried on another time.
        signal.signal(number, lambda *_: cancel.leave())
    desk = Desk.open(Path(order.root), trace=Path(order.trace) if order.trace else None)
    start_logging(desk.home)
    try:
        desk.secrets.take_over(order.business, order.secret)
        report = _publish(desk, order, reply, cancel)
        log.info(
            "publishing %s ended: %d published, %d held back, %d of unknown outcome%s",
            order.business,
            report.published,
            report.held,
            report.unknown,
            ", to be carried on" if cancel.is_leaving else "",
        )
        reply.say(Started())
    except Problem as problem:
        log.error("publishing %s ended: %s", order.business, problem.sentence)  # noqa: TRY400
        reply.say(Started(problem=problem.as_dict()))
    except Exception as error:
        log.exception("publishing %s ended", order.business)
        reply.say(Started(problem=_unforeseen(error).as_dict()))
    finally:
        desk.close()


def _publish(desk: Desk, order: Order, reply: ReplyLine, cancel: Cancel) -> PublishReport:
    if order.resume:
        return desk.publishing.resume(
            order.business,
            listener=reply.hear,
            cancel=cancel,
            lanes=order.lanes,
            wait=True,
            detached=True,
        )
    plan = desk.publishing.plan(order.business, [*order.items, *order.behind])
    if plan.fingerprint != order.fingerprint:
        raise PlanChanged("What would be sent is no longer what was shown.")
    return desk.publishing.publish(
        order.business,
        msgspec.structs.replace(plan, everything=order.everything),
        create_suppliers=order.create_suppliers,
        create_customers=order.create_customers,
        lanes=order.lanes,
        wait=True,
        listener=reply.hear,
        cancel=cancel,
        detached=True,
    )


def _unforeseen(error: Exception) -> Problem:
    return Problem(
        f"Publishing in the background ended with {type(error).__name__}, which Kashdeck did not "
        "foresee.",
        "What was sent is written down. The log in Kashdeck's folder says more; please report it.",
    )


if __name__ == "__main__":
    main()
