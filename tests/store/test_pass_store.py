"""`pass` as a place: the real program, with a real key that gpg asks the passphrase of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kfclient.store.errors import KeyringTrouble, NoKeyring, PromptNeeded, SecretMissing
from kfclient.store.secrets import ConnectionSecret, Secrets
from tests.store.pass_home import GPG_PASSPHRASE, PassHome, needs_pass, pass_home
from tests.store.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = ConnectionSecret('pa55 w\u00f6rd "quoted"\nline two', "1234ABCD-1234")

pytestmark = needs_pass


@pytest.fixture(scope="module")
def made() -> Iterator[PassHome]:
    """One store for all: making a key takes most of the time."""
    with pass_home() as home:
        yield home


@pytest.fixture
def store(made: PassHome, monkeypatch: pytest.MonkeyPatch) -> PassHome:
    """The store, in the environment, its agent warm."""
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    made.warm()
    return made


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "home")


def test_a_secret_of_several_lines_comes_back_whole(
    store: PassHome, secrets: Secrets, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets.save("acme", ConnectionSecret("older", "key"), "pass")
    secrets.save("acme", SECRET, "pass")
    secrets.save("other", ConnectionSecret("another", "key"), "pass")

    assert Secrets(tmp_path / "home").load("acme", "pass") == SECRET
    with pytest.raises(SecretMissing):
        Secrets(tmp_path / "elsewhere").load("acme", "pass")
    secrets.forget("acme", "pass")
    secrets.forget("acme", "pass")
    with pytest.raises(SecretMissing):
        secrets.load("acme", "pass")
    assert secrets.load("other", "pass").password == "another"
    assert capfd.readouterr() == ("", ""), "pass writes to both; neither may reach the screen"


def test_nothing_of_the_secret_is_an_argument_or_in_clear(
    store: PassHome, secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = tmp_path / "words"
    wrapper = tmp_path / "bin" / "pass"
    wrapper.parent.mkdir()
    real = shutil.which("pass")
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {words}; env >> {words}\nexec {real} "$@"\n')
    wrapper.chmod(0o700)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")

    secrets.save("acme", SECRET, "pass")
    secrets.load("acme", "pass")
    secrets.forget("acme", "pass")

    said = words.read_text()
    assert "insert --multiline --force" in said
    assert "pa55" not in said
    assert "1234ABCD" not in said
    for file in store.store.rglob("*"):
        assert not file.is_file() or b"pa55" not in file.read_bytes()


def test_it_is_never_taken_without_a_person(store: PassHome, secrets: Secrets) -> None:
    default = secrets.default_choice()
    assert default is None or default.id != "pass"
    choices = secrets.choices()
    assert choices[0].id != "pass"
    (choice,) = [choice for choice in choices if choice.id == "pass"]
    assert choice.usable
    assert choice.prompts


def test_a_store_that_was_never_made_is_said(
    store: PassHome, secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(tmp_path / "nothing"))

    (choice,) = [choice for choice in secrets.choices() if choice.id == "pass"]
    assert not choice.usable
    assert "pass init" in choice.why_not
    with pytest.raises(NoKeyring, match="pass init"):
        secrets.save("acme", SECRET, "pass")


def test_where_pass_is_not_installed_it_is_not_offered(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert "pass" not in [choice.id for choice in secrets.choices()]
    with pytest.raises(NoKeyring, match="not installed"):
        secrets.load("acme", "pass")


def test_a_cold_agent_is_said_at_once_and_asks_nothing(
    store: PassHome, secrets: Secrets, tmp_path: Path
) -> None:
    secrets.save("acme", SECRET, "pass")
    asked = tmp_path / "asked"
    store.type_for(tmp_path / "pinentry", f"touch {asked}; echo ERR 83886179 no")

    with pytest.raises(PromptNeeded, match="gpg has asked") as raised:
        secrets.load("acme", "pass")
    assert raised.value.backend == "pass"
    assert "pass show" in raised.value.cure
    with pytest.raises(PromptNeeded):
        secrets.check_open("pass")
    assert secrets.locked("pass")
    assert not asked.exists(), "gpg asked a person, over the screen"
    secrets.forget("acme", "pass")
    assert not secrets.locked("pass"), "there is nothing to open"


def test_gpg_asks_when_it_is_let_and_the_secret_is_not_shown(
    store: PassHome, secrets: Secrets, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets.save("acme", SECRET, "pass")
    store.type_for(tmp_path / "pinentry", f"echo 'D {GPG_PASSPHRASE}'; echo OK")

    secrets.prompt("pass")

    assert secrets.load("acme", "pass") == SECRET
    assert "pa55" not in "".join(capfd.readouterr())
    store.type_for(tmp_path / "pinentry", "echo ERR 83886179 cancelled")
    with pytest.raises(KeyringTrouble, match="did not open"):
        secrets.prompt("pass")


def test_an_agent_that_remembers_nothing_is_said(
    store: PassHome, secrets: Secrets, tmp_path: Path
) -> None:
    secrets.save("acme", SECRET, "pass")
    store.type_for(tmp_path / "pinentry", f"echo 'D {GPG_PASSPHRASE}'; echo OK")
    conf = Path(store.environment["GNUPGHOME"]) / "gpg-agent.conf"
    conf.write_text(conf.read_text() + "default-cache-ttl 0\nmax-cache-ttl 0\n")
    store.cool()

    with pytest.raises(KeyringTrouble, match="forgot"):
        secrets.prompt("pass")
    store.type_for(tmp_path / "pinentry", f"echo 'D {GPG_PASSPHRASE}'; echo OK")


def test_what_pass_gives_is_held_for_one_piece_of_work(store: PassHome, secrets: Secrets) -> None:
    secrets.save("acme", SECRET, "pass")
    with secrets.work("acme"):
        secrets.load("acme", "pass")
        store.cool()
        with secrets.work("acme"):
            assert secrets.load("acme", "pass") == SECRET
        assert secrets.load("acme", "pass") == SECRET

    with pytest.raises(PromptNeeded):
        secrets.load("acme", "pass")


def test_a_key_that_is_gone_is_noticed_when_saving(
    store: PassHome, secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "store"
    ours.mkdir()
    (ours / ".gpg-id").write_text("nobody@example.com\n")
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(ours))

    with pytest.raises(KeyringTrouble, match="pass failed") as raised:
        secrets.save("acme", SECRET, "pass")
    assert "pa55" not in raised.value.sentence


def test_a_store_under_git_keeps_what_is_removed(
    store: PassHome, secrets: Secrets, tmp_path: Path
) -> None:
    assert not secrets.keeps_history("pass")
    (store.store / ".git").mkdir()
    try:
        assert secrets.keeps_history("pass")
    finally:
        (store.store / ".git").rmdir()
    assert not secrets.keeps_history("encrypted-file")


def test_nothing_is_asked_of_pass_before_it_is_needed(tmp_path: Path) -> None:
    """Neither the program nor keyring is touched by looking at a home."""
    wrapper = tmp_path / "pass"
    wrapper.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    wrapper.chmod(0o700)
    subprocess.run(
        [sys.executable, "-m", "tui", "status"],
        cwd=ROOT,
        env=os.environ
        | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "KASHDECK_HOME": str(tmp_path / "home")},
        check=True,
        capture_output=True,
    )
    assert not (tmp_path / "ran").exists()
