"""How a run goes, in words: for who comes upon it in another session."""

from __future__ import annotations

import shlex

from kfclient.dates import shown_date
from kfclient.desk.publish.run_glance import RunGlance, RunStanding

_VERBS = {
    RunStanding.RUNNING: "going on",
    RunStanding.PAUSED: "paused",
    RunStanding.WAITING: "waiting",
    RunStanding.INTERRUPTED: "broken off",
    RunStanding.ENDED: "ended",
}


def how_it_goes(seen: RunGlance, standing: RunStanding) -> str:
    """Return "paused, by anna since 14 Nov 2026 09:30, in the background: 3 of 7 items published".

    What is held back or of unknown outcome is said, and what it waits for.
    """
    since = ""
    if seen.started_at is not None:
        local = seen.started_at.astimezone()
        since = f" since {shown_date(local.date())} {local:%H:%M}"
    behind = ", in the background" if seen.detached else ""
    items = "item" if seen.items == 1 else "items"
    parts = [f"{seen.published} of {seen.items} {items} published"]
    parts += [f"{seen.held} held back"] if seen.held else []
    parts += [f"{seen.unknown} of unknown outcome"] if seen.unknown else []
    waits = f" {seen.waiting}" if standing is RunStanding.WAITING else ""
    return f"{_VERBS[standing]}, by {seen.who}{since}{behind}: {', '.join(parts)}.{waits}"


def broken_off(name: str, seen: RunGlance) -> tuple[str, str]:
    """Return what to say of a run that was broken off, of the business of this name, and its cure.

    The cure is how to carry it on.
    """
    said = how_it_goes(seen, RunStanding.INTERRUPTED)
    on, up = command(name, "--resume"), command(name, "--stop")
    return (
        f"The publishing of {name} was {said} Nothing is lost.",
        f"Carry it on with: {on}\nOr give it up with: {up}",
    )


def command(name: str, option: str) -> str:
    """Return the command that does this with the business's publishing."""
    return f"kashdeck publish {shlex.quote(name)} {option}"
