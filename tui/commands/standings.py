"""How businesses stand with KashFlow, told: as JSON, as a table, and one in full."""

from __future__ import annotations

from kfclient.desk.business.list_names import ListName
from tui.commands.table import Column, room_here, table
from tui.commands.times import shown_time

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from typing import Any

    from kfclient.desk.business.business import ListStatus, ProblemNote
    from kfclient.desk.business.glance import Glance, ListGlance, Note
    from kfclient.desk.publish.run_glance import RunGlance, RunStanding
    from kfclient.errors import Problem

    Shape = dict[str, Any]


def connection_shape(glance: Glance) -> Shape:
    """Return a business and its connection as `connections` and `status` give it."""
    connection = glance.connection
    lists = {} if connection is None else connection.lists
    return {
        "name": glance.name,
        "id": glance.id,
        "state": glance.state.value,
        "role": glance.role,
        "software": None if connection is None else connection.software,
        "endpoint": None if connection is None else connection.endpoint,
        "company": None if connection is None else connection.company or None,
        "last_sync": None if connection is None else connection.last_sync,
        "problem": None if connection is None else problem_shape(connection.problem),
        "lists": {name.value: list_shape(lists.get(name.value)) for name in ListName},
        "items": {
            "ready": glance.ready,
            "to_review": glance.to_review,
            "published": glance.published,
            "needs_you": glance.needs_you,
        },
        "publishing": run_shape(glance.publishing),
    }


def run_shape(seen: tuple[RunGlance, RunStanding] | None) -> Shape | None:
    """Return the last publishing run and how it goes; null where there never was one."""
    if seen is None:
        return None
    run, standing = seen
    return {
        "state": standing.value,
        "who": run.who,
        "started_at": run.started_at,
        "process": run.process,
        "background": run.detached,
        "items": run.items,
        "published": run.published,
        "held": run.held,
        "unknown": run.unknown,
        "waiting_for": run.waiting or None,
    }


def list_shape(status: ListStatus | ListGlance | None) -> Shape:
    """Return how one of the six lists stands; a list never synced has nulls."""
    if status is None:
        return {"count": None, "synced_at": None, "problem": None}
    return {
        "count": status.count,
        "synced_at": status.synced_at,
        "problem": problem_shape(status.problem),
    }


def problem_shape(problem: Problem | ProblemNote | Note | None) -> Shape | None:
    """Return a problem's code, sentence and cure."""
    if problem is None:
        return None
    return {"code": problem.code, "sentence": problem.sentence, "cure": problem.cure or None}


def connections_table(glances: list[Glance]) -> str:
    """Return the businesses as a table, or how to add the first one."""
    if not glances:
        return "No business is here yet. Add one with: kashdeck connect NAME --username U"
    columns = (
        Column("Business", gives=True),
        Column("State"),
        Column("Company", gives=True),
        Column("Last sync"),
        Column("Ready", right=True),
        Column("To review", right=True),
    )
    told = [f"{glance.name}: publishing {line}" for glance in glances if (line := _run(glance))]
    rows = table(columns, [_row(glance) for glance in glances], room_here())
    return "\n".join([rows, *([""] if told else []), *told])


def _run(glance: Glance) -> str:
    """Return how publishing goes, "" where nobody publishes and nothing was broken off."""
    if glance.publishing is None or glance.publishing[1].value == "ended":
        return ""
    from kfclient.desk.publish.run_words import command, how_it_goes

    seen, standing = glance.publishing
    option = "--resume" if standing.value in {"interrupted", "paused"} else "--attach"
    return f"{how_it_goes(seen, standing)} ({command(glance.name, option)})"


def connection_in_full(glance: Glance) -> str:
    """Return all that is known of how one business stands."""
    connection = glance.connection
    lines = [f"{glance.name}: {glance.state.value}"]
    if connection is not None:
        lines += [
            f"Company    {connection.company}",
            f"Server     {connection.endpoint}",
            f"Connected  {shown_time(connection.connected_at)} by {connection.connected_by}",
            f"Last sync  {shown_time(connection.last_sync) or 'never'}",
        ]
        if connection.problem is not None:
            lines += [
                f"Problem    {connection.problem.sentence}",
                f"           {connection.problem.cure}",
            ]
    lines.append(
        f"Items      {glance.ready} ready, {glance.to_review} to review, "
        f"{glance.published} published, {glance.needs_you} of unknown outcome"
    )
    if line := _run(glance):
        lines.append(f"Publishing {line}")
    if connection is not None:
        lines += ["", _lists_table(connection.lists)]
    return "\n".join(lines)


def _row(glance: Glance) -> tuple[str, ...]:
    connection = glance.connection
    return (
        glance.name,
        glance.state.value,
        "" if connection is None else connection.company,
        "" if connection is None else shown_time(connection.last_sync),
        str(glance.ready),
        str(glance.to_review),
    )


def _lists_table(known: dict[str, ListGlance]) -> str:
    columns = (
        Column("List"),
        Column("Records", right=True),
        Column("Synced"),
        Column("Problem", gives=True),
    )
    rows = []
    for name in ListName:
        status = known.get(name.value)
        if status is None:
            rows.append((name.heading, "", "never", ""))
            continue
        problem = "" if status.problem is None else status.problem.sentence
        rows.append(
            (name.heading, f"{status.count:,}", shown_time(status.synced_at) or "never", problem)
        )
    return table(columns, rows, room_here())
