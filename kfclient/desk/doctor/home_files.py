"""The home's folder and what lies in it: rights, space, databases, lists, trails, logged errors."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfclient.desk.audit.audit import Audit
from kfclient.desk.doctor.misfits import misfits
from kfclient.desk.doctor.report import (
    DatabaseFacts,
    FileFacts,
    HomeFacts,
    LoggedError,
    Scene,
    TrailFacts,
    Work,
    read_contents,
)
from kfclient.desk.person import is_person_here
from kfclient.errors import Problem
from kfclient.store.durable_files import SHARED_FOLDER_MODE, need_closed, read_plain
from kfclient.store.errors import HomeOpen, StateNewer
from kfclient.store.filelock import FileLock
from kfclient.store.home import Home
from kfclient.store.log import log_files
from kfclient.store.redaction import redact
from kfclient.store.sharing import wanted_mode
from kfclient.store.wal import Damage, NewerFormat

if TYPE_CHECKING:
    from kfclient.store.tables import Tables

_LITTLE, _HARDLY_ANY = 200 << 20, 20 << 20
_SLACK = timedelta(minutes=2)
_FRESH = timedelta(minutes=10)
_LONG = 60


def home_facts(scene: Scene) -> HomeFacts:
    """Return what the folder is like as a whole."""
    root, sizes = scene.root, [status.st_size for _, status in _files(scene)]
    if not scene.entries:
        if _is_hidden(root):
            _tell_unreadable(scene)
        else:
            scene.note(
                "no-home",
                "Nothing is kept on this machine yet, where Kashdeck looks for it.",
                "Connect a business, or have KASHDECK_HOME name the folder that you expected.",
            )
    elif not stat.S_ISDIR(scene.entries[0][1].st_mode):
        scene.mend(
            "home-no-folder",
            "There is a file where the home folder should be.",
            "Move it away, or have KASHDECK_HOME name another place.",
        )
    elif scene.barred:
        _tell_unreadable(scene)
    return HomeFacts(
        place=_place(root),
        shared=bool(scene.entries) and _is_shared(scene.entries[0][1]),
        files=len(sizes),
        bytes=sum(sizes),
        free_bytes=_room(scene),
    )


def files(scene: Scene) -> tuple[FileFacts, ...]:
    """Return every file and folder; report wrong modes, leftovers and times to come."""
    _check_kinds(scene)
    _check_modes(scene)
    _check_leftovers(scene)
    _check_clock(scene)
    return tuple(
        FileFacts(
            name=scene.masks.place(path),
            bytes=status.st_size,
            mode=f"{stat.S_IMODE(status.st_mode):04o}",
            owner=scene.masks.person(status.st_uid),
            changed_at=datetime.fromtimestamp(status.st_mtime, UTC),
        )
        for path, status in scene.entries
    )


def work(scene: Scene) -> tuple[Work, ...]:
    """Return what is being done now; a file that is held for long is reported."""
    found = []
    for path, status in _files(scene):
        lock = FileLock(path)
        if path.suffix != ".lock" or not lock.is_held():
            continue
        seconds = max(int(scene.now.timestamp() - status.st_mtime), 0)
        name, process = scene.masks.place(path), lock.holder() or 0
        found.append(Work(name=name, process=process, seconds=seconds))
        if path.parent.name != "locks" and seconds > _LONG:
            scene.mend(
                "held",
                f"Process {process} has held {name} for {seconds} seconds; others cannot write.",
                f"End it if it does nothing any more: kill {process}. What it did not finish is "
                "as it was before.",
            )
    return tuple(found)


def _files(scene: Scene) -> list[tuple[Path, os.stat_result]]:
    return [entry for entry in scene.entries if stat.S_ISREG(entry[1].st_mode)]


def _place(root: Path) -> str:
    import platformdirs

    usual = platformdirs.user_data_path("kashdeck")
    if root != usual:
        return "where KASHDECK_HOME says"
    return f"~/{usual.relative_to(Path.home())}" if usual.is_relative_to(Path.home()) else "usual"


def _tell_unreadable(scene: Scene) -> None:
    places = ", ".join(sorted({_named(scene, path) for path in scene.barred})) or "the home"
    scene.mend(
        "home-closed",
        f"You may not look into {places}.",
        "Ask its owner to share the home (kashdeck share GROUP), check that you are in its group "
        "(id -Gn), or have KASHDECK_HOME name a home of your own.",
    )


def _named(scene: Scene, path: Path) -> str:
    return scene.masks.place(path) if path.is_relative_to(scene.root) else "the home"


def _is_reached(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:
        return False


def _is_hidden(root: Path) -> bool:
    """Whether somebody's folder on the way keeps us from knowing whether the home is there."""
    try:
        root.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _is_shared(status: os.stat_result) -> bool:
    return stat.S_IMODE(status.st_mode) == SHARED_FOLDER_MODE


def _room(scene: Scene) -> int:
    place = scene.root
    while not _is_reached(place) and place != place.parent:
        place = place.parent
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize
    if disk.f_flag & os.ST_RDONLY:
        scene.mend(
            "disk-read-only",
            "The disk of the home is read-only, so nothing can be stored.",
            "Have it mounted for writing; a disk that failed may have become read-only by itself.",
        )
    elif free < _HARDLY_ANY or (disk.f_files and disk.f_favail < 100):
        scene.mend(
            "disk-full",
            "The disk of the home is full or nearly so: nothing more can be stored.",
            "Make room, then start Kashdeck again. What was stored is untouched.",
        )
    elif free < _LITTLE:
        scene.note("disk-low", "The disk of the home has little room left.", "Make room soon.")
    return free


def _check_kinds(scene: Scene) -> None:
    """Tell of what is neither a file nor a folder; a folder may be a link to another disk."""
    odd = [
        scene.masks.place(path)
        for path, status in scene.entries[1:]
        if stat.S_IFMT(status.st_mode) not in (stat.S_IFREG, stat.S_IFDIR)
        and not (stat.S_ISLNK(status.st_mode) and path.is_dir())
    ]
    if odd:
        scene.mend(
            "no-files",
            f"{_listed(odd)}: links, pipes or the like, where only files are read.",
            "See who put them there (ls -l), then move them away.",
        )


def _check_modes(scene: Scene) -> None:
    """Tell of files and folders that others may use, or that who shares the home may not."""
    of = dict(scene.entries)
    open_to_others, closed, foreign = [], [], set()
    for path, status in scene.entries[1:]:
        folder = of.get(path.parent)
        if stat.S_ISLNK(status.st_mode) or folder is None:
            continue
        mode, shared = stat.S_IMODE(status.st_mode), _is_shared(folder)
        wanted = wanted_mode(status.st_mode, shared=shared)
        if not shared and status.st_uid != os.getuid():
            foreign.add(scene.masks.person(status.st_uid))
        elif mode & ~wanted & 0o777:
            open_to_others.append(scene.masks.place(path))
        elif mode != wanted or (shared and status.st_gid != folder.st_gid):
            closed.append(scene.masks.place(path))
    _check_root(scene)
    again = "The home's owner puts it right with: kashdeck share "
    again += "GROUP" if scene.entries and _is_shared(scene.entries[0][1]) else "--stop"
    if open_to_others:
        scene.mend("too-open", f"Others may use {_listed(open_to_others)}.", f"{again}.")
    if closed:
        scene.mend("too-closed", f"Not all who should may use {_listed(closed)}.", f"{again}.")
    if foreign:
        scene.note(
            "others-files",
            f"Some files belong to {', '.join(sorted(foreign))}, though the home is not shared.",
            "To make them its owner's, have an administrator of this machine do: chown -R",
        )


def _check_root(scene: Scene) -> None:
    if not scene.is_open:
        return
    mode = stat.S_IMODE(scene.entries[0][1].st_mode)
    cure = "Close it: chmod 700. To use it with a group, then: kashdeck share GROUP"
    try:
        need_closed(scene.root)
    except HomeOpen:
        scene.mend(
            "home-open",
            "Others may put files into the home and take them away, so nothing in it is used.",
            cure,
        )
        return
    if mode & 0o055 and mode != SHARED_FOLDER_MODE:
        scene.note("home-seen", "Others may see which files lie in the home.", cure)


def _check_leftovers(scene: Scene) -> None:
    damaged = [path for path, _ in scene.entries if ".damaged-" in path.name]
    if damaged:
        scene.note(
            "damaged-copies",
            f"Copies of damaged files lie in the home: {len(damaged)}.",
            "Once everything is there again they can go: their names have .damaged- in them.",
        )
    old = (scene.now - _FRESH).timestamp()
    left = [
        scene.masks.place(path)
        for path, status in scene.entries
        if (path.suffix == ".tmp" or path.name.endswith(".removed")) and status.st_mtime < old
    ]
    if left:
        scene.note(
            "leftovers",
            f"Work that was cut off has left {_listed(left)}.",
            "They can be removed while no Kashdeck is running.",
        )


def _check_clock(scene: Scene) -> None:
    limit = (scene.now + _SLACK).timestamp()
    ahead = [status.st_mtime for _, status in scene.entries if status.st_mtime > limit]
    times = [str(one.get(key) or "") for one in scene.connections().values() for key in _TIMES]
    ahead += [moment for text in times if (moment := _moment(text)) > limit]
    if ahead:
        days = (max(ahead) - scene.now.timestamp()) / 86400
        scene.mend(
            "clock",
            f"Files or syncs of the home are {days:.1f} days ahead of now: this machine's clock is "
            "wrong, or was.",
            "Have the clock set (timedatectl). Times in the trail and of syncs may be wrong too.",
        )


_TIMES = ("connected_at", "last_sync")


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


# The databases, the synced lists and the trails: whether they can be read, and are whole.

# What is being written at this moment can look damaged.
_PAUSES = (0.02, 0.2, None)


def databases(scene: Scene) -> tuple[DatabaseFacts, ...]:
    """Read every database and list, and report those that cannot be read."""
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
    if scene.is_open and readable and not scene.state_known and not _is_told(scene):
        _tell_damage(scene, "state.json", "its businesses are not as Kashdeck writes them")
    _check_orphans(scene)
    _check_admins(scene)
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
    if contents is not None and not is_list:
        _check_records(scene, path, name, contents.snapshot.tables)
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


def _check_records(scene: Scene, path: Path, name: str, tables: Tables) -> None:
    found = list(misfits(path.relative_to(scene.root).as_posix(), tables))
    if found:
        shown = _listed([f"record {one.record} of {one.table} ({one.why})" for one in found])
        scene.mend(
            "state-damaged",
            f"{name} is sound, but not as Kashdeck writes it: {shown}.",
            "Set it aside, with a copy kept: kashdeck restore --sound",
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


def _is_told(scene: Scene) -> bool:
    return any(finding.code == "state-damaged" for finding in scene.findings)


def _check_admins(scene: Scene) -> None:
    """Tell of businesses that nobody can administer who can log in here."""
    without = [
        scene.masks.business(real)
        for real, document in scene.businesses.items()
        if isinstance(people := document.get("people", {}), Mapping)
        and not any(role == "admin" and is_person_here(name) for name, role in people.items())
    ]
    if without:
        scene.mend(
            "no-admin",
            f"No user of this machine is an Admin of {', '.join(sorted(without))}, so nobody can "
            "connect it, change its settings or name its people.",
            "Whoever owns the home's folder can become one: kashdeck people NAME THEIR-NAME admin",
        )


# The last errors of the log: what the program logged, without the values it was about.

_KEPT = 10
_LARGEST_LOG = 32 << 20
_LEVELS = {"warning", "error", "critical"}
_OURS = ("kfclient.", "screens.", "tui.", "kashdeck")
_WITHHELD = "(said by another program, and left out)"
_FRAME = re.compile(r'File "[^"]*?((?:kfclient|screens|tui)/[\w/]+\.py)", line (\d+), in (\w+)')
_WORD = re.compile(r"[\w.:+-]{0,80}", re.ASCII)


def errors(scene: Scene) -> tuple[LoggedError, ...]:
    """Return the last warnings and errors, the oldest first."""
    if not scene.is_open:
        return ()
    log = scene.root / "kashdeck.log"
    found: list[LoggedError] = []
    for path in log_files(log):
        try:
            data = read_plain(path, _LARGEST_LOG)
        except OSError as error:
            scene.mend(
                "log-unreadable",
                f"{path.name} cannot be read: {error.strerror}.",
                "Check who owns it (ls -l).",
            )
            continue
        text = (data or b"").decode("utf-8", "replace")
        found += [said for line in text.splitlines() if (said := _said(line)) is not None]
    if log.exists() and not os.access(log, os.W_OK):
        scene.mend(
            "log-unwritable",
            "The log cannot be written, so what goes wrong leaves no trace.",
            "The home's owner puts it right with: kashdeck share GROUP, or kashdeck share --stop",
        )
    return tuple(found[-_KEPT:])


def _said(line: str) -> LoggedError | None:
    try:
        found: dict[str, Any] = json.loads(line)
        if found["level"] not in _LEVELS:
            return None
    except (ValueError, TypeError, KeyError):
        return None  # the torn line of a full disk
    logger = _word(found, "logger")
    ours = logger.startswith(_OURS)
    sentence = str(found.get("template") or found.get("message", "")) if ours else _WITHHELD
    frames = _FRAME.findall(str(found.get("traceback", "")))
    return LoggedError(
        time=_word(found, "time"),
        level=str(found["level"]),
        logger=logger,
        sentence=redact.clean(sentence)[:200],
        error=_word(found, "error"),
        code=_word(found, "code"),
        where="{}:{} in {}".format(*frames[-1]) if frames else "",
    )


def _word(found: dict[str, Any], key: str) -> str:
    """Return a field that can only be a word, "" where it is anything else."""
    text = str(found.get(key, ""))
    return text if _WORD.fullmatch(text) else ""
