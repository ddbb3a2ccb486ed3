"""Where a business's password is kept: moved whole, wiped where it was, asked for if nowhere."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from kfclient.desk import Desk, Draft
from kfclient.desk.audit.entry import Action
from kfclient.desk.business.backup_rights import Backups
from kfclient.desk.errors import Busy, NotAllowed
from kfclient.desk.events import Event, ItemPublished, SyncStarted
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.store import ConnectionSecret, Home, Secrets
from kfclient.store.errors import (
    KeyringLocked,
    NoKeyring,
    PassphraseNeeded,
    SecretElsewhere,
    SecretMissing,
    SecretNeeded,
)
from tests.conftest import QUICK
from tests.desk.publisher import COST
from tests.store import file_keyring
from tests.store.cheap_file import make_cheap_file
from tests.store.file_keyring import ONE, TWO, FileKeyring
from tests.store.processes import script

FILE = "encrypted-file"
PASSPHRASE = "correct horse battery"


@pytest.fixture
def keyrings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FileKeyring]]:
    """Two keyrings that this machine's system seems to have."""
    folder = tmp_path / "keyrings"
    folder.mkdir()
    yield file_keyring.for_test(folder, monkeypatch)
    FileKeyring.refusing = set()


@pytest.fixture
def desk(home: Home, keyrings: type[FileKeyring]) -> Iterator[Desk]:
    """Anna's desk, on which secrets go to real places."""
    desk = Desk(home, Secrets(home.root), person="anna", limits=QUICK)
    yield desk
    desk.close()


def connected(desk: Desk, business: str, draft: Draft, place: str = ONE) -> ConnectionSecret:
    desk.connecting.connect(business, msgspec.structs.replace(draft, secrets_in=place))
    return ConnectionSecret(draft.password, draft.autoauth_key)


def place_of(desk: Desk, business: str) -> str:
    connection = desk.businesses.get(business).connection
    return "" if connection is None else connection.secrets_in


def holds(desk: Desk, business: str, place: str) -> bool:
    try:
        desk.secrets.load(business, place)
    except (SecretMissing, SecretNeeded):
        return False
    return True


# -- moving ------------------------------------------------------------------------------------


def test_moving_writes_the_new_place_and_wipes_the_old(
    desk: Desk, business: str, draft: Draft
) -> None:
    secret = connected(desk, business, draft)
    desk.syncing.sync(business)
    moved = desk.connecting.keep_secrets_in(business, TWO)

    assert moved.secrets_in == TWO
    assert desk.secrets.load(business, TWO) == secret
    assert not holds(desk, business, ONE)
    assert desk.connecting.left_behind(business) == []
    assert not desk.syncing.sync(business).failed
    connection = desk.businesses.get(business).connection
    assert connection is not None
    assert connection.lists["suppliers"].count == 7, "all else stays"
    (entry,) = [
        one for one in desk.audit.entries(business) if one.action == Action.SECRETS_MOVED.value
    ]
    assert (entry.before, entry.after) == ({"secrets_in": ONE}, {"secrets_in": TWO})
    assert entry.who == "anna"


def test_moving_to_where_it_is_changes_nothing(desk: Desk, business: str, draft: Draft) -> None:
    secret = connected(desk, business, draft)
    desk.connecting.keep_secrets_in(business, ONE)
    assert desk.secrets.load(business, ONE) == secret


def test_ended_at_any_write_it_can_be_done_again(
    desk: Desk, business: str, draft: Draft, tmp_path: Path
) -> None:
    connected(desk, business, draft)
    desk.secrets.save(business, ConnectionSecret("pa55word", "1234ABCD-1234"), ONE)
    desk.close()

    said = script("import sys; from tests.desk.moving import *; main(Path(sys.argv[1]))", tmp_path)

    tries = [json.loads(line) for line in said.splitlines()]
    assert len(tries) > 10
    assert [one["ended"] for one in tries] == [False] * (len(tries) - 1) + [True]
    for number, one in enumerate(tries, 1):
        assert one["between"], f"ended at write {number}, the password is not where it should be"
        assert one["again"], f"ended at write {number}, it could not be done again"
        assert (one["place"], one["held"], one["left"]) == (TWO, {ONE: False, TWO: True}, [])


def test_a_place_that_cannot_be_wiped_is_told_and_tried_again(
    desk: Desk, business: str, draft: Draft, keyrings: type[FileKeyring]
) -> None:
    secret = connected(desk, business, draft)
    keyrings.refusing = {(ONE, "delete")}
    desk.connecting.keep_secrets_in(business, TWO)

    assert place_of(desk, business) == TWO
    assert desk.connecting.left_behind(business) == [ONE]
    assert desk.secrets.load(business, TWO) == secret
    keyrings.refusing = set()
    desk.connecting.keep_secrets_in(business, TWO)
    assert desk.connecting.left_behind(business) == []
    assert not holds(desk, business, ONE)


def test_moving_back_does_not_wipe_where_it_is_now(
    desk: Desk, business: str, draft: Draft, keyrings: type[FileKeyring]
) -> None:
    secret = connected(desk, business, draft)
    keyrings.refusing = {(ONE, "delete")}
    desk.connecting.keep_secrets_in(business, TWO)
    keyrings.refusing = set()
    desk.connecting.keep_secrets_in(business, ONE)
    assert desk.secrets.load(business, ONE) == secret
    assert not holds(desk, business, TWO)
    assert desk.connecting.left_behind(business) == []


@pytest.mark.parametrize("doing", ["set", "get"])
def test_a_new_place_that_fails_leaves_everything_as_it_was(
    desk: Desk, business: str, draft: Draft, keyrings: type[FileKeyring], doing: str
) -> None:
    secret = connected(desk, business, draft)
    keyrings.refusing = {(TWO, doing)}
    with pytest.raises(KeyringLocked):
        desk.connecting.keep_secrets_in(business, TWO)
    assert place_of(desk, business) == ONE
    assert desk.secrets.load(business, ONE) == secret
    keyrings.refusing = set()
    desk.connecting.keep_secrets_in(business, ONE)
    assert not holds(desk, business, TWO), "what was written there is wiped with the next try"


def test_who_may_move_and_when(desk: Desk, business: str, draft: Draft, home: Home) -> None:
    connected(desk, business, draft)
    ben = Desk(home, desk.secrets, person="ben", limits=QUICK)
    with pytest.raises(NotAllowed, match="move the password of"):
        ben.connecting.keep_secrets_in(business, TWO)
    with pytest.raises(NoKeyring):
        desk.connecting.keep_secrets_in(business, "keyring.backends.null.Keyring")
    with pytest.raises(PassphraseNeeded):
        desk.connecting.keep_secrets_in(business, FILE)
    with home.try_lock(f"sync-{business}"), pytest.raises(Busy):
        desk.connecting.keep_secrets_in(business, TWO)
    assert place_of(desk, business) == ONE


def test_disconnecting_and_reconnecting_wipe_too(
    desk: Desk, business: str, draft: Draft, keyrings: type[FileKeyring]
) -> None:
    connected(desk, business, draft)
    elsewhere = msgspec.structs.replace(draft, secrets_in=TWO)
    keyrings.refusing = {(ONE, "delete")}
    desk.connecting.reconnect(business, elsewhere)
    assert desk.connecting.left_behind(business) == [ONE]
    keyrings.refusing = set()
    desk.connecting.reconnect(business, elsewhere)
    assert not holds(desk, business, ONE)
    assert holds(desk, business, TWO)

    keyrings.refusing = {(TWO, "delete")}
    with pytest.raises(KeyringLocked):
        desk.connecting.disconnect(business)
    assert place_of(desk, business) == TWO, "a password that stays is not forgotten"
    keyrings.refusing = set()
    desk.connecting.disconnect(business)
    assert not holds(desk, business, TWO)
    assert desk.connecting.left_behind(business) == []


def test_connecting_that_could_not_be_remembered_leaves_no_password(
    desk: Desk, business: str, draft: Draft, keyrings: type[FileKeyring]
) -> None:
    keyrings.refusing = {(ONE, "get"), (ONE, "delete")}
    with pytest.raises(KeyringLocked):
        connected(desk, business, draft)
    assert desk.businesses.get(business).connection is None
    assert desk.connecting.left_behind(business) == [ONE]
    keyrings.refusing = set()
    connected(desk, business, draft, TWO)
    assert not holds(desk, business, ONE)


# -- kept nowhere ------------------------------------------------------------------------------


def typed(desk: Desk, business: str, password: str, key: str = "") -> None:
    desk.secrets.lend(business, ConnectionSecret(password, key))


def test_a_password_that_is_kept_nowhere_is_asked_for_before_each_sync(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    connected(desk, business, draft, "ask")
    assert not desk.syncing.sync(business).failed, "the one just typed serves the first sync"
    sandbox.account.calls.clear()
    with pytest.raises(SecretNeeded) as needed:
        desk.syncing.sync(business)
    assert needed.value.business == business
    assert not needed.value.with_key
    assert not sandbox.account.calls
    typed(desk, business, draft.password)
    assert not desk.syncing.sync(business).failed
    with pytest.raises(SecretNeeded):
        desk.syncing.sync(business)
    for path in desk.home.root.rglob("*"):
        if path.is_file():
            assert draft.password.encode() not in path.read_bytes()


def test_a_wrong_one_is_asked_for_again_and_nothing_needs_reconnecting(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    connected(desk, business, draft, "ask")
    typed(desk, business, "not that one")
    sandbox.account.calls.clear()
    with pytest.raises(SecretNeeded, match="does not accept") as needed:
        desk.syncing.sync(business)
    assert "separate API password" in needed.value.cure
    assert sum(sandbox.account.calls.values()) == 1, "it is tried once, not six times"
    assert desk.businesses.summary(business).state is ConnectionState.CONNECTED
    with pytest.raises(SecretNeeded, match="kept nowhere"):
        desk.syncing.sync(business)


def test_the_key_is_asked_for_only_where_the_machine_has_to_be_listed_again(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    connected(desk, business, draft, "ask")
    sandbox.account.forget_addresses()
    typed(desk, business, draft.password)
    with pytest.raises(SecretNeeded, match="AutoAuth key") as needed:
        desk.syncing.sync(business)
    assert needed.value.with_key
    typed(desk, business, draft.password, draft.autoauth_key)
    assert not desk.syncing.sync(business).failed
    assert desk.businesses.summary(business).state is ConnectionState.CONNECTED


def test_moving_away_from_nowhere_needs_both(desk: Desk, business: str, draft: Draft) -> None:
    connected(desk, business, draft, "ask")
    desk.secrets.take_back(business)
    with pytest.raises(SecretNeeded):
        desk.connecting.keep_secrets_in(business, ONE)
    typed(desk, business, draft.password)
    with pytest.raises(SecretNeeded) as needed:
        desk.connecting.keep_secrets_in(business, ONE)
    assert needed.value.with_key
    typed(desk, business, draft.password, draft.autoauth_key)
    desk.connecting.keep_secrets_in(business, ONE)
    assert desk.secrets.load(business, ONE).autoauth_key == draft.autoauth_key
    desk.connecting.keep_secrets_in(business, "ask")
    assert not holds(desk, business, ONE)


# -- locked, or gone, in the middle ------------------------------------------------------------


def lock(desk: Desk, keyrings: type[FileKeyring]) -> None:
    keyrings.refusing = {(ONE, "get")}


def lose(desk: Desk, keyrings: type[FileKeyring]) -> None:
    (keyrings.folder / f"{ONE}.json").unlink()


@pytest.mark.parametrize(("happens", "code"), [(lock, "keyring-locked"), (lose, "secret-missing")])
def test_a_keyring_gone_in_the_middle_of_a_sync_costs_nothing(
    desk: Desk,
    business: str,
    draft: Draft,
    keyrings: type[FileKeyring],
    happens: Callable[[Desk, type[FileKeyring]], None],
    code: str,
) -> None:
    secret = connected(desk, business, draft)
    desk.syncing.sync(business)

    def listen(event: Event) -> None:
        if isinstance(event, SyncStarted):
            happens(desk, keyrings)

    with pytest.raises(Problem) as said:
        desk.syncing.sync(business, listen)
    assert said.value.code == code
    assert said.value.cure
    assert desk.businesses.summary(business).state is ConnectionState.CONNECTED
    assert desk.lists.read(business, "suppliers")  # type: ignore[arg-type]
    keyrings.refusing = set()
    desk.secrets.save(business, secret, ONE)
    assert not desk.syncing.sync(business).failed


def test_a_keyring_locked_in_the_middle_of_publishing_is_asked_about_and_nothing_goes_twice(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    make_cheap_file(desk.home.root, PASSPHRASE)
    desk.secrets.unlock(FILE, PASSPHRASE)
    connected(desk, business, draft, FILE)
    desk.syncing.sync(business)
    desk.businesses.change_settings(business, {"publish_tax_data": "on"})
    items = [
        desk.items.add(business, msgspec.structs.replace(COST, reference=f"PEN-{number}"))
        for number in range(4)
    ]
    plan = desk.publishing.plan(business)
    assert len(plan.items) == 4

    def listen(event: Event) -> None:
        if isinstance(event, ItemPublished) and event.item == items[1].id:
            Secrets(desk.home.root).lock(FILE)

    with pytest.raises(PassphraseNeeded):
        desk.publishing.publish(business, plan, listener=listen, lanes=1)
    states = [desk.items.state(business, desk.items.get(business, one.id)) for one in items]
    assert [str(state) for state in states] == ["published", "published", "ready", "ready"]
    assert len(sandbox.account.receipts()) == 2
    desk.secrets.unlock(FILE, PASSPHRASE)
    report = desk.publishing.publish(business, plan, lanes=1)

    assert [str(result.state) for result in report.results] == ["published"] * 4
    assert len(sandbox.account.receipts()) == 4
    assert desk.resolving.unresolved(business) == []


def test_a_password_refused_in_the_middle_of_publishing_is_asked_for_again(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    connected(desk, business, draft, "ask")
    desk.syncing.sync(business)
    items = [
        desk.items.add(business, msgspec.structs.replace(COST, reference=f"PEN-{number}"))
        for number in range(3)
    ]
    plan = desk.publishing.plan(business)
    with pytest.raises(SecretNeeded):
        desk.publishing.publish(business, plan)

    def listen(event: Event) -> None:
        if isinstance(event, ItemPublished) and event.item == items[0].id:
            sandbox.account.switch(separate_api_password="a new one")

    typed(desk, business, draft.password)
    with pytest.raises(SecretNeeded, match="does not accept"):
        desk.publishing.publish(business, plan, listener=listen, lanes=1)
    assert len(sandbox.account.receipts()) == 1
    typed(desk, business, "a new one")
    report = desk.publishing.publish(business, plan, lanes=1)
    assert [str(result.state) for result in report.results] == ["published"] * 3
    assert len(sandbox.account.receipts()) == 3
    with pytest.raises(SecretNeeded):
        desk.secrets.load(business, "ask")


# -- where alone a password may go ------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Somebody else's server: its address, and all that was ever sent to it."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = server.accept()
                with caller:
                    heard.append(caller.recv(65536))

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/api/service.asmx", heard
    with contextlib.suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)  # ends the wait of its thread; closing alone does not
    server.close()


def readdress(desk: Desk, business: str, **fields: str) -> None:
    """Change the connection in the state, as whoever can write to the files may."""
    table = desk.home.state().table("businesses")
    (found,) = table.by("id", business)
    table.update({"connection": {**found["connection"], **fields}}, doc_ids=[found.doc_id])


def test_a_password_goes_nowhere_but_to_the_address_it_is_kept_for(
    desk: Desk, business: str, draft: Draft, listener: tuple[str, list[bytes]]
) -> None:
    connected(desk, business, draft)
    elsewhere, heard = listener
    for change in ({"endpoint": elsewhere}, {"username": "mallory"}):
        before = {"endpoint": draft.endpoint, "username": draft.username}
        readdress(desk, business, **change)
        with pytest.raises(SecretElsewhere, match="was not sent") as refused:
            desk.sessions.call(business, lambda kashflow: kashflow.get_currencies())
        assert draft.endpoint in refused.value.sentence
        assert "kashdeck reconnect" in refused.value.cure
        with pytest.raises(SecretElsewhere):
            desk.syncing.sync(business)
        assert desk.businesses.summary(business).state is ConnectionState.NEEDS_RECONNECTING
        readdress(desk, business, **before)
    assert heard == []
    assert not desk.syncing.sync(business).failed
    assert desk.businesses.summary(business).state is ConnectionState.CONNECTED


@pytest.mark.parametrize("place", [ONE, FILE])
def test_a_password_of_an_older_version_learns_where_it_may_go_when_it_is_used(
    desk: Desk,
    business: str,
    draft: Draft,
    listener: tuple[str, list[bytes]],
    place: str,
) -> None:
    make_cheap_file(desk.home.root, PASSPHRASE)
    desk.secrets.unlock(FILE, PASSPHRASE)
    secret = connected(desk, business, draft, place)
    desk.secrets.save(business, secret, place)  # as it was kept before: the two alone
    assert desk.secrets.load(business, place).endpoint == ""
    assert not desk.syncing.sync(business).failed
    kept = desk.secrets.load(business, place)
    assert (kept.endpoint, kept.username) == (draft.endpoint, draft.username)
    assert kept == secret
    readdress(desk, business, endpoint=listener[0])
    with pytest.raises(SecretElsewhere):
        desk.syncing.sync(business)
    assert listener[1] == []


def test_a_backup_that_trusts_another_authority_says_so(
    desk: Desk, business: str, draft: Draft, tmp_path: Path
) -> None:
    connected(desk, business, draft)
    path = tmp_path / "backup.zip"
    authority = tmp_path / "mine.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\n")
    backups = Backups(desk.home, person="anna")
    desk.businesses.change_settings(business, {"certificate_authority": str(authority)})
    backups.make(path)
    desk.businesses.change_settings(business, {"certificate_authority": ""})
    (moved,) = backups.readdressed(path)
    assert moved.after == f"{moved.before}, trusting {authority}"


def test_a_password_of_an_older_version_does_not_follow_a_backup_to_another_address(
    desk: Desk, business: str, draft: Draft, listener: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    secret = connected(desk, business, draft)
    path, same = tmp_path / "elsewhere.zip", tmp_path / "same.zip"
    backups = Backups(desk.home, person="anna")
    backups.make(same)
    readdress(desk, business, endpoint=listener[0])
    backups.make(path)
    readdress(desk, business, endpoint=draft.endpoint)
    desk.secrets.save(business, secret, ONE)

    (moved,) = backups.readdressed(path)
    assert moved.before == f"{draft.username} at {draft.endpoint}"
    assert moved.after == f"{draft.username} at {listener[0]}"
    backups.restore(path)
    with pytest.raises(SecretElsewhere):
        desk.syncing.sync(business)
    assert listener[1] == []

    assert [one.after for one in backups.readdressed(same)] == [moved.before]
    backups.restore(same)
    with pytest.raises(SecretElsewhere):  # nobody can say any more where it was meant to go
        desk.syncing.sync(business)
    desk.connecting.reconnect(business, msgspec.structs.replace(draft, secrets_in=ONE))
    assert not desk.syncing.sync(business).failed
    assert backups.readdressed(same) == []
    backups.restore(same)
    assert not desk.syncing.sync(business).failed


def test_a_password_that_is_typed_is_asked_for_with_the_address_it_goes_to(
    desk: Desk, business: str, draft: Draft
) -> None:
    connected(desk, business, draft, "ask")
    desk.secrets.take_back(business)
    with pytest.raises(SecretNeeded) as needed:
        desk.syncing.sync(business)
    assert f"It goes to {draft.username} at {draft.endpoint}." in needed.value.sentence
