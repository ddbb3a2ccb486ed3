"""Files of items that are in KashFlow already: attached later, replaced, taken off.

Each goes as a step of the send that made the document, so it is there once whatever goes wrong;
a file that is taken off is deleted by its own id. KashFlow's contract can neither list nor delete
the files of a sale. An item that is not in KashFlow yet just has the file with it when it goes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kfclient.cancel import Cancel, Pause
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import (
    AlreadyThere,
    DocumentGone,
    FileRefused,
    ItemSettled,
    NotUndone,
    WrongValue,
)
from kfclient.desk.events import Listener, ignore
from kfclient.desk.items.check_lines import check_files
from kfclient.desk.items.reference import folded
from kfclient.desk.model.business import ProblemNote, note_of
from kfclient.desk.model.item import Item, ItemState, Severity
from kfclient.desk.publish.journal_records import (
    PENDING,
    FollowUpRecord,
    PublishResult,
    RemovalRecord,
    SendRecord,
    SendState,
    result_of,
)
from kfclient.desk.publish.kashflow_documents import id_of
from kfclient.desk.publish.plan import PlannedFile, planned_file
from kfclient.desk.publish.send import FollowUpSender, StopSwitch
from kfclient.desk.published.compare import listed_at, matched
from kfclient.desk.published.find_document import DocumentFinder
from kfclient.desk.runs.resolve import Resolving
from kfclient.desk.runs.run import Backoff
from kfclient.store.paths import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfclient.desk.runs.runs import Context
    from kfclient.errors import Problem


class AttachedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an item: its name there, its size in bytes, and how it stands.

    `attached` files are in KashFlow; others are left to do, `unknown` ones had no answer.
    """

    name: str
    size: int
    path: str
    attached: bool
    unknown: bool = False
    problem: ProblemNote | None = None


class _Waiting:
    """Who is told that a busy server is waited for, and what ends that."""

    def __init__(self, listener: Listener, cancel: Cancel | None) -> None:
        self.listener = listener
        self.cancel = cancel or Cancel()


class Attaching:
    """Attaches files later, for every business; beside nobody who publishes for it.

    A busy server is left alone as long as it asks, a few times; `cancel` ends that waiting.

    What it does raises `ItemUnknown`, `ItemSettled` for an item of unknown outcome, `FileRefused`
    for a file that cannot go, `WrongValue` for a name that is not at the item, `Busy`,
    `KashFlowError` when KashFlow could not be looked at. What goes wrong with the file itself is in
    the result: what is left to do, or its problem.
    """

    def __init__(self, context: Context, resolving: Resolving) -> None:
        self._context = context
        self._items = context.items
        self._resolving = resolving
        self.backoff = Backoff()

    def files(self, business: str, item_id: str) -> list[AttachedFile]:
        """Return the files of an item, as far as they are known here; asks KashFlow nothing."""
        item = self._items.get(business, item_id)
        send = self._context.sends.latest(business, item.id)
        if item.sent is None or send is None:
            planned = (planned_file(path) for path in item.files)
            return [
                AttachedFile(name=one.name, size=one.size, path=one.path, attached=False)
                for one in planned
            ]
        return [
            AttachedFile(
                name=file.name,
                size=file.size,
                path=file.path,
                attached=step.outcome in (SendState.DONE, SendState.DONE_ELSEWHERE),
                unknown=step.outcome in PENDING,
                problem=step.problem,
            )
            for step, file in self._steps(business, send)
        ]

    def add(
        self,
        business: str,
        item_id: str,
        path: str,
        *,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> PublishResult:
        """Attach a file to an item, in KashFlow where it is there; return how the item stands."""
        file = _checked(path)
        with self._resolving.recovered(business):
            item = self._items.get(business, item_id)
            if item.sent is None:
                return self._with_it(business, item, (*item.files, file.path))
            send = self._published(business, item, listener)
            self._attach(business, send, file, _Waiting(listener, cancel), again=False)
            return self._result(business, item.id)

    def replace(
        self,
        business: str,
        item_id: str,
        name: str,
        path: str,
        *,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> PublishResult:
        """Attach a file in the place of the one of that name, which is deleted once it is there.

        Where the new one is not there for certain, the old one stays; the same call carries on.
        Raises `NotUndone` for a sale, whose files cannot be deleted.
        """
        file = _checked(path)
        with self._resolving.recovered(business):
            item = self._items.get(business, item_id)
            if item.sent is None:
                old = _path_called(item, name)
                files = (file.path if one == old else one for one in item.files)
                return self._with_it(business, item, tuple(files))
            send = self._published(business, item, listener)
            step, old_file = self._called(business, send, name, but=file.digest)
            _refuse_sale(send, step)
            waiting = _Waiting(listener, cancel)
            new = self._attach(business, send, file, waiting, again=True)
            if new.outcome is not SendState.DONE or new.made is None:
                return self._result(business, item.id)
            return self._take_off(business, send, step, old_file, waiting)

    def remove(
        self,
        business: str,
        item_id: str,
        name: str,
        *,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> PublishResult:
        """Take the file of that name off an item; one that Kashdeck attached is deleted there.

        Raises `NotUndone` for a sale, whose files cannot be deleted.
        """
        with self._resolving.recovered(business):
            item = self._items.get(business, item_id)
            if item.sent is None:
                old = _path_called(item, name)
                left = tuple(one for one in item.files if one != old)
                return self._with_it(business, item, left)
            send = self._published(business, item, listener)
            step, file = self._called(business, send, name)
            _refuse_sale(send, step)
            return self._take_off(business, send, step, file, _Waiting(listener, cancel))

    # Inside

    def _with_it(self, business: str, item: Item, files: tuple[str, ...]) -> PublishResult:
        """Store the files of an item that is not in KashFlow."""
        changed = msgspec.structs.replace(item, files=tuple(dict.fromkeys(files)))
        saved = self._items.save(business, changed)
        return result_of(saved, self._items.state(business, saved))

    def _published(self, business: str, item: Item, listener: Listener) -> SendRecord:
        """Return the send that made the item's document, with what is unknown looked for."""
        settle_time = self._context.settle_time(business)
        self._resolving.recovery.resolve(business, settle_time, listener, [item.id])
        item = self._items.get(business, item.id)
        send = self._context.sends.latest(business, item.id)
        if item.sent is not ItemState.PUBLISHED or send is None:
            raise ItemSettled(
                f"Whether item {item.id} is in KashFlow is not known yet.",
                "Look in KashFlow for it first.",
            )
        if send.dbid:
            return send
        found = DocumentFinder(business, self._context).find(send).found
        if found is None:
            raise DocumentGone(f"KashFlow no longer has item {item.id} as it was published.")
        self._context.sends.confirmed(business, send, found, None)
        return self._context.sends.get(business, send.id)

    def _attach(
        self,
        business: str,
        send: SendRecord,
        file: PlannedFile,
        waiting: _Waiting,
        *,
        again: bool,
    ) -> FollowUpRecord:
        """Attach the file as a step of the send, and return the step as it is then.

        With `again`, one that is there already is enough.
        """
        same = [step for step, one in self._steps(business, send) if one.digest == file.digest]
        step = same[-1] if same else self._begin(business, send, file)
        if not step.is_left and not again:
            raise AlreadyThere(f"{file.name} is attached to item {send.item} already.")
        sends = self._context.sends

        def once() -> Problem | None:
            switch = StopSwitch(Cancel(), Pause())
            run = FollowUpSender(business, self._context.sessions, sends, waiting.listener, switch)
            run.carry_out(send, fresh=False, only=[step.id])
            return switch.problem

        self.backoff.patiently(business, once, waiting.cancel, waiting.listener)
        return sends.steps.get(business, step.id)

    def _begin(self, business: str, send: SendRecord, file: PlannedFile) -> FollowUpRecord:
        steps = self._context.sends.steps
        with self._context.home.books(business).transaction():
            item = self._items.get(business, send.item)
            files = tuple(dict.fromkeys((*item.files, file.path)))
            item = steps.add(
                business,
                msgspec.structs.replace(item, files=files),
                send=send.id,
                operation=send.operation,
                number=send.number or 0,
                followups=[file],
            )
            self._items.put(business, item)
        return max(steps.of(business, send.id), key=lambda one: one.id)

    def _take_off(
        self,
        business: str,
        send: SendRecord,
        step: FollowUpRecord,
        file: PlannedFile,
        waiting: _Waiting,
    ) -> PublishResult:
        """Delete a file that Kashdeck attached, or give up one that was not sent."""
        steps, problem = self._context.sends.steps, None
        if step.is_open:
            told = AlreadyThere(f"{file.what.capitalize()} was taken off before it was sent.")
            steps.undone(business, steps.done_elsewhere(business, step, told, Action.DECIDED))
        elif (target := self._target(business, send, step)) is None:
            steps.undone(business, step)
        else:
            removal = RemovalRecord(
                send=send.id,
                item=send.item,
                operation=send.operation,
                step=step.id,
                target=target,
                number=send.number or 0,
                dbid=send.dbid or 0,
                what=file.what,
                started_at=self._context.clock(),
            )
            deleting = self._resolving.recovery.deleting
            problem = self.backoff.patiently(
                business,
                lambda: deleting.delete(business, removal, waiting.listener),
                waiting.cancel,
                waiting.listener,
            )
        if problem is None:
            self._forget_path(business, send.item, file.path)
        return self._result(business, send.item, None if problem is None else note_of(problem))

    def _target(self, business: str, send: SendRecord, step: FollowUpRecord) -> int | None:
        """Return the id of the file that a step attached, None where it is not there any more."""
        found = DocumentFinder(business, self._context).find(send).found
        if found is None:
            raise DocumentGone(f"KashFlow no longer has item {send.item} as it was published.")
        there = self._context.sessions.call(
            business, lambda line: listed_at(line, send, found, PlannedFile)
        )
        steps = self._context.sends.steps.of(business, send.id)
        for one, own in matched(steps, PlannedFile, there or []).ours:
            if one.id == step.id and own is not None:
                return id_of(own)
        return None

    def _forget_path(self, business: str, item_id: str, path: str) -> None:
        with self._context.home.books(business).transaction():
            item = self._items.get(business, item_id)
            left = tuple(one for one in item.files if one != path)
            self._items.put(business, msgspec.structs.replace(item, files=left))

    def _steps(
        self, business: str, send: SendRecord
    ) -> Iterator[tuple[FollowUpRecord, PlannedFile]]:
        """Yield the send's files that are there or are to be, oldest first."""
        for step in self._context.sends.steps.of(business, send.id):
            if isinstance(step.followup, PlannedFile) and step.outcome is not SendState.UNDONE:
                yield step, step.followup

    def _called(
        self, business: str, send: SendRecord, name: str, but: str = ""
    ) -> tuple[FollowUpRecord, PlannedFile]:
        """Return the one file of that name, not of the content `but`."""
        found = [
            (step, file)
            for step, file in self._steps(business, send)
            if folded(file.name) == folded(name)
            and file.digest != but
            and step.outcome is not SendState.DONE_ELSEWHERE
        ]
        if len(found) == 1:
            return found[0]
        names = ", ".join(file.name for _, file in self._steps(business, send)) or "none"
        many = "several files" if found else "no file"
        raise WrongValue(
            f"Kashdeck has attached {many} called {name} to item {send.item}.",
            f"Its files are: {names}.",
        )

    def _result(
        self, business: str, item_id: str, problem: ProblemNote | None = None
    ) -> PublishResult:
        item = self._items.get(business, item_id)
        return result_of(item, self._items.state(business, item), problem)


def _checked(path: str) -> PlannedFile:
    """Return the file as it is; raises `FileRefused` for one that cannot go."""
    place = str(expanded(path))
    for finding in check_files(Item(files=(place,))):
        if finding.severity is Severity.STOP:
            raise FileRefused(finding.sentence, "Choose another file; a PDF is best.")
    return planned_file(place)


def _refuse_sale(send: SendRecord, step: FollowUpRecord) -> None:
    if not send.side.lists_files and not step.is_open:
        raise NotUndone(
            "KashFlow lets nobody but itself delete a file of a sale.",
            "Attach the new file, and delete the old one in KashFlow.",
        )


def _path_called(item: Item, name: str) -> str:
    """Return the path of the item's file of that name; raises `WrongValue`."""
    for path in item.files:
        if folded(Path(path).name) == folded(name):
            return path
    names = ", ".join(Path(path).name for path in item.files) or "none"
    raise WrongValue(f"Item {item.id} has no file called {name}.", f"Its files are: {names}.")
