"""TinyDB's table over a logged storage: documents are copied out, fields looked up by index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast, overload

import tinydb.table
from tinydb.table import Document

from kfclient.store.contents import copied
from kfclient.store.storage import LoggedStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping

    from tinydb.queries import QueryLike
    from tinydb.storages import Storage

    from kfclient.store.contents import Body

    Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class Table(tinydb.table.Table):
    """One table of a `Database`.

    Each call is a transaction of its own, or part of the one that the thread has open. What is
    returned is the caller's to change: it never changes the database. Document ids are never used
    again. Documents hold what JSON knows (str, int, float, bool, None, list, dict with str keys);
    anything else is a TypeError, and nothing is stored. Any call may raise a `StoreError`.
    """

    def __init__(
        self, storage: Storage, name: str, cache_size: int = 0, persist_empty: bool = False
    ) -> None:
        del cache_size, persist_empty  # a query cache would hand the same documents out twice
        super().__init__(storage, name, cache_size=0)
        self._logged = cast("LoggedStorage", storage)

    def by(self, field: str, value: object) -> list[Document]:
        """Return the documents whose `field` equals `value`, by id, found through an index.

        `value` is a str, int, float, bool or None; documents without the field do not match None.
        """
        with self._logged.view() as view:
            found = view.matching(self.name, field, value)
        return [_out(document, key) for key, document in found]

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that match the query."""
        return [_out(document, key) for key, document in self._documents() if cond(document)]

    # TinyDB's own overloads, told in fewer: ids are given by name.
    @overload  # type: ignore[override]
    def get(self, cond: QueryLike) -> Document | None: ...

    @overload
    def get(self, cond: QueryLike | None = ..., *, doc_id: int) -> Document | None: ...

    @overload
    def get(self, cond: QueryLike | None = ..., *, doc_ids: list[int]) -> list[Document]: ...

    def get(
        self,
        cond: QueryLike | None = None,
        doc_id: int | None = None,
        doc_ids: list[int] | None = None,
    ) -> Document | list[Document] | None:
        """Return one document by id or query, None where there is none; or several by their ids."""
        if doc_id is not None:
            with self._logged.view() as view:
                document = view.document(self.name, doc_id)
            return None if document is None else _out(document, doc_id)
        if doc_ids is not None:
            return [found for key in doc_ids if (found := self.get(doc_id=key)) is not None]
        if cond is not None:
            return next(
                (_out(document, key) for key, document in self._documents() if cond(document)), None
            )
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def insert(self, document: Mapping[str, Any]) -> int:
        """Add a document and return its id; a `Document` brings its own.

        Raises ValueError where that id is taken, or for what is no mapping.
        """
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add documents, all or none, and return their ids."""
        with self._logged.transaction() as changes, changes.part():
            keys = []
            for document in documents:
                if not isinstance(document, Mapping):
                    raise ValueError("Document is not a Mapping")  # noqa: TRY004 - as TinyDB has it
                key = (
                    document.doc_id
                    if isinstance(document, Document)
                    else changes.next_id(self.name)
                )
                if changes.document(self.name, key) is not None:
                    raise ValueError(f"Document with ID {key} already exists")
                changes.put(self.name, key, copied(dict(document)))
                keys.append(key)
            return keys

    def update(
        self,
        fields: Fields,
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        """Set fields of the documents named, matched, or of all; return the ids of those found.

        `fields` may be a function that changes the document it is given.
        """
        with self._logged.transaction() as changes, changes.part():
            keys = self._found(cond, doc_ids)
            for key in keys:
                changes.put(self.name, key, _changed(changes.document(self.name, key), fields))
            return keys

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[int]:
        """Make several updates, each with its query, all or none; return the ids, in turn."""
        with self._logged.transaction() as changes, changes.part():
            return [key for fields, cond in updates for key in self.update(fields, cond)]

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        """Update what matches the query (or has the `Document`'s id), or insert; return the ids."""
        with self._logged.transaction():
            return super().upsert(document, cond)

    def remove(
        self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None
    ) -> list[int]:
        """Remove the documents named or matched, and return the ids of those found."""
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")
        with self._logged.transaction() as changes:
            keys = self._found(cond, doc_ids)
            for key in keys:
                changes.put(self.name, key, None)
            return keys

    def truncate(self) -> None:
        """Remove all documents; their ids are not used again."""
        with self._logged.transaction() as changes:
            for key in self._found(None, None):
                changes.put(self.name, key, None)

    def __len__(self) -> int:
        with self._logged.view() as view:
            return len(view.documents(self.name))

    def __iter__(self) -> Iterator[Document]:
        return (_out(document, key) for key, document in self._documents())

    def _documents(self) -> list[tuple[int, Body]]:
        """Return the table as it is now, not to be handed out uncopied."""
        with self._logged.view() as view:
            return list(view.documents(self.name).items())

    def _found(self, cond: QueryLike | None, doc_ids: Iterable[int] | None) -> list[int]:
        if doc_ids is not None:
            with self._logged.view() as view:
                return [
                    key
                    for key in dict.fromkeys(doc_ids)
                    if view.document(self.name, key) is not None
                ]
        return [key for key, document in self._documents() if cond is None or cond(document)]


def _out(document: Body, key: int) -> Document:
    return Document(copied(document), key)


def _changed(document: Body | None, fields: Fields) -> Body:
    fresh: Body = copied(document or {})
    if callable(fields):
        fields(fresh)
    else:
        fresh.update(fields)
    checked: Body = copied(fresh)
    return checked
