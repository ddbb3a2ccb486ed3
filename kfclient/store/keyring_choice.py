"""Which keyrings may hold a secret: a list of our own, in order, and nothing else.

keyring's own choice is never used. It takes whatever is installed: `keyrings.alt` brings plain
text, `keyrings.efile` a file without a password, and the null backend forgets what it is given.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from kfclient.store.errors import (
    KeyringLocked,
    KeyringTrouble,
    NoKeyring,
    PassphraseFileRefused,
    SecretsError,
)
from kfclient.store.paths import expanded
from kfclient.store.redaction import redact
from kfclient.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keyring.backend import KeyringBackend


# Asking a keyring: it may take long, ask its own questions, or fail in any way it likes.

T = TypeVar("T")

_LONGEST = 1 << 16
"""Bytes of a passphrase's file that are read."""

PATIENCE = 10.0
"""Seconds a keyring has for an answer."""


def answered(call: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return what `call` returns, run in a thread of its own.

    Raises `KeyringTrouble` when it takes longer (the thread is left behind) or fails in an unknown
    way, `KeyringLocked`, or the `SecretsError` it raised. No traceback of the keyring's own is
    passed on: its frames hold the secret.
    """

    def ask() -> T:
        try:
            return call()
        except BaseException as error:  # noqa: BLE001 - backends raise anything, exits included
            problem = _in_our_words(error)
        raise problem

    asked = in_thread(ask, "keyring")
    if not concurrent.futures.wait([asked], timeout=seconds).done:
        raise KeyringTrouble(
            f"The keyring did not answer within {seconds:.0f} seconds. "
            "It may be waiting for an answer on another screen."
        )
    return asked.result()


def _in_our_words(error: BaseException) -> SecretsError:
    if isinstance(error, SecretsError):
        return type(error)(error.sentence, error.cure)
    name, said = type(error).__name__, redact.clean(str(error)).strip()
    if name == "KeyringLocked":
        return KeyringLocked("The system's keyring is locked, so the password cannot be fetched.")
    return KeyringTrouble(f"The keyring failed: {name}{': ' if said else ''}{said}")


ENCRYPTED_FILE = "encrypted-file"
GPG_STORE = "pass"
ASK = "ask"
MEMORY = "memory"

OF_A_LOGIN = frozenset({"secret-service", "libsecret", "kwallet"})
"""Keyrings that a login session brings along, and that may go when the person logs out."""


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """One place where a password and an AutoAuth key can be kept.

    `id` is what the state remembers. `why_not` is a sentence where it is not `usable`, `about` one
    on what the place means. One that `needs_passphrase` is unlocked by us, one that `prompts` by
    its own program, which needs the terminal to itself; `typed` keeps nothing at all.
    """

    id: str
    title: str
    usable: bool
    why_not: str = ""
    about: str = ""
    needs_passphrase: bool = False
    prompts: bool = False
    typed: bool = False


@dataclass(frozen=True, slots=True)
class _System:
    """A keyring that belongs to the operating system or the desktop."""

    id: str
    title: str
    platform: str
    module: str
    name: str
    why_not: str

    def choice(self) -> BackendChoice:
        """Ask whether it can be used in this session."""
        try:
            answered(self._probe)
        except SecretsError:
            return BackendChoice(self.id, self.title, usable=False, why_not=self.why_not)
        return BackendChoice(self.id, self.title, usable=True)

    def open(self) -> KeyringBackend:
        """Return the backend itself."""
        return cast("KeyringBackend", getattr(importlib.import_module(self.module), self.name)())

    def _probe(self) -> float:
        # The priority raises, in any way it likes, where the backend cannot work.
        return float(getattr(importlib.import_module(self.module), self.name).priority)


_SYSTEMS: tuple[_System, ...] = (
    _System(
        "secret-service",
        "Secret Service (GNOME Keyring, KeePassXC)",
        "linux",
        "keyring.backends.SecretService",
        "Keyring",
        "No Secret Service answers in this session, as is usual over SSH.",
    ),
    _System(
        "libsecret",
        "Secret Service through libsecret",
        "linux",
        "keyring.backends.libsecret",
        "Keyring",
        "libsecret is not installed, or answers nothing in this session.",
    ),
    _System(
        "kwallet",
        "KDE Wallet",
        "linux",
        "keyring.backends.kwallet",
        "DBusKeyring",
        "KDE Wallet is not installed, or does not run in this session.",
    ),
    _System(
        "macos",
        "macOS Keychain",
        "darwin",
        "keyring.backends.macOS",
        "Keyring",
        "The keychain cannot be used in this session.",
    ),
    _System(
        "windows",
        "Windows Credential Manager",
        "win32",
        "keyring.backends.Windows",
        "WinVaultKeyring",
        "The credential manager cannot be used in this session.",
    ),
)

_REFUSED = {
    "keyring.backends.null": "it forgets what it is given",
    "keyring.backends.fail": "it keeps nothing",
    "keyring.backends.chainer": "it reads and writes wherever it can, plain text included",
    "keyrings.alt": "it keeps passwords in plain text, or nearly so",
    "keyrings.efile": "it needs no password to be read",
}


def system_choices() -> Iterator[BackendChoice]:
    """Ask the system's keyrings of this platform, one after the other, in order of preference."""
    return (system.choice() for system in _SYSTEMS if system.platform == sys.platform)


def encrypted_file_choice() -> BackendChoice:
    """Return the choice that works everywhere."""
    return BackendChoice(
        ENCRYPTED_FILE,
        "Encrypted file, opened with a passphrase once a session",
        usable=True,
        about="You choose a passphrase now; Kashdeck asks for it once each time it is started. "
        "Without it nobody can read the file: if it is lost, reconnect the business.",
        needs_passphrase=True,
    )


def pass_choice() -> BackendChoice | None:
    """Return the choice of `pass`, which is a person's alone; None where it is not installed."""
    if shutil.which("pass") is None:
        return None
    from kfclient.store.pass_store import why_not

    reason = why_not()
    return BackendChoice(
        GPG_STORE,
        "pass, the standard Unix password manager",
        usable=not reason,
        why_not=reason,
        about="Kept in your own password store, encrypted with its GPG key. gpg asks for the "
        "key's passphrase on this terminal when it has to.",
        prompts=True,
    )


def ask_choice() -> BackendChoice:
    """Return the choice to keep nothing."""
    return BackendChoice(
        ASK,
        "Nowhere: type the password each time",
        usable=True,
        about="Nothing is kept. Kashdeck asks for the password before each sync and each "
        "publishing, and forgets it right after.",
        typed=True,
    )


def memory_choice() -> BackendChoice:
    """Return the demo's choice."""
    return BackendChoice(MEMORY, "Memory, until this demo ends", usable=True)


def open_system(backend_id: str) -> KeyringBackend:
    """Return the system's keyring of that id; raises `NoKeyring` for anything not on the list."""
    for system in _SYSTEMS:
        if system.id == backend_id:
            if system.platform != sys.platform:
                raise NoKeyring(f"The password is kept in {system.title}, which is not here.")
            choice = system.choice()
            if not choice.usable:
                raise NoKeyring(
                    f"The password is kept in {system.title}. {choice.why_not}",
                    "Start Kashdeck where that keyring is, or reconnect and choose another place.",
                )
            return system.open()
    raise NoKeyring(f"Kashdeck keeps no passwords in {backend_id}{_because(backend_id)}.")


def open_pass() -> KeyringBackend:
    """Return the person's `pass` store; raises `NoKeyring` where it cannot be used."""
    from kfclient.store.pass_store import PassStore, why_not

    reason = why_not()
    if reason:
        raise NoKeyring(f"The password is kept in pass. {reason}")
    return PassStore()


def environment_notice() -> str:
    """Return a sentence where a setting of keyring's own asks for one that is not used, else "".

    keyring takes such requests from PYTHON_KEYRING_BACKEND and from its keyringrc.cfg.
    """
    for where, asked in _requests():
        if asked and not any(f"{system.module}.{system.name}" == asked for system in _SYSTEMS):
            return f"{where} asks for {asked}; Kashdeck does not use it{_because(asked)}."
    return ""


def _requests() -> Iterator[tuple[str, str]]:
    yield "PYTHON_KEYRING_BACKEND", os.environ.get("PYTHON_KEYRING_BACKEND", "")
    import configparser

    from keyring.util.platform_ import config_root

    path = Path(config_root()) / "keyringrc.cfg"
    settings = configparser.RawConfigParser()
    with contextlib.suppress(OSError, configparser.Error, UnicodeDecodeError):
        settings.read(path, encoding="utf-8")
    yield str(path), settings.get("backend", "default-keyring", fallback="").strip()


def _because(name: str) -> str:
    for refused, reason in _REFUSED.items():
        if name == refused or name.startswith(refused + "."):
            return f": {reason}"
    return ": it is not one that Kashdeck trusts"


# The passphrase of the encrypted file for scripts: KASHDECK_PASSPHRASE_FILE names its file.


def passphrase_from_file() -> str | None:
    """Return the passphrase of the file KASHDECK_PASSPHRASE_FILE names, None where it names none.

    One line end at the end is not part of it. Raises `PassphraseFileRefused`.
    """
    named = os.environ.get("KASHDECK_PASSPHRASE_FILE", "")
    if not named:
        return None
    path = expanded(named)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise PassphraseFileRefused(
                f"{path} can be read by others, so the passphrase in it was not used.",
                f"Close it to others (chmod 600 {path}), then try again.",
            )
        with path.open("rb") as file:  # a pipe will do
            text = file.read(_LONGEST).decode("utf-8")
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
