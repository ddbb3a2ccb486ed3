"""Two keyrings of the system's that are real and in files, where a test puts them.

They stand in for those of desktops, which no test machine has two of. `refusing` names what they
refuse to do, as a locked keyring does.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from kfclient.store import keyring_choice

if TYPE_CHECKING:
    import pytest

ONE, TWO = "secret-service", "kwallet"

_SYSTEMS = {system.id: system for system in keyring_choice._SYSTEMS}


class FileKeyring(KeyringBackend):
    """A keyring in one JSON file, which is changed whole or not at all."""

    priority = 0.0
    folder: ClassVar[Path]
    refusing: ClassVar[set[tuple[str, str]]] = set()
    name = ""

    def __init__(self) -> None:
        pass

    def get_password(self, service: str, username: str) -> str | None:
        return self._may("get").get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._may("set"), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        held = self._may("delete")
        if held.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("not found")
        self._write(held)

    def _may(self, doing: str) -> dict[str, str]:
        if (self.name, doing) in self.refusing:
            raise KeyringLocked("locked")
        path = self.folder / f"{self.name}.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def _write(self, held: dict[str, str]) -> None:
        fresh = self.folder / f"{self.name}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, json.dumps(held).encode())
        os.close(descriptor)
        fresh.replace(self.folder / f"{self.name}.json")


class One(FileKeyring):
    """The first."""

    name = ONE


class Two(FileKeyring):
    """The second."""

    name = TWO


def put_in(folder: Path) -> None:
    """Have this process take the two for the system's keyrings, their files in this folder."""
    FileKeyring.folder = folder
    FileKeyring.refusing = set()
    keyring_choice._SYSTEMS = tuple(
        replace(_SYSTEMS[one.name], platform=sys.platform, module=__name__, name=one.__name__)
        for one in (One, Two)
    )


def for_test(folder: Path, monkeypatch: pytest.MonkeyPatch) -> type[FileKeyring]:
    """Do the same for the length of a test."""
    monkeypatch.setattr(keyring_choice, "_SYSTEMS", keyring_choice._SYSTEMS)
    put_in(folder)
    return FileKeyring
