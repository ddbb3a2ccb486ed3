"""What each older format of the files has to become, one step a format.

Whoever changes what the documents look like raises `kfclient.store.journal.FORMAT` and says here
how the tables of before become those of now. Opening an older file gives it as it would be now;
the file itself is changed by the first write, after a copy of it was put beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kfclient.store import journal
from kfclient.store.files import read_file, replace_file, unwritable
from kfclient.store.journal import Damage

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.store.snapshot import Snapshot, Tables


def _as_it_is(tables: Tables) -> Tables:
    """Keep what stock TinyDB wrote: it has the same tables, and only no numbers of its own."""
    return tables


MIGRATIONS: dict[int, Callable[[Tables], Tables]] = {0: _as_it_is}
"""Format -> what makes its tables those of the format after it. It may change what it is given.

A table is told by its name, whichever database it is in; tables that are not there must do.
"""


def migrate(snapshot: Snapshot, to: int | None = None) -> None:
    """Bring an older snapshot to the present format, or to `to`, in memory.

    Raises `Damage` where its documents are not as that format has them.
    """
    wanted = journal.FORMAT if to is None else to
    for step in range(snapshot.format, wanted):
        try:
            snapshot.tables = MIGRATIONS[step](snapshot.tables)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Damage(f"it cannot be brought from format {step} to {step + 1}") from error
        snapshot.format = step + 1


def keep_older(path: Path) -> Path | None:
    """Keep a copy of an older format's file beside it; None where there is no such file.

    It is `state.json.before-format-2`; a later, different one has a number as well. Raises
    `StateUnwritable`.
    """
    data = read_file(path)
    if data is None:
        return None
    copy = path.with_name(f"{path.name}.before-format-{journal.FORMAT}")
    number = 1
    while (there := read_file(copy)) is not None and there != data:
        number += 1
        copy = path.with_name(f"{path.name}.before-format-{journal.FORMAT}-{number}")
    if there is None:
        try:
            replace_file(copy, data)
        except OSError as error:
            raise unwritable(copy, error) from error
    return copy
