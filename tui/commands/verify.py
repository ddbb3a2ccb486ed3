"""`kashdeck verify`: compare what was published with KashFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import opened, unlocked
from tui.commands.output import count, say, say_json, tell_problem
from tui.commands.progress import STOPPED, stoppable
from tui.commands.status import problem_shape

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.published.verify import VerifyReport, VerifyResult
    from tui.commands.shapes import Shape
    from tui.commands.usage import Parser


def verify_arguments(parser: Parser) -> None:
    """Declare the business and the items."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "items", metavar="ITEM", nargs="*", help="items by number (default: all published ones)"
    )
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck verify 'Harbour Lane'",
        "kashdeck verify 'Harbour Lane' 3 4 --json",
        notes="Field by field and to the penny: the document, and the payment, files and note that "
        "Kashdeck put there. What others added is no difference. What differs is remembered at the "
        "item until a later look finds nothing.",
    )


def run_verify(args: argparse.Namespace) -> int:
    """Compare, and print what differs; 1 when anything does, or could not be looked at."""
    with opened(args.trace) as desk, stoppable() as cancel:
        business = desk.businesses.find(args.name)
        report = unlocked(
            desk,
            lambda: desk.verifying.verify(business.id, args.items or None, cancel=cancel),
            secrets_stdin=args.secrets_stdin,
        )
    if args.json:
        say_json(_shape(report))
    else:
        _tell(report)
    if report.cancelled:
        return STOPPED
    return 1 if report.differ or report.left_out or report.stopped is not None else 0


def _tell(report: VerifyReport) -> None:
    for result in report.results:
        if result.problem is not None:
            say(f"Item {result.item_id}: {result.problem.sentence}")
        if result.unlisted:
            say(f"Item {result.item_id}: KashFlow does not list {' and '.join(result.unlisted)}.")
    for left in report.left_out:
        say(f"Item {left.item_id} is left out: {left.reason}")
    compared = count(len(report.results), "item")
    say(f"{compared} compared: {report.same} as published, {report.differ} not.")
    if report.stopped is not None:
        tell_problem(report.stopped)


def _shape(report: VerifyReport) -> Shape:
    return {
        "items": [_result(one) for one in report.results],
        "left_out": [{"id": one.item_id, "reason": one.reason} for one in report.left_out],
        "same": report.same,
        "differ": report.differ,
        "stopped": problem_shape(report.stopped),
        "cancelled": report.cancelled,
    }


def _result(result: VerifyResult) -> Shape:
    return {
        "id": result.item_id,
        "number": result.number,
        "verdict": result.verdict.value,
        "differences": [
            {"field": one.field, "sent": one.sent or None, "there": one.there or None}
            for one in result.differences
        ],
        "problem": problem_shape(result.problem),
        "unlisted": list(result.unlisted),
    }
