"""`kashdeck sandbox` and `kashdeck demo`: a practice KashFlow, alone or with the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.opening import need_terminal
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser

_NOTES = """\
It listens on 127.0.0.1 alone unless --host says otherwise. Its books are \
kept, so a second run goes on where the first stopped. With --json it prints \
one line once it listens: endpoint, username, password, autoauth_key and control.

A fault is OPERATION:KIND[:times=N,nth=N,seconds=N]; * is any operation, @FILE a \
file with a fault a line. Kinds: {kinds}."""


def sandbox_arguments(parser: Parser) -> None:
    """Declare where it listens, what it holds and how it misbehaves."""
    from kfclient.sandbox.faults import EVENTS, KINDS

    parser.add_argument(
        "--port", metavar="N", type=int, default=0, help="where to listen (default: a free port)"
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="listen there; others may reach it, unencrypted (default: this machine alone)",
    )
    parser.add_argument(
        "--home", metavar="DIR", type=Path, help="where its books are (default: beside Kashdeck's)"
    )
    parser.add_argument("--suppliers", metavar="N", type=int, help="have at least so many")
    parser.add_argument("--customers", metavar="N", type=int, help="have at least so many")
    parser.add_argument(
        "--fault",
        metavar="SPEC",
        action="append",
        default=[],
        help="misbehave; may be given several times",
    )
    parser.answers_json()
    parser.example(
        "kashdeck sandbox --port 8740",
        "kashdeck sandbox --suppliers 20000 --fault InsertReceipt:drop-after",
        notes=_NOTES.format(kinds=", ".join(KINDS + EVENTS)),
    )


def run_sandbox(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C, SIGTERM or a hang-up."""
    from kfclient.sandbox.server import serve

    for option in ("port", "suppliers", "customers"):
        if (getattr(args, option) or 0) < 0:
            raise WrongUse(f"--{option} cannot be less than 0.", "See: kashdeck sandbox --help")
    return serve(
        port=args.port,
        host=args.host,
        home=args.home or default_books(),
        suppliers=args.suppliers,
        customers=args.customers,
        json_output=args.json,
        fault=args.fault,
    )


def default_books() -> Path:
    """Return the folder beside Kashdeck's home.

    Never inside it: the sandbox's books hold its own credentials as they are, and Kashdeck's home
    holds no credentials in plain text, practice or not.
    """
    from kfclient.store.paths import default_root

    root = default_root()
    return root.with_name(f"{root.name}-sandbox")


# `kashdeck demo`: the app, a practice KashFlow and sample items, in a throw-away folder.


def demo_arguments(parser: Parser) -> None:
    """Declare where to keep it."""
    parser.add_argument(
        "--keep", metavar="DIR", type=Path, help="keep everything here (default: thrown away)"
    )
    parser.example(
        "kashdeck demo",
        notes="Nothing reaches a real KashFlow account. The practice credentials are shown where "
        "they are asked for; they are kept in memory and gone at the end.",
    )


def run_demo(args: argparse.Namespace) -> int:
    """Open the demo; it needs a terminal."""
    need_terminal()
    from tui.demo import run_demo

    run_demo(args.keep)
    return 0
