"""`kashdeck attach`: files of an item, also of one that is in KashFlow already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.events import Event, PublishWaiting
from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json
from tui.commands.progress import Progress
from tui.commands.shapes import item_shape
from tui.commands.status import problem_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.model.business import ProblemNote
    from kfclient.desk.publish.journal_records import PublishResult
    from kfclient.desk.published.attach import AttachedFile
    from tui.commands.shapes import Shape
    from tui.commands.usage import Parser

_SEE = "See: kashdeck attach --help"


def attach_arguments(parser: Parser) -> None:
    """Declare the business, the item and the file."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("item", metavar="ITEM", help="the item's number, as items shows it")
    parser.add_argument("file", metavar="FILE", nargs="?", help="the file to attach")
    parser.add_argument(
        "--replace", metavar="OLD", help="the name of the file that it takes the place of"
    )
    parser.add_argument("--remove", metavar="OLD", help="take the file of that name off instead")
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck attach 'Harbour Lane' 3 scan.pdf",
        "kashdeck attach 'Harbour Lane' 3 better.pdf --replace scan.pdf",
        "kashdeck attach 'Harbour Lane' 3",
        notes="Without a file it tells which files the item has. A file that takes another's place "
        "is attached first, and the old one deleted once it is there. Only files that Kashdeck "
        "attached are taken off; those of a sale only KashFlow itself can delete.",
    )


def run_attach(args: argparse.Namespace) -> int:
    """Attach, replace or take off; 1 when that is not done for certain."""
    if args.remove is not None and (args.file is not None or args.replace is not None):
        raise WrongUse("Say one thing: a file to attach, or --remove.", _SEE)
    if args.replace is not None and args.file is None:
        raise WrongUse("Say which file takes its place.", _SEE)
    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        problem = None
        if args.file is not None or args.remove is not None:
            result = unlocked(
                desk,
                lambda: _carry_out(desk, business.id, args),
                secrets_stdin=args.secrets_stdin,
            )
            problem = result.problem
        item = desk.items.get(business.id, args.item)
        state = desk.items.state(business.id, item)
        files = desk.attaching.files(business.id, item.id)
    if args.json:
        shapes = [_file(one) for one in files]
        say_json({"item": item_shape(item, state, problem), "files": shapes})
    else:
        _tell(files, problem)
    doing = args.file is not None or args.remove is not None
    undone = any(not one.attached for one in files) and state.value == "published"
    return 1 if doing and (problem is not None or undone) else 0


def _carry_out(desk: Desk, business: str, args: argparse.Namespace) -> PublishResult:
    progress = Progress(quiet=args.json)

    def heard(event: Event) -> None:
        if isinstance(event, PublishWaiting):  # how the files stand is told at the end
            progress(event)

    if args.remove is not None:
        return desk.attaching.remove(business, args.item, args.remove, listener=heard)
    if args.replace is not None:
        return desk.attaching.replace(business, args.item, args.replace, args.file, listener=heard)
    return desk.attaching.add(business, args.item, args.file, listener=heard)


def _tell(files: list[AttachedFile], problem: ProblemNote | None) -> None:
    for file in files:
        state = "attached" if file.attached else "unknown" if file.unknown else "to be attached"
        why = "" if file.attached or file.problem is None else f": {file.problem.sentence}"
        say(f"{file.name} ({state}){why}")
    if not files:
        say("It has no files.")
    if problem is not None:
        say(problem.sentence)


def _file(file: AttachedFile) -> Shape:
    return {
        "name": file.name,
        "size": file.size,
        "path": file.path,
        "attached": file.attached,
        "unknown": file.unknown,
        "problem": problem_shape(file.problem),
    }
