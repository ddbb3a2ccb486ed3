"""The password and the AutoAuth key of each connection: in a keyring, and nowhere else.

The state remembers the id of the place (`BackendChoice.id`), never what is in it.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kfclient.store import backends
from kfclient.store.backends import ENCRYPTED_FILE, MEMORY, BackendChoice
from kfclient.store.errors import (
    KeyringLocked,
    KeyringTrouble,
    NoKeyring,
    PassphraseFileRefused,
    PassphraseNeeded,
    SecretMissing,
)
from kfclient.store.places import default_root
from kfclient.store.redaction import redact
from kfclient.store.watchdog import answered

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from kfclient.store.encrypted_file import EncryptedFile

SERVICE = "kashdeck"


@dataclass(frozen=True, slots=True)
class ConnectionSecret:
    """What opens one business's books; its repr shows neither."""

    password: str = field(repr=False)
    autoauth_key: str = field(repr=False)


class Secrets:
    """Keeps and fetches `ConnectionSecret`s. Safe to use from any thread; a call may take seconds.

    With `memory`, for the demo, everything ends with the process and no keyring is touched.
    Any call may raise `NoKeyring`, `KeyringTrouble`, `KeyringLocked` (the system's keyring needs
    unlocking) or `SecretsDamaged` (the encrypted file was changed).
    """

    def __init__(self, home_root: Path, *, memory: bool = False) -> None:
        self._root = home_root
        self._memory = memory
        self._opening = threading.Lock()
        self._opened: dict[str, KeyringBackend] = {}
        self._encrypted: EncryptedFile | None = None

    def choices(self) -> list[BackendChoice]:
        """Return the places that secrets may be kept in, the preferred first."""
        if self._memory:
            return [backends.memory_choice()]
        return [*backends.system_choices(), backends.encrypted_file_choice()]

    def default_choice(self) -> BackendChoice | None:
        """Return the first usable keyring of the system; None means that a person must choose."""
        if self._memory:
            return backends.memory_choice()
        return next((choice for choice in backends.system_choices() if choice.usable), None)

    def notice(self) -> str:
        """Return a sentence where the environment asks for a keyring that is refused, else ""."""
        return "" if self._memory else backends.environment_notice()

    def save(self, business_id: str, secret: ConnectionSecret, backend_id: str) -> None:
        """Keep the secret, read it back and compare.

        Raises `PassphraseNeeded` while the encrypted file is locked.
        """
        redact.add(secret.password, secret.autoauth_key)
        backend = self._ready(backend_id)
        service = self._service(backend_id)
        answered(lambda: backend.set_password(service, business_id, _packed(secret)))
        if answered(lambda: backend.get_password(service, business_id)) != _packed(secret):
            raise KeyringTrouble(
                "The keyring did not give back what it was given, so it cannot be relied on.",
                "Choose another place: the encrypted file works everywhere.",
            )

    def load(self, business_id: str, backend_id: str) -> ConnectionSecret:
        """Fetch the secret.

        Raises `SecretMissing`; `PassphraseNeeded` while the encrypted file is locked.
        """
        missing = SecretMissing("The password and the AutoAuth key are not in the keyring.")
        self._backend(backend_id)
        if self.is_new(backend_id):
            raise missing
        backend = self._ready(backend_id)
        service = self._service(backend_id)
        secret = _unpacked(answered(lambda: backend.get_password(service, business_id)))
        if secret is None:
            raise missing
        redact.add(secret.password, secret.autoauth_key)
        return secret

    def forget(self, business_id: str, backend_id: str) -> None:
        """Remove the secret; needs no passphrase, and it is no trouble if there is none."""
        backend = self._backend(backend_id)
        if self.is_new(backend_id):
            return
        service = self._service(backend_id)

        def remove() -> None:
            from keyring.errors import PasswordDeleteError

            try:
                backend.delete_password(service, business_id)
            except PasswordDeleteError:
                # Said when there is nothing to remove, and by some when the person said no.
                if backend.get_password(service, business_id) is not None:
                    raise

        answered(remove)

    def locked(self, backend_id: str) -> bool:
        """Whether a passphrase must be asked for before the encrypted file can be used.

        Where KASHDECK_PASSPHRASE_FILE names a file, it is read, and no one need be asked; raises
        `PassphraseFileRefused` or `WrongPassphrase` if that does not work.
        """
        if backend_id != ENCRYPTED_FILE:
            return False
        if self._file().is_new:
            return _passphrase_from_file() is None
        try:
            self._ready(backend_id)
        except PassphraseNeeded:
            return True
        return False

    def is_new(self, backend_id: str) -> bool:
        """Whether the encrypted file has yet to be made: its passphrase is chosen, asked twice."""
        return backend_id == ENCRYPTED_FILE and self._file().is_new

    def unlock(self, backend_id: str, passphrase: str) -> None:
        """Open the encrypted file for this session; makes it when it is new.

        Raises `WrongPassphrase`, `PassphraseTooShort`; `KeyringLocked` for the system's keyrings,
        which are unlocked by the system.
        """
        if backend_id != ENCRYPTED_FILE:
            raise KeyringLocked("The system's keyring is unlocked by the system, not by Kashdeck.")
        encrypted = self._file()
        answered(lambda: encrypted.unlock(passphrase), seconds=60)

    def _ready(self, backend_id: str) -> KeyringBackend:
        """Return the backend, the encrypted file unlocked."""
        backend = self._backend(backend_id)
        if backend_id == ENCRYPTED_FILE and self._file().is_locked:
            passphrase = _passphrase_from_file()
            if passphrase is None:
                raise PassphraseNeeded("The encrypted file with the passwords is locked.")
            self.unlock(backend_id, passphrase)
        return backend

    def _backend(self, backend_id: str) -> KeyringBackend:
        if self._memory != (backend_id == MEMORY):
            raise NoKeyring(
                f"The password cannot be kept in {backend_id} "
                f"{'during' if self._memory else 'outside'} a demo."
            )
        if backend_id == ENCRYPTED_FILE:
            return self._file()
        with self._opening:
            if backend_id not in self._opened:
                self._opened[backend_id] = (
                    _new_memory() if self._memory else backends.open_system(backend_id)
                )
            return self._opened[backend_id]

    def _file(self) -> EncryptedFile:
        with self._opening:
            if self._encrypted is None:
                from kfclient.store.encrypted_file import EncryptedFile

                self._encrypted = EncryptedFile(self._root / "secrets.json")
            return self._encrypted

    def _service(self, backend_id: str) -> str:
        """Return the name to keep a secret under: two homes may share one system's keyring."""
        if backend_id in (ENCRYPTED_FILE, MEMORY) or self._root == default_root():
            return SERVICE
        return f"{SERVICE} ({self._root})"


def _new_memory() -> KeyringBackend:
    from kfclient.store.memory import MemoryKeyring

    return MemoryKeyring()


def _packed(secret: ConnectionSecret) -> str:
    # One line: some keyrings keep only the first.
    return json.dumps({"password": secret.password, "autoauth_key": secret.autoauth_key})


def _unpacked(text: str | None) -> ConnectionSecret | None:
    """Return the secret that the text holds, None for anything that we did not write."""
    try:
        parts = json.loads(text or "null")
        return ConnectionSecret(str(parts["password"]), str(parts["autoauth_key"]))
    except (ValueError, TypeError, KeyError):
        return None


def _passphrase_from_file() -> str | None:
    """Return the passphrase of the file KASHDECK_PASSPHRASE_FILE names, None where it names none.

    One line end at the end is not part of it. Raises `PassphraseFileRefused`.
    """
    named = os.environ.get("KASHDECK_PASSPHRASE_FILE", "")
    if not named:
        return None
    path = Path(named).expanduser()
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise PassphraseFileRefused(
                f"{path} can be read by others, so the passphrase in it was not used.",
                f"Close it to others (chmod 600 {path}), then try again.",
            )
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise PassphraseFileRefused(
            f"{path}, which KASHDECK_PASSPHRASE_FILE names, could not be read: {reason}.",
            "Check the name, or unset KASHDECK_PASSPHRASE_FILE to be asked instead.",
        ) from None
    passphrase = text.removesuffix("\n").removesuffix("\r")
    if not passphrase:
        raise PassphraseFileRefused(f"{path}, which KASHDECK_PASSPHRASE_FILE names, is empty.", "")
    return passphrase
