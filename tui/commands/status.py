"""`kashdeck status` and `kashdeck connections`: how businesses stand with KashFlow.

It runs in prompts and scripts, so what it loads is kept to what it needs: see
`tests/tui/test_imports.py`.
"""

from __future__ import annotations

from kfclient.desk.business.status import statuses
from kfclient.desk.model.connection_state import called
from kfclient.desk.model.list_names import ListName
from tui.commands.output import TextColumn, room_here, say, say_json, shown_time, table

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from kfclient.desk.business.status import (
        BusinessStatus,
        Note,
        RunPhase,
        RunStatus,
        SyncedListStatus,
    )
    from kfclient.desk.model.business import ListStatus, ProblemNote
    from kfclient.errors import Problem
    from tui.commands.usage import Parser

    Shape = dict[str, Any]


# How businesses stand with KashFlow, printed: as JSON, as a table, and one in full.


def connection_shape(status: BusinessStatus) -> Shape:
    """Return a business and its connection as `connections` and `status` give it."""
    connection = status.connection
    lists = {} if connection is None else connection.lists
    return {
        "name": status.name,
        "id": status.id,
        "state": status.state.value,
        "role": status.role,
        "software": None if connection is None else connection.software,
        "endpoint": None if connection is None else connection.endpoint,
        "company": None if connection is None else connection.company or None,
        "last_sync": None if connection is None else connection.last_sync,
        "problem": None if connection is None else problem_shape(connection.problem),
        "lists": {name.value: list_shape(lists.get(name.value)) for name in ListName},
        "items": {
            "ready": status.ready,
            "to_review": status.to_review,
            "published": status.published,
            "needs_you": status.needs_you,
            "unknown": status.unknown,
            "refused": status.refused,
        },
        "publishing": run_shape(status.publishing),
    }


def run_shape(seen: tuple[RunStatus, RunPhase] | None) -> Shape | None:
    """Return the last publishing run and how it goes; null where there never was one."""
    if seen is None:
        return None
    run, phase = seen
    return {
        "state": phase.value,
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


def list_shape(status: ListStatus | SyncedListStatus | None) -> Shape:
    """Return how one of the six lists stands; a list never synced has nulls."""
    if status is None:
        return {"count": None, "synced_at": None, "problem": None, "remarks": []}
    return {
        "count": status.count,
        "synced_at": status.synced_at,
        "problem": problem_shape(status.problem),
        "remarks": status.remarks,
    }


def problem_shape(problem: Problem | ProblemNote | Note | None) -> Shape | None:
    """Return a problem's code, sentence and cure."""
    if problem is None:
        return None
    return {"code": problem.code, "sentence": problem.sentence, "cure": problem.cure or None}


def connections_table(every: list[BusinessStatus]) -> list[str]:
    """Return the businesses as a table, or how to add the first one."""
    if not every:
        return ["No business is here yet. Add one with: kashdeck connect NAME --username U"]
    columns = (
        TextColumn("Business", gives=True),
        TextColumn("State"),
        TextColumn("Company", gives=True),
        TextColumn("Last sync"),
        TextColumn("Ready", right=True),
        TextColumn("To review", right=True),
    )
    told = [f"{status.name}: publishing {line}" for status in every if (line := _run(status))]
    told += [f"{status.name}: {_needs_you(status)}" for status in every if status.needs_you]
    rows = table(columns, [_row(status) for status in every], room_here())
    return [*rows, *([""] if told else []), *told]


def _run(status: BusinessStatus) -> str:
    """Return how publishing goes, "" where nobody publishes and nothing was broken off."""
    if status.publishing is None or status.publishing[1].value == "ended":
        return ""
    from kfclient.desk.business.status import command, how_it_goes

    seen, phase = status.publishing
    option = "--resume" if phase.value in {"interrupted", "paused"} else "--follow"
    return f"{how_it_goes(seen, phase)} ({command(status.name, option)})"


def _needs_you(status: BusinessStatus) -> str:
    """Return how many items a person has to look at, and the command that lists them."""
    from kfclient.desk.business.status import items_command

    many = "item" if status.needs_you == 1 else "items"
    return f"{status.needs_you} {many} for you to look at: {items_command(status.name)}"


def connection_in_full(status: BusinessStatus) -> list[str]:
    """Return all that is known of how one business stands."""
    connection = status.connection
    lines = [f"{status.name}: {status.state.value}"]
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
    refused = f"{status.refused} refused, " if status.refused else ""
    lines.append(
        f"Items      {status.ready - status.refused} ready, {refused}{status.to_review} to review, "
        f"{status.published} published, {status.unknown} of unknown outcome"
    )
    if status.needs_you:
        lines.append(f"           {_needs_you(status)}")
    if line := _run(status):
        lines.append(f"Publishing {line}")
    if connection is not None:
        lines += ["", *_lists_table(connection.lists)]
    return lines


def _row(status: BusinessStatus) -> tuple[str, ...]:
    connection = status.connection
    return (
        status.name,
        status.state.value,
        "" if connection is None else connection.company,
        "" if connection is None else shown_time(connection.last_sync),
        str(status.ready - status.refused),
        str(status.to_review),
    )


def _lists_table(known: dict[str, SyncedListStatus]) -> list[str]:
    columns = (
        TextColumn("List"),
        TextColumn("Records", right=True),
        TextColumn("Synced"),
        TextColumn("Problem", gives=True),
    )
    rows = []
    for name in ListName:
        status = known.get(name.value)
        if status is None:
            rows.append((name.heading, "", "never", ""))
            continue
        problem = " ".join(status.remarks if status.problem is None else (status.problem.sentence,))
        rows.append(
            (name.heading, f"{status.count:,}", shown_time(status.synced_at) or "never", problem)
        )
    return table(columns, rows, room_here())


def status_arguments(parser: Parser) -> None:
    """Declare the business, or none for all."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the business (default: all)")
    parser.answers_json()
    parser.example("kashdeck status", "kashdeck status 'Harbour Lane' --json")


def run_status(args: argparse.Namespace) -> int:
    """Tell how things stand; asks KashFlow nothing."""
    return _tell(args.name or "", as_json=args.json)


def run_status_plain(words: list[str]) -> int | None:
    """Do it without argparse, which takes longer to load than to tell; None for unusual words."""
    names = [word for word in words if word != "--json"]
    if len(names) > 1 or any(name.startswith("-") for name in names):
        return None
    return _tell("".join(names), as_json="--json" in words)


def _tell(name: str, *, as_json: bool) -> int:
    every = statuses()
    if name:
        every = [called(every, name)]
    _count_anew([one for one in every if one.is_behind])
    if as_json:
        say_json({"connections": [connection_shape(status) for status in every]})
    else:
        say(*(connection_in_full(every[0]) if name else connections_table(every)))
    return 0


def _count_anew(behind: list[BusinessStatus]) -> None:
    """Count the items of these businesses as they stand now, which takes the whole desk."""
    if not behind:
        return
    from kfclient.store.errors import StoreError
    from tui.commands.opening import opened

    try:
        with opened(tells=False) as desk:
            for status in behind:
                counts = desk.items.counts(status.id)
                for name in counts.__struct_fields__:
                    setattr(status, name, getattr(counts, name))
                if not status.at_work:
                    desk.businesses.note_counts(status.id, counts)
    except StoreError:
        return  # what was counted last is better than nothing


# `kashdeck connections`: the businesses on this machine, a line each.


def connections_arguments(parser: Parser) -> None:
    """Declare nothing but the form of the answer."""
    parser.answers_json()
    parser.example("kashdeck connections --json")


def run_connections(args: argparse.Namespace) -> int:
    """List the businesses."""
    every = statuses()
    _count_anew([one for one in every if one.is_behind])
    if args.json:
        say_json({"connections": [connection_shape(status) for status in every]})
    else:
        say(*connections_table(every))
    return 0
