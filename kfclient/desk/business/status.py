"""How the businesses stand, at a glance: what `kashdeck status` tells in prompts and scripts.

It is read from the state's documents as they are stored, a `BusinessSummary` without the records
and the libraries that the rest of the desk needs.
"""

from __future__ import annotations

from datetime import datetime

from kfclient.desk.business.standing import in_order, state_of
from kfclient.desk.errors import BusinessUnknown
from kfclient.desk.people import this_person
from kfclient.desk.publish.run_glance import RunGlance, RunStanding, run_glance
from kfclient.store.reading import Reading

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Document = dict[str, Any]


class Note:
    """A problem as it is remembered: the three parts of `kfclient.errors.Problem`."""

    def __init__(self, document: Document) -> None:
        self.code: str = document["code"]
        self.sentence: str = document["sentence"]
        self.cure: str = document.get("cure", "")


class ListGlance:
    """One of the six lists after its last sync; times are UTC."""

    def __init__(self, document: Document) -> None:
        self.count: int = document.get("count", 0)
        self.synced_at = _moment(document.get("synced_at"))
        self.problem = _note(document.get("problem"))


class ConnectionGlance:
    """A connection to KashFlow; `company` is the name it was made with, `lists` are by name."""

    def __init__(self, document: Document) -> None:
        self.software: str = document["software"]
        self.endpoint: str = document["endpoint"]
        self.company: str = document["company"].get("name", "")
        self.connected_at = datetime.fromisoformat(document["connected_at"])
        self.connected_by: str = document["connected_by"]
        self.needs_reconnecting: bool = document.get("needs_reconnecting", False)
        self.problem = _note(document.get("problem"))
        self.last_sync = _moment(document.get("last_sync"))
        self.lists = {name: ListGlance(one) for name, one in document.get("lists", {}).items()}


class Glance:
    """One business; the counts are of items, `role` is the person's, None for nobody named.

    `publishing` is its last run, and how that goes.
    """

    def __init__(
        self,
        document: Document,
        counts: Document,
        person: str,
        is_locked: Callable[[str], bool],
        publishing: tuple[RunGlance, RunStanding] | None,
    ) -> None:
        known = document.get("connection")
        self.id: str = document["id"]
        self.name: str = document["name"]
        self.role: str | None = document.get("people", {}).get(person)
        self.connection = None if known is None else ConnectionGlance(known)
        self.state = state_of(
            self.id,
            connected=self.connection is not None,
            needs_reconnecting=bool(self.connection and self.connection.needs_reconnecting),
            list_failed=bool(
                self.connection and any(one.problem for one in self.connection.lists.values())
            ),
            is_locked=is_locked,
        )
        self.ready: int = counts.get("ready", 0)
        self.to_review: int = counts.get("to_review", 0)
        self.published: int = counts.get("published", 0)
        self.needs_you: int = counts.get("needs_you", 0)
        self.publishing = publishing


def glances(root: Path | None = None, person: str = "") -> list[Glance]:
    """Return every business of the home, by name; reads the state file, and the news of publishing.

    The home is the one of this folder, or that KASHDECK_HOME or the platform names; the person is
    the operating system's user unless given. Raises any `StoreError` that reading can.
    """
    state = Reading(root)
    counts = {document["business"]: document for document in state.documents("counts")}
    who = person or this_person()
    return in_order(
        Glance(
            document,
            counts.get(document["id"], {}),
            who,
            state.is_locked,
            run_glance(state.root, document["id"], state.holder),
        )
        for document in state.documents("businesses")
    )


def glance(business: str, root: Path | None = None, person: str = "") -> Glance:
    """Return the business of this id; BusinessUnknown."""
    for one in glances(root, person):
        if one.id == business:
            return one
    raise BusinessUnknown(f"There is no business “{business}” here.")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _note(document: Document | None) -> Note | None:
    return None if document is None else Note(document)
