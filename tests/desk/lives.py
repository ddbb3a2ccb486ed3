"""A business's life in processes: each publishes until all is settled, or is killed before.

The sandbox and the time live in the process that begins them, so they survive them all.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import selectors
import shutil
import signal
import socket
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from kfclient.api import Limits
from kfclient.cancel import Cancel
from kfclient.desk import Desk
from kfclient.desk.errors import Busy
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.runs.run import Backoff
from kfclient.sandbox import Sandbox
from kfclient.store import ConnectionSecret, Home, Secrets
from tests.desk.fifty import Reckoning, items, reckon
from tests.desk.kill_points import KillPoints
from tests.desk.moments import moment_at
from tests.desk.publisher import Publisher
from tests.desk.server_time import ServerTime, put_back, wind_back

_ROUNDS = 12
_SLEEPS = 60
_TURN = 0.002
_SET_BY = (0, 3, -3)
"""By how many days the clocks of processes differ, one after the other."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One process: killed at that point (0: never), so many lanes wide, so patient in seconds.

    One that comes `second` waits until the other has begun.
    """

    point: int = 0
    lanes: int = 1
    timeout: float = 10.0
    second: bool = False


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a life ended: killed, or with what is known here of the items' documents.

    `known` are numbers and ids by item; `troubles` is what is wrong beside, in words.
    """

    killed: bool = False
    known: dict[str, tuple[int, int]] = {}
    troubles: tuple[str, ...] = ()


class World:
    """A business with items that wait to be published, begun again as often as wanted."""

    def __init__(self, folder: Path, sandbox: Sandbox, count: int) -> None:
        self.sandbox = sandbox
        self.time = ServerTime(sandbox)
        self.points = KillPoints()
        folder.mkdir(exist_ok=True)
        self._template, self._root = folder / "template", folder / "home"
        publisher = Publisher(Home(self._template), sandbox)
        self._business = publisher.business
        desk = publisher.desk
        self.items: Sequence[Item] = desk.items.add_all(self._business, items(count, folder))[0]
        states = desk.items.states(self._business)
        stopped = [key for key, state in states.items() if state is not ItemState.READY]
        assert not stopped, [desk.items.findings(self._business, one) for one in self.items]
        desk.close()
        self._kept = wind_back(sandbox)

    def begin_again(self) -> None:
        """Have all be as it was before anything was published."""
        self.time.settle_down()
        self.time.start_again()
        self.points.start()
        put_back(self.sandbox, self._kept)
        shutil.rmtree(self._root, ignore_errors=True)
        shutil.copytree(self._template, self._root)

    def live(self, *lives: Life) -> list[Ended]:
        """Let these lives go on at once, and return how each ended."""
        ended: dict[int, Ended] = {}
        with selectors.DefaultSelector() as selector:
            processes = {}
            for number, life in enumerate(lives):
                ours, theirs = socket.socketpair()
                process = os.fork()
                if not process:
                    ours.close()
                    self._live(life, theirs)
                theirs.close()
                processes[number] = process
                selector.register(ours, selectors.EVENT_READ, (number, ours.makefile("rw")))
            while selector.get_map():
                for key, _ in selector.select():
                    number, line = key.data
                    said = json.loads(line.readline() or "null")
                    if isinstance(said, float):
                        self.time.pass_by(said)
                        line.write("\n")
                        line.flush()
                        continue
                    selector.unregister(key.fileobj)
                    line.close()
                    key.fileobj.close()  # type: ignore[union-attr]
                    ended[number] = _ended(processes[number], said)
        self.time.settle_down()
        return [ended[number] for number in range(len(lives))]

    def reckon(self, ended: Ended) -> Reckoning:
        """Compare KashFlow with the items, and with what the last life knew."""
        told = reckon(self.sandbox, self.items, ended.known)
        told.wrong += ended.troubles
        return told

    # Inside a life

    def _live(self, life: Life, parent: socket.socket) -> None:
        """Do what a life does, tell how it ended, and never return."""
        line = parent.makefile("rw")

        def sleep(seconds: float, cancel: Cancel) -> None:
            # Not all of it at once: whoever looks too early must find that it is too early.
            line.write(json.dumps(float(seconds if seconds < 40 else seconds / 2)) + "\n")
            line.flush()
            line.readline()

        try:
            while life.second and not self.points.count:
                time.sleep(_TURN)
            desk = self._desk(life)
            desk.publishing.backoff = Backoff(sleep=sleep, chance=lambda: 1.0)
            if not life.second:
                self.points.watch(life.point)
            _settle_all(desk, self._business, life.lanes)
            ended = _what_is_known(desk, self._business)
            desk.close()
        except BaseException:  # noqa: BLE001 - told to the parent, whose child must end here
            ended = Ended(troubles=(traceback.format_exc(),))
        line.write(msgspec.json.encode(ended).decode() + "\n")
        line.flush()
        os._exit(0)

    def _desk(self, life: Life) -> Desk:
        home = Home(self._root)
        secrets = Secrets(home.root, memory=True)
        secret = ConnectionSecret(self.sandbox.password, self.sandbox.autoauth_key)
        secrets.save(self._business, secret, secrets.choices()[0].id)
        seconds = life.timeout
        return Desk(
            home,
            secrets,
            person="anna",
            clock=lambda: self.time.now() + dt.timedelta(days=_SET_BY[life.point % len(_SET_BY)]),
            moment=lambda: moment_at(self.time.now()),
            limits=Limits(silence=seconds, reading=seconds, writing=seconds, tries=1),
        )


def _ended(process: int, said: Any) -> Ended:
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    if said is None:
        assert code == -signal.SIGKILL, code
        return Ended(killed=True)
    return msgspec.convert(said, Ended)


def _settle_all(desk: Desk, business: str, lanes: int) -> None:
    """Publish as a person would who comes back until nothing is left to do."""
    publishing, rounds = desk.publishing, 0
    while rounds < _ROUNDS:
        try:
            publishing.resume(business)
            plan = publishing.plan(business)
            if not plan.items and not desk.resolving.unresolved(business):
                return
            publishing.publish(
                business,
                plan,
                create_suppliers=True,
                create_customers=True,
                lanes=lanes,
                wait=True,
            )
            rounds += 1
        except Busy:
            time.sleep(_TURN)
    left = [(one.id, one.problem, one.left) for one in desk.resolving.unresolved(business)]
    raise AssertionError(f"not settled after {_ROUNDS} rounds: {left}")


def _what_is_known(desk: Desk, business: str) -> Ended:
    every = desk.items.all(business)
    troubles = [
        f"item {one.id} is {one.sent}, {one.problem}, {one.left}"
        for one in every
        if one.sent is not ItemState.PUBLISHED or one.problem or one.left
    ]
    troubles += [one.sentence for one in desk.audit.verify(business).troubles]
    known = {one.id: (one.number or 0, one.dbid or 0) for one in every}
    return Ended(known=known, troubles=tuple(troubles))
