"""Backups and sharing of the home: who may put a backup back, and who opens it to a group."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kfclient.desk.audit.audit import Audit
from kfclient.desk.audit.entry import Action
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import NotAllowed
from kfclient.desk.person import owns, this_person, utc_now
from kfclient.store import backup, sharing, users
from kfclient.store.backup import Restored, Salvaged
from kfclient.store.backup_file import Backup, carried
from kfclient.store.errors import StateDamaged, StateUnreadable, StoreError

if TYPE_CHECKING:
    from kfclient.store.home import Home
    from kfclient.store.sharing import Sharing
    from kfclient.store.tables import Tables


Document = Mapping[str, Any]


class SetAside(msgspec.Struct, frozen=True):
    """A record that did not fit: its file and table, its number, and the copy that it is kept in.

    A business may still be there, without what did not fit.
    """

    name: str
    table: str
    record: int
    copy: Path


class RecordCheck(Protocol):
    """Knows what records look like; those of all floors are known above this one."""

    def misfit(self, name: str, tables: Tables) -> str:
        """Say which record of a database does not fit, "" where all do."""

    def set_aside(self, home: Home) -> list[SetAside]:
        """Take out what does not fit, after a copy of it."""


class Readdressed(msgspec.Struct, frozen=True):
    """A connection that goes elsewhere than it went: the business's name and both addresses.

    They are "user at address", with the file of the authority that is trusted for it where there is
    one; "" where there was none.
    """

    business: str
    before: str
    after: str


def _readdressed(before: Iterable[Document], after: Iterable[Document]) -> list[Readdressed]:
    was = {str(one.get("id")): _trusting(one) for one in before}
    return [
        Readdressed(str(one.get("name", "")), was.get(str(one.get("id")), ""), now)
        for one in after
        if (now := _trusting(one)) and was.get(str(one.get("id")), "") != now
    ]


def _trusting(business: Document) -> str:
    """Return where its secret goes, and who besides the public authorities may vouch for that."""
    address, settings = _address(business), business.get("settings")
    authority = settings.get("certificate_authority") if isinstance(settings, Mapping) else ""
    return f"{address}, trusting {authority}" if address and authority else address


def _address(business: Document) -> str:
    found = business.get("connection")
    if not isinstance(found, Mapping):  # none, or a record that does not fit
        return ""
    return f"{found.get('username')} at {found.get('endpoint')}"


def _mark_readdressed(before: Tables, after: Tables) -> None:
    """Have a secret that does not say itself where it may go not go to another address."""
    was = {
        str(one.get("id")): address
        for one in before.get("businesses", {}).values()
        if (address := _address(one)) and not one["connection"].get("readdressed")
    }
    for document in after.get("businesses", {}).values():
        if (now := _address(document)) and was.get(str(document.get("id"))) != now:
            document["connection"]["readdressed"] = True


class Backups:
    """Makes and restores backups of one home. It needs no desk: that of a damaged home won't open.

    `records` knows what may be restored. `person` is the operating system's user unless given;
    `clock` tells the time in UTC.
    """

    def __init__(
        self,
        home: Home,
        *,
        records: RecordCheck | None = None,
        person: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._home = home
        self._records = records
        self._look = None if records is None else records.misfit
        self._given = person
        self._person = this_person() if person is None else person
        self._clock = clock

    def make(self, path: Path) -> Backup:
        """Write a backup to a new file; raises what `kfclient.store.backup.back_up` does."""
        made = backup.back_up(self._home.root, path, self._clock())
        self._note(Action.BACKED_UP, {"file": path.name, "made_at": made.made_at.isoformat()})
        return made

    def examine(self, path: Path) -> Backup:
        """Look through a backup, and whether this person may restore it; changes nothing.

        Raises NotAllowed unless they are an Admin of every business that is here, and what
        `restore` raises about the file.
        """
        found = backup.examine(path, self._look)
        self._require_admin()
        return found

    def readdressed(self, path: Path) -> list[Readdressed]:
        """Return the connections that a backup would have go elsewhere than they go here.

        All of them where nobody can say how they are here; raises what `restore` raises about it.
        """
        try:
            documents: Iterable[Document] = self._home.state().table("businesses").all()
        except StoreError:
            documents = []
        coming = backup.content(path, "state.json").get("businesses", {}).values()
        return _readdressed(documents, coming)

    def restore(self, path: Path) -> Restored:
        """Put a backup in the place of everything here; Admins of every business here only.

        A password that is kept here goes to no other address with it. Raises what
        `kfclient.store.backup.restore` does.
        """
        self._require_admin()
        restored = backup.restore(
            self._home.root, path, self._clock(), change=_mark_readdressed, look=self._look
        )
        kept = "" if restored.kept is None else restored.kept.name
        made_at = restored.backup.made_at.isoformat()
        self._note(Action.RESTORED, {"file": path.name, "made_at": made_at, "before": kept})
        return restored

    def keep_sound(self) -> tuple[list[Salvaged], list[SetAside]]:
        """Keep what can still be read of damaged files, and set records aside that do not fit.

        Raises what `restore` does.
        """
        self._require_admin()
        found = backup.salvage(self._home.root)
        aside = []
        if self._records is not None and all(one.kept is not None for one in found):
            aside = self._records.set_aside(self._home)
        names = [one.name for one in found if one.kept is not None]
        names += [one.name for one in aside]
        if names:
            told = ", ".join(dict.fromkeys(names))
            self._note(Action.RESTORED, {"file": "", "sound part of": told})
        return found, aside

    def businesses(self) -> list[str]:
        """Return the names of the businesses that are here now."""
        return [known.business.name for known in Businesses(self._home).all()]

    def _require_admin(self) -> None:
        """Raise NotAllowed unless this person is an Admin of every business that is here.

        What is damaged cannot say who its Admins are: there it is the owner of the folder.
        """
        try:
            businesses = Businesses(self._home, person=self._given)
            known = businesses.all()
        except (StateDamaged, StateUnreadable):
            self._require_owner()
            return
        listed = {one.business.id for one in known}
        if {name.split("/")[1] for name in carried(self._home.root) if "/" in name} - listed:
            self._require_owner()  # somebody has taken away what names its Admins
        for one in known:
            businesses.require_admin(one.business.id, "put a backup in the place of")

    def _require_owner(self) -> None:
        root = self._home.root
        if not owns(root):
            owner = users.person(root.stat().st_uid)
            raise NotAllowed(
                "What is kept here cannot say any more who its Admins are; until it is mended, "
                f"only {owner}, whose folder {root} is, may put anything in its place.",
                f"Ask {owner}.",
            )

    def _note(self, action: Action, after: dict[str, str]) -> None:
        """Note it in the trail of every business; a home that cannot be written has it in none."""
        with contextlib.suppress(StoreError):
            audit = Audit(self._home, person=self._person, clock=self._clock)
            with self._home.state().transaction():
                for known in Businesses(self._home).all():
                    audit.note(self._home.state(), known.business.id, action, after=after)
            audit.close()


# Opening the home to a group of this machine, or keeping it to oneself again; noted in each trail.
#
# Who owns the home decides, whatever their role in its businesses: it is their folder.


def share_home(home: Home, businesses: Businesses, audit: Audit, group: str) -> Sharing:
    """Let a group of this machine use the home; the group "" keeps it to its owner again.

    Raises `SharingRefused`, saying why and what would help; any `StoreError`. Nothing is changed
    then.
    """
    state, before = home.state(), sharing.sharing(home.root)
    if before.group == group:
        # Nothing to note, but files that came in from elsewhere are put right.
        return _shared(home, group)
    with state.transaction():
        for summary in businesses.all():
            audit.note(
                state,
                summary.business.id,
                Action.SHARED,
                before={"group": before.group},
                after={"group": group},
            )
        return _shared(home, group)


def _shared(home: Home, group: str) -> Sharing:
    return sharing.share(home.root, group) if group else sharing.stop_sharing(home.root)
