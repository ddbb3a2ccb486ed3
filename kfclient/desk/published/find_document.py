"""Finding a published document in KashFlow again, by its id, whatever its number is now.

Also what the ids in KashFlow's documents stand for, by the synced lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.errors import DeletedThere, NotReadBack
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.sides import SIDES, Side
from kfclient.desk.publish.journal_records import SendRecord
from kfclient.desk.publish.kashflow_documents import candidates, with_id

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.cancel import Cancel
    from kfclient.desk.runs.runs import Context
    from kfclient.desk.sync.lists import Lists


class FoundDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A send's document as it is now, None where it is gone, and whose its number is then.

    `instead` is the document that has the number now, where that is another one.
    """

    found: Invoice | None
    instead: Invoice | None = None


class DocumentFinder:
    """Finds the documents of sends, one piece of work long.

    What is read of a supplier or customer is kept; a document that was found in it is as fresh as
    that. Raises `KashFlowError`, `Cancelled`.
    """

    def __init__(self, business: str, context: Context, cancel: Cancel | None = None) -> None:
        self._business = business
        self._sessions = context.sessions
        self._sends = context.sends
        self._cancel = cancel
        self._parties: dict[tuple[Side, int], list[Invoice]] = {}
        self._every: list[Invoice] | None = None

    def read_together(self, sends: Iterable[SendRecord]) -> None:
        """Read the documents of each supplier and customer that has several of these, at once."""
        counts = Counter((one.side, one.party) for one in sends)
        for (side, party), count in counts.items():
            if count > 1:
                self._of_party(side, party)

    def find(self, send: SendRecord, *, everywhere: bool = False) -> FoundDocument:
        """Return where the send's document is: with its number, else with its party.

        `everywhere` looks through all purchases for one that is neither, which takes a call for
        each hundred of them; for a sale it is one call. Raises `NotReadBack` for a document that
        was never read back and that cannot be told for certain.
        """
        key = (send.side, send.party)
        for one in self._parties.get(key, ()):
            if one.invoice_dbid == send.dbid and send.dbid and not one.broken:
                return FoundDocument(found=one)
        if not send.dbid:
            return FoundDocument(found=self._never_read(send, self._of_party(*key)))
        numbered = self._numbered(send)
        if numbered is not None and numbered.invoice_dbid == send.dbid:
            return FoundDocument(found=numbered)
        found = with_id(self._of_party(*key), send.dbid)
        if found is None and everywhere:
            found = self._anywhere(send)
        return FoundDocument(found=found, instead=numbered if found is None else None)

    def _numbered(self, send: SendRecord) -> Invoice | None:
        return self._sessions.call(
            self._business,
            lambda kashflow: send.side.document_of(kashflow, send.number or 0),
        )

    def _never_read(self, send: SendRecord, documents: Iterable[Invoice]) -> Invoice | None:
        """Return the one document that can be the send's and is no other item's, if any."""
        if self._is_known_to_be_gone(send):
            return None
        sure, doubtful = candidates(
            send,
            [one for one in documents if not self._sends.is_claimed(self._business, one, send)],
        )
        if len(sure) == 1 and sure[0].invoice_number == send.number:
            return sure[0]
        if sure or doubtful:
            raise NotReadBack(
                f"It was never read back, and KashFlow's number {send.number} is not, or not "
                "only, what was sent.",
                "Look at it in KashFlow.",
            )
        return None

    def _is_known_to_be_gone(self, send: SendRecord) -> bool:
        known = send.problem is not None and send.problem.code == DeletedThere.code
        return known or self._sends.is_given_again(self._business, send)

    def _of_party(self, side: Side, party: int) -> list[Invoice]:
        key = (side, party)
        if key not in self._parties:
            if self._cancel is not None:
                self._cancel.check()
            self._parties[key] = self._sessions.call(
                self._business,
                lambda kashflow: side.documents_of(kashflow, party, self._cancel),
            )
        return self._parties[key]

    def _anywhere(self, send: SendRecord) -> Invoice | None:
        """Return the document by its id alone: moved to another party, and to another number."""
        dbid = send.dbid or 0
        if send.side.has_get_by_id:
            return self._sessions.call(self._business, lambda line: line.get_invoice_by_id(dbid))

        def read(kashflow: KashFlow) -> list[Invoice]:
            pages = kashflow.iter_receipts_pages(cancel=self._cancel)
            return [one for page in pages for one in page.receipts]

        if self._every is None:
            self._every = self._sessions.call(self._business, read)
        return with_id(self._every, dbid)


# What the ids in KashFlow's documents stand for, by the synced lists.


class IdNames:
    """Names for KashFlow's ids, of one business; an id that no list has is shown as it is."""

    def __init__(self, lists: Lists, business: str, home_currency: str = "GBP") -> None:
        self.home_currency = home_currency
        self._lists = lists
        self._business = business

    def category(self, number: int) -> str:
        """Return a nominal code with its name: "7502 Telephone"; 0 is KashFlow's own "Other"."""
        return _named(self._categories, number, "Other")

    def project(self, number: int) -> str:
        """Return a project's name, "" for none."""
        return _named(self._projects, number)

    def account(self, number: int) -> str:
        """Return a bank account's name."""
        return _named(self._accounts, number)

    def method(self, number: int) -> str:
        """Return the name of a payment method, of sales or of costs."""
        return _named(self._methods, number)

    def party(self, number: int, side: Side) -> str:
        """Return the name of a supplier or customer."""
        return _named(self._contacts[side.contacts], number)

    @cached_property
    def _categories(self) -> dict[int, str]:
        nominals = self._lists.nominals(self._business)
        return _names((one.id, f"{one.code} {one.name}") for one in nominals)

    @cached_property
    def _projects(self) -> dict[int, str]:
        return _names((one.id, one.name) for one in self._lists.projects(self._business))

    @cached_property
    def _accounts(self) -> dict[int, str]:
        accounts = self._lists.bank_accounts(self._business)
        return _names((one.account_id, one.account_name) for one in accounts)

    @cached_property
    def _methods(self) -> dict[int, str]:
        costs, sales = (
            self._lists.cost_methods(self._business),
            self._lists.sale_methods(self._business),
        )
        return _names((one.method_id, one.method_name) for one in (*costs, *sales))

    @cached_property
    def _contacts(self) -> dict[ListName, dict[int, str]]:
        return {
            side.contacts: _names(
                (row.id, row.name) for row in self._lists.read(self._business, side.contacts)
            )
            for side in SIDES
        }


def _names(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    return {number: name.strip() for number, name in pairs}


def _named(names: dict[int, str], number: int, none: str = "") -> str:
    return names.get(number) or (f"no. {number}" if number else none)
