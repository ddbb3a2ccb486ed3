"""The password and the AutoAuth key: where they may be kept, and that they are nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import keyring.backend
import pytest
from keyring.errors import KeyringLocked as TheirKeyringLocked

from kfclient.store import keyring_choice
from kfclient.store.errors import (
    KeyringLocked,
    KeyringTrouble,
    NoKeyring,
    PassphraseFileRefused,
    PassphraseNeeded,
    PassphraseTooShort,
    SecretMissing,
    SecretNeeded,
    WrongPassphrase,
)
from kfclient.store.home import Home
from kfclient.store.keyring_choice import PATIENCE, answered
from kfclient.store.redaction import Redactor
from kfclient.store.secrets import ConnectionSecret, Secrets
from tests.store.cheap_file import make_cheap_file
from tests.store.processes import ROOT
from tests.waiting import HANG

if TYPE_CHECKING:
    from pathlib import Path

SECRET = ConnectionSecret('pa55 w\u00f6rd "quoted"\nline two', "1234ABCD-1234")
FILE = "encrypted-file"
OURS = {FILE, "pass", "ask"}
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "home")


@pytest.fixture
def passphrase_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    path.chmod(0o600)
    monkeypatch.setenv("KASHDECK_PASSPHRASE_FILE", str(path))
    return path


class OddKeyring(keyring.backend.KeyringBackend):
    """A keyring of the system that behaves as it is told."""

    priority = 0.0
    mood = "forgets"
    wakes = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        if OddKeyring.mood == "locked":
            raise TheirKeyringLocked("Failed to unlock the collection!")
        if OddKeyring.mood == "falls over":
            raise subprocess.CalledProcessError(2, ["pass", "show"])
        if OddKeyring.mood == "leaves":
            raise SystemExit(3)
        if OddKeyring.mood == "sleeps":
            OddKeyring.wakes.wait(HANG)
        return "{}" if OddKeyring.mood == "nonsense" else None

    def set_password(self, service: str, username: str, password: str) -> None:
        if OddKeyring.mood == "repeats":
            raise RuntimeError(f"could not store {password}")


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> type[OddKeyring]:
    """Have the system's first keyring be an odd one."""
    system = replace(
        keyring_choice._SYSTEMS[0], platform=sys.platform, module=__name__, name="OddKeyring"
    )
    monkeypatch.setattr(keyring_choice, "_SYSTEMS", (system,))
    monkeypatch.setattr(OddKeyring, "mood", "forgets")
    return OddKeyring


def test_a_secret_comes_back_as_it_was(secrets: Secrets, tmp_path: Path) -> None:
    assert secrets.is_new(FILE)
    assert secrets.locked(FILE)
    secrets.unlock(FILE, PASSPHRASE)
    secrets.save("acme", SECRET, FILE)

    later = Secrets(tmp_path / "home")
    assert not later.is_new(FILE)
    assert later.locked(FILE)
    with pytest.raises(PassphraseNeeded):
        later.load("acme", FILE)
    with pytest.raises(WrongPassphrase):
        later.unlock(FILE, "something else")
    later.unlock(FILE, PASSPHRASE)
    assert not later.locked(FILE)

    assert later.load("acme", FILE) == SECRET
    with pytest.raises(SecretMissing) as missing:
        later.load("other", FILE)
    assert "Reconnect" in missing.value.cure
    later.forget("acme", FILE)
    later.forget("acme", FILE)
    with pytest.raises(SecretMissing):
        later.load("acme", FILE)


def test_the_secret_is_in_no_file_and_no_repr(secrets: Secrets, tmp_path: Path) -> None:
    make_cheap_file(tmp_path / "home", PASSPHRASE)
    secrets.unlock(FILE, PASSPHRASE)
    secrets.save("acme", SECRET, FILE)

    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())

    for secret in (b"pa55", b"1234ABCD", b"horse"):
        assert kept
        assert secret not in kept
    assert repr(SECRET) == "ConnectionSecret()"
    assert "pa55" not in f"{SECRET} {secrets!r} {vars(secrets)!r}"


def test_asking_about_a_file_that_is_not_there_makes_none(secrets: Secrets, tmp_path: Path) -> None:
    with pytest.raises(SecretMissing):
        secrets.load("acme", FILE)
    with pytest.raises(PassphraseNeeded):
        secrets.save("acme", SECRET, FILE)
    secrets.forget("acme", FILE)
    with pytest.raises(PassphraseTooShort):
        secrets.unlock(FILE, "short")

    assert not (tmp_path / "home").exists()


def test_the_demo_keeps_secrets_in_memory_alone(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "home", memory=True)

    assert [choice.id for choice in secrets.choices()] == ["memory"]
    default = secrets.default_choice()
    assert default is not None
    secrets.save("acme", SECRET, default.id)
    assert secrets.load("acme", "memory") == SECRET
    assert not secrets.locked("memory")
    assert not secrets.is_new("memory")
    with pytest.raises(NoKeyring, match="during a demo"):
        secrets.save("acme", SECRET, FILE)
    with pytest.raises(NoKeyring, match="during a demo"):
        secrets.load("acme", FILE)
    secrets.forget("acme", "memory")
    with pytest.raises(SecretMissing):
        secrets.load("acme", "memory")
    assert not (tmp_path / "home").exists()
    with pytest.raises(NoKeyring, match="outside a demo"):
        Secrets(tmp_path / "home").save("acme", SECRET, "memory")


# -- which keyrings ----------------------------------------------------------------------------


def test_where_no_keyring_answers_a_person_must_choose(secrets: Secrets) -> None:
    choices = secrets.choices()

    assert secrets.default_choice() is None
    own = {choice.id: choice for choice in choices if choice.id in OURS}
    assert own[FILE].usable
    assert own[FILE].needs_passphrase
    assert own["ask"].usable
    assert own["ask"].typed
    for choice in choices:
        if choice.id in own:
            continue
        assert not choice.usable
        assert choice.why_not.endswith(".")
    with pytest.raises(NoKeyring, match="Secret Service"):
        secrets.load("acme", "secret-service")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("keyring.backends.null.Keyring", "forgets"),
        ("keyring.backends.fail.Keyring", "keeps nothing"),
        ("keyring.backends.chainer.ChainerBackend", "plain text"),
        ("keyrings.alt.file.PlaintextKeyring", "plain text"),
        ("keyrings.efile.keyring.EncryptedFile", "no password"),
        ("somebody.elses.Keyring", "trusts"),
    ],
)
def test_what_keeps_no_secret_is_refused_by_name(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, reason: str
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)

    assert name in secrets.notice()
    assert reason in secrets.notice()
    assert secrets.default_choice() is None
    assert not any(choice.usable for choice in secrets.choices() if choice.id not in OURS)
    with pytest.raises(NoKeyring, match=reason):
        secrets.save("acme", SECRET, name)
    assert not list(tmp_path.iterdir())


def test_an_environment_that_asks_for_nothing_gets_no_notice(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secrets.notice() == ""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.SecretService.Keyring")
    assert secrets.notice() == ""


def test_a_plaintext_keyring_that_the_environment_names_gets_nothing(tmp_path: Path) -> None:
    """A real plain-text backend is installed and chosen by name; its file stays away."""
    (tmp_path / "plain_backend.py").write_text(
        "import pathlib\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 99\n"
        "    def set_password(self, service, username, password):\n"
        "        pathlib.Path('plain.txt').write_text(password)\n"
        "    def get_password(self, service, username):\n"
        "        return pathlib.Path('plain.txt').read_text()\n"
    )
    code = (
        "import plain_backend, pathlib\n"
        "from kfclient.store.secrets import ConnectionSecret, Secrets\n"
        "from kfclient.store.errors import NoKeyring\n"
        "secrets = Secrets(pathlib.Path('home'))\n"
        "print(secrets.default_choice(), secrets.notice())\n"
        "for choice in secrets.choices():\n"
        "    try:\n"
        "        if choice.id == 'pass': continue\n"
        "        if choice.needs_passphrase: secrets.unlock(choice.id, 'correct horse')\n"
        "        secrets.save('acme', ConnectionSecret('pa55word', 'key'), choice.id)\n"
        "    except NoKeyring: pass\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHON_KEYRING_BACKEND": "plain_backend.Keyring", "PYTHONPATH": f".:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.startswith("None PYTHON_KEYRING_BACKEND asks for plain_backend.Keyring")
    assert not (tmp_path / "plain.txt").exists()
    assert (tmp_path / "home" / "secrets.json").exists()


RC_FILES = [
    ("keyring.backends.null.Keyring", "forgets"),
    ("keyrings.alt.file.PlaintextKeyring", "plain text"),
    ("plain_backend.Keyring", "trusts"),
]


@pytest.mark.parametrize(("name", "reason"), RC_FILES)
def test_a_keyring_that_an_rc_file_names_gets_nothing(
    tmp_path: Path, name: str, reason: str
) -> None:
    """The backend is real, and keyring itself would take it: its file stays away."""
    settings = tmp_path / "config" / "python_keyring" / "keyringrc.cfg"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[backend]\ndefault-keyring={name}\nkeyring-path={tmp_path}\n")
    (tmp_path / "plain_backend.py").write_text(
        "import pathlib\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 99\n"
        "    def set_password(self, service, username, password):\n"
        "        pathlib.Path('plain.txt').write_text(password)\n"
        "    def get_password(self, service, username): return None\n"
    )
    code = (
        "import pathlib\n"
        "from kfclient.store.secrets import ConnectionSecret, Secrets\n"
        "from kfclient.store.errors import NoKeyring\n"
        "secrets = Secrets(pathlib.Path('home'))\n"
        "print(secrets.default_choice(), secrets.notice())\n"
        f"for name in ({name!r}, 'secret-service', 'encrypted-file'):\n"
        "    try:\n"
        "        if name == 'encrypted-file': secrets.unlock(name, 'correct horse')\n"
        "        secrets.save('acme', ConnectionSecret('pa55word', 'key'), name)\n"
        "    except NoKeyring as problem: print(problem.sentence)\n"
        "import keyring\n"
        "try: print(type(keyring.get_keyring()).__module__)\n"
        "except ImportError: print('not installed')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    notice, refused, *_, theirs = ended.stdout.splitlines()
    assert notice.startswith(f"None {settings} asks for {name}")
    assert reason in notice
    assert reason in refused
    if name == "plain_backend.Keyring":
        assert theirs == "plain_backend", "this machine does not read the file: proves nothing"
    assert not (tmp_path / "plain.txt").exists()
    assert (tmp_path / "home" / "secrets.json").exists()


def test_an_rc_file_that_cannot_be_read_is_no_trouble(
    secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "python_keyring" / "keyringrc.cfg"
    settings.parent.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    for content in (b"\xff\xfe", b"no section", b"[backend]\nother=1\n", b""):
        settings.write_bytes(content)
        assert secrets.notice() == ""


def test_two_homes_that_kashdeck_home_names_do_not_share_an_entry_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    for name in ("one", "two"):
        monkeypatch.setenv("KASHDECK_HOME", str(tmp_path / name))
        names.add(Secrets(Home.default().root)._keyrings.service("secret-service"))
    monkeypatch.delenv("KASHDECK_HOME")
    names.add(Secrets(Home.default().root)._keyrings.service("secret-service"))

    assert len(names) == 3
    assert "kashdeck" in names


# -- a password that is kept nowhere -----------------------------------------------------------


def test_a_password_that_is_typed_each_time_is_lent_for_one_piece_of_work(
    secrets: Secrets, tmp_path: Path
) -> None:
    with pytest.raises(SecretNeeded) as needed:
        secrets.load("acme", "ask")
    assert (needed.value.business, needed.value.backend) == ("acme", "ask")
    assert "--secrets-stdin" in needed.value.cure

    secrets.lend("acme", SECRET)
    with secrets.work("acme"), secrets.work("acme"):
        assert secrets.load("acme", "ask") == SECRET
    with pytest.raises(SecretNeeded):
        secrets.load("acme", "ask")
    secrets.take_back("acme")
    assert not list(tmp_path.iterdir())


def test_work_that_is_still_going_on_keeps_what_was_lent(secrets: Secrets) -> None:
    secrets.lend("acme", SECRET)
    with secrets.work("acme"):
        with secrets.work("acme"):
            pass
        with secrets.work("other"):
            pass
        assert secrets.load("acme", "ask") == SECRET
    secrets.lend("acme", SECRET)
    secrets.forget("acme", "ask")
    with pytest.raises(SecretNeeded):
        secrets.load("acme", "ask")


def test_what_is_lent_to_a_place_that_keeps_is_not_looked_at(
    secrets: Secrets, tmp_path: Path
) -> None:
    make_cheap_file(tmp_path / "home", PASSPHRASE)
    secrets.unlock(FILE, PASSPHRASE)
    secrets.save("acme", SECRET, FILE)
    secrets.lend("acme", ConnectionSecret("lent", ""))
    assert secrets.load("acme", FILE) == SECRET


def test_what_is_to_be_blanked_is_held_sealed() -> None:
    redactor = Redactor()
    redactor.add("pa55word & more")
    assert redactor.clean("a pa55word &amp; more b") == "a [hidden] b"
    held = repr(vars(redactor))
    assert "pa55" not in held
    assert "word" not in held


@pytest.mark.parametrize(
    "written",
    [
        "p\u00e4ss &lt;\"w/o'rd",
        "p&#228;ss &lt;&quot;w/o&#39;rd",
        "p\\u00e4ss <\\\"w/o'rd",
        "p%C3%A4ss%20%3C%22w%2Fo%27rd",
        "p%c3%a4ss+%3c%22w/o%27rd",
        "p\\xc3\\xa4ss <\"w/o\\'rd",
    ],
)
def test_a_secret_is_blanked_however_a_program_writes_it(written: str) -> None:
    redactor = Redactor()
    redactor.add("p\u00e4ss <\"w/o'rd")
    assert redactor.clean(f"it was {written}!") == "it was [hidden]!"


def test_a_password_of_half_a_letter_is_blanked_too() -> None:
    redactor = Redactor()
    redactor.add("half\ud800 a letter")
    assert "half" not in redactor.clean("a half\ud800 a letter b")


def test_two_homes_do_not_share_an_entry_of_the_systems_keyring(tmp_path: Path) -> None:
    one, two = Secrets(tmp_path / "one"), Secrets(tmp_path / "two")

    assert one._keyrings.service("secret-service") != two._keyrings.service("secret-service")
    assert one._keyrings.service(FILE) == two._keyrings.service(FILE) == "kashdeck"


# -- a keyring that is not as it should be -----------------------------------------------------


def test_a_keyring_that_forgets_is_noticed_when_saving(
    secrets: Secrets, odd: type[OddKeyring]
) -> None:
    assert [choice.usable for choice in secrets.choices()][:2] == [True, True]

    with pytest.raises(KeyringTrouble, match="did not give back"):
        secrets.save("acme", SECRET, "secret-service")


@pytest.mark.parametrize(
    ("mood", "problem", "said"),
    [
        ("locked", KeyringLocked, "locked"),
        ("falls over", KeyringTrouble, "CalledProcessError"),
        ("leaves", KeyringTrouble, "SystemExit"),
        ("forgets", SecretMissing, "not in the keyring"),
        ("nonsense", SecretMissing, "not in the keyring"),
    ],
)
def test_whatever_a_keyring_does_is_said_in_our_words(
    secrets: Secrets, odd: type[OddKeyring], mood: str, problem: type[Exception], said: str
) -> None:
    odd.mood = mood

    with pytest.raises(problem, match=said):
        secrets.load("acme", "secret-service")


def test_no_trouble_of_a_keyring_repeats_the_secret(
    secrets: Secrets, odd: type[OddKeyring]
) -> None:
    odd.mood = "repeats"
    secret = ConnectionSecret("hunter2hunter2", "9999ZZZZ-9999")

    with pytest.raises(KeyringTrouble) as raised:
        secrets.save("acme", secret, "secret-service")

    assert "hunter2" not in raised.value.sentence
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    trace, frames = raised.tb.tb_next, []
    while trace is not None:
        frames.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert len(frames) >= 2
    assert "hunter2" not in "".join(frames)


def test_a_keyring_that_does_not_answer_is_not_waited_for(odd: type[OddKeyring]) -> None:
    odd.mood = "sleeps"
    begun, came = time.monotonic(), list[str | None]()

    with pytest.raises(KeyringTrouble, match="did not answer"):
        answered(lambda: came.append(odd().get_password("kashdeck", "acme")), seconds=0.1)

    assert time.monotonic() - begun < PATIENCE
    assert came == []
    odd.wakes.set()


def test_a_keyring_whose_probing_fails_is_just_not_usable(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [
        replace(system, platform=sys.platform, module=module, name=name)
        for system, module, name in zip(
            keyring_choice._SYSTEMS,
            ("no.such.module", __name__, "antigravity_of_sorts", "os"),
            ("Keyring", "NoSuchClass", "Keyring", "abort_not"),
            strict=False,
        )
    ]
    monkeypatch.setattr(keyring_choice, "_SYSTEMS", tuple(broken))

    usable = [choice.usable for choice in secrets.choices() if choice.id not in OURS]
    assert usable == [False] * len(broken)


def test_a_systems_keyring_is_not_unlocked_by_us(secrets: Secrets) -> None:
    with pytest.raises(KeyringLocked):
        secrets.unlock("secret-service", PASSPHRASE)


# -- the passphrase in a file, for scripts -----------------------------------------------------


@pytest.mark.parametrize("ending", ["\n", "", "\r\n"])
def test_a_script_keeps_its_passphrase_in_a_file(
    secrets: Secrets, tmp_path: Path, passphrase_file: Path, ending: str
) -> None:
    passphrase_file.write_bytes(PASSPHRASE.encode() + ending.encode())

    assert not secrets.locked(FILE)
    assert secrets.is_new(FILE)
    secrets.save("acme", SECRET, FILE)

    by_hand = Secrets(tmp_path / "home")
    assert not by_hand.locked(FILE)
    assert by_hand.load("acme", FILE) == SECRET
    by_hand.unlock(FILE, PASSPHRASE)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_passphrase_that_others_can_read_is_refused(
    secrets: Secrets, passphrase_file: Path, mode: int
) -> None:
    passphrase_file.chmod(mode)

    with pytest.raises(PassphraseFileRefused, match="by others") as raised:
        secrets.save("acme", SECRET, FILE)
    with pytest.raises(PassphraseFileRefused):
        secrets.locked(FILE)

    assert f"chmod 600 {passphrase_file}" in raised.value.cure
    assert secrets.is_new(FILE)


@pytest.mark.parametrize(("content", "said"), [(b"\n", "is empty"), (b"\xff\xfe", "not text")])
def test_a_passphrase_file_with_nothing_of_use_is_refused(
    secrets: Secrets, passphrase_file: Path, content: bytes, said: str
) -> None:
    passphrase_file.write_bytes(content)
    with pytest.raises(PassphraseFileRefused, match=said):
        secrets.save("acme", SECRET, FILE)

    passphrase_file.unlink()
    with pytest.raises(PassphraseFileRefused, match="No such file"):
        secrets.save("acme", SECRET, FILE)


def test_a_wrong_passphrase_in_the_file_is_said(secrets: Secrets, passphrase_file: Path) -> None:
    secrets.save("acme", SECRET, FILE)
    passphrase_file.write_text("another one entirely")

    with pytest.raises(WrongPassphrase):
        Secrets(secrets._root).locked(FILE)


def test_a_secret_that_is_no_word_is_blanked_in_any_spelling() -> None:
    redactor = Redactor()
    redactor.add("1234ABCD-1234", "stationery")
    assert redactor.clean("key 1234abcd-1234, 1234 ABCD 1234") == "key [hidden], [hidden]"
    assert redactor.clean("a%31%32%33%34abcd%2D1234!") == "a[hidden]!"
    assert redactor.clean("Stationery, and stationery") == "Stationery, and [hidden]"
