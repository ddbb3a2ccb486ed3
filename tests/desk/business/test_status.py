"""What `kashdeck status` sees at a glance is what the whole desk knows."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.business.status import status_of, statuses
from kfclient.desk.errors import BusinessUnknown
from kfclient.desk.model.business import Connection, ItemCounts, ListStatus, ProblemNote, Role
from kfclient.desk.model.connection_state import called, sync_lock
from kfclient.desk.model.list_names import ListName
from kfclient.store import Home
from kfclient.store.errors import StateDamaged
from tests.desk.business.test_businesses import CONNECTION, NOW

PROBLEM = ProblemNote("refused", "KashFlow refused the password.", "Reconnect the business.")
BARE = Connection(
    software="kashflow",
    endpoint="https://example.test/api/service.asmx",
    username="anna-api",
    secrets_in="memory",
    company=msgspec.structs.replace(CONNECTION.company, name=""),
    connected_at=NOW + timedelta(microseconds=7),
    connected_by="anna",
)
TROUBLED = msgspec.structs.replace(CONNECTION, needs_reconnecting=True, problem=PROBLEM)
FAILED = msgspec.structs.replace(
    CONNECTION,
    lists={
        ListName.CHART: ListStatus(count=5, synced_at=NOW),
        ListName.SUPPLIERS: ListStatus(problem=PROBLEM),
        ListName.PROJECTS: ListStatus(),
    },
)


@pytest.fixture
def businesses(home: Home) -> Businesses:
    """Every way to stand with KashFlow, some of it in the log alone."""
    businesses = Businesses(home, person="anna", clock=lambda: NOW)
    for name, connection in (
        ("zeta", None),
        ("Alpha", CONNECTION),
        ("beta", BARE),
        ("Gamma", TROUBLED),
        ("delta", FAILED),
        ("Überall & Söhne", CONNECTION),
    ):
        businesses.save_connection(businesses.add(name).id, connection)
    home.state().checkpoint()
    businesses.note_counts("alpha", ItemCounts(ready=1, to_review=2, published=3, needs_you=4))
    businesses.set_role("beta", "ben", Role.STANDARD)
    return businesses


def test_a_status_says_what_the_desk_says(businesses: Businesses, home: Home) -> None:
    with home.try_lock(sync_lock("alpha")):
        for person in ("anna", "ben", "nobody"):
            seen = statuses(home.root, person)
            known = Businesses(home, person=person).all()
            assert [told(one) for one in seen] == [
                {**told(one.business), **told(one.items), "state": one.state, "role": one.role}
                for one in known
            ]
            assert {one.state.value for one in seen} == {
                *("not connected", "connected", "syncing", "needs reconnecting", "sync failed")
            }


def told(one: object) -> dict[str, Any]:
    """Return what is told of a business: its fields by name, those of what it holds inside."""
    names = (
        *("id", "name", "state", "role", "connection"),
        *("ready", "to_review", "published", "needs_you"),
        *("software", "endpoint", "connected_at", "connected_by", "needs_reconnecting"),
        *("company", "last_sync", "lists", "problem", "count", "synced_at"),
        *("code", "sentence", "cure"),
    )
    found = {name: getattr(one, name) for name in names if hasattr(one, name)}
    if "company" in found:
        found["company"] = getattr(found["company"], "name", found["company"])
    for name in ("connection", "problem"):
        if found.get(name) is not None:
            found[name] = told(found[name])
    if "lists" in found:
        found["lists"] = {name: told(status) for name, status in found["lists"].items()}
    return found


def test_one_is_found_as_the_desk_finds_it(businesses: Businesses, home: Home) -> None:
    for name in ("GAMMA", " delta ", "uberall-sohne", "ÜBERALL & söhne"):
        assert called(statuses(home.root), name).id == businesses.find(name).id
    with pytest.raises(BusinessUnknown):
        called(statuses(home.root), "Nobody")
    assert status_of("beta", home.root, "ben").role == Role.STANDARD
    with pytest.raises(BusinessUnknown):
        status_of("nobody", home.root)


def test_a_home_that_is_not_there_has_no_businesses_and_is_not_made(home: Home) -> None:
    assert statuses(home.root) == []
    assert not home.root.exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"{",
        b"[]",
        b'{"businesses": {"1": []}}',
        b'{"businesses": {"1": {"n": NaN}}}',
        b'{"businesses": {"1": {"n": "\xff"}}}',
        b'{"businesses": ' + b"[" * 60_000,
    ],
)
@pytest.mark.parametrize("fast", [True, False], ids=["with orjson", "without"])
def test_a_file_edited_into_nonsense_is_told_of_and_kept(
    nonsense: bytes, fast: bool, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fast:
        monkeypatch.delitem(sys.modules, "orjson")
    home.root.mkdir()
    state = home.root / "state.json"
    state.write_bytes(nonsense)
    with pytest.raises(StateDamaged):
        statuses(home.root)
    assert state.read_bytes() == nonsense
