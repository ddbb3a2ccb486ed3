"""What opens the password's place can be handed to a process that goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfclient.store import ConnectionSecret, Secrets
from kfclient.store.errors import PassphraseNeeded, SecretNeeded
from kfclient.store.keyring_choice import ASK, ENCRYPTED_FILE
from tests.store.cheap_file import make_cheap_file

PASSPHRASE = "correct horse battery staple"
SECRET = ConnectionSecret("p-4711", "key-0815")


@pytest.fixture
def opened(tmp_path: Path) -> Secrets:
    """Return secrets whose encrypted file is open, and has one."""
    make_cheap_file(tmp_path, PASSPHRASE)
    secrets = Secrets(tmp_path)
    secrets.unlock(ENCRYPTED_FILE, PASSPHRASE)
    secrets.save("acme", SECRET, ENCRYPTED_FILE)
    return secrets


def test_the_files_key_opens_it_elsewhere_and_the_passphrase_stays(
    opened: Secrets, tmp_path: Path
) -> None:
    handed = opened.hand_over("acme", ENCRYPTED_FILE)
    other = Secrets(tmp_path)
    with pytest.raises(PassphraseNeeded):
        other.load("acme", ENCRYPTED_FILE)
    other.take_over("acme", handed)
    assert other.load("acme", ENCRYPTED_FILE) == SECRET
    for secret in (PASSPHRASE, SECRET.password, SECRET.autoauth_key):
        assert secret not in str(handed)


def test_locking_the_file_ends_what_was_handed_over(opened: Secrets, tmp_path: Path) -> None:
    other = Secrets(tmp_path)
    other.take_over("acme", opened.hand_over("acme", ENCRYPTED_FILE))
    opened.lock(ENCRYPTED_FILE)
    with pytest.raises(PassphraseNeeded):
        other.load("acme", ENCRYPTED_FILE)
    with pytest.raises(PassphraseNeeded):
        opened.hand_over("acme", ENCRYPTED_FILE)


def test_what_was_typed_is_lent_to_the_other_process_for_one_piece_of_work(tmp_path: Path) -> None:
    secrets, other = Secrets(tmp_path), Secrets(tmp_path)
    secrets.lend("acme", SECRET)
    other.take_over("acme", secrets.hand_over("acme", ASK))
    with other.work("acme"):
        assert other.load("acme", ASK) == SECRET
    with pytest.raises(SecretNeeded):
        other.load("acme", ASK)


def test_a_keyring_that_answers_by_itself_hands_nothing_over(tmp_path: Path) -> None:
    assert Secrets(tmp_path).hand_over("acme", "secret-service") == {}
