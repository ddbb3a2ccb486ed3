"""What a person did with items goes back as a whole, and forth; nobody else's is touched."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import ItemChanged, ItemSettled, NothingToUndo
from kfclient.desk.items.claims import Claims
from kfclient.desk.items.edit_history import DEEP, ROWS, STEPS
from kfclient.desk.items.items import Items
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.sync.lists import Lists
from kfclient.store import Home
from tests.desk.items.test_many_items import cost
from tests.desk.seeded import NOW, Inbox

change = msgspec.structs.replace


@pytest.fixture
def inbox(home: Home) -> Inbox:
    inbox = Inbox(home)
    inbox.connect()
    for number in (1, 2, 3):
        inbox.items.add(inbox.business, cost(number, amount=Decimal(number)))
    return inbox


def facts(inbox: Inbox) -> dict[str, tuple[str, str]]:
    every = inbox.items.all(inbox.business)
    return {item.id: (item.contact, item.note) for item in every}


def edit(inbox: Inbox, number: str, items: Items | None = None, **values: object) -> Item:
    items = items or inbox.items
    return items.save(inbox.business, change(items.get(inbox.business, number), **values))


def another(home: Home, person: str) -> Items:
    """The items as another session on the same home has them."""
    return Items(Home(home.root), Businesses(home, person=person), Lists(home), lambda: NOW)


def test_edits_deletions_and_additions_go_back_and_forth(inbox: Inbox) -> None:
    items, business = inbox.items, inbox.business
    states = [facts(inbox)]
    many = [change(one, note="all") for one in items.all(business)]
    steps = (
        lambda: edit(inbox, "1", note="first"),
        lambda: items.save_all(business, [change(one, version=items.get(business, one.id).version)
                                          for one in many]),
        lambda: items.remove(business, "2"),
        lambda: items.add(business, cost(9, amount=Decimal(9))),
        lambda: edit(inbox, "4", contact="Kestrel"),
    )  # fmt: skip
    for step in steps:
        step()
        states.append(facts(inbox))
    for before in reversed(states[:-1]):
        items.undo_edit(business)
        assert facts(inbox) == before
    for after in states[1:]:
        items.redo_edit(business)
        assert facts(inbox) == after
    with pytest.raises(NothingToUndo):
        items.redo_edit(business)
    for before in reversed(states[:-1]):
        items.undo_edit(business)
        assert facts(inbox) == before


def test_what_was_changed_at_once_is_taken_back_at_once_after_a_restart(inbox: Inbox) -> None:
    items, business = inbox.items, inbox.business
    items.save_all(business, [change(one, note="all") for one in items.all(business)])
    inbox.home.books(business).checkpoint()
    step = another(inbox.home, "anna").undo_edit(business)
    assert step.words == "the edit of 3 items (1, 2, 3)"
    assert {note for _, note in facts(inbox).values()} == {""}
    last = inbox.items.audit.entries(business, item="2")[-1]
    assert (last.action, last.after["2"]) == ("edit-undone", "changed")
    assert inbox.items.audit.sentence(last) == "anna took back the edit of 3 items (1, 2, 3)"


def test_an_import_goes_back_as_one_step_with_what_it_corrected(
    inbox: Inbox, tmp_path: Path
) -> None:
    from kfclient.desk.importing.import_file import Answer

    head = "Kind,Reference,Date,Contact,Description,Category,Quantity,Unit Price,Tax Rate,Currency"
    path = tmp_path / "sales.csv"
    row = "sale,{},01/09/2026,Dunmore School,Lamps,Sales,1,{},20,GBP"
    path.write_text("\n".join((head, row.format("S-1", 10), row.format("S-2", 20))))
    before = facts(inbox)
    inbox.importing.import_file(inbox.business, path)
    first = facts(inbox)
    path.write_text("\n".join((head, row.format("S-1", 11), row.format("S-3", 30))))
    inbox.importing.import_file(inbox.business, path, answer=Answer.CORRECT)
    assert inbox.items.get(inbox.business, "4").net == Decimal(11)

    step = inbox.items.undo_edit(inbox.business)
    assert (step.what, step.file, step.count) == ("import", "sales.csv", 2)
    assert facts(inbox) == first
    assert inbox.items.get(inbox.business, "4").net == Decimal(10)
    inbox.items.undo_edit(inbox.business)
    assert facts(inbox) == before
    inbox.items.redo_edit(inbox.business)
    inbox.items.redo_edit(inbox.business)
    assert inbox.items.get(inbox.business, "4").net == Decimal(11)
    report = inbox.importing.import_file(inbox.business, path)
    assert (report.added, report.already) == ((), 2)


def test_what_somebody_else_changed_since_is_left_and_then_passed_over(inbox: Inbox) -> None:
    items, business = inbox.items, inbox.business
    edit(inbox, "1", note="mine")
    items.save_all(business, [change(items.get(business, key), note="all") for key in ("1", "2")])
    edit(inbox, "2", another(inbox.home, "ben"), note="theirs")
    with pytest.raises(ItemChanged, match="Item 2 was changed since, so the edit of 2 items"):
        items.undo_edit(business)
    assert [note for _, note in facts(inbox).values()] == ["all", "theirs", ""]
    with pytest.raises(ItemChanged, match="Item 1 was changed since"):
        items.undo_edit(business)
    assert items.undo_edit(business).words == "the adding of item 3"
    with pytest.raises(NothingToUndo):
        another(inbox.home, "cara").undo_edit(business)
    assert another(inbox.home, "ben").undo_edit(business).words == "the edit of item 2"


def test_what_went_to_kashflow_or_onto_a_claim_stays(inbox: Inbox) -> None:
    items, business = inbox.items, inbox.business
    edit(inbox, "1", note="mine")
    items.put(business, change(items.get(business, "1"), sent=ItemState.PUBLISHED, number=7))
    with pytest.raises(ItemSettled, match="Item 1 is in KashFlow"):
        items.undo_edit(business)
    edit(inbox, "2", note="cost")
    claims = Claims(inbox.home, items, lambda: NOW)
    claim = claims.gather(business, "Ben", ["2"])
    with pytest.raises(ItemChanged, match="Item 2 is not in the inbox any more"):
        items.undo_edit(business)
    assert items.get(business, claim.id).note == claim.note


def test_a_new_edit_ends_what_could_be_done_again(inbox: Inbox) -> None:
    items, business = inbox.items, inbox.business
    edit(inbox, "1", note="one")
    items.undo_edit(business)
    edit(inbox, "2", note="two")
    with pytest.raises(NothingToUndo):
        items.redo_edit(business)
    edit(inbox, "2", note="three")
    assert [step.undone for step in items.history.steps(business)] == [False] * 5


def test_no_more_steps_are_kept_than_that(inbox: Inbox) -> None:
    items, business = inbox.items, inbox.business
    for number in range(DEEP + 5):
        edit(inbox, "1", note=str(number))
    books = inbox.home.books(business)
    assert (len(books.table(STEPS)), len(books.table(ROWS))) == (DEEP, DEEP)
    for _ in range(DEEP):
        items.undo_edit(business)
    assert facts(inbox)["1"][1] == "4"
    with pytest.raises(NothingToUndo):
        items.undo_edit(business)
