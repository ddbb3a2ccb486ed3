"""Secrets in a file of our own, encrypted with a passphrase: for machines without a keyring.

    {"format": 1,
     "kdf": {"name": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": "..."},
     "check": {"nonce": "...", "box": "..."},
     "entries": [{"service": "kashdeck", "username": "acme", "nonce": "...", "box": "..."}]}

A box is AES-256-GCM of a text, bound to its service and username, so that no box can be swapped for
another. `check` holds no secret; it tells a wrong passphrase from a right one. `locks`, where it is
there, counts how often the file was locked: a key of before is not used any more. `MemoryKeyring`,
for the demo, keeps secrets in this process alone.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import threading
import unicodedata
from typing import TYPE_CHECKING, Any

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from kfclient.store import kernel_keyring
from kfclient.store.durable_files import read_file, replace_file
from kfclient.store.errors import (
    KeyringTrouble,
    PassphraseNeeded,
    PassphraseTooShort,
    SecretsDamaged,
    StoreError,
    WrongPassphrase,
)
from kfclient.store.filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Boxes: texts encrypted with a key that is derived from a passphrase.
#
# A box is AES-256-GCM of a text, bound to what it is for, so that no box can stand in for another.


def derive(passphrase: str, kdf: dict[str, Any]) -> bytes:
    """Return the key that scrypt makes of the passphrase, with the salt and costs of `kdf`."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    scrypt = Scrypt(salt=_bytes(kdf["salt"]), length=32, n=kdf["n"], r=kdf["r"], p=kdf["p"])
    # The same keys typed on another system may come in another Unicode form.
    return scrypt.derive(unicodedata.normalize("NFC", passphrase).encode())


def make_box(key: bytes, text: str, bound_to: tuple[str, ...]) -> dict[str, str]:
    """Return the text as a box: its nonce and the box itself, in base64."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    box = AESGCM(key).encrypt(nonce, text.encode(), json.dumps(bound_to).encode())
    return {"nonce": as_text(nonce), "box": as_text(box)}


def open_box(key: bytes, box: dict[str, str], bound_to: tuple[str, ...]) -> str:
    """Return what is in the box; raises `SecretsDamaged` where the key or the box is not right."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        bound = json.dumps(bound_to).encode()
        return AESGCM(key).decrypt(_bytes(box["nonce"]), _bytes(box["box"]), bound).decode()
    except (InvalidTag, ValueError):
        raise SecretsDamaged(
            "An entry of the encrypted file was changed since Kashdeck wrote it."
        ) from None


def as_text(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


FORMAT = 1

SHORTEST = 8
"""Characters a new passphrase has at least."""

COST = 2**17
"""scrypt's n for a new file: 128 MiB and about a third of a second, as OWASP advises (2024)."""

_COSTS = {2**power for power in range(14, 21)}
_CHECK = ("kashdeck", "", "check")
_LOCK_SECONDS = 10.0


class EncryptedFile(KeyringBackend):
    """A keyring in one file. The derived key stays in memory, the passphrase does not.

    Or the key waits in the kernel's keyring, for a time and for all sessions of this person: then
    it is taken from there each time, so that the time limit and `lock` hold for every one of them.

    Raises `PassphraseNeeded` while locked, `SecretsDamaged`, `KeyringTrouble` where the file cannot
    be read or written.
    """

    # Never keyring's own choice: it takes the highest of those above zero.
    priority = 0.0

    def __init__(self, path: Path, *, cost: int = COST) -> None:
        # Not the parent's: it takes attributes from KEYRING_PROPERTY_* of the environment.
        self._path = path
        self._cost = cost
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._unlocking = threading.Lock()
        # Salt and locks say which file the key is for: it may have been made anew or locked since.
        self._opened: tuple[str, int, bytes] | None = None

    def __repr__(self) -> str:
        return f"EncryptedFile({str(self._path)!r})"

    @property
    def is_new(self) -> bool:
        """Whether there is no file yet, so that the passphrase is chosen, not asked."""
        return self._data() is None

    @property
    def is_locked(self) -> bool:
        """Whether the passphrase has not been given yet for the file as it is now."""
        content = self._read()
        return content is None or self._key_of(content) is None

    def unlock(self, passphrase: str, keep_seconds: int = 0) -> bool:
        """Derive the key; makes the file when there is none.

        With `keep_seconds` the key waits so long in the kernel's keyring, and not here; returns
        whether it does. Raises `WrongPassphrase`, `PassphraseTooShort` (a new one of fewer than
        eight characters).
        """
        with self._unlocking:
            content = self._read()
            if content is None:
                content, key = self._create(passphrase)
            else:
                key = derive(passphrase, content["kdf"])
                if not _fits(key, content):
                    raise WrongPassphrase(
                        f"That passphrase does not open {self._path.name}. Nothing was changed."
                    )
            salt, locks = _making_of(content)
            waits = keep_seconds > 0 and kernel_keyring.keep(self._kept_as, key, keep_seconds)
            self._opened = None if waits else (salt, locks, key)
            return waits

    def opened(self) -> tuple[str, int, bytes]:
        """Return what opens the file as it is now, for another process of this person.

        That is its making and the derived key, which is as secret as the passphrase. Raises
        `PassphraseNeeded` while locked.
        """
        content = self._existing()
        return (*_making_of(content), self._needed_key(content))

    def open_with(self, salt: str, locks: int, key: bytes) -> None:
        """Be open with what `opened` gave; it counts for as long as the file is not locked."""
        self._opened = (salt, locks, key)

    def lock(self) -> None:
        """Forget the key, here, in the kernel's keyring, and in every session that has the file."""
        self._opened = None
        kernel_keyring.forget(self._kept_as)
        if not self.is_new:
            with self._changing() as content:
                content["locks"] = _making_of(content)[1] + 1

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret, None where there is none."""
        content = self._existing()
        key = self._needed_key(content)
        for entry in content["entries"]:
            if (entry["service"], entry["username"]) == (service, username):
                return open_box(key, entry, ("entry", service, username))
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the secret, in the place of an older one."""
        with self._changing() as content:
            box = make_box(self._needed_key(content), password, ("entry", service, username))
            content["entries"] = [
                *_others(content, service, username),
                {"service": service, "username": username, **box},
            ]

    def delete_password(self, service: str, username: str) -> None:
        """Forget the secret, also while locked; raises PasswordDeleteError where there is none."""
        with self._changing() as content:
            others = _others(content, service, username)
            if len(others) == len(content["entries"]):
                raise PasswordDeleteError("nothing is kept")
            content["entries"] = others

    @property
    def _kept_as(self) -> str:
        """What the key is called in the kernel's keyring: each file has a name of its own."""
        path = os.fsencode(self._path.resolve())
        return f"kashdeck:{hashlib.sha256(path).hexdigest()[:32]}"

    def _key_of(self, content: dict[str, Any]) -> bytes | None:
        opened = self._opened
        if opened is not None and opened[:2] == _making_of(content):
            return opened[2]
        key = kernel_keyring.find(self._kept_as)
        return key if key is not None and _fits(key, content) else None

    def _needed_key(self, content: dict[str, Any]) -> bytes:
        key = self._key_of(content)
        if key is None:
            raise PassphraseNeeded(f"{self._path.name} is locked.")
        return key

    def _create(self, passphrase: str) -> tuple[dict[str, Any], bytes]:
        if len(passphrase) < SHORTEST:
            raise PassphraseTooShort(
                f"A passphrase has at least {SHORTEST} characters; that one has {len(passphrase)}."
            )
        kdf = {"name": "scrypt", "n": self._cost, "r": 8, "p": 1, "salt": as_text(os.urandom(16))}
        key = derive(passphrase, kdf)
        check = make_box(key, "", _CHECK)
        with self._alone():
            if not self.is_new:
                raise WrongPassphrase(
                    f"Another Kashdeck has just made {self._path.name}.",
                    "Type the passphrase that was chosen there.",
                )
            content = {"format": FORMAT, "kdf": kdf, "check": check, "entries": []}
            self._write(content)
        return content, key

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        with self._alone():
            content = self._existing()
            yield content
            self._write(content)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            held = self._lock.acquire(_LOCK_SECONDS)
        except StoreError as problem:
            raise KeyringTrouble(problem.sentence, problem.cure) from None
        if not held:
            raise KeyringTrouble(f"{self._path.name} is in use by process {self._lock.holder()}.")
        try:
            yield
        finally:
            self._lock.release()

    def _write(self, content: dict[str, Any]) -> None:
        try:
            replace_file(self._path, json.dumps(content, indent=1).encode())
        except OSError as error:
            raise KeyringTrouble(
                f"{self._path} could not be written: {error.strerror}. It is as it was before.",
                "Make room or allow writing there, then try again.",
            ) from None

    def _existing(self) -> dict[str, Any]:
        content = self._read()
        if content is None:
            raise PassphraseNeeded(f"{self._path.name} is not there any more.")
        return content

    def _read(self) -> dict[str, Any] | None:
        data = self._data()
        return None if data is None else _checked(self._path, data)

    def _data(self) -> bytes | None:
        try:
            return read_file(self._path)
        except StoreError as problem:
            raise KeyringTrouble(problem.sentence, problem.cure) from None


def _checked(path: Path, data: bytes) -> dict[str, Any]:
    """Return the file's content if it has the shape we write."""
    try:
        content: dict[str, Any] = json.loads(data)
        if content["format"] > FORMAT:
            raise SecretsDamaged(
                f"{path} was written by a newer Kashdeck than this one.",
                "Install the newest Kashdeck on this machine and start it again.",
            )
        kdf = content["kdf"]
        # Bounded, so that a changed file cannot take the machine's memory.
        sound = kdf["name"] == "scrypt" and kdf["n"] in _COSTS and (kdf["r"], kdf["p"]) == (8, 1)
        boxes = [content["check"], *content["entries"]]
        names = [entry[name] for entry in content["entries"] for name in ("service", "username")]
        texts = [kdf["salt"], *(box[part] for box in boxes for part in ("nonce", "box")), *names]
        sound = sound and all(isinstance(text, str) for text in texts)
        sound = sound and isinstance(content.get("locks", 0), int)
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise SecretsDamaged(f"{path} is not as Kashdeck writes it.") from None
    return content


def _making_of(content: dict[str, Any]) -> tuple[str, int]:
    """Return what changes when the file is made anew (its salt) or locked (how often)."""
    return content["kdf"]["salt"], content.get("locks", 0)


def _fits(key: bytes, content: dict[str, Any]) -> bool:
    try:
        open_box(key, content["check"], _CHECK)
    except SecretsDamaged:
        return False
    return True


def _others(content: dict[str, Any], service: str, username: str) -> list[dict[str, str]]:
    return [
        entry
        for entry in content["entries"]
        if (entry["service"], entry["username"]) != (service, username)
    ]


# Secrets that end with the process: for the demo, whose credentials are no secret to anyone.


class MemoryKeyring(KeyringBackend):
    """A keyring that keeps everything in memory and nothing anywhere else."""

    # Never keyring's own choice: it takes the highest of those above zero.
    priority = 0.0

    def __init__(self) -> None:
        # Not the parent's: it takes attributes from KEYRING_PROPERTY_* of the environment.
        self._held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept, None where nothing is."""
        return self._held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it until the process ends."""
        self._held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it; raises PasswordDeleteError where nothing is kept."""
        if self._held.pop((service, username), None) is None:
            raise PasswordDeleteError("nothing is kept")
