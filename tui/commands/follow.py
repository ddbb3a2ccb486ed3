"""Publishing that goes on elsewhere: followed, paused, gone on with, stopped, from any session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kfclient.desk.errors import NothingRuns
from kfclient.desk.publish.run_glance import RunStanding
from kfclient.desk.publish.run_words import broken_off, command, how_it_goes
from kfclient.desk.publish.runs import Wish
from kfclient.errors import Cancelled
from tui.commands.output import say, say_json, warn
from tui.commands.progress import Progress
from tui.commands.published import tell_published
from tui.commands.standings import run_shape
from tui.commands.stopping import STOPPED, stoppable

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.business.business import Business
    from kfclient.desk.publish.planning import Plan

_LEFT = b"\nLeft; the publishing goes on.\n"

_HEEDED = 3.0
"""Seconds in which a run does what it is asked, but for what is on its way."""


def attach(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Show the last run as it goes, to its end; Ctrl-C leaves it and 130 is the exit code."""
    glance = desk.publishing.standing(business.id)
    run = desk.publishing.last_run(business.id)
    if not args.json and glance is not None:
        say(f"The publishing of {business.name}: {how_it_goes(*glance)}")
    names = {} if run is None else names_of(desk.publishing.plan_of(business.id, run))
    progress = Progress(quiet=args.json, names=names)
    try:
        with stoppable(_LEFT) as cancel:
            run, report = desk.publishing.follow(business.id, progress, cancel)
    except Cancelled:
        if args.json:
            raise
        return STOPPED
    plan = desk.publishing.plan_of(business.id, run)
    return tell_published(desk, business, plan, report, as_json=args.json)


def pause(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Have the run that goes on send nothing new."""
    _ask(desk, business, Wish.PAUSE)
    paused = _wait_for(desk, business, RunStanding.PAUSED)
    on = command(business.name, "--resume")
    words = "Paused" if paused else "Asked to pause"
    return _answer(
        desk, business, f"{words}; what is on its way is finished.\nGo on with: {on}", args
    )


def go_on(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Have the run that is paused go on."""
    _ask(desk, business, Wish.GO_ON)
    _wait_for(desk, business, RunStanding.RUNNING, RunStanding.WAITING)
    follow = command(business.name, "--attach")
    return _answer(desk, business, f"It goes on.\nFollow it with: {follow}", args)


def stop(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Stop the run that goes on, after what is on its way; or give up one that was broken off."""
    if desk.publishing.interrupted(business.id) is not None:
        desk.publishing.give_up(business.id)
        return _answer(desk, business, "Given up. What was not sent stays in the inbox.", args)
    _ask(desk, business, Wish.STOP)
    stopped = _wait_for(desk, business, RunStanding.ENDED)
    words = "Stopped." if stopped else "It stops as soon as what is on its way is finished."
    return _answer(desk, business, f"{words} What was not sent stays in the inbox.", args)


def names_of(plan: Plan) -> dict[str, str]:
    """Return the name to show beside each item's number."""
    return {item.item_id: item.contact for item in plan.items}


def warn_of_broken_off(desk: Desk, business: Business) -> None:
    """Say that a run of the business was broken off, and how to carry it on, if one was."""
    glance = desk.publishing.standing(business.id)
    if glance is not None and glance[1] is RunStanding.INTERRUPTED:
        warn("\n".join(broken_off(business.name, glance[0])))


def tell_run(desk: Desk, business: Business, words: str, *, as_json: bool) -> None:
    """Say how the run goes, as JSON, or in these words."""
    if as_json:
        say_json({"run": run_shape(desk.publishing.standing(business.id))})
    else:
        say(words)


def _answer(desk: Desk, business: Business, words: str, args: argparse.Namespace) -> int:
    tell_run(desk, business, words, as_json=args.json)
    return 0


def _ask(desk: Desk, business: Business, wish: Wish) -> None:
    """Ask; raises `NothingRuns`, which says so where a run was broken off."""
    try:
        desk.publishing.ask(business.id, wish)
    except NothingRuns:
        glance = desk.publishing.standing(business.id)
        if glance is not None and glance[1] is RunStanding.INTERRUPTED:
            raise NothingRuns(*broken_off(business.name, glance[0])) from None
        raise


def _wait_for(desk: Desk, business: Business, *wanted: RunStanding) -> bool:
    """Wait a moment until the run stands as it is wanted to; tell whether it does."""
    until = time.monotonic() + _HEEDED
    while time.monotonic() < until:
        glance = desk.publishing.standing(business.id)
        if glance is None or glance[1] in wanted:
            return True
        time.sleep(0.1)
    return False
