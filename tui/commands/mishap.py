"""What nobody foresaw: one sentence for the person, the rest for the log."""

from __future__ import annotations

import logging
import sys

from kfclient.errors import Problem


class Mishap(Problem):
    """Something went wrong that Kashdeck has no words for."""

    code = "unexpected"

    @classmethod
    def of(cls, error: Exception) -> Mishap:
        """Log the error and return what to tell; neither shows the values that were at hand."""
        name = type(error).__name__
        where = _log(error)
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
