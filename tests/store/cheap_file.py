"""An encrypted file that opens fast, for tests that are about something else."""

from __future__ import annotations

from pathlib import Path

from kfclient.store.encrypted_file import EncryptedFile

CHEAP = 2**14
"""The least that a file may ask of scrypt; what a new one asks takes a third of a second."""


def make_cheap_file(root: Path, passphrase: str) -> None:
    """Make the encrypted file of the home in `root`, where there is none, with the passphrase."""
    EncryptedFile(root / "secrets.json", cost=CHEAP).unlock(passphrase)
