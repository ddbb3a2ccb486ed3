"""The command `kashdeck`: which command was typed, and how its failure is shown.

Kept light, because `kashdeck status` runs in scripts and prompts: nothing is imported before it is
known to be needed.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys

from kfclient import __version__
from kfclient.errors import Cancelled, Problem
from tui import coredumps
from tui.commands import COMMANDS, Command

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any


DONE, NEEDS_A_PERSON, FAILED = 0, 1, 2
STOPPED, PIPE_CLOSED = 130, 141
PERSON_CODES = frozenset({"passphrase-needed", "prompt-needed", "secret-needed", "broken-off"})
"""Problems that end with 1: nothing is wrong, but a person has to come."""


class OutputLost(OSError):
    """Standard output could not be written: its disk is full, or it is closed."""


class _Output(io.FileIO):
    """Standard output, which tells its own failures from those of other files."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputLost(error.errno, error.strerror) from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 done, 1 something needs a person, 2 wrong use or failure."""
    words = list(sys.argv[1:] if argv is None else argv)
    coredumps.forbid()
    _have_streams()
    if _terminal_has_a_size():
        # What another program handed in was true of its terminal.
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
    if os.environ.get("TZ"):
        _have_a_zone()
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_letter(stream)
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader left early, as `head` does. Python would complain once more at exit.
        _drop_output()
        return PIPE_CLOSED
    except OutputLost as error:
        _drop_output()
        why = "it is closed" if error.errno == errno.EBADF else (error.strerror or "").lower()
        sys.stderr.write(
            f"Standard output could not be written ({why}), so the answer is not whole.\n"
            "What the command had done by then is done: kashdeck status and kashdeck audit NAME "
            "show it.\n"
        )
        return FAILED
    return code


def _have_streams() -> None:
    """Have all three streams be there: a file must not get the number of one that is closed."""
    for number, how in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # it gets the lowest number that is free
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    if sys.stdout is sys.__stdout__:
        known = sys.stdout
        encoding = "utf-8" if known is None else known.encoding
        if known is None or known.fileno() == 1:
            written = io.BufferedWriter(_Output(1, "w", closefd=False))
            sys.stdout = io.TextIOWrapper(written, encoding, line_buffering=os.isatty(1))


def _terminal_has_a_size() -> bool:
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream.isatty() and os.get_terminal_size(stream.fileno()).columns:
                return True
        except (OSError, ValueError):
            continue
    return False


def _have_a_zone() -> None:
    """Have times shown in UTC where TZ names no time zone, and say so."""
    from kfclient.dates import UNKNOWN_ZONE, settle_zone
    from kfclient.visible import one_line

    if named := settle_zone():
        sys.stderr.write(f"{UNKNOWN_ZONE.format(one_line(named[:60]))}\n")


def _drop_output() -> None:
    """Write no more: Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _run(words: list[str]) -> int:
    as_json = "--json" in words
    try:
        return _dispatch(words)
    except Cancelled as problem:
        _tell(problem, as_json=as_json)
        return STOPPED
    except Problem as problem:
        _tell(problem, as_json=as_json)
        return NEEDS_A_PERSON if problem.code in PERSON_CODES else FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return STOPPED
    except (BrokenPipeError, OutputLost):
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence, told in one sentence
        from tui.commands.usage import Mishap

        _tell(Mishap.of(error), as_json=as_json)
        return FAILED


def _dispatch(words: list[str]) -> int:
    if not words:
        return _open_app()
    first = words[0]
    if first in {"-h", "--help", "help"}:
        sys.stdout.write(overview())
        return DONE
    if first in {"-V", "--version"}:
        sys.stdout.write(f"kashdeck {__version__}\n")
        return DONE
    for command in COMMANDS:
        if command.name == first:
            return _run_command(command, words[1:])
    raise _unknown(first)


_TAKE_ANY_NAME = frozenset({"import", "backup", "restore"})
"""Commands that take a file whatever its name is: they keep no more of it than what is shown."""


def _need_text(command: Command, words: list[str]) -> None:
    """Raise `WrongUse` for what is no text: nothing could keep it, nor show it again."""
    if command.name in _TAKE_ANY_NAME:
        return
    for word in words:
        if not word.isprintable() and any("\ud800" <= char <= "\udfff" for char in word):
            from tui.commands.usage import WrongUse

            raise WrongUse(
                f"“{word}” is not text in UTF-8, so nothing was done.",
                "Type it in a terminal that is set to UTF-8; a file of such a name has to be "
                "renamed first.",
            )


def _run_command(command: Command, words: list[str]) -> int:
    _need_text(command, words)
    functions = vars(importlib.import_module(f"tui.commands.{command.module}"))
    word = command.name.replace("-", "_")
    # Where the words are usual ones, few commands can do without argparse.
    plain = functions.get(f"run_{word}_plain")
    code: int | None = plain(words) if plain else None
    if code is not None:
        return code
    from tui.commands.usage import Parser

    parser = Parser(command.name, command.summary)
    functions[f"{word}_arguments"](parser)
    try:
        args = parser.parse_intermixed_args(words)
    except SystemExit as leaving:  # --help has been printed
        return int(leaving.code or DONE)
    run: Callable[[argparse.Namespace], int] = functions[f"run_{word}"]
    return run(args)


def _open_app() -> int:
    from tui.commands.opening import need_terminal

    need_terminal()
    from tui.app import run
    from tui.commands.opening import opened

    with opened(tells=False) as desk:
        run(desk)
    return DONE


def overview() -> str:
    """Return the text of `kashdeck --help`."""
    wide = max(len(command.name) for command in COMMANDS)
    lines = "\n".join(f"  {command.name:<{wide}}  {command.summary}" for command in COMMANDS)
    return (
        "usage: kashdeck [COMMAND ...]\n\n"
        "Connect a business to KashFlow, keep its lists in step and publish its books.\n"
        "Without a command the app opens.\n\n"
        f"commands:\n{lines}\n\n"
        "Each has --help with an example, and --json where it answers.\n"
        "Exit codes: 0 done, 1 something needs a person, 2 wrong use or failure.\n"
        "KASHDECK_HOME moves everything that is kept; KASHDECK_PASSPHRASE_FILE names\n"
        "the file with the passphrase of the encrypted secrets.\n"
    )


def _unknown(word: str) -> Problem:
    import difflib

    from tui.commands.usage import WrongUse

    if word.startswith("-"):
        return WrongUse(f"There is no option {word} before the command.")
    near = difflib.get_close_matches(word, [command.name for command in COMMANDS], n=1)
    cure = f"Did you mean: kashdeck {near[0]}" if near else None
    return WrongUse(f"There is no command “{word}”.", cure)


def _tell(problem: Problem, *, as_json: bool) -> None:
    from tui.commands.output import say_json, tell_problem

    if as_json:
        say_json({"error": problem.as_dict()})
    else:
        sys.stdout.flush()
        tell_problem(problem)


def _never_fail_on_a_letter(stream: object) -> None:
    """Let a terminal of another encoding show a mark where it lacks a letter."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
