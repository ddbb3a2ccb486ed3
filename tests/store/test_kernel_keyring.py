"""The encrypted file unlocked once for several sessions: the key waits in the kernel's keyring."""

from __future__ import annotations

import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kfclient.store import kernel_keyring
from kfclient.store.errors import PassphraseNeeded, WrongPassphrase
from kfclient.store.secrets import ConnectionSecret, Secrets
from tests.store.cheap_file import make_cheap_file
from tests.store.processes import finished, script, started
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "encrypted-file"
PASSPHRASE = "correct horse battery staple"
SECRET = ConnectionSecret("pa55 w\u00f6rd", "1234ABCD-1234")

LOADS = """
import pathlib, sys
from kfclient.store.errors import PassphraseNeeded
from kfclient.store.secrets import Secrets
secrets = Secrets(pathlib.Path(sys.argv[1]))
for line in sys.stdin:
    try:
        print(len(secrets.load("acme", "encrypted-file").password), flush=True)
    except PassphraseNeeded:
        print("asked", flush=True)
"""

# The filter of a container: add_key and keyctl fail with EPERM. See seccomp(2) and filter.h.
FORBIDDEN = """
import ctypes, pathlib, struct, sys
add_key, keyctl = {numbers}
RET, ALLOW, EPERM = 0x06, 0x7fff0000, 0x00050001
words = [(0x20, 0, 0, 0), (0x15, 2, 0, add_key), (0x15, 1, 0, keyctl), (RET, 0, 0, ALLOW),
         (RET, 0, 0, EPERM)]
program = b"".join(struct.pack("HBBI", *word) for word in words)
held = ctypes.create_string_buffer(program)
filter = struct.pack("HxxxxxxP", len(words), ctypes.addressof(held))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter, 0, 0) == 0
from kfclient.store.secrets import Secrets
secrets = Secrets(pathlib.Path(sys.argv[1]))
print(secrets.can_keep(), secrets.unlock("encrypted-file", "correct horse battery staple",
      keep_hours=8), secrets.locked("encrypted-file"))
"""

only_here = pytest.mark.skipif(
    not kernel_keyring.available(),
    reason="the kernel's keyring is NOT tested: this machine or container has none",
)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A home with a secret in its encrypted file, which is open nowhere."""
    root = tmp_path / "home"
    make_cheap_file(root, PASSPHRASE)
    maker = Secrets(root)
    maker.unlock(FILE, PASSPHRASE)
    maker.save("acme", SECRET, FILE)
    yield root
    Secrets(root).lock(FILE)


@only_here
def test_one_session_unlocks_and_another_need_not_ask(root: Path) -> None:
    assert Secrets(root).can_keep()
    assert Secrets(root).unlock(FILE, PASSPHRASE, keep_hours=1)

    other = started("-c", LOADS, root)
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.stdout.readline() == f"{len(SECRET.password)}\n"
    script(
        "import sys, pathlib; from kfclient.store.secrets import Secrets;"
        f"Secrets(pathlib.Path({str(root)!r})).lock('encrypted-file')"
    )
    other.stdin.write("\n")
    assert finished(other) == "asked\n", "a lock reaches the sessions that are open"


@only_here
def test_without_being_asked_to_nothing_is_kept(root: Path) -> None:
    assert not Secrets(root).unlock(FILE, PASSPHRASE)
    with pytest.raises(PassphraseNeeded):
        Secrets(root).load("acme", FILE)


def test_a_lock_reaches_a_session_that_keeps_its_key_to_itself(root: Path) -> None:
    one, two = Secrets(root), Secrets(root)
    one.unlock(FILE, PASSPHRASE)
    assert one.load("acme", FILE) == SECRET

    two.lock(FILE)

    with pytest.raises(PassphraseNeeded):
        one.load("acme", FILE)
    one.unlock(FILE, PASSPHRASE)
    assert one.load("acme", FILE) == SECRET


def test_locking_what_was_never_made_makes_nothing(tmp_path: Path) -> None:
    Secrets(tmp_path / "home").lock(FILE)
    assert not (tmp_path / "home").exists()


@only_here
def test_it_is_over_when_its_time_is(root: Path) -> None:
    secrets, begun = Secrets(root), time.monotonic()
    assert secrets.unlock(FILE, PASSPHRASE, keep_hours=2 / 3600)  # the kernel counts whole seconds

    until(lambda: secrets.locked(FILE), "the end of its time")

    assert time.monotonic() - begun >= 1
    with pytest.raises(PassphraseNeeded):
        secrets.load("acme", FILE)
    with pytest.raises(PassphraseNeeded):
        Secrets(root).load("acme", FILE)


@only_here
def test_a_file_made_anew_is_not_opened_by_the_key_of_the_old_one(root: Path) -> None:
    Secrets(root).unlock(FILE, PASSPHRASE, keep_hours=1)
    (root / "secrets.json").unlink()
    make_cheap_file(root, "another passphrase")

    assert Secrets(root).locked(FILE)
    with pytest.raises(PassphraseNeeded):
        Secrets(root).load("acme", FILE)


@only_here
def test_a_wrong_passphrase_takes_nothing_away(root: Path) -> None:
    Secrets(root).unlock(FILE, PASSPHRASE, keep_hours=1)
    with pytest.raises(WrongPassphrase):
        Secrets(root).unlock(FILE, "something else", keep_hours=1)
    assert Secrets(root).load("acme", FILE) == SECRET


@only_here
def test_only_the_derived_key_is_kept_and_never_for_longer_than_a_day(root: Path) -> None:
    secrets = Secrets(root)
    secrets.unlock(FILE, PASSPHRASE, keep_hours=1000)
    encrypted = secrets._keyrings.encrypted_file()
    key = kernel_keyring.find(encrypted._kept_as)

    assert key is not None
    assert len(key) == 32
    assert PASSPHRASE.encode() not in key
    assert SECRET.password.encode() not in key
    left = [line.split()[3] for line in kernels_list() if encrypted._kept_as in line]
    assert left
    assert left[0] != "perm"
    assert left[0] in {"23h", "24h", "1d"}


def kernels_list() -> list[str]:
    """Return what the kernel shows of this user's keys."""
    return Path("/proc/keys").read_text("utf-8").splitlines()


@only_here
@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_where_the_system_forbids_it_it_is_not_offered(root: Path) -> None:
    numbers = kernel_keyring._NUMBERS[platform.machine()]
    said = script(FORBIDDEN.replace("{numbers}", repr(numbers)), root)

    assert said.split() == ["False", "False", "False"], "open for its own session all the same"


def test_another_system_has_none(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "toaster")

    assert not Secrets(root).can_keep()
    assert kernel_keyring.find("anything") is None
    kernel_keyring.forget("anything")
    secrets = Secrets(root)
    assert not secrets.unlock(FILE, PASSPHRASE, keep_hours=8)
    assert secrets.load("acme", FILE) == SECRET


def test_the_demo_is_not_kept(tmp_path: Path) -> None:
    assert not Secrets(tmp_path, memory=True).can_keep()


@only_here
def test_what_is_kept_can_be_replaced_and_taken_back() -> None:
    name = "kashdeck:test:replaced"
    assert kernel_keyring.keep(name, b"one", 60)
    assert kernel_keyring.keep(name, b"two", 60)
    assert kernel_keyring.find(name) == b"two"
    kernel_keyring.forget(name)
    kernel_keyring.forget(name)
    assert kernel_keyring.find(name) is None
