"""Examines Kashdeck on this machine: what there is, what is wrong, and how to mend it.

It is for when things are broken, so nothing that is broken stops it: a part that cannot be examined
is listed as such. Its report can be shown to anybody: no secrets, and neutral names for businesses
and people; no host, no amount, no path of the person's own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from kfclient.desk.doctor import home_files, machine
from kfclient.desk.doctor.report import DoctorFinding, Masks, Report, Scene, Server, Urgency
from kfclient.desk.person import utc_now
from kfclient.errors import Problem
from kfclient.store.paths import default_root, expanded

__all__ = ["DoctorFinding", "Report", "Urgency", "examine"]

T = TypeVar("T")


def examine(
    home_root: Path | None = None,
    *,
    network: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> Report:
    """Look over the home of this folder, or the one that KASHDECK_HOME or the platform names.

    Takes some seconds where keyrings do not answer. With `network`, each business's server is asked
    whether it is there. Raises nothing; a finding tells what could not be examined.
    """
    root = default_root() if home_root is None else expanded(home_root)
    now = clock()
    scene = Scene(root, now, Masks(root, ()))
    scene = _part(scene, "home", lambda: Scene.of(root, now), scene)
    report = Report(
        at=now,
        versions=_part(scene, "versions", lambda: machine.versions(scene), ()),
        terminal=_part(scene, "terminal", lambda: machine.terminal(scene), None),
        home=_part(scene, "folder", lambda: home_files.home_facts(scene), None),
        keyrings=_part(scene, "keyrings", lambda: machine.keyrings(scene), ()),
        files=_part(scene, "files", lambda: home_files.files(scene), ()),
        databases=_part(scene, "databases", lambda: home_files.databases(scene), ()),
        work=_part(scene, "locks", lambda: home_files.work(scene), ()),
        trails=_part(scene, "trails", lambda: home_files.trails(scene), ()),
        errors=_part(scene, "log", lambda: home_files.errors(scene), ()),
    )
    if network:
        nobody: tuple[Server, ...] = ()
        report.servers = _part(scene, "servers", lambda: machine.servers(scene), nobody)
    report.findings = tuple(scene.findings)
    return report


def _part(scene: Scene, name: str, look: Callable[[], T], otherwise: T) -> T:
    try:
        return look()
    except Problem as problem:
        # Its sentence may name what is nobody's business; the system's reason does not.
        reason = getattr(problem.__cause__, "strerror", None) or problem.code
        scene.mend("not-examined", f"The {name} could not be examined: {reason}.", problem.cure)
        return otherwise
    except Exception as error:  # noqa: BLE001 - the doctor is called when anything may be broken
        scene.mend(
            "not-examined",
            f"The {name} could not be examined ({type(error).__name__}{_where(error)}).",
            "Mend what else is found, then try again; if it stays, report it.",
        )
        return otherwise


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f" in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
