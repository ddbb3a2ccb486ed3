"""What can go wrong when remembering.

StoreError                       the files under the home folder
├── StateBusy                    another Kashdeck held the lock for too long
├── StateDamaged                 a file cannot be understood; a copy of it was kept beside it
├── StateNewer                   a file was written by a newer Kashdeck
├── StateUnreadable              a file is there and may not be read
│   └── StateDisplaced           something that is no file stands where one should
├── StateUnwritable              full disk, read-only disk, no permission
├── HomeOpen                     others may put files into the home, and it is not shared
├── BackupRefused                a backup that cannot be made like this, or restored
└── SharingRefused               the home cannot be shared, or kept to oneself again, like this
SecretsError                     the password and the AutoAuth key
├── NoKeyring                    no keyring of that name can be used here
├── KeyringLocked                the system's keyring is locked
│   └── PromptNeeded             its program has to ask the person on the terminal first
├── KeyringTrouble               the keyring did not do what it was asked, or did not answer
├── SecretMissing                the keyring holds nothing for this connection
├── SecretElsewhere              the secret is kept for another address than it would go to
├── SecretsDamaged               the encrypted file was changed or broken
├── SecretNeeded                 the password is typed each time: ask for it now
├── PassphraseNeeded             the encrypted file is locked: ask once a session
├── PassphraseTooShort           a new passphrase has fewer than eight characters
├── PassphraseFileRefused        the file that KASHDECK_PASSPHRASE_FILE names cannot be used
└── WrongPassphrase              that passphrase does not open the encrypted file
"""

from __future__ import annotations

import shlex

from kfclient.errors import Problem

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from pathlib import Path
    from typing import ClassVar


class StoreError(Problem):
    """What Kashdeck keeps on this machine could not be read or written."""

    code = "store"


class StateBusy(StoreError):
    """Another Kashdeck held the lock for too long; nothing was changed."""

    code = "state-busy"
    default_cure = "Try again in a moment."


class StateDamaged(StoreError):
    """A file cannot be understood; it was left as it is, with a copy beside it."""

    code = "state-damaged"


def record_misfits(what: str) -> StateDamaged:
    """Say that something that is kept is not as Kashdeck writes it, though its file is sound."""
    return StateDamaged(
        f"{what} is not as Kashdeck writes it, though the file is sound.",
        "See which: kashdeck doctor\nSet it aside, with a copy kept: kashdeck restore --sound",
    )


class StateNewer(StoreError):
    """A file was written by a newer Kashdeck; nothing was changed."""

    code = "state-newer"
    default_cure = "Install the newest Kashdeck on this machine and start it again."


class StateUnreadable(StoreError):
    """A file is there, and this person or this machine may not read it."""

    code = "state-unreadable"
    default_cure = "Check who owns the folder, or set KASHDECK_HOME to another one."


class StateDisplaced(StateUnreadable):
    """Something that is no file stands where one should: a link, a pipe, a folder."""


class HomeOpen(StoreError):
    """Others may put files into the home, though it is not shared with them; nothing was read."""

    code = "home-open"

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"Others of this machine may put files into {root}, so nothing in it was trusted.",
            f"Close it: chmod 700 {shlex.quote(str(root))}\n"
            "To use it with a group, then: kashdeck share GROUP\n"
            "Where the disk keeps no modes, have KASHDECK_HOME name a folder on another one.",
        )


class StateUnwritable(StoreError):
    """Nothing could be written; what was stored before is untouched."""

    code = "state-unwritable"
    default_cure = "Make room or allow writing there, then try again."


class BackupRefused(StoreError):
    """A backup cannot be made like this, or a file is none that can be restored."""

    code = "backup-refused"
    default_cure = "Name a file that kashdeck backup has made, in full and unchanged."


class SharingRefused(StoreError):
    """The home cannot be shared, or kept to oneself again, like this; nothing was changed."""

    code = "sharing-refused"


class SecretsError(Problem):
    """The password and the AutoAuth key could not be kept or fetched."""

    code = "secrets"


class NoKeyring(SecretsError):
    """No keyring of that name can be used in this session."""

    code = "no-keyring"
    default_cure = "Choose where to keep the password: the encrypted file works everywhere."


class KeyringLocked(SecretsError):
    """The system's keyring is locked."""

    code = "keyring-locked"
    default_cure = "Unlock the system's keyring, then try again."


class PromptNeeded(KeyringLocked):
    """The program that keeps the secrets has to ask the person for its own passphrase first.

    It does so on the terminal, which it needs to itself; `backend` is the id of the place.
    """

    code = "prompt-needed"
    backend: ClassVar[str] = "pass"
    default_cure = "Open it once on this machine's terminal, then try again."


class KeyringTrouble(SecretsError):
    """The keyring did not do what it was asked, or did not answer in time."""

    code = "keyring-trouble"
    default_cure = "Try again, or reconnect and choose the encrypted file instead."


class SecretMissing(SecretsError):
    """The keyring holds nothing for this connection."""

    code = "secret-missing"
    default_cure = "Reconnect the business: its password and AutoAuth key are asked for again."


class SecretElsewhere(SecretsError):
    """The secret is kept for another address or username than the connection names; not sent."""

    code = "secret-elsewhere"
    default_cure = (
        "Reconnect the business to the address that is right: kashdeck reconnect NAME --endpoint "
        "ADDRESS\nIf nobody of you has changed the address, somebody may be after the password."
    )


class SecretNeeded(SecretsError):
    """The password is kept nowhere: it is typed each time, now.

    `business` is the business's id; `with_key` says that the AutoAuth key is needed too.
    """

    code = "secret-needed"
    backend: ClassVar[str] = "ask"
    default_cure = "Type it on a terminal, or give it on standard input with --secrets-stdin."

    def __init__(
        self, sentence: str, cure: str | None = None, *, business: str, with_key: bool = False
    ) -> None:
        super().__init__(sentence, cure)
        self.business = business
        self.with_key = with_key


class SecretsDamaged(SecretsError):
    """The encrypted file was changed or broken; it was left as it is."""

    code = "secrets-damaged"
    default_cure = "Restore secrets.json from a backup, or move it away and reconnect."


class PassphraseNeeded(SecretsError):
    """The encrypted file is locked: its passphrase is asked for once a session.

    `backend` is the id of the place to unlock, which is the encrypted file alone.
    """

    code = "passphrase-needed"
    backend: ClassVar[str] = "encrypted-file"
    default_cure = "Type the passphrase, or name a file with it in KASHDECK_PASSPHRASE_FILE."


class PassphraseTooShort(SecretsError):
    """A new passphrase is too short; no file was made."""

    code = "passphrase-too-short"
    default_cure = "Choose one of eight characters or more; four or five plain words are good."


class PassphraseFileRefused(SecretsError):
    """The file that KASHDECK_PASSPHRASE_FILE names cannot be used."""

    code = "passphrase-file"


class WrongPassphrase(SecretsError):
    """That passphrase does not open the encrypted file."""

    code = "wrong-passphrase"
    default_cure = (
        "Type it again. There is no way round a lost one: move secrets.json away and reconnect."
    )
