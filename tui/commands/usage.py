"""How words on the command line become arguments, and how wrong use and mishaps are reported."""

from __future__ import annotations

import argparse
import logging
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

from kfclient.errors import Problem
from kfclient.store.errors import record_misfits
from kfclient.store.paths import expanded


class WrongUse(Problem):
    """The command was not typed as it has to be."""

    code = "wrong-use"
    default_cure = "See: kashdeck --help"


class Parser(argparse.ArgumentParser):
    """A parser that raises `WrongUse` instead of leaving, so that `--json` can answer too.

    The command's own example stands under its help.
    """

    def __init__(self, command: str, summary: str) -> None:
        super().__init__(
            prog=f"kashdeck {command}",
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.add_argument("-h", "--help", action="help", help="show this and leave")

    def answers_json(self) -> None:
        """Let the command answer as JSON."""
        self.add_argument("--json", action="store_true", help="answer as one JSON object")

    def traces(self) -> None:
        """Let the command write down what it sends to KashFlow and what comes back."""
        self.add_argument(
            "--trace",
            metavar="FILE",
            type=path_of,
            help="append every envelope sent and received to FILE, without secrets",
        )

    def takes_secrets(self) -> None:
        """Let a script hand in a password that is kept nowhere."""
        self.add_argument(
            "--secrets-stdin",
            action="store_true",
            help="read a password that is typed each time from standard input, and the AutoAuth "
            "key from a second line where it is needed",
        )

    def example(self, *lines: str, notes: str = "") -> None:
        """Show these lines as examples, and under them the notes, each line wrapped to fit."""
        shown = "\n".join(f"  {line}" for line in lines)
        wrapped = "\n".join(_wrapped(line) for line in notes.splitlines())
        self.epilog = f"for example:\n{shown}" + (f"\n\n{wrapped}" if notes else "")

    def error(self, message: str) -> NoReturn:
        """Raise `WrongUse` with argparse's message as a sentence."""
        sentence = message[0].upper() + message[1:].rstrip(".") + "."
        raise WrongUse(sentence, f"See: {self.prog} --help")


def path_of(text: str) -> Path:
    """Return the path that was typed, in full."""
    return expanded(text)


def _wrapped(line: str) -> str:
    """Return the line in 80 columns, what is carried over as far in as its beginning."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line.lstrip(), 79, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


# What nobody foresaw: one sentence for the person, the rest for the log.


class Mishap(Problem):
    """Something went wrong that Kashdeck has no words for."""

    code = "unexpected"

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """Log the error and return what to show; neither shows the values that were at hand."""
        name = type(error).__name__
        where = _log(error)
        if name == "ValidationError":  # msgspec's, which only records raise that are kept here
            return record_misfits("A record that is kept here")
        if where:
            return cls(
                f"Something went wrong that Kashdeck did not foresee ({name}).",
                f"The details are in {where}. Anything already sent to KashFlow is remembered.",
            )
        return cls(f"Something went wrong that Kashdeck did not foresee ({name}).")


def _log(error: Exception) -> str:
    """Write the traceback to the log and return the log's path, "" where it cannot be written."""
    try:
        from kfclient.store import Home, start_logging

        home = Home.default()
        start_logging(home)
        logging.getLogger("kashdeck").error(
            "A command failed: %s",
            sys.argv[1:2],
            exc_info=(type(error), error, error.__traceback__),
        )
    except Exception:  # noqa: BLE001 - a broken log must not hide the mishap
        return ""
    return str(home.log_path)
