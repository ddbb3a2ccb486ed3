"""`kashdeck demo`: the app, a practice KashFlow and sample items, in a throw-away folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.terminal import need_terminal

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare where to keep it."""
    parser.add_argument(
        "--keep", metavar="DIR", type=Path, help="keep everything here (default: thrown away)"
    )
    parser.example(
        "kashdeck demo",
        notes="Nothing reaches a real KashFlow account. The practice credentials are shown where "
        "they are asked for; they are kept in memory and gone at the end.",
    )


def run(args: argparse.Namespace) -> int:
    """Open the demo; it needs a terminal."""
    need_terminal()
    from tui.demo import run_demo

    run_demo(args.keep)
    return 0
