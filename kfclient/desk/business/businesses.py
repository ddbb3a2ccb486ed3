"""The businesses on this machine: their people, ticks, settings, and connection to KashFlow."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.audit.audit import Audit
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import (
    BusinessExists,
    BusinessUnknown,
    ChangedMeanwhile,
    LastAdmin,
    NotAllowed,
    WrongValue,
)
from kfclient.desk.model.business import (
    STEPS,
    Business,
    BusinessSummary,
    Connection,
    ItemCounts,
    Role,
    Settings,
)
from kfclient.desk.model.connection_state import (
    ConnectionState,
    called,
    checked_name,
    in_order,
    slug_of,
    state_of,
)
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import SETTINGS, changed, spec_of
from kfclient.desk.person import is_person_here, owns, this_person, utc_now
from kfclient.store.errors import StoreError, record_misfits
from kfclient.store.paths import SLUG

if TYPE_CHECKING:
    from tinydb.table import Document

    from kfclient.store import Home
    from kfclient.store.database import Table


# What the trail keeps of a business: its connection and its settings, and what has changed.

Told = dict[str, str]


def connecting(before: Connection | None, after: Connection | None) -> Action:
    """Return what was done to a connection."""
    if before is not None and after is not None:
        return Action.RECONNECTED
    return Action.CONNECTED if before is None else Action.DISCONNECTED


def connection_changes(before: Connection | None, after: Connection | None) -> tuple[Told, Told]:
    """Return what differs between two connections, or one and none; never a secret."""
    return _differing(_connection(before), _connection(after))


def settings_changes(before: Settings, after: Settings) -> tuple[Told, Told]:
    """Return the settings that differ, as people read them."""
    return _differing(_settings(before), _settings(after))


def _connection(connection: Connection | None) -> Told:
    if connection is None:
        return {}
    return {
        "username": connection.username,
        "endpoint": connection.endpoint,
        "software": connection.software,
        "company": connection.company.name,
        "secrets_in": connection.secrets_in,
    }


def _settings(settings: Settings) -> Told:
    return {spec.key: spec.text_of(settings) for spec in SETTINGS}


def _differing(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[Told, Told]:
    differ = [key for key in (now or was) if was.get(key) != now.get(key)]
    return (
        {key: was[key] for key in differ if key in was},
        {key: now[key] for key in differ if key in now},
    )


class Businesses:
    """What the state file knows of every business; each change is one transaction.

    `business` is a business's id everywhere, but for `find`. Thread-safe, and safe beside other
    sessions on the same home.
    """

    def __init__(
        self,
        home: Home,
        *,
        person: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        audit: Audit | None = None,
    ) -> None:
        self.person = this_person() if person is None else person
        # Where the person was given, the machine's own users say nothing about anybody.
        self._of_machine = person is None
        self.audit = audit or Audit(home, person=self.person, clock=clock)
        self._home = home
        self._clock = clock
        self._state = home.state()
        self._table = self._state.table("businesses")
        self._counts = self._state.table("counts")
        self._watchers: list[Callable[[str], object]] = []

    def watch(self, told: Callable[[str], object]) -> None:
        """Have `told` called with a business's id when what its items lack may have changed.

        That is after its connection, its settings or its lists changed.
        """
        self._watchers.append(told)

    def tell(self, business: str) -> None:
        """Tell the watchers; outside any transaction."""
        for told in self._watchers:
            told(business)

    @property
    def revision(self) -> int:
        """A number that grows when anything here changed, by anyone; cheap to ask for."""
        return self._state.revision

    # Looking

    def all(self) -> list[BusinessSummary]:
        """Return every business, by name; reads the state file alone."""
        counts = {document["business"]: document for document in self._counts.all()}
        every = in_order(_business(document) for document in self._table.all())
        return [self._summary(business, counts.get(business.id)) for business in every]

    def summary(self, business: str) -> BusinessSummary:
        """Return one business's line of the home screen; BusinessUnknown."""
        return self._summary(self.get(business), self._document(self._counts, "business", business))

    def get(self, business: str) -> Business:
        """Return the business of this id; BusinessUnknown."""
        document = self._document(self._table, "id", business)
        if document is None:
            raise BusinessUnknown(f"There is no business “{business}” here.")
        return _business(document)

    def find(self, name: str) -> Business:
        """Return the business of this name, or else of this id, capitals forgiven."""
        return called((_business(document) for document in self._table.all()), name)

    # Names and people

    def add(self, name: str) -> Business:
        """Add a business; whoever adds it is its first Admin. BusinessExists, WrongValue."""
        name = checked_name(name)
        with self._state.transaction():
            self._refuse_taken(name, but="")
            business = Business(
                id=self._free_id(name),
                name=name,
                created_at=self._clock(),
                people={self.person: Role.ADMIN},
            )
            self._table.insert(_stored(business))
            self._note(business.id, Action.BUSINESS_ADDED, {}, {"name": business.name})
        return business

    def rename(self, business: str, name: str, *, seen: str = "") -> Business:
        """Give a business another name; its id stays. Admins only.

        Raises ChangedMeanwhile when it is no longer called as the person has `seen`.
        """
        name = checked_name(name)
        with self._as_admin(business, "rename"):
            self._refuse_taken(name, but=business)
            before = self.get(business).name
            if seen not in ("", before):
                raise ChangedMeanwhile(f"It was renamed meanwhile: it is called {before} now.")
            if before != name:
                self._note(business, Action.RENAMED, {"name": before}, {"name": name})
            return self._change(business, name=name)

    def role(self, business: str) -> Role | None:
        """Return what this person is to the business; None, not named, may do what Standard may."""
        return self.get(business).people.get(self.person)

    def require_admin(self, business: str, doing: str) -> None:
        """Raise NotAllowed, naming whom to ask, unless this person is an Admin of the business.

        `doing` completes "Only an Admin may ... <the business>". That somebody else tried is noted
        in the trail.
        """
        with self._refusals_noted(business, doing):
            self._refuse_others(business, doing)

    @contextmanager
    def _as_admin(self, business: str, doing: str) -> Iterator[None]:
        """Open a transaction that only an Admin gets into."""
        with self._refusals_noted(business, doing), self._state.transaction():
            self._refuse_others(business, doing)
            yield

    @contextmanager
    def _refusals_noted(self, business: str, doing: str) -> Iterator[None]:
        """Note who tried what only an Admin may, once nothing of it is left."""
        try:
            yield
        except NotAllowed:
            with suppress(StoreError):  # a full disk lets nobody in either
                self._note(business, Action.NOT_ALLOWED, {}, {"doing": doing})
            raise

    def _refuse_others(self, business: str, doing: str) -> None:
        known = self.get(business)
        if known.people.get(self.person) is Role.ADMIN:
            return
        sentence = f"Only an Admin may {doing} {known.name}; {self.person} is not one."
        if self._owns_home():
            raise NotAllowed(
                sentence,
                "The home's folder is yours, so you can become one: kashdeck people "
                f"{shlex.quote(known.name)} {shlex.quote(self.person)} admin",
            )
        raise NotAllowed(sentence, f"Ask {known.admins}, or the accountant who looks after it.")

    def is_user(self, person: str) -> bool:
        """Whether this machine has a user of that name, so that a role is of use to them."""
        return not self._of_machine or person == self.person or is_person_here(person)

    def _owns_home(self) -> bool:
        return self._of_machine and owns(self._home.root)

    def set_role(
        self,
        business: str,
        person: str,
        role: Role | None,
        *,
        seen: Mapping[str, Role] | None = None,
    ) -> Business:
        """Name a person Admin or Standard, or (None) take them off. Admins only; LastAdmin.

        An Admin who is a user of this machine stays, always. Who owns the home's folder may become
        one; the trail says so. Raises ChangedMeanwhile when that person is no longer what they are
        in `seen`.
        """
        person = person.strip()
        if not person:
            raise WrongValue("A person needs a name.", "Give the name they log in with.")
        by_owner = role is Role.ADMIN and person == self.person and self._owns_home()
        alone = self._state.transaction() if by_owner else None
        with alone or self._as_admin(business, "name the people of"):
            people = dict(self.get(business).people)
            before = people.get(person)
            if seen is not None and before is not seen.get(person):
                now = "not on the list" if before is None else f"{before.value.title()} now"
                raise ChangedMeanwhile(f"{person} was changed meanwhile: they are {now}.")
            if role is None:
                people.pop(person, None)
            else:
                people[person] = role
            admins = [name for name, what in people.items() if what is Role.ADMIN]
            if not any(map(self.is_user, admins)):
                here = " who is a user of this machine" if admins else ""
                raise LastAdmin(f"{person} is the last Admin of this business{here}.")
            if role is not before:
                action = Action.OWNER_BECAME_ADMIN if by_owner else Action.ROLE_CHANGED
                self._note(business, action, {person: before}, {person: role})
            return self._change(business, people=people)

    # Ticks

    def tick(self, business: str, step: str, on: bool) -> Business:
        """Tick a step in KashFlow, or take the tick off; ticks survive a restart."""
        if step not in {known.id for known in STEPS}:
            raise WrongValue(f"There is no step “{step}”.")
        with self._state.transaction():
            ticked = (
                {*self.get(business).ticks, step} if on else {*self.get(business).ticks} - {step}
            )
            return self._change(
                business, ticks=tuple(known.id for known in STEPS if known.id in ticked)
            )

    def clear_ticks(self, business: str) -> Business:
        """Take all ticks off, for the next time."""
        return self._change(business, ticks=())

    # The connection, the items and the settings

    def save_connection(self, business: str, connection: Connection | None) -> Business:
        """Remember a connection, or (None) that there is none any more."""
        with self._state.transaction():
            before = self.get(business).connection
            saved = self._change(business, connection=connection)
            action = connecting(before, connection)
            was, now = connection_changes(before, connection)
            if before is not connection:
                self._note(business, action, was, now)
        self.audit.flush(business)
        self.tell(business)
        return saved

    def update_connection(
        self, business: str, change: Callable[[Connection], Connection]
    ) -> Connection | None:
        """Change the connection as it is now, in one transaction; None when there is none."""
        with self._state.transaction():
            connection = self.get(business).connection
            if connection is None:
                return None
            after = change(connection)
            if after != connection:
                self._change(business, connection=after)
            return after

    def note_counts(self, business: str, counts: ItemCounts) -> None:
        """Remember how many items stand where, for the home screen."""
        self._put_counts({"business": business, **_fields(counts), "changing": False})

    def counts_change(self, business: str) -> None:
        """Remember that items are about to be sent or taken out: the counts are of before that.

        `note_counts` ends it; where a sudden end comes before that, whoever looks counts anew.
        """
        self._put_counts({"business": business, "changing": True})

    def _put_counts(self, document: dict[str, Any]) -> None:
        business = document["business"]
        with self._state.transaction():
            known = self._document(self._counts, "business", business)
            if known is None:
                self._counts.insert(document)
            elif {**known, **document} != dict(known):
                self._counts.update(document, doc_ids=[known.doc_id])

    def change_settings(
        self, business: str, changes: Mapping[str, str], *, seen: Settings | None = None
    ) -> Settings:
        """Change settings, all of them or none. Admins only; WrongValue says what is possible.

        Raises ChangedMeanwhile when one of them is no longer as it is in `seen`.
        """
        rates = self._home.read_list(business, ListName.TAX_RATES)
        percentages = [Decimal(str(rate.get("Value", "0"))) for rate in rates]
        with self._as_admin(business, "change the settings of"):
            before = self.get(business).settings
            for spec in map(spec_of, changes if seen is not None else ()):
                if getattr(before, spec.key) != getattr(seen, spec.key):
                    text = spec.text_of(before)
                    raise ChangedMeanwhile(f"{spec.title} was changed meanwhile: it is {text} now.")
            settings = changed(before, changes, percentages)
            self._change(business, settings=settings)
            was, now = settings_changes(before, settings)
            if now:
                self._note(business, Action.SETTINGS_CHANGED, was, now)
        self.tell(business)
        return settings

    # Inside

    def _summary(self, business: Business, counts: Mapping[str, Any] | None) -> BusinessSummary:
        return BusinessSummary(
            business=business,
            state=_state_of(business, self._home.is_locked),
            role=business.people.get(self.person),
            items=_counted(counts or {}),
        )

    def _note(
        self, business: str, action: Action, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        self.audit.note(self._state, business, action, before=before, after=after)

    def _change(self, business: str, **values: object) -> Business:
        with self._state.transaction():
            document = self._document(self._table, "id", business)
            if document is None:
                raise BusinessUnknown(f"There is no business “{business}” here.")
            after = msgspec.structs.replace(_business(document), **values)
            self._table.update(_stored(after), doc_ids=[document.doc_id])
        return after

    def _refuse_taken(self, name: str, *, but: str) -> None:
        for document in self._table.all():
            if document["name"].casefold() == name.casefold() and document["id"] != but:
                raise BusinessExists(f"There is a business called “{document['name']}” already.")

    def _free_id(self, name: str) -> str:
        slug = slug_of(name)
        free, count = slug, 1
        # The files of a business that the state has lost are not anybody's to become Admin of.
        mine = not self._of_machine or owns(self._home.root)
        folders = self._home.root / "businesses"
        while self._document(self._table, "id", free) is not None or (
            not mine and (folders / free).exists()
        ):
            count += 1
            free = f"{slug}-{count}"
        return free

    @staticmethod
    def _document(table: Table, field: str, value: str) -> Document | None:
        found = table.by(field, value)
        return found[0] if found else None


def _state_of(business: Business, is_locked: Callable[[str], bool]) -> ConnectionState:
    connection = business.connection
    lists = () if connection is None else connection.lists.values()
    return state_of(
        business.id,
        connected=connection is not None,
        needs_reconnecting=connection is not None and connection.needs_reconnecting,
        list_failed=any(status.problem is not None for status in lists),
        is_locked=is_locked,
    )


def _business(document: Mapping[str, Any]) -> Business:
    try:
        business = msgspec.convert(document, Business)
    except msgspec.ValidationError:
        business = None
    if business is None or not re.fullmatch(SLUG, business.id):
        raise record_misfits("A business in state.json")
    return business


def _counted(document: Mapping[str, Any]) -> ItemCounts:
    try:
        return msgspec.convert(document, ItemCounts)
    except msgspec.ValidationError:
        return ItemCounts()  # counted anew when the items are looked at


def _stored(business: Business) -> dict[str, Any]:
    return {**_fields(business), "ticks": list(business.ticks)}  # the store knows no tuples


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    """Return every field, defaults too: a TinyDB update leaves alone what it is not given."""
    return {
        field: msgspec.to_builtins(getattr(record, field)) for field in record.__struct_fields__
    }
