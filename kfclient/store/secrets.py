"""The password and the AutoAuth key of each connection: in a keyring, and nowhere else.

The state remembers the id of the place (`BackendChoice.id`), never what is in it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kfclient.store import keyring_choice
from kfclient.store.durable_files import is_shared
from kfclient.store.errors import (
    KeyringLocked,
    KeyringTrouble,
    NoKeyring,
    PassphraseNeeded,
    PromptNeeded,
    SecretMissing,
    SecretNeeded,
    SecretsError,
)
from kfclient.store.keyring_choice import (
    ASK,
    ENCRYPTED_FILE,
    GPG_STORE,
    MEMORY,
    BackendChoice,
    answered,
    passphrase_from_file,
)
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyring.backend import KeyringBackend

    from kfclient.store.encrypted_file import EncryptedFile
    from kfclient.store.pass_store import PassStore


# The keyrings of one home, each opened when it is first needed.

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
            from kfclient.store.encrypted_file import MemoryKeyring

            return MemoryKeyring()
        if backend_id == ENCRYPTED_FILE:
            from kfclient.store.encrypted_file import EncryptedFile

            return EncryptedFile(self._root / "secrets.json")
        if backend_id == GPG_STORE:
            return keyring_choice.open_pass()
        return keyring_choice.open_system(backend_id)


_log = logging.getLogger(__name__)

LONGEST_HOURS = 24.0
"""For how long an encrypted file may stay unlocked for other sessions."""


@dataclass(frozen=True, slots=True)
class ConnectionSecret:
    """What opens one business's books, and where alone it may go; its repr shows none of it.

    `endpoint` and `username` are "" for what was kept by an older version, or has just been typed.
    """

    password: str = field(repr=False)
    autoauth_key: str = field(repr=False)
    endpoint: str = field(default="", repr=False, compare=False)
    username: str = field(default="", repr=False, compare=False)


class Secrets:
    """Keeps and fetches `ConnectionSecret`s. Safe to use from any thread; a call may take seconds.

    With `memory`, for the demo, everything ends with the process and no keyring is touched.
    Any call may raise `NoKeyring`, `KeyringTrouble`, `KeyringLocked` (the system's keyring needs
    unlocking), `PromptNeeded` (see `prompt`) or `SecretsDamaged` (the encrypted file was changed).
    """

    def __init__(self, home_root: Path, *, memory: bool = False) -> None:
        self._root = home_root
        self._memory = memory
        self._keyrings = Keyrings(home_root, memory=memory)
        self._counting = threading.Lock()
        self._lent: dict[str, ConnectionSecret] = {}
        self._at_work: Counter[str] = Counter()
        self._binding = threading.Lock()
        self._bound: set[str] = set()

    # Where secrets may be

    def choices(self) -> list[BackendChoice]:
        """Return the places that secrets may be kept in, the preferred first."""
        if self._memory:
            return [keyring_choice.memory_choice()]
        by_person = (keyring_choice.pass_choice(), keyring_choice.ask_choice())
        return [
            *keyring_choice.system_choices(),
            keyring_choice.encrypted_file_choice(),
            *(choice for choice in by_person if choice is not None),
        ]

    def default_choice(self) -> BackendChoice | None:
        """Return the first usable keyring of the system; None means that a person must choose."""
        if self._memory:
            return keyring_choice.memory_choice()
        return next((choice for choice in keyring_choice.system_choices() if choice.usable), None)

    def notice(self) -> str:
        """Return a sentence where a setting asks for a keyring that is refused, else ""."""
        return "" if self._memory else keyring_choice.environment_notice()

    # Keeping and fetching

    def save(self, business_id: str, secret: ConnectionSecret, backend_id: str) -> None:
        """Keep the secret, read it back and compare; one that is typed each time is lent.

        Raises `PassphraseNeeded` while the encrypted file is locked.
        """
        redact.add(secret.password, secret.autoauth_key)
        backend = self._ready(backend_id)
        self.take_back(business_id)
        if backend is None:
            self.lend(business_id, secret)
            return
        service = self._keyrings.service(backend_id)
        answered(lambda: backend.set_password(service, business_id, _packed(secret)))
        if answered(lambda: backend.get_password(service, business_id)) != _packed(secret):
            raise KeyringTrouble(
                "The keyring did not give back what it was given, so it cannot be relied on.",
                "Choose another place: the encrypted file works everywhere.",
            )

    def load(self, business_id: str, backend_id: str) -> ConnectionSecret:
        """Fetch the secret.

        Raises `SecretMissing`; `PassphraseNeeded` while the encrypted file is locked;
        `SecretNeeded` where it is typed each time and not lent.
        """
        missing = self._missing(backend_id)
        self._keyrings.backend(backend_id)
        if self.is_new(backend_id):
            raise missing
        backend = self._ready(backend_id)
        if backend is None:
            return self._lent_secret(business_id)
        held = self._lent.get(business_id) if backend_id == GPG_STORE else None
        if held is not None:
            return held
        service = self._keyrings.service(backend_id)
        secret = _unpacked(answered(lambda: backend.get_password(service, business_id)))
        if secret is None:
            raise missing
        redact.add(secret.password, secret.autoauth_key)
        if backend_id == GPG_STORE and self._at_work[business_id]:
            # gpg may ask for a touch of a key each time, and forget the passphrase in between.
            self._lent[business_id] = secret
        return secret

    def bind(self, business_id: str, backend_id: str, endpoint: str, username: str) -> None:
        """Keep with a secret of an older version where alone it may go from now on.

        Tried once; where the place does not take it, the secret stays as it is.
        """
        with self._binding:
            if business_id in self._bound:
                return
            self._bound.add(business_id)
            try:
                backend = self._ready(backend_id)
                if backend is None:
                    return
                service = self._keyrings.service(backend_id)
                kept = _unpacked(answered(lambda: backend.get_password(service, business_id)))
                if kept is not None and not kept.endpoint:
                    bound = _packed(replace(kept, endpoint=endpoint, username=username))
                    answered(lambda: backend.set_password(service, business_id, bound))
            except SecretsError as problem:
                _log.warning("Where a secret may go could not be kept: %s", problem.sentence)

    def forget(self, business_id: str, backend_id: str) -> None:
        """Remove the secret; needs no passphrase, and it is no trouble if there is none."""
        backend = self._keyrings.backend(backend_id)
        if backend is None:
            self.take_back(business_id)
            return
        if self.is_new(backend_id):
            return
        service = self._keyrings.service(backend_id)

        def remove() -> None:
            from keyring.errors import PasswordDeleteError

            try:
                backend.delete_password(service, business_id)
            except PasswordDeleteError:
                # Said when there is nothing to remove, and by some when the person said no.
                if backend.get_password(service, business_id) is not None:
                    raise

        answered(remove)

    def lend(self, business_id: str, secret: ConnectionSecret) -> None:
        """Hold a secret that a person has just typed, for one piece of work."""
        redact.add(secret.password, secret.autoauth_key)
        self._lent[business_id] = secret

    def take_back(self, business_id: str) -> None:
        """Forget a lent secret; it is no trouble if there is none."""
        self._lent.pop(business_id, None)

    @contextmanager
    def work(self, business_id: str) -> Iterator[None]:
        """Hold what is lent for this piece of work, and forget it when the last one has ended.

        What `pass` gives is held like that too; all other places are asked at each call.
        """
        with self._counting:
            self._at_work[business_id] += 1
        try:
            yield
        finally:
            with self._counting:
                self._at_work[business_id] -= 1
                if not self._at_work[business_id]:
                    self.take_back(business_id)

    # To a process that goes on by itself

    def hand_over(self, business_id: str, backend_id: str) -> dict[str, Any]:
        """Return, as JSON has it, what another process needs to fetch the secret as this one can.

        That is the encrypted file's key, never its passphrase, or what is lent; nothing for a
        keyring that answers whoever of this person asks. It is as secret as the secret itself: it
        goes through a pipe and nowhere else. Raises `PassphraseNeeded` while the file is locked.
        """
        if backend_id == ENCRYPTED_FILE:
            salt, locks, key = self._keyrings.encrypted_file().opened()
            return {"file": [salt, locks, key.hex()]}
        lent = self._lent.get(business_id)
        if lent is None:
            return {}
        return {"lent": [lent.password, lent.autoauth_key, lent.endpoint, lent.username]}

    def take_over(self, business_id: str, handed: dict[str, Any]) -> None:
        """Have what `hand_over` gave in another process."""
        if "file" in handed:
            salt, locks, key = handed["file"]
            self._keyrings.encrypted_file().open_with(salt, locks, bytes.fromhex(key))
        if "lent" in handed:
            self.lend(business_id, ConnectionSecret(*handed["lent"]))

    # Locking and unlocking

    def locked(self, backend_id: str) -> bool:
        """Whether a passphrase must be asked for before the place can be used: see `check_open`."""
        try:
            self.check_open(backend_id)
        except (PassphraseNeeded, PromptNeeded):
            return True
        return False

    def check_open(self, backend_id: str) -> None:
        """Raise `PassphraseNeeded` or `PromptNeeded` where a person has to open the place first.

        Where KASHDECK_PASSPHRASE_FILE names a file, it is read, and no one need be asked; raises
        `PassphraseFileRefused` or `WrongPassphrase` if that does not work.
        """
        if backend_id == ENCRYPTED_FILE and self._keyrings.encrypted_file().is_new:
            if passphrase_from_file() is None:
                raise PassphraseNeeded(
                    "The encrypted file for the password needs a passphrase, to be chosen now."
                )
            return
        self._ready(backend_id)
        if backend_id == GPG_STORE:
            store, service = self._keyrings.pass_store(), self._keyrings.service(GPG_STORE)
            if answered(lambda: store.is_locked(service)):
                raise PromptNeeded("gpg has to ask for its passphrase before pass can be used.")

    def is_new(self, backend_id: str) -> bool:
        """Whether the encrypted file has yet to be made: its passphrase is chosen, asked twice."""
        return backend_id == ENCRYPTED_FILE and self._keyrings.encrypted_file().is_new

    def can_keep(self) -> bool:
        """Whether the encrypted file can stay unlocked for other sessions of this person."""
        if self._memory:
            return False
        from kfclient.store import kernel_keyring

        return kernel_keyring.available()

    def unlock(self, backend_id: str, passphrase: str, *, keep_hours: float = 0) -> bool:
        """Open the encrypted file for this session; makes it when it is new.

        With `keep_hours`, of at most `LONGEST_HOURS`, it is open for all sessions of this person
        on this machine, and for so long; returns whether it is. Raises `WrongPassphrase`,
        `PassphraseTooShort`; `KeyringLocked` for the system's keyrings, which are unlocked by the
        system.
        """
        if backend_id != ENCRYPTED_FILE:
            raise KeyringLocked("The system's keyring is unlocked by the system, not by Kashdeck.")
        encrypted = self._keyrings.encrypted_file()
        seconds = round(min(keep_hours, LONGEST_HOURS) * 3600)
        return answered(lambda: encrypted.unlock(passphrase, seconds), seconds=60)

    def lock(self, backend_id: str) -> None:
        """Forget the passphrase's key in every session of this home; no trouble if none has it."""
        if backend_id == ENCRYPTED_FILE:
            self._keyrings.encrypted_file().lock()

    def prompt(self, backend_id: str) -> None:
        """Let a place's own program ask the person on the terminal, which must be free for it.

        Waits for the person. Raises `KeyringTrouble` where it stays closed.
        """
        if backend_id == GPG_STORE:
            self._keyrings.pass_store().prompt(self._keyrings.service(GPG_STORE))

    def keeps_history(self, backend_id: str) -> bool:
        """Whether the place keeps what is removed from it, encrypted as it was: `pass` with git."""
        return backend_id == GPG_STORE and self._keyrings.pass_store().keeps_history

    # Inside

    def _lent_secret(self, business_id: str) -> ConnectionSecret:
        secret = self._lent.get(business_id)
        if secret is None:
            raise SecretNeeded(
                "The password is kept nowhere, and has to be typed for this.", business=business_id
            )
        return secret

    def _ready(self, backend_id: str) -> KeyringBackend | None:
        """Return the backend, the encrypted file unlocked; None for one that keeps nothing."""
        backend = self._keyrings.backend(backend_id)
        if backend_id == ENCRYPTED_FILE and self._keyrings.encrypted_file().is_locked:
            passphrase = passphrase_from_file()
            if passphrase is None:
                raise PassphraseNeeded("The encrypted file with the passwords is locked.")
            self.unlock(backend_id, passphrase)
        return backend

    def _missing(self, backend_id: str) -> SecretMissing:
        """Return what to say where a place has no secret; a keyring has only its owner's."""
        if backend_id != ENCRYPTED_FILE and self._root.exists() and is_shared(self._root):
            return SecretMissing(
                "The password is in the keyring of whoever connected the business, and yours does "
                "not have it.",
                "Ask them to keep it where all who share the home can use it (kashdeck keyring "
                "NAME encrypted-file), or reconnect the business yourself: an Admin can.",
            )
        return SecretMissing("The password and the AutoAuth key are not in the keyring.")


def _packed(secret: ConnectionSecret) -> str:
    # One line: some keyrings keep only the first.
    parts = {"password": secret.password, "autoauth_key": secret.autoauth_key}
    if secret.endpoint:
        parts |= {"endpoint": secret.endpoint, "username": secret.username}
    return json.dumps(parts)


def _unpacked(text: str | None) -> ConnectionSecret | None:
    """Return the secret that the text holds, None for anything that we did not write."""
    try:
        parts = json.loads(text or "null")
        return ConnectionSecret(
            str(parts["password"]),
            str(parts["autoauth_key"]),
            str(parts.get("endpoint", "")),
            str(parts.get("username", "")),
        )
    except (ValueError, TypeError, KeyError):
        return None
