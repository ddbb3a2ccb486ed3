"""The databases, the synced lists and the trails: whether they can be read, and are whole."""

from __future__ import annotations

import time
from pathlib import Path

from kfclient.desk.audit.audit import Audit
from kfclient.desk.doctor.report import DatabaseFacts, TrailFacts
from kfclient.desk.doctor.scene import Scene, read_contents
from kfclient.errors import Problem
from kfclient.store.errors import StateNewer
from kfclient.store.home import Home
from kfclient.store.journal import Damage, NewerFormat

# What is being written at this moment can look damaged.
_PAUSES = (0.02, 0.2, None)


def databases(scene: Scene) -> tuple[DatabaseFacts, ...]:
    """Read every database and list, and tell of those that cannot be read."""
    names = {path for path, _ in scene.entries}
    found = []
    for path in sorted(names):
        folder = path.parent
        if path.suffix == ".log" and path.with_suffix("") not in names:
            path = path.with_suffix("")  # a log can be there before its snapshot
        is_books = path.name in ("items.json", "seen.json") and folder.parent.name == "businesses"
        is_list = folder.name == "lists" and path.suffix == ".json"
        if path == scene.root / "state.json" or is_books or is_list:
            found.append(_database(scene, path, is_list=is_list))
    readable = all(one.state in ("fine", "older") for one in found if one.name == "state.json")
    if scene.is_open and readable and not scene.state_known:
        _tell_damage(scene, "state.json", "its businesses are not as Kashdeck writes them")
    _check_orphans(scene)
    return tuple(found)


def trails(scene: Scene) -> tuple[TrailFacts, ...]:
    """Verify the audit trail of every business that has one."""
    names = [path for path, _ in scene.entries if path.name == "audit.jsonl"]
    if not scene.state_known:
        if names:
            scene.note(
                "trails-not-verified",
                "The audit trails cannot be verified while the state cannot be read.",
                "Mend the state first.",
            )
        return ()
    found = []
    for path in names:
        # A home of its own for each: trouble with one says nothing of the next.
        home = Home(scene.root)
        try:
            verdict = Audit(home).verify(path.parent.name)
        except Problem as problem:
            name = scene.masks.business(path.parent.name)
            scene.note(
                "trails-not-verified",
                f"The audit trail of {name} could not be verified ({problem.code}).",
                "Mend the rest first, then try again.",
            )
            continue
        finally:
            home.close()
        name = scene.masks.business(path.parent.name)
        found.append(TrailFacts(name=name, lines=verdict.lines, troubles=len(verdict.troubles)))
        for trouble in verdict.troubles[:3]:
            scene.mend(
                "trail-changed",
                f"The audit trail of {name} is not as it was written (line {trouble.line}: "
                f"{trouble.code.replace('-', ' ')}).",
                "See what it means with: kashdeck audit verify",
            )
    return tuple(found)


def _database(scene: Scene, path: Path, *, is_list: bool) -> DatabaseFacts:
    name, contents, state, stored = scene.masks.place(path), None, "fine", 0
    for pause in _PAUSES:
        try:
            contents, older, stored = read_contents(path)
            state = "older" if older else "fine"
        except NewerFormat:
            state = "newer"
        except Damage as damage:
            state = "damaged"
            if pause is not None:
                time.sleep(pause)
                continue
            _tell_damage(scene, name, str(damage), is_list=is_list)
        except OSError as error:
            state = "unreadable"
            scene.mend(
                "state-unreadable",
                f"{name} cannot be read: {error.strerror}.",
                "Check who owns it (ls -l) and that the disk is well.",
            )
        break
    if state == "newer":
        scene.mend(
            "state-newer",
            f"{name} was written by a newer Kashdeck than this one.",
            StateNewer.default_cure,
        )
    log = path.with_name(path.name + ".log")
    sizes = {entry: status.st_size for entry, status in scene.entries}
    tables = {} if contents is None else contents.snapshot.tables
    return DatabaseFacts(
        name=name,
        state=state,
        format=stored,
        transactions=0 if contents is None else contents.snapshot.lsn,
        documents=sum(len(table) for table in tables.values()),
        log_bytes=sizes.get(log, 0),
    )


def _tell_damage(scene: Scene, name: str, damage: str, *, is_list: bool = False) -> None:
    if is_list:
        cure = "Sync the business again: the list is fetched anew from KashFlow."
    else:
        cure = (
            "Restore a backup (kashdeck restore FILE). Until then keep all files as they are; a "
            "copy is made beside it when Kashdeck meets it."
        )
    scene.mend("state-damaged", f"{name} cannot be understood: {damage}.", cure)


def _check_orphans(scene: Scene) -> None:
    """Tell of businesses whose files are here while the state does not know them."""
    if not scene.state_known:
        return
    folders = {
        path.parent.name
        for path, _ in scene.entries
        if path.parent.parent == scene.root / "businesses" and not path.parent.name.startswith(".")
    }
    unknown = sorted(scene.masks.business(real) for real in folders - scene.businesses.keys())
    if unknown:
        scene.mend(
            "business-unlisted",
            f"The files of {', '.join(unknown)} are here, but the state does not list it.",
            "Was the state moved away? Restore it: kashdeck restore FILE.",
        )
