"""Processes of other users of the machine, which only root can start."""

from __future__ import annotations

import grp
import os
from typing import TYPE_CHECKING

import pytest

from tests.store.processes import finished, started

if TYPE_CHECKING:
    import subprocess

SAM, KATE, OUTSIDER = 40_011, 40_012, 40_013
"""Three users whom the machine's list does not name: "user 40011" and so on."""

OFFICE = grp.getgrgid(os.getgid())
"""The group that may share: any that the tests' own user is in."""

as_root = pytest.mark.skipif(
    os.getuid() != 0, reason="NOT PROVED: only root can be two users of the machine at once"
)

# Everything is loaded first: the user may not be allowed to look where Python and we are.
_BECOME = """
import codecs, importlib, os, pkgutil, sys
user, groups, umask, *packages = sys.argv.pop(1).split(" ")
import cryptography.hazmat.primitives.kdf.scrypt, cryptography.hazmat.primitives.ciphers.aead
import keyring.errors, pwd, traceback
for codec in ("ascii", "utf-8-sig", "cp1252"):
    codecs.lookup(codec)
for package in packages:
    for each in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        importlib.import_module(each.name)
os.setgroups([int(group) for group in groups.split(",") if group])
os.setgid(int(user))
os.setuid(int(user))
os.umask(int(umask, 8))
os.environ["HOME"] = "/nowhere"
os.chdir("/")
"""


def started_as(
    user: int,
    code: str,
    *words: object,
    member: bool = True,
    umask: int = 0o077,
    packages: str = "kfclient.store",
) -> subprocess.Popen[str]:
    """Start code in a process of this user, who is a `member` of the office or not."""
    groups = str(OFFICE.gr_gid) if member else ""
    return started("-c", _BECOME + code, f"{user} {groups} {umask:o} {packages}", *words)


def said_as(user: int, code: str, *words: object, member: bool = True) -> str:
    """Run code as this user and return what it said."""
    return finished(started_as(user, code, *words, member=member))
