"""Keeping, moving, locking and typing passwords by command."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kfclient.store import kernel_keyring
from kfclient.store.secrets import Secrets
from tests.store.pass_home import GPG_PASSPHRASE, PassHome, needs_pass, pass_home
from tests.tui.kashdeck import COSTS, NAME, PASSPHRASE, Kashdeck, Ran
from tests.tui.test_terminal import ESCAPES, on_terminal
from tests.waiting import until

only_here = pytest.mark.skipif(
    not kernel_keyring.available(),
    reason="the kernel's keyring is NOT tested: this machine or container has none",
)


@pytest.fixture
def unasked(connected: Kashdeck) -> Iterator[Kashdeck]:
    """A connected business, and no file with the passphrase."""
    del connected.environment["KASHDECK_PASSPHRASE_FILE"]
    yield connected
    Secrets(connected.home).lock("encrypted-file")


def typed(kashdeck: Kashdeck, *words: str, answers: tuple[str, ...]) -> Ran:
    """Run a command on a terminal, type an answer to each question, and return what was shown."""
    environment = {
        name: value
        for name, value in kashdeck.environment.items()
        if os.environ.get(name) != value and name != "KASHDECK_HOME"
    }
    with on_terminal(kashdeck.home, *words, columns=200, **environment) as terminal:
        shown = b""
        for answer in answers:
            question = ESCAPES.sub(b"", terminal.read_until(b": "))
            while not question.rstrip(b" ").endswith(b":") or b"\n" in question[-3:]:
                question += terminal.read_until(b": ")
            shown += question
            until(terminal.hides, "the end of the echo")  # it goes off just after the question
            terminal.press(answer.encode() + b"\n")
        shown += terminal.read_to_end()
        return Ran(terminal.process.wait(), shown.decode(errors="replace"), "")


def test_the_places_are_shown_with_where_it_is_and_why_not(connected: Kashdeck) -> None:
    ran = connected.run("keyring", NAME)
    assert ran.code == 0
    assert " * encrypted-file" in ran.out
    assert "not now: No Secret Service answers" in ran.out
    assert "   ask " in ran.out
    answer = connected.json("keyring", NAME)
    assert (answer["place"], answer["left_in"]) == ("encrypted-file", [])
    places = {place["id"]: place for place in answer["places"]}
    assert places["ask"]["usable"]
    assert places["ask"]["why_not"] is None
    assert places["secret-service"]["why_not"]


def test_a_setting_that_asks_for_a_refused_keyring_is_told(connected: Kashdeck) -> None:
    connected.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    assert "Kashdeck does not use it: it forgets" in connected.run("keyring", NAME).out


def test_moving_to_nowhere_and_back(connected: Kashdeck) -> None:
    ran = connected.run("keyring", NAME, "ask")
    assert (ran.code, ran.err) == (0, "")
    assert "kept nowhere; it is typed each time" in ran.out
    assert connected.sandbox.password not in (connected.home / "secrets.json").read_text()

    asked = connected.run("sync", NAME)
    assert asked.code == 1
    assert "--secrets-stdin" in asked.err
    assert connected.json("sync", NAME, code=1)["error"]["code"] == "secret-needed"
    given = connected.run("sync", NAME, "--secrets-stdin", stdin=connected.sandbox.password + "\n")
    assert given.code == 0, given
    wrong = connected.run("sync", NAME, "--secrets-stdin", stdin="not that one\n")
    assert wrong.code == 1
    assert "does not accept" in wrong.err
    (connection,) = connected.json("status")["connections"]
    assert connection["state"] == "connected", "a slip of the finger needs no reconnecting"

    only_one = connected.sandbox.password + "\n"
    words = ("keyring", NAME, "encrypted-file", "--secrets-stdin")
    short = connected.run(*words, stdin=only_one)
    assert short.code == 1
    assert "AutoAuth key" in short.err
    assert connected.json(*words, stdin=connected.secrets)["place"] == "encrypted-file"
    assert connected.run("sync", NAME).code == 0


def test_a_machine_that_is_not_listed_any_more_needs_the_key_from_the_second_line(
    connected: Kashdeck,
) -> None:
    connected.run("keyring", NAME, "ask")
    connected.sandbox.account.forget_addresses()
    ran = connected.run("sync", NAME, "--secrets-stdin", stdin=connected.sandbox.password + "\n")
    assert ran.code == 1
    assert "AutoAuth key is needed besides" in ran.err
    assert connected.run("sync", NAME, "--secrets-stdin", stdin=connected.secrets).code == 0


def test_publishing_takes_a_typed_password_too(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    connected.run("keyring", NAME, "ask")
    assert connected.run("publish", NAME, "1", "--yes").code == 1
    ran = connected.run(
        *("publish", NAME, "1", "--yes", "--secrets-stdin"), stdin=connected.sandbox.password
    )
    assert ran.code == 0, ran
    assert len(connected.sandbox.account.receipts()) == 1
    shown = connected.run("publish", NAME, "2", "--dry-run", "--body")
    assert "Envelope" in shown.out, "what would be sent needs no password to be shown"


def test_connecting_with_nothing_kept_reads_the_lists_all_the_same(kashdeck: Kashdeck) -> None:
    ran = kashdeck.connect("--secrets-in", "ask")
    assert ran.code == 0, ran
    assert "Suppliers: 7" in ran.out
    assert not (kashdeck.home / "secrets.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("keyring", NAME, "plaintext"), "Kashdeck keeps no secrets in “plaintext”"),
        (("keyring", NAME, "secret-service"), "No Secret Service answers"),
        (("unlock", "--hours", "0"), "above 0 and at most 24"),
        (("unlock", "--hours", "nan"), "above 0 and at most 24"),
        (("unlock", "--hours", "25"), "above 0 and at most 24"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_done(
    connected: Kashdeck, words: tuple[str, ...], said: str
) -> None:
    ran = connected.run(*words)
    assert ran.code == 2
    assert said in ran.err
    assert connected.json("keyring", NAME)["place"] == "encrypted-file"


def test_only_an_admin_moves_it(connected: Kashdeck) -> None:
    me = connected.json("people", NAME)["you"]
    connected.run("people", NAME, "daemon", "admin")
    connected.run("people", NAME, me, "standard")
    ran = connected.run("keyring", NAME, "ask")
    assert ran.code == 2
    assert "Only an Admin" in ran.err
    assert connected.run("keyring", NAME).code == 0


# -- one passphrase for many sessions ----------------------------------------------------------


@only_here
def test_unlocked_once_every_command_can_do_without_the_passphrase(unasked: Kashdeck) -> None:
    assert unasked.json("sync", NAME, code=1)["error"]["code"] == "passphrase-needed"
    assert unasked.json("unlock", code=1)["error"]["code"] == "passphrase-needed"

    ran = typed(unasked, "unlock", "--hours", "1", answers=("not that one", PASSPHRASE))
    assert ran.code == 0, ran
    assert "does not open" in ran.out
    assert "Unlocked for 1 hour." in ran.out
    assert PASSPHRASE not in ran.out, "what is typed is not shown"
    assert unasked.run("sync", NAME).code == 0
    assert unasked.run("sync", NAME).code == 0

    assert unasked.json("lock") == {"unlocked": False}
    assert unasked.json("sync", NAME, code=1)["error"]["code"] == "passphrase-needed"
    assert unasked.run("lock").code == 0


@only_here
def test_a_script_unlocks_with_its_file(connected: Kashdeck) -> None:
    assert connected.json("unlock", "--hours", "0.5") == {"unlocked": True, "hours": 0.5}
    del connected.environment["KASHDECK_PASSPHRASE_FILE"]
    assert connected.run("sync", NAME).code == 0
    assert connected.run("lock").code == 0
    assert connected.run("sync", NAME).code == 1


def test_there_is_nothing_to_unlock_before_there_is_a_file(kashdeck: Kashdeck) -> None:
    ran = kashdeck.run("unlock")
    assert ran.code == 2
    assert "There is no encrypted file" in ran.err
    assert kashdeck.run("lock").code == 0
    assert not (kashdeck.home / "secrets.json").exists()


# -- typed on a terminal -----------------------------------------------------------------------


def test_on_a_terminal_a_password_is_asked_for_and_asked_again(connected: Kashdeck) -> None:
    connected.run("keyring", NAME, "ask")
    answers = ("not that one", connected.sandbox.password)
    ran = typed(connected, "sync", NAME, answers=answers)
    assert ran.code == 0, ran
    assert "does not accept" in ran.out
    assert "Suppliers: 7" in ran.out
    for answer in answers:
        assert answer not in ran.out


def test_after_three_tries_a_command_gives_up(connected: Kashdeck) -> None:
    connected.run("keyring", NAME, "ask")
    connected.sandbox.account.calls.clear()
    ran = typed(connected, "sync", NAME, answers=("one", "two", "three"))
    assert ran.code == 1
    assert sum(connected.sandbox.account.calls.values()) == 3


# -- pass --------------------------------------------------------------------------------------


@pytest.fixture
def store() -> Iterator[PassHome]:
    with pass_home() as home:
        yield home


@needs_pass
def test_pass_is_used_warm_and_asks_on_the_terminal_when_cold(
    connected: Kashdeck, store: PassHome
) -> None:
    connected.environment |= store.environment
    store.warm()
    assert connected.run("keyring", NAME, "pass").code == 0
    assert connected.sandbox.password not in (connected.home / "secrets.json").read_text()
    assert connected.run("sync", NAME).code == 0
    store.cool()
    ran = connected.run("sync", NAME)
    assert ran.code == 1
    assert "pass show" in ran.err

    store.type_for(store.store.parent / "pinentry", f"echo 'D {GPG_PASSPHRASE}'; echo OK")
    ran = typed(connected, "sync", NAME, answers=())
    assert ran.code == 0, ran
    assert connected.sandbox.password not in ran.out
    (store.store / ".git").mkdir()
    moved = connected.run("keyring", NAME, "encrypted-file")
    assert moved.code == 0
    assert "still in its history" in moved.err
