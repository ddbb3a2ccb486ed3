"""Links that log one person in once: they die after their use, or after 120 seconds."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

SECONDS = 120.0
PATH = "/remote/"


class RemoteLogins:
    """The links given out and not used yet, in memory alone. Thread-safe.

    `origin` is the server's, such as `http://127.0.0.1:8740`; `clock` tells seconds.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.clock: Callable[[], float] = time.monotonic
        self._dies: dict[str, float] = {}
        self._lock = threading.Lock()

    def make(self) -> str:
        """Return a new link."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            now = self.clock()
            self._dies = {t: dies for t, dies in self._dies.items() if dies > now}
            self._dies[token] = now + SECONDS
        return f"{self.origin}{PATH}{token}"

    def use(self, token: str) -> bool:
        """Whether the link still lives; it does not after this."""
        with self._lock:
            return self._dies.pop(token, 0.0) > self.clock()
