"""Creating the suppliers and customers that KashFlow does not have, each of them once.

Before the first is created, KashFlow's own list is read again, so that one made there meanwhile is
found by its name. Each is created under a code made from its name alone: where the reply is lost,
or KashFlow commits late, the code, which KashFlow keeps unique, tells that it is there.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import unicodedata
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import CodeNotUnique, Unknown
from kfclient.api.reply_text import UNREADABLE, may_be
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import NotAgreed
from kfclient.desk.items.reference import Contact, contact_number, folded
from kfclient.desk.model.sides import side_by
from kfclient.desk.sync.readers import sound_documents

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.publish.plan import NewContact
    from kfclient.desk.sync.lists import Lists
    from kfclient.store import Home

_LETTERS = 6


def code_for(name: str) -> str:
    """Return the code under which a new contact of this name is created: at most 10 characters.

    Names that are the same to us (see `matching.plain`) have the same code. KashFlow takes letters
    and digits alone, and 12 at most.
    """
    same = folded(name)
    ascii_name = unicodedata.normalize("NFKD", same).encode("ascii", "ignore").decode()
    letters = "".join(one for one in ascii_name.upper() if one.isalnum())[:_LETTERS] or "NEW"
    digest = hashlib.sha256(same.encode()).digest()
    return letters + base64.b32encode(digest).decode()[:4]


class NewContacts:
    """Creates missing contacts for one run of publishing, and remembers those it made.

    Safe to use from several threads, as long as each name is in one at a time.
    """

    def __init__(self, home: Home, lists: Lists, audit: Audit, business: str) -> None:
        self._home = home
        self._lists = lists
        self._audit = audit
        self._lock = threading.Lock()
        self._business = business
        self._by_name: dict[str, dict[str, list[Contact]]] = {}

    def find_or_create(self, kashflow: KashFlow, new: NewContact) -> tuple[Contact, bool]:
        """Return the contact, and whether it is new: created now, by us or meanwhile by another.

        Raises `KashFlowError`: where creating it is of unknown outcome, another try is safe;
        `NotAgreed` where KashFlow has several of that name by now.
        """
        with self._lock:  # KashFlow's list is read by one, for all
            known = self._read(kashflow, new.kind)
        found = known.get(folded(new.name), [])
        if len(found) > 1:
            raise NotAgreed(
                f"KashFlow now has {len(found)} {new.kind}s called {new.name}.",
                "Choose the one meant, by its code.",
            )
        if found and not contact_number(found[0]):
            raise NotAgreed(
                f"KashFlow has a {new.kind} called {new.name} whose id cannot be read.",
                "Look at it in KashFlow and put it right there, then try again.",
            )
        if found:
            return found[0], False
        for name in known:
            if UNREADABLE in name and may_be(name, folded(new.name)):
                raise NotAgreed(
                    f"KashFlow has a {new.kind} called {name}, with a character that cannot be "
                    f"read; it may be {new.name}.",
                    "Put its name right in KashFlow, or choose that one, then try again.",
                )
        contact = self._create(kashflow, new)
        with self._lock:
            known[folded(new.name)] = [contact]
            self._remember(new.kind, contact)
        return contact, True

    def _read(self, kashflow: KashFlow, kind: str) -> dict[str, list[Contact]]:
        """Return the contacts by name, as KashFlow has them now; read once a run."""
        if kind not in self._by_name:
            contacts = side_by(kind).all_contacts(kashflow)
            documents, _ = sound_documents(contacts)
            self._home.write_list(self._business, side_by(kind).contacts, documents)
            by_name: dict[str, list[Contact]] = {}
            for contact in contacts:
                by_name.setdefault(folded(contact.name), []).append(contact)
            self._by_name[kind] = by_name
        return self._by_name[kind]

    def _create(self, kashflow: KashFlow, new: NewContact) -> Contact:
        """Create the contact, or find that it has been created under its code."""
        code, side = code_for(new.name), side_by(new.kind)
        try:
            return side.create_contact(kashflow, code, new.name)
        except (CodeNotUnique, Unknown):
            found = side.contact_called(kashflow, code)
            if found is None or folded(found.name) != folded(new.name):
                raise
            return found

    def _remember(self, kind: str, contact: Contact) -> None:
        """Add the contact to the synced list, as the next sync would."""
        known: list[Contact] = []
        if kind == "supplier":
            known += self._lists.suppliers(self._business)
        else:
            known += self._lists.customers(self._business)
        documents = [msgspec.to_builtins(one) for one in (*known, contact)]
        self._home.write_list(self._business, side_by(kind).contacts, documents)
        number: int = getattr(contact, f"{kind}_id")
        self._audit.note(
            self._home.books(self._business),
            self._business,
            Action.SUPPLIER_CREATED if kind == "supplier" else Action.CUSTOMER_CREATED,
            after={"name": contact.name, "code": contact.code, "id": number},
            answer=str(number),
        )
