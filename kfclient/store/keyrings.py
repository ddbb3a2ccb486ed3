"""The keyrings of one home, each opened when it is first needed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from kfclient.store import backends
from kfclient.store.backends import ASK, ENCRYPTED_FILE, GPG_STORE, MEMORY
from kfclient.store.errors import NoKeyring

if TYPE_CHECKING:
    from pathlib import Path

    from keyring.backend import KeyringBackend

    from kfclient.store.encrypted_file import EncryptedFile
    from kfclient.store.pass_store import PassStore

SERVICE = "kashdeck"


class Keyrings:
    """Opens places by their ids; with `memory`, for the demo, that one alone. Thread-safe."""

    def __init__(self, home_root: Path, *, memory: bool) -> None:
        self._root = home_root
        self._memory = memory
        self._opening = threading.Lock()
        self._opened: dict[str, KeyringBackend] = {}

    def backend(self, backend_id: str) -> KeyringBackend | None:
        """Return the keyring of that id, None for the place that keeps nothing.

        Raises `NoKeyring` for one that cannot be used here, or that nobody knows.
        """
        if self._memory != (backend_id == MEMORY):
            raise NoKeyring(
                f"The password cannot be kept in {backend_id} "
                f"{'during' if self._memory else 'outside'} a demo."
            )
        if backend_id == ASK:
            return None
        with self._opening:
            if backend_id not in self._opened:
                self._opened[backend_id] = self._open(backend_id)
            return self._opened[backend_id]

    def encrypted_file(self) -> EncryptedFile:
        """Return the encrypted file of this home, made or not."""
        return cast("EncryptedFile", self.backend(ENCRYPTED_FILE))

    def pass_store(self) -> PassStore:
        """Return the person's `pass` store."""
        return cast("PassStore", self.backend(GPG_STORE))

    def service(self, backend_id: str) -> str:
        """Return the name to keep a secret under: two homes may share one keyring."""
        if backend_id in (ENCRYPTED_FILE, MEMORY):
            return SERVICE
        import platformdirs

        # Not the one that KASHDECK_HOME names: it may name another one tomorrow.
        usual = platformdirs.user_data_path("kashdeck").absolute()
        return SERVICE if self._root == usual else f"{SERVICE} ({self._root})"

    def _open(self, backend_id: str) -> KeyringBackend:
        if backend_id == MEMORY:
            from kfclient.store.memory import MemoryKeyring

            return MemoryKeyring()
        if backend_id == ENCRYPTED_FILE:
            from kfclient.store.encrypted_file import EncryptedFile

            return EncryptedFile(self._root / "secrets.json")
        if backend_id == GPG_STORE:
            return backends.open_pass()
        return backends.open_system(backend_id)
