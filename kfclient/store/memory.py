"""Secrets that end with the process: for the demo, whose credentials are no secret to anyone."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """A keyring that keeps everything in memory and nothing anywhere else."""

    # Never keyring's own choice: it takes the highest of those above zero.
    priority = 0.0

    def __init__(self) -> None:
        # Not the parent's: it takes attributes from KEYRING_PROPERTY_* of the environment.
        self._held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept, None where nothing is."""
        return self._held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it until the process ends."""
        self._held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it; raises PasswordDeleteError where nothing is kept."""
        if self._held.pop((service, username), None) is None:
            raise PasswordDeleteError("nothing is kept")
