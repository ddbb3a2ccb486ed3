"""Connecting a business to KashFlow, connecting it again, and disconnecting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kfclient.api.limits import Limits
from kfclient.desk.business import Connection
from kfclient.desk.businesses import Businesses, sync_lock
from kfclient.desk.connection_checks import CHECKS, Check, run_checks, step_for
from kfclient.desk.draft import Draft
from kfclient.desk.errors import Busy, DeskError, NotConnected
from kfclient.desk.events import Listener, ignore
from kfclient.desk.items import publish_lock
from kfclient.desk.keys import clean_endpoint, clean_key, key_problem
from kfclient.desk.people import utc_now
from kfclient.desk.sessions import Sessions
from kfclient.errors import Problem
from kfclient.store.errors import NoKeyring, PassphraseNeeded, SecretsError

if TYPE_CHECKING:
    from kfclient.cancel import Cancel
    from kfclient.store import Home, Secrets

__all__ = [
    "CHECKS",
    "Check",
    "Connecting",
    "Draft",
    "clean_endpoint",
    "clean_key",
    "key_problem",
    "step_for",
]


class Connecting:
    """Makes and ends connections; Admins only. A failed attempt leaves everything as it was."""

    def __init__(
        self,
        home: Home,
        businesses: Businesses,
        secrets: Secrets,
        sessions: Sessions,
        *,
        clock: Callable[[], datetime] = utc_now,
        limits: Limits | None = None,
        trace: Path | None = None,
    ) -> None:
        self._home = home
        self._businesses = businesses
        self._secrets = secrets
        self._sessions = sessions
        self._clock = clock
        self._limits = limits
        self._trace = trace

    def connect(
        self,
        business: str,
        draft: Draft,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> Connection:
        """Check the draft against KashFlow, then keep its secrets and the connection.

        Raises NotAllowed, DeskError when it is connected already, WrongValue for the draft, the
        KashFlowError of the check that failed, SecretsError when no keyring keeps them, Cancelled.
        """
        self._businesses.require_admin(business, "connect")
        with self._alone(business):
            known = self._businesses.get(business)
            if known.connection is not None:
                raise DeskError(
                    f"{known.name} is connected already, to {known.connection.company.name}.",
                    "To give its password or key again, reconnect it.",
                )
            return self._make(business, draft, None, listener, cancel)

    def reconnect(
        self,
        business: str,
        draft: Draft,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> Connection:
        """Check new credentials and put them in the place of the old; all else is kept.

        Raises as `connect` does, NotConnected, Busy while it is synced or published, and
        OtherCompany when they open other books.
        """
        self._businesses.require_admin(business, "reconnect")
        with self._alone(business):
            return self._make(business, draft, self._connection(business), listener, cancel)

    def disconnect(self, business: str) -> None:
        """Remove the password and the key, and forget the connection; lists and items stay.

        Raises NotAllowed, NotConnected, Busy while it is synced or published, SecretsError when the
        keyring would not let go of them: then the connection stays too.
        """
        self._businesses.require_admin(business, "disconnect")
        with self._alone(business):
            connection = self._connection(business)
            self._secrets.forget(business, connection.secrets_in)
            self._businesses.save_connection(business, None)
            self._sessions.forget(business)

    def _make(
        self,
        business: str,
        draft: Draft,
        before: Connection | None,
        listener: Listener,
        cancel: Cancel | None,
    ) -> Connection:
        from kfclient.api import Credentials, KashFlow  # zeep is slow to load
        from kfclient.store import ConnectionSecret, redact

        draft = draft.cleaned()
        redact.add(draft.password, draft.autoauth_key)
        credentials = Credentials(draft.username, draft.password)
        expected = None if before is None else before.company
        secrets_in = self._place(draft.secrets_in or (before.secrets_in if before else ""))
        authority = self._businesses.get(business).settings.certificate_authority or None
        kashflow = KashFlow(
            draft.endpoint,
            credentials,
            limits=self._limits,
            authority=authority,
            trace=self._trace,
        )
        try:
            company = run_checks(business, draft, kashflow, expected, listener, cancel, authority)
        finally:
            kashflow.close()
        made = Connection(
            software=draft.software,
            endpoint=draft.endpoint,
            username=draft.username,
            secrets_in=secrets_in,
            company=company,
            connected_at=self._clock(),
            connected_by=self._businesses.person,
            last_sync=None if before is None else before.last_sync,
            lists={} if before is None else before.lists,
        )
        secret = ConnectionSecret(draft.password, draft.autoauth_key)
        self._secrets.save(business, secret, secrets_in)
        self._remember(business, made, before)
        return made

    def _place(self, wanted: str) -> str:
        """Return the keyring to use, ready to be written, so that nothing is checked in vain."""
        if not wanted:
            proposed = self._secrets.default_choice()
            if proposed is None:
                raise NoKeyring("No keyring of this machine's can be used in this session.")
            wanted = proposed.id
        if self._secrets.locked(wanted):
            raise PassphraseNeeded(
                "The encrypted file for the password needs a passphrase, to be chosen now."
                if self._secrets.is_new(wanted)
                else "The encrypted file with the passwords is locked."
            )
        return wanted

    def _remember(self, business: str, made: Connection, before: Connection | None) -> None:
        try:
            self._businesses.save_connection(business, made)
        except Problem:
            if before is None:  # a secret without a connection would stay for ever
                self._secrets.forget(business, made.secrets_in)
            raise
        self._sessions.forget(business)
        self._businesses.clear_ticks(business)
        if before is not None and before.secrets_in != made.secrets_in:
            with suppress(SecretsError):  # the new ones are kept; the old may be out of reach
                self._secrets.forget(business, before.secrets_in)

    def _connection(self, business: str) -> Connection:
        known = self._businesses.get(business)
        if known.connection is None:
            raise NotConnected(f"{known.name} is not connected to KashFlow.")
        return known.connection

    @contextmanager
    def _alone(self, business: str) -> Iterator[None]:
        """Keep other sessions from connecting; Busy while the connection is in use anywhere."""
        with self._home.try_lock(f"connect-{business}") as free:
            if not free:
                raise Busy("Another session is connecting or disconnecting this business.")
            if self._home.is_locked(sync_lock(business)):
                raise Busy("This business is being synced; its connection was left as it is.")
            if self._home.is_locked(publish_lock(business)):
                raise Busy("Items are being published; the connection was left as it is.")
            yield
