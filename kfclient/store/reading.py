"""The state as it is now, to look at and nothing else."""

from __future__ import annotations

from kfclient.store.filelock import FileLock
from kfclient.store.loggedfile import LoggedFile
from kfclient.store.places import default_root, lock_path, state_path

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.store.contents import Body


class Reading:
    """What `Home(root).state()` holds, read once; it opens in a fraction of a `Home`'s time.

    Writes nothing and waits for no lock. Raises any `StoreError` that reading can.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = default_root() if root is None else root.expanduser().absolute()
        file = LoggedFile(state_path(self._root))
        try:
            file.refresh()
            self._contents = file.contents
        finally:
            file.close()

    def documents(self, table: str) -> list[Body]:
        """Return the table's documents, in the order of their ids; they are not to be changed."""
        return list(self._contents.documents(table).values())

    @property
    def root(self) -> Path:
        """The home's folder."""
        return self._root

    def is_locked(self, name: str) -> bool:
        """Whether any thread or process holds the home's lock of that name now."""
        return FileLock(lock_path(self._root, name)).is_held()

    def holder(self, name: str) -> int | None:
        """Return the process that holds the lock of that name now; None where nobody does."""
        lock = FileLock(lock_path(self._root, name))
        return lock.holder() if lock.is_held() else None
