"""The home folder: what lies where, for whom, and what is being done in it now."""

from __future__ import annotations

import os
import stat
import threading
from decimal import Decimal
from pathlib import Path

import platformdirs
import pytest
from tinydb import TinyDB

from kfclient.store.errors import StateDamaged, StateNewer
from kfclient.store.home import Home
from tests.store.processes import finished, started

HOLD = """
import sys
from pathlib import Path
from kfclient.store.home import Home
with Home(Path(sys.argv[1])).try_lock("sync-acme") as held:
    print(held, flush=True)
    sys.stdin.readline()
"""

ASK = """
import sys
from pathlib import Path
from kfclient.store.home import Home
home = Home(Path(sys.argv[1]))
print("asking", flush=True)
while True:
    home.is_locked("sync-acme")
"""


def test_looking_into_a_home_that_is_not_there_makes_nothing(home: Home) -> None:
    assert home.state().table("businesses").all() == []
    assert home.books("acme").revision == 0
    assert home.read_list("acme", "suppliers") == []
    assert not home.is_locked("sync-acme")
    home.remove_business("acme")
    home.close()

    assert not home.root.exists()


def test_everything_is_for_its_owner_alone(home: Home) -> None:
    loose = os.umask(0)
    try:
        home.state().table("businesses").insert({"id": "acme"})
        home.books("acme").table("items").insert({"n": 1})
        home.write_list("acme", "suppliers", [{"name": "Staples"}])
        with home.try_lock("sync-acme"):
            pass
        home.close()
    finally:
        os.umask(loose)

    modes = {
        stat.S_IMODE(path.stat().st_mode) | (path.is_dir() << 12)
        for path in [home.root, *home.root.rglob("*")]
    }
    assert modes == {0o600, 0o700 | 1 << 12}


def test_the_home_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Home.default().root == platformdirs.user_data_path("kashdeck")
    monkeypatch.setenv("KASHDECK_HOME", "~/books")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home.default().root == tmp_path / "books"
    monkeypatch.setenv("KASHDECK_HOME", "relative")
    assert Home.default().root == Path.cwd() / "relative"
    assert Home(tmp_path).log_path == tmp_path / "kashdeck.log"


def test_a_database_is_opened_once(home: Home) -> None:
    assert home.state() is home.state()
    assert home.books("acme") is home.books("acme")
    assert home.books("acme") is not home.books("other")


def test_a_list_is_replaced_whole_and_stock_tinydb_reads_it(home: Home) -> None:
    home.write_list("acme", "suppliers", [{"name": "Staples"}, {"name": "O'Brien"}])
    home.write_list("acme", "suppliers", ({"name": name} for name in ("Zoë", "Staples")))
    home.write_list("acme", "customers", [])

    stock = TinyDB(home.root / "businesses" / "acme" / "lists" / "suppliers.json")

    assert home.read_list("acme", "suppliers") == [{"name": "Zoë"}, {"name": "Staples"}]
    assert stock.all() == home.read_list("acme", "suppliers")
    assert home.read_list("acme", "customers") == []


def test_a_list_that_does_not_come_whole_leaves_the_old_one(home: Home) -> None:
    home.write_list("acme", "suppliers", [{"name": "Staples"}])

    with pytest.raises(TypeError, match="Decimal"):
        home.write_list("acme", "suppliers", [{"name": "New"}, {"net": Decimal(1)}])
    with pytest.raises(ZeroDivisionError):
        home.write_list("acme", "suppliers", ({"n": 1 // n} for n in (1, 0)))

    assert home.read_list("acme", "suppliers") == [{"name": "Staples"}]


def test_who_reads_a_list_while_it_is_replaced_sees_a_whole_one(home: Home) -> None:
    lists = [[{"n": n}] * 500 for n in range(20)]
    home.write_list("acme", "suppliers", lists[0])

    def replace() -> None:
        for documents in lists:
            home.write_list("acme", "suppliers", documents)

    threads = [threading.Thread(target=replace) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert home.read_list("acme", "suppliers") in lists
    assert home.read_list("acme", "suppliers") == lists[-1]


def test_a_damaged_list_is_said_kept_and_cured_by_a_sync(home: Home) -> None:
    home.write_list("acme", "suppliers", [{"name": "Staples"}])
    path = home.root / "businesses" / "acme" / "lists" / "suppliers.json"
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(StateDamaged, match="cannot be understood") as raised:
        home.read_list("acme", "suppliers")
    assert "Sync the business again" in raised.value.cure
    home.write_list("acme", "suppliers", [{"name": "Staples"}])

    assert home.read_list("acme", "suppliers") == [{"name": "Staples"}]
    assert len(list(path.parent.glob("*.damaged-*"))) == 1
    path.write_text('{"_meta": {"1": {"format": 7}}}')
    with pytest.raises(StateNewer):
        home.read_list("acme", "suppliers")


@pytest.mark.parametrize("name", ["", ".", "..", "../acme", "a/b", "/etc", ".hidden", "a\0b", "é"])
def test_names_that_could_leave_the_folder_are_refused(home: Home, name: str) -> None:
    for call in (
        lambda: home.books(name),
        lambda: home.read_list(name, "suppliers"),
        lambda: home.write_list("acme", name, []),
        lambda: home.remove_business(name),
    ):
        with pytest.raises(ValueError, match="not a safe name"):
            call()
    assert not home.root.exists()


def test_a_removed_business_is_gone_and_can_begin_again(home: Home) -> None:
    home.books("acme").table("items").insert({"n": 1})
    home.write_list("acme", "suppliers", [{"name": "Staples"}])
    home.books("other").table("items").insert({"n": 2})
    elsewhere = Home(home.root)
    assert len(elsewhere.books("acme").table("items")) == 1

    home.remove_business("acme")

    assert [path.name for path in (home.root / "businesses").iterdir()] == ["other"]
    assert elsewhere.books("acme").table("items").all() == []
    assert home.read_list("acme", "suppliers") == []
    elsewhere.books("acme").table("items").insert({"n": 3})
    assert home.books("acme").table("items").all() == [{"n": 3}]
    home.remove_business("acme")
    home.close()
    elsewhere.close()
    assert [path.name for path in (home.root / "businesses").iterdir()] == ["other"]


def test_a_lock_is_held_by_one_thread_or_process_at_a_time(home: Home) -> None:
    holder = started("-c", HOLD, home.root)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"

    with home.try_lock("sync-acme") as held, home.try_lock("sync-other") as free:
        assert (held, free) == (False, True)
        assert home.is_locked("sync-acme")
        assert home.is_locked("sync-other")
        with Home(home.root).try_lock("sync-other") as again:
            assert again is False
    finished(holder)

    assert not home.is_locked("sync-acme")
    assert not home.is_locked("sync-other")
    with home.try_lock("sync-acme") as held:
        assert held is True


def test_a_killed_holder_leaves_no_lock_behind(home: Home) -> None:
    holder = started("-c", HOLD, home.root)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()

    assert not home.is_locked("sync-acme")


def test_asking_whether_it_is_locked_never_gets_in_the_way(home: Home) -> None:
    with home.try_lock("sync-acme"):
        pass
    askers = [started("-c", ASK, home.root) for _ in range(2)]
    for asker in askers:
        assert asker.stdout is not None
        assert asker.stdout.readline() == "asking\n"

    held = []
    for _ in range(500):
        with home.try_lock("sync-acme") as mine:
            held.append(mine)
    for asker in askers:
        asker.kill()
        asker.communicate()

    assert all(held)


@pytest.mark.parametrize("name", ["../../etc", "a b/c", "..", "é"])
def test_any_name_for_a_lock_stays_in_its_folder(home: Home, name: str) -> None:
    with home.try_lock(name) as held:
        assert held
        assert home.is_locked(name)
    assert len(list((home.root / "locks").iterdir())) == 1
