"""The encrypted file: opened with a passphrase once a session, useless without it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from keyring.errors import PasswordDeleteError

from kfclient.store.encrypted_file import EncryptedFile
from kfclient.store.errors import (
    KeyringTrouble,
    PassphraseNeeded,
    PassphraseTooShort,
    SecretsDamaged,
    WrongPassphrase,
)
from tests.store.processes import finished, started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSPHRASE = "correct horse battery staple"
QUICK = 2**14

WRITE = """
import sys
from pathlib import Path
from kfclient.store.encrypted_file import EncryptedFile
file = EncryptedFile(Path(sys.argv[1]))
file.unlock(sys.argv[2])
for n in range(20):
    file.set_password("kashdeck", f"{sys.argv[3]}{n}", f"secret {n}")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "secrets.json"


@pytest.fixture
def opened(path: Path) -> EncryptedFile:
    file = EncryptedFile(path, cost=QUICK)
    file.unlock(PASSPHRASE)
    return file


def test_a_secret_comes_back_in_the_next_session(opened: EncryptedFile, path: Path) -> None:
    opened.set_password("kashdeck", "acme", "first")
    opened.set_password("kashdeck", "acme", "zweites ß")
    opened.set_password("kashdeck", "other", "third")

    again = EncryptedFile(path)
    assert again.is_locked
    assert not again.is_new
    with pytest.raises(PassphraseNeeded):
        again.get_password("kashdeck", "acme")
    with pytest.raises(PassphraseNeeded):
        again.set_password("kashdeck", "acme", "x")
    again.unlock(PASSPHRASE)

    assert again.get_password("kashdeck", "acme") == "zweites ß"
    assert again.get_password("kashdeck", "other") == "third"
    assert again.get_password("kashdeck", "nobody") is None
    again.lock()
    assert again.is_locked


def test_nothing_in_the_file_or_the_repr_tells_a_secret(opened: EncryptedFile, path: Path) -> None:
    opened.set_password("kashdeck", "acme", "hunter2hunter2")

    text = path.read_text()

    for secret in ("hunter2hunter2", PASSPHRASE):
        assert secret not in text
        assert base64.b64encode(secret.encode()).decode().rstrip("=")[:-1] not in text
        assert secret not in repr(opened)
        assert secret not in repr(vars(opened))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(
    opened: EncryptedFile, path: Path
) -> None:
    opened.set_password("kashdeck", "acme", "secret")
    before = path.read_bytes()
    file = EncryptedFile(path)

    for wrong in ("correct horse battery stapl", "", PASSPHRASE.upper(), "short"):
        with pytest.raises(WrongPassphrase):
            file.unlock(wrong)
    assert file.is_locked
    assert path.read_bytes() == before


def test_a_wrong_passphrase_later_leaves_it_open(opened: EncryptedFile) -> None:
    with pytest.raises(WrongPassphrase):
        opened.unlock("something else entirely")
    assert not opened.is_locked


def test_a_new_passphrase_has_eight_characters(path: Path) -> None:
    file = EncryptedFile(path, cost=QUICK)

    with pytest.raises(PassphraseTooShort, match="that one has 7"):
        file.unlock("1234567")
    assert not path.exists()
    file.unlock("12345678")
    assert (file.is_new, file.is_locked) == (False, False)


def test_the_same_letters_open_it_however_the_keyboard_sends_them(path: Path) -> None:
    EncryptedFile(path, cost=QUICK).unlock("Z\u00fcrich Z\u00fcrich")

    EncryptedFile(path).unlock("Zu\u0308rich Zu\u0308rich")


def test_the_default_cost_is_what_is_advised(path: Path) -> None:
    EncryptedFile(path).unlock(PASSPHRASE)

    kdf = json.loads(path.read_text())["kdf"]

    assert (kdf["name"], kdf["n"], kdf["r"], kdf["p"]) == ("scrypt", 2**17, 8, 1)
    assert len(base64.b64decode(kdf["salt"])) == 16


def _flipped(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return base64.b64encode(data).decode()


def _flip_box(content: dict[str, Any]) -> None:
    content["entries"][0]["box"] = _flipped(content["entries"][0]["box"])


def _flip_nonce(content: dict[str, Any]) -> None:
    content["entries"][0]["nonce"] = _flipped(content["entries"][0]["nonce"])


def _swap(content: dict[str, Any]) -> None:
    one, two = content["entries"]
    one["username"], two["username"] = two["username"], one["username"]


def _rename_service(content: dict[str, Any]) -> None:
    content["entries"][0]["service"] = "elsewhere"
    content["entries"][1]["username"] = "acme"


def _not_text(content: dict[str, Any]) -> None:
    content["entries"][0]["box"] = "not base64!"


@pytest.mark.parametrize("change", [_flip_box, _flip_nonce, _swap, _rename_service, _not_text])
def test_an_entry_that_was_changed_is_noticed(
    opened: EncryptedFile, path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    opened.set_password("kashdeck", "acme", "secret of acme")
    opened.set_password("kashdeck", "other", "secret of other")
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))

    with pytest.raises(SecretsDamaged):
        opened.get_password("kashdeck", "acme")


@pytest.mark.parametrize(
    "kdf",
    [
        {"n": 2**30},
        {"n": 2},
        {"n": 131073},
        {"r": 2**20},
        {"p": 0},
        {"name": "none"},
        {"salt": 5},
        {"n": None},
    ],
)
def test_costs_that_we_never_write_are_not_tried(
    opened: EncryptedFile, path: Path, kdf: dict[str, Any]
) -> None:
    content = json.loads(path.read_text())
    content["kdf"] |= kdf
    path.write_text(json.dumps(content))

    with pytest.raises(SecretsDamaged, match="not as Kashdeck writes it"):
        EncryptedFile(path).unlock(PASSPHRASE)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "{}", '{"format": 1}', '{"format": "1"}', "\x00", '"a"']
)
def test_a_file_that_is_nonsense_is_left_alone(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    file = EncryptedFile(path)

    with pytest.raises(SecretsDamaged):
        file.unlock(PASSPHRASE)
    with pytest.raises(SecretsDamaged):
        _ = file.is_locked
    assert path.read_text() == text


def test_a_newer_file_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format": 2}')

    with pytest.raises(SecretsDamaged, match="newer Kashdeck"):
        EncryptedFile(path).unlock(PASSPHRASE)


def test_forgetting_needs_no_passphrase(opened: EncryptedFile, path: Path) -> None:
    opened.set_password("kashdeck", "acme", "secret")
    locked = EncryptedFile(path)

    locked.delete_password("kashdeck", "acme")

    assert opened.get_password("kashdeck", "acme") is None
    with pytest.raises(PasswordDeleteError):
        locked.delete_password("kashdeck", "acme")


def test_a_file_made_anew_meanwhile_is_locked_for_the_old_key(
    opened: EncryptedFile, path: Path
) -> None:
    opened.set_password("kashdeck", "acme", "secret")
    path.unlink()
    EncryptedFile(path, cost=QUICK).unlock("another passphrase")

    assert opened.is_locked
    with pytest.raises(PassphraseNeeded):
        opened.set_password("kashdeck", "acme", "secret")


def test_a_file_that_is_gone_is_said(opened: EncryptedFile, path: Path) -> None:
    path.unlink()

    with pytest.raises(PassphraseNeeded, match="not there any more"):
        opened.get_password("kashdeck", "acme")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(KeyringTrouble):
        EncryptedFile(tmp_path / "home" / "secrets.json", cost=QUICK).unlock(PASSPHRASE)


def test_two_processes_writing_at_once_lose_nothing(opened: EncryptedFile, path: Path) -> None:
    writers = [started("-c", WRITE, path, PASSPHRASE, tag) for tag in "ab"]
    for writer in writers:
        finished(writer)

    for tag in "ab":
        for n in range(20):
            assert opened.get_password("kashdeck", f"{tag}{n}") == f"secret {n}"
