"""Two sessions on one home: what both change at once is merged, or said; never silently lost."""

from __future__ import annotations

import threading
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from kfclient.desk import Desk
from kfclient.desk.business.backup_rights import Backups
from kfclient.desk.errors import BusinessExists, ItemChanged, LastAdmin
from kfclient.desk.model.business import STEPS, Company, Connection, Role
from kfclient.desk.model.item import Item, Kind
from kfclient.desk.person import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kfclient.store import Home

ROUNDS = 10

COST = Item(kind=Kind.COST, contact="Staples", reference="first")


@pytest.fixture
def desks(home: Home) -> Iterator[tuple[Desk, Desk]]:
    """Anna at two terminals, each session with its own files, locks and memory."""
    both = (
        Desk.open(home.root, memory_secrets=True, person="anna"),
        Desk.open(home.root, memory_secrets=True, person="anna"),
    )
    both[0].businesses.add("Mill")
    yield both
    for desk in both:
        desk.close()


def at_once(*works: Callable[[], object]) -> list[Exception]:
    """Do them at the same time, and return what they raised."""
    gate, raised = threading.Barrier(len(works)), list[Exception]()

    def do(work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
        except Exception as problem:  # noqa: BLE001 - told to the test
            raised.append(problem)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_settings_people_ticks_and_a_name_changed_at_once_are_all_there(
    desks: tuple[Desk, Desk],
) -> None:
    one, other = (desk.businesses for desk in desks)
    steps = (STEPS[0].id, STEPS[-1].id)
    for n in range(ROUNDS):
        changes: list[Callable[[], Any]] = [
            lambda n=n: one.change_settings("mill", {"settle_seconds": str(n)}),  # type: ignore[misc]
            lambda n=n: other.change_settings("mill", {"default_tax_code_costs": str(n)}),  # type: ignore[misc]
            lambda n=n: one.set_role("mill", f"ben{n}", Role.STANDARD),  # type: ignore[misc]
            lambda n=n: other.set_role("mill", f"cara{n}", Role.ADMIN),  # type: ignore[misc]
            lambda n=n: one.rename("mill", f"Mill {n}"),  # type: ignore[misc]
            lambda n=n: one.tick("mill", steps[0], n % 2 == 0),  # type: ignore[misc]
            lambda n=n: other.tick("mill", steps[1], n % 2 == 0),  # type: ignore[misc]
        ]
        assert at_once(*changes) == []

        for desk in desks:
            known = desk.businesses.get("mill")
            assert known.settings.settle_seconds == n
            assert known.settings.default_tax_code_costs == Decimal(n)
            assert known.name == f"Mill {n}"
            assert {f"ben{n}", f"cara{n}"} <= known.people.keys()
            assert set(known.ticks) == (set(steps) if n % 2 == 0 else set())
    assert len(desks[0].businesses.get("mill").people) == 1 + 2 * ROUNDS


def test_two_who_take_each_other_off_leave_one_admin(desks: tuple[Desk, Desk], home: Home) -> None:
    ben = Desk.open(home.root, memory_secrets=True, person="ben")
    anna = desks[0]
    for _ in range(ROUNDS):
        anna.businesses.set_role("mill", "ben", Role.ADMIN)
        raised = at_once(
            lambda: anna.businesses.set_role("mill", "anna", Role.STANDARD),
            lambda: ben.businesses.set_role("mill", "ben", Role.STANDARD),
        )
        people = ben.businesses.get("mill").people
        assert [type(problem) for problem in raised] == [LastAdmin]
        assert list(people.values()).count(Role.ADMIN) == 1
        mine = anna if people["anna"] is Role.ADMIN else ben
        mine.businesses.set_role("mill", "anna", Role.ADMIN)
    ben.close()


def test_one_name_taken_at_once_is_one_business_and_one_refusal(desks: tuple[Desk, Desk]) -> None:
    for n in range(ROUNDS):
        raised = at_once(*(partial(desk.businesses.add, f"New {n}") for desk in desks))
        assert [type(problem) for problem in raised] == [BusinessExists]
    names = [known.business.name for known in desks[1].businesses.all()]
    assert sorted(names) == sorted(["Mill", *(f"New {n}" for n in range(ROUNDS))])


def test_what_a_sync_notes_and_what_a_person_renames_do_not_undo_each_other(
    desks: tuple[Desk, Desk],
) -> None:
    one, other = (desk.businesses for desk in desks)
    connection = Connection(
        software="kashflow",
        endpoint="http://127.0.0.1/",
        username="anna",
        secrets_in="memory",
        company=Company(name="Mill"),
        connected_at=utc_now(),
        connected_by="anna",
    )
    one.save_connection("mill", connection)
    for n in range(ROUNDS):
        at = utc_now()

        def synced(now: Connection, at: Any = at) -> Connection:
            return msgspec.structs.replace(now, last_sync=at)

        def troubled(now: Connection, n: int = n) -> Connection:
            return msgspec.structs.replace(now, needs_reconnecting=n % 2 == 0)

        raised = at_once(
            lambda synced=synced: one.update_connection("mill", synced),  # type: ignore[misc]
            lambda troubled=troubled: other.update_connection("mill", troubled),  # type: ignore[misc]
            lambda n=n: other.rename("mill", f"Mill {n}"),  # type: ignore[misc]
        )
        assert raised == []
        known = one.get("mill")
        assert known.name == f"Mill {n}"
        assert known.connection is not None
        assert known.connection.last_sync == at
        assert known.connection.needs_reconnecting is (n % 2 == 0)


def test_one_item_edited_in_both_is_noticed_by_the_later_one(desks: tuple[Desk, Desk]) -> None:
    one, other = (desk.items for desk in desks)
    item = one.add("mill", COST)
    raised = at_once(
        lambda: one.save("mill", msgspec.structs.replace(item, reference="one")),
        lambda: other.save("mill", msgspec.structs.replace(item, reference="other")),
    )
    assert [type(problem) for problem in raised] == [ItemChanged]
    assert one.get("mill", item.id) == other.get("mill", item.id)
    assert one.get("mill", item.id).version == item.version + 1


def test_an_item_restored_from_a_backup_is_not_written_over_by_an_older_edit(
    desks: tuple[Desk, Desk], home: Home
) -> None:
    """The version that comes back may have had the same number as one that somebody is editing."""
    one, other = (desk.items for desk in desks)
    item = one.add("mill", COST)
    path = home.root.parent / "books.zip"
    Backups(home, person="anna").make(path)
    edited = one.save("mill", msgspec.structs.replace(item, reference="later"))
    Backups(home, person="anna").restore(path)
    again = other.get("mill", item.id)
    assert again.reference == item.reference
    other.save("mill", msgspec.structs.replace(again, reference="after the restore"))

    with pytest.raises(ItemChanged):
        one.save("mill", msgspec.structs.replace(edited, reference="much later"))

    assert one.get("mill", item.id).reference == "after the restore"
