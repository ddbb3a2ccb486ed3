"""Who did what is noted as it happens, once, and outlasts whatever ends a session."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfclient.desk import Desk, Draft
from kfclient.desk.audit.audit import OWED, Audit
from kfclient.desk.audit.entry import Action, Entry
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import ItemChanged, NotAllowed, WrongValue
from kfclient.desk.items.items import Items
from kfclient.desk.model.business import Role
from kfclient.desk.model.item import Item, ItemLine
from kfclient.desk.person import this_origin, utc_now
from kfclient.desk.sync.lists import Lists
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.store import Home, redact
from tests.desk.auditor import KILLED
from tests.desk.seeded import SAMPLES
from tests.store.processes import finished, started

COST = Item(
    reference="PEN-1",
    contact="Pennine Water",
    date=dt.date(2026, 9, 1),
    lines=(ItemLine(category="5000", unit_price=Decimal("120.00")),),
)


@pytest.fixture(autouse=True)
def at_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have come over SSH."""
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


def told(desk: Desk, business: str, item: str = "") -> list[str]:
    """The trail in words."""
    return [desk.audit.sentence(entry) for entry in desk.audit.entries(business, item=item)]


def last(desk: Desk, business: str) -> Entry:
    return desk.audit.entries(business)[-1]


class TestWhatIsNoted:
    def test_a_business_and_its_people(self, desk: Desk, business: str) -> None:
        desk.businesses.rename(business, "Harbour Lane Trading")
        desk.businesses.rename(business, "Harbour Lane Trading")
        desk.businesses.set_role(business, "ben", Role.STANDARD)
        desk.businesses.set_role(business, "ben", Role.STANDARD)
        desk.businesses.set_role(business, "ben", Role.ADMIN)
        desk.businesses.set_role(business, "ben", None)
        desk.businesses.tick(business, "soap", True)

        assert told(desk, business) == [
            "anna added the business Harbour Lane",
            "anna renamed the business: Harbour Lane -> Harbour Lane Trading",
            "anna made ben a Standard user",
            "anna made ben an Admin, who was a Standard user",
            "anna took ben off the people, who was an Admin",
        ]

    def test_settings_as_they_were_and_are_and_no_others(self, desk: Desk, business: str) -> None:
        desk.businesses.change_settings(
            business, {"publish_tax_data": "on", "default_tax_code_costs": "20%"}
        )
        entry = last(desk, business)
        assert entry.before == {"publish_tax_data": "off", "default_tax_code_costs": "none"}
        assert entry.after == {"publish_tax_data": "on", "default_tax_code_costs": "20%"}

        desk.businesses.change_settings(business, {"publish_tax_data": "on"})
        with pytest.raises(WrongValue):
            desk.businesses.change_settings(business, {"settle_seconds": "soon"})
        assert last(desk, business) == entry

    def test_a_connection_made_made_anew_and_ended(
        self, connected_desk: Desk, business: str, draft: Draft
    ) -> None:
        connected_desk.connecting.reconnect(business, draft)
        connected_desk.connecting.disconnect(business)

        name = draft.username
        again = "same username and address, password and key typed anew"
        assert told(connected_desk, business)[1:] == [
            f"anna connected the business to Harbour Lane Trading Ltd as {name} at 127.0.0.1",
            f"anna connected the business again: {again}",
            f"anna disconnected the business from Harbour Lane Trading Ltd, where it was {name}",
        ]
        made = connected_desk.audit.entries(business)[1]
        assert made.connection == f"{name} at 127.0.0.1"
        assert made.after == {
            "username": name,
            "endpoint": draft.endpoint,
            "software": "sandbox",
            "company": "Harbour Lane Trading Ltd",
            "secrets_in": "memory",
        }

    def test_a_sync_is_one_entry_also_where_lists_do_not_come(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        synced_desk.syncing.sync(business)
        sandbox.misbehave("GetSuppliers", "html-503", times=9)
        synced_desk.syncing.sync(business)

        first, second, third = synced_desk.audit.entries(business)[2:]
        assert first.after["suppliers"]["added"] == first.after["suppliers"]["count"] > 0
        assert synced_desk.audit.sentence(second) == "anna synced: nothing had changed"
        assert "problem" in third.after["suppliers"]
        assert "; not read: suppliers: " in synced_desk.audit.sentence(third)

    def test_an_item_from_its_coming_to_its_going(self, desk: Desk, business: str) -> None:
        item = desk.items.add(business, COST)
        line = item.lines[0]
        line = msgspec.structs.replace(line, category="6100", unit_price=Decimal("120.0"))
        item = desk.items.save(business, msgspec.structs.replace(item, lines=(line,)))
        item = desk.items.save(business, item)  # nothing was changed
        desk.items.save(
            business,
            msgspec.structs.replace(item, date=None, lines=(line, ItemLine(description="Fee"))),
        )
        desk.items.remove(business, item.id)

        assert told(desk, business, item.id) == [
            "anna added item 1: cost PEN-1, Pennine Water, £120.00",
            "anna changed item 1: category 5000 -> 6100",
            "anna changed item 1: date 1 Sep 2026 -> none, line 2 added (Fee)",
            "anna removed item 1: cost PEN-1, Pennine Water, £120.00",
        ]
        assert last(desk, business).before["lines"][1] == {"description": "Fee"}

    def test_a_file_and_every_item_in_it(self, desk: Desk, business: str) -> None:
        report = desk.importing.import_file(business, SAMPLES / "dext-costs.csv")

        *items, whole = desk.audit.entries(business)[1:]
        assert [entry.item for entry in items] == list(report.added)
        assert {entry.after["file"] for entry in items} == {"dext-costs.csv"}
        assert whole.after["added"] == len(report.added)
        assert whole.after["bad"] == len(report.bad)

        desk.importing.import_file(business, SAMPLES / "dext-costs.csv")
        again = desk.audit.entries(business)[len(items) + 2 :]
        assert [entry.after["already"] for entry in again] == [len(items)]

    def test_who_tried_and_may_not(self, desk: Desk, business: str, draft: Draft) -> None:
        ben = Desk(desk.home, desk.secrets, person="ben")
        for attempt in (
            lambda: ben.businesses.rename(business, "Mine"),
            lambda: ben.businesses.set_role(business, "ben", Role.ADMIN),
            lambda: ben.businesses.change_settings(business, {"publish_tax_data": "on"}),
            lambda: ben.connecting.connect(business, draft),
        ):
            with pytest.raises(NotAllowed):
                attempt()

        assert told(desk, business)[1:] == [
            f"ben tried to {doing} the business, which only an Admin may"
            for doing in ("rename", "name the people of", "change the settings of", "connect")
        ]
        # A person who is not named may do what Standard may, and is named in the trail.
        ben.items.add(business, COST)
        assert last(desk, business).who == "ben"

    def test_nothing_that_did_not_happen(self, desk: Desk, business: str) -> None:
        item = desk.items.add(business, COST)
        desk.items.save(business, msgspec.structs.replace(item, note="first"))
        entry = last(desk, business)

        with pytest.raises(ItemChanged):
            desk.items.save(business, msgspec.structs.replace(item, note="second"))
        with contextlib.suppress(RuntimeError), desk.home.books(business).transaction():
            desk.items.remove(business, item.id)
            raise RuntimeError

        assert last(desk, business) == entry

    def test_from_which_address(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSH_CONNECTION", "10.0.0.7 50022 10.0.0.1 22")
        audit = Audit(home, person="anna")
        audit.note(home.state(), "acme", Action.RENAMED, before={"name": "A"}, after={"name": "B"})
        [entry] = audit.entries("acme")
        assert audit.sentence(entry) == "anna (from 10.0.0.7) renamed the business: A -> B"

        monkeypatch.delenv("SSH_CONNECTION")
        assert this_origin() == ""


class TestTheTrail:
    def test_what_is_owed_is_shown_and_then_settled(self, desk: Desk, business: str) -> None:
        assert [entry.number for entry in desk.audit.entries(business)] == [0]
        assert desk.audit.verify(business).lines == 1
        assert [entry.number for entry in desk.audit.entries(business)] == [1]
        assert len(desk.home.state().table(OWED)) == 0

    def test_it_is_settled_at_the_end_of_a_session(self, desk: Desk, business: str) -> None:
        desk.items.add(business, COST)
        desk.close()

        other = Home(desk.home.root)
        assert [entry.number for entry in Audit(other).entries(business)] == [1, 2]
        assert len(other.state().table(OWED)) + len(other.books(business).table(OWED)) == 0

    def test_much_that_is_owed_is_settled_in_between(self, desk: Desk, business: str) -> None:
        item = desk.items.add(business, COST)
        books = desk.home.books(business)
        with books.transaction():
            for _ in range(500):
                desk.audit.note(books, business, Action.VERIFIED, item=item.id)
        desk.items.save(business, msgspec.structs.replace(item, note="more"))
        assert len(books.table(OWED)) == 0
        assert desk.audit.verify(business).lines == 503

    def test_it_can_be_asked_for_one_item_and_from_a_moment_on(
        self, desk: Desk, business: str
    ) -> None:
        for _ in range(12):
            desk.items.add(business, COST)
        desk.audit.flush(business)
        moment = utc_now()
        desk.items.add(business, COST)
        assert [entry.item for entry in desk.audit.entries(business, item="1")] == ["1"]
        assert [entry.item for entry in desk.audit.entries(business, since=moment)] == ["13"]
        assert desk.audit.entries(business, item="1", since=moment) == []

    def test_a_line_that_is_no_entry_hides_no_other(self, desk: Desk, business: str) -> None:
        desk.items.add(business, COST)
        desk.audit.flush(business)
        path = desk.home.trail(business).path
        path.write_bytes(b"\xff\n" + path.read_bytes() + b'{"item": 1}\n')

        assert [entry.number for entry in desk.audit.entries(business)] == [1, 2]
        assert not desk.audit.verify(business).sound

    def test_what_was_bent_stays_found_however_much_is_done_after_it(
        self, desk: Desk, business: str
    ) -> None:
        for _ in range(4):
            desk.items.add(business, COST)
        desk.audit.flush(business)
        path = desk.home.trail(business).path
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))

        desk.items.add(business, COST)
        for _ in range(2):
            codes = {one.code for one in desk.audit.verify(business).troubles}
            assert codes & {"missing", "missing-end"}

    def test_a_state_that_forgot_the_trail_is_found(self, desk: Desk, business: str) -> None:
        desk.audit.flush(business)
        desk.home.state().table("trails").truncate()
        assert [one.code for one in desk.audit.verify(business).troubles] == ["added"]
        desk.home.state().table("trails").insert({"business": business, "count": "many"})
        assert not desk.audit.verify(business).sound

    def test_a_business_from_before_there_were_trails_is_sound(self, home: Home) -> None:
        verdict = Audit(home).verify("old")
        assert (verdict.lines, verdict.sound, verdict.head) == (0, True, "")
        assert not home.trail("old").path.exists()

    def test_a_full_disk_keeps_nobody_from_working(self, desk: Desk, business: str) -> None:
        desk.home.trail(business).path.mkdir(parents=True)  # no line can be written there
        desk.items.add(business, COST)
        desk.audit.flush(business)
        assert len(desk.home.books(business).table(OWED)) == 1


class TestSuddenEnds:
    def test_a_kill_at_any_step_of_flushing_loses_and_doubles_nothing(self, tmp_path: Path) -> None:
        said = finished(started("-m", "tests.desk.auditor", "kill", tmp_path / "home"))
        runs = [json.loads(line) for line in said.splitlines()]

        assert runs[-1]["ended"] == 0
        assert {run["ended"] for run in runs[:-1]} == {KILLED}
        assert len(runs) > 6
        for run in runs:
            assert run["codes"] == [], run
            assert run["seen"] == [str(number) for number in range(1, 9)], run
            assert run["items"] == [str(number) for number in range(1, 10)], run
            assert run["numbers"] == list(range(1, 10)), run
            assert (run["lines"], run["owed"]) == ([8, 9], 0), run

    def test_two_sessions_at_once_keep_every_version_and_every_entry(self, tmp_path: Path) -> None:
        times, people, count = 12, ("anna", "ben"), 3
        home = Home(tmp_path)
        businesses = Businesses(home, person="anna")
        business = businesses.add("Acme").id
        items = Items(home, businesses, Lists(home), utc_now)
        for _ in range(count):
            items.add(business, COST)

        running = [
            started("-m", "tests.desk.auditor", "edit", tmp_path, person, times)
            for person in people
        ]
        for process in running:
            finished(process)

        verdict = businesses.audit.verify(business)
        assert verdict.sound
        assert verdict.lines == 1 + count + len(people) * times * count
        for item in items.all(business):
            assert item.version == 1 + len(people) * times
            changes = businesses.audit.entries(business, item=item.id)[1:]
            # Each change goes on from the one before it: none was written over unseen.
            notes = [entry.after["note"] for entry in changes]
            assert [entry.before["note"] for entry in changes] == ["", *notes[:-1]]
            assert item.note == notes[-1]
            for person in people:
                mine = [note for note in notes if note.startswith(person)]
                assert mine == [f"{person} {number}" for number in range(times)]


class TestCost:
    def test_noting_waits_for_no_disk_of_its_own(
        self, desk: Desk, business: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        books, kept = desk.home.books(business), list[int]()
        books.table("items").insert({"n": 0})
        monkeypatch.setattr(os, "fdatasync", kept.append)
        with books.transaction():
            books.table("items").update({"n": 1})
            desk.audit.note(books, business, Action.ITEM_CHANGED, item="1")
        assert len(kept) == 1


class TestSecrets:
    def test_no_secret_is_in_the_trail_wherever_one_was_typed(
        self, desk: Desk, business: str, draft: Draft, sandbox: Sandbox
    ) -> None:
        secrets = (sandbox.password, sandbox.autoauth_key, 'Pass "wörd" & <key>')
        redact.add(*secrets)
        desk.connecting.connect(business, draft)
        desk.syncing.sync(business)
        item = desk.items.add(business, msgspec.structs.replace(COST, note=f"it is {secrets[0]}"))
        line = msgspec.structs.replace(item.lines[0], description=secrets[2])
        item = desk.items.save(
            business, msgspec.structs.replace(item, reference=secrets[1], lines=(line,))
        )
        desk.businesses.rename(business, f"Lane {secrets[1]}")
        desk.businesses.set_role(business, secrets[0], Role.STANDARD)
        with contextlib.suppress(Problem):
            desk.businesses.change_settings(business, {"certificate_authority": secrets[0]})
        desk.audit.note(
            desk.home.state(), business, Action.REFUSED, answer=f"No: {json.dumps(secrets[2])}"
        )
        owed = [desk.home.state().table(OWED).all(), desk.home.books(business).table(OWED).all()]
        desk.audit.flush(business)

        kept = desk.home.trail(business).read().decode()
        for secret in secrets:
            assert secret not in kept
            assert json.dumps(secret)[1:-1] not in kept
            assert secret not in repr(owed)
            assert not any(secret in sentence for sentence in told(desk, business))
        assert kept.count("[hidden]") >= 6


def entry(action: Action | str, **fields: Any) -> Entry:
    return Entry(
        at=utc_now(), who="anna", action=str(action), business="acme", item="12", id="x", **fields
    )


SENT = {
    "what": "InsertReceipt PEN-1",
    "contact": "Pennine Water",
    "gross": "120.00",
    "currency": "GBP",
    "number": 4711,
}
ITEM = "item 12 (purchase PEN-1, Pennine Water, £120.00)"


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (entry(Action.SENDING, after=SENT), f"set out to send {ITEM}"),
        (entry(Action.PUBLISHED, after=SENT), f"published {ITEM} as number 4711"),
        (
            entry(Action.REFUSED, after=SENT, answer="No such nominal"),
            f"sent {ITEM}; KashFlow refused it: No such nominal",
        ),
        (entry(Action.NOT_SENT, after=SENT, answer="No line"), f"could not send {ITEM}: No line"),
        (
            entry(Action.OUTCOME_UNKNOWN, after=SENT),
            f"sent {ITEM}; whether it arrived is not known",
        ),
        (entry(Action.ADOPTED, after=SENT), f"found {ITEM} in KashFlow as number 4711"),
        (entry(Action.NOT_THERE, after=SENT), f"looked for {ITEM} in KashFlow: it is not there"),
        (
            entry(Action.SUPPLIER_CREATED, after={"name": "Tern"}),
            "created the supplier Tern in KashFlow for item 12",
        ),
        (
            entry(Action.PAID, after={"what": "the payment of £120.00", "number": 4711}),
            "put the payment of £120.00 for item 12 into KashFlow",
        ),
        (entry(Action.UNDONE, after=SENT), f"took {ITEM} out of KashFlow again"),
        (
            entry(Action.ADOPTED, after={"what": "the payment of £5.00, Bank", "number": 4711}),
            "found the payment of £5.00, Bank, for item 12 in KashFlow",
        ),
        (entry(Action.DECIDED, after=SENT), f"decided that {ITEM} is in KashFlow as number 4711"),
        (
            entry(Action.RESTORED, after={"file": "b.zip", "before": "a.zip"}),
            "restored the backup b.zip; what was here before is in a.zip",
        ),
        (entry(Action.BACKED_UP, after={"file": "b.zip"}), "made a backup: b.zip"),
        (entry(Action.SHARED, after={"group": "bureau"}), "shared the home with the group bureau"),
        (
            entry(Action.SHARED, before={"group": "bureau"}, after={"group": ""}),
            "stopped sharing the home with the group bureau",
        ),
        (entry("weighed-anew", answer="12 kg"), "weighed anew of item 12: 12 kg"),
        (entry(Action.IMPORTED, after={"file": "a.csv", "already": "x"}), "imported of item 12"),
        (entry(Action.ITEM_CHANGED, after={"date": "soon"}), "item changed of item 12"),
    ],
    ids=lambda value: value.action if isinstance(value, Entry) else "",
)
def test_every_entry_has_a_sentence(made: Entry, sentence: str, desk: Desk) -> None:
    assert desk.audit.sentence(made) == f"anna {sentence}"


@pytest.mark.parametrize("action", Action)
def test_no_entry_is_too_bare_or_too_odd_for_a_sentence(action: Action, desk: Desk) -> None:
    odd: dict[str, Any] = {"name": 1, "gross": "much", "currency": None, "what": ["x"], "ben": 7}
    assert desk.audit.sentence(entry(action)).startswith("anna ")
    assert desk.audit.sentence(entry(action, before=odd, after=odd)).startswith("anna ")
