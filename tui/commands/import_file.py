"""`kashdeck import`: bring in a file of costs, expense claims or sales."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.commands.opening import opened
from tui.commands.output import count, say, say_json, warn

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.importing.import_file import ImportReport
    from tui.commands.usage import Parser


def import_arguments(parser: Parser) -> None:
    """Declare the business and the file."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("file", metavar="FILE", type=Path, help="a CSV file, - for standard input")
    parser.add_argument(
        "--dates",
        choices=("day-first", "month-first"),
        default="",
        help="how the file writes 03/04/2026, where its columns do not tell",
    )
    parser.add_argument(
        "--decimals",
        choices=("point", "comma"),
        help="how the file writes 1,459, where its columns do not tell",
    )
    parser.add_argument(
        "--changed",
        choices=("ask", "correct", "add", "keep"),
        default="ask",
        help="items that are here with other contents: change nothing and show them (ask, as it "
        "is without the option), take the file as correcting them, add it as more items, or keep "
        "what is here and ask no more",
    )
    parser.add_argument(
        "--files-outside",
        action="store_true",
        help="take files that an Image names outside the folder of FILE as well, also for items "
        "that are here already",
    )
    parser.answers_json()
    parser.example(
        "kashdeck import 'Harbour Lane' dext-costs.csv",
        notes="A file imported twice adds nothing; a row that cannot be read stops no other.",
    )


def run_import(args: argparse.Namespace) -> int:
    """Import; 1 when a row or a file was not taken, or an item is here with other contents."""
    from kfclient.desk.importing.import_file import Answer
    from kfclient.desk.importing.values import Spelling

    mark = {"point": ".", "comma": ","}.get(args.decimals, "")
    with opened() as desk:
        business = desk.businesses.find(args.name)
        report = desk.importing.import_file(
            business.id,
            args.file,
            Spelling(args.dates, mark),
            Answer(args.changed),
            files_outside=args.files_outside,
        )
    if args.json:
        say_json(_shape(report))
    else:
        _tell(report)
    told = args.changed != "ask" and not report.asks
    return 1 if report.bad or report.outside or (report.changed and not told) else 0


def _shape(report: ImportReport) -> dict[str, Any]:
    return {
        "file": str(report.file),
        "format": report.format,
        "added": list(report.added),
        "already": report.already,
        "bad": [{"line": row.line, "reason": row.reason, "text": row.text} for row in report.bad],
        "notes": list(report.notes),
        "changed": [
            {
                "line": one.line,
                "item": one.item,
                "outcome": one.outcome,
                "reason": one.reason,
                "differences": [
                    {"field": field, "before": before, "after": after}
                    for field, before, after in one.differences
                ],
            }
            for one in report.changed
        ],
        "outside": [{"line": one.line, "path": one.path} for one in report.outside],
    }


def _tell(report: ImportReport) -> None:
    say(
        f"{report.format}: {count(len(report.added), 'item')} added, {report.already} here already."
    )
    for note in report.notes:
        say(note)
    for one in report.changed:
        warn(f"Line {one.line}: item {one.item} ({one.name}) is here with other contents.")
        for field, before, after in one.differences:
            warn(f"  {field}: {before or 'none'} -> {after or 'none'}")
        warn(f"  {one.reason}")
    if report.asks:
        warn(
            "Import the file again with --changed correct to take it as correcting them, add to "
            "have more items of it, or keep to leave them as they are."
        )
    for file in report.outside:
        warn(f"Line {file.line}: {file.reason}")
    if report.outside:
        warn("If you want them sent to KashFlow, import the file again with --files-outside.")
    if report.bad:
        warn(f"{count(len(report.bad), 'row')} could not be read:")
    for row in report.bad:
        warn(f"  line {row.line}: {row.reason}")
