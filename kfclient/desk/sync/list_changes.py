"""What a sync added, changed and removed in a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kfclient.desk.business.list_names import ListName

MOST_NAMES = 200
"""How many names a report holds of each kind; the counts are always whole."""

_ID = {
    ListName.CHART: "id",
    ListName.SUPPLIERS: "SupplierID",
    ListName.CUSTOMERS: "CustomerID",
    ListName.TAX_RATES: "ID",
    ListName.PROJECTS: "ID",
    ListName.BANK_ACCOUNTS: "AccountID",
}

Document = Mapping[str, Any]


class ListChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many records came, changed and went, and the names of up to 200 of each."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    added_names: tuple[str, ...] = ()
    changed_names: tuple[str, ...] = ()
    removed_names: tuple[str, ...] = ()


def changes_between(
    name: ListName, before: Sequence[Document], after: Sequence[Document]
) -> ListChanges:
    """Compare a list as it was stored with how it came, record by record, by KashFlow's id."""
    key = _ID[name]
    old = {document.get(key, 0): document for document in before}
    new = {document.get(key, 0): document for document in after}
    added = [new[one] for one in new if one not in old]
    changed = [new[one] for one in new if one in old and old[one] != new[one]]
    removed = [old[one] for one in old if one not in new]
    return ListChanges(
        added=len(added),
        changed=len(changed),
        removed=len(removed),
        added_names=_names(added),
        changed_names=_names(changed),
        removed_names=_names(removed),
    )


def _names(documents: Iterable[Document]) -> tuple[str, ...]:
    names = [str(one.get("Name") or one.get("AccountName") or "") for one in documents]
    return tuple(names[:MOST_NAMES])
