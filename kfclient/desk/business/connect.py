"""Connecting a business to KashFlow, connecting it again, and disconnecting it.

Also the places that may still hold a password that is not wanted any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.call import Limits
from kfclient.desk.audit.entry import Action
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.business.checks import CHECKS, Check, run_checks, step_for
from kfclient.desk.business.sessions import Sessions
from kfclient.desk.errors import Busy, DeskError, NotConnected
from kfclient.desk.events import Listener, ignore
from kfclient.desk.model.business import Connection
from kfclient.desk.model.connection_state import publish_lock, sync_lock
from kfclient.desk.model.draft import Draft, clean_endpoint, clean_key, key_problem
from kfclient.desk.person import utc_now
from kfclient.store.errors import NoKeyring, SecretNeeded, SecretsError

if TYPE_CHECKING:
    from kfclient.cancel import Cancel
    from kfclient.store import ConnectionSecret, Home, Secrets


# Places that may hold a password which is not wanted there any more.
#
# A place is written down before anything is put there, and crossed out when a connection names it
# or it was wiped. So whatever ends the work in between, the next one knows where to wipe.

TABLE = "leftovers"
"""In the state: documents of a `business` and a `place`, the id of a keyring."""


class Leftover(msgspec.Struct, frozen=True):
    """A place that could not be wiped, and why."""

    place: str
    problem: SecretsError


class Leftovers:
    """Remembers and wipes such places. The caller holds the business's lock of connecting."""

    def __init__(self, home: Home, secrets: Secrets) -> None:
        self._table = home.state().table(TABLE)
        self._secrets = secrets

    def expect(self, business: str, place: str) -> None:
        """Write down that the place may hold the business's secrets from now on."""
        if place not in self.places(business):
            self._table.insert({"business": business, "place": place})

    def places(self, business: str) -> list[str]:
        """Return the ids of the places that are written down, oldest first."""
        return [found["place"] for found in self._table.by("business", business)]

    def wipe(self, business: str, wanted: str) -> list[Leftover]:
        """Wipe every place that is written down but `wanted`; return those that would not be.

        `wanted` is where the connection's secrets are, "" when there is no connection.
        """
        kept = []
        for found in self._table.by("business", business):
            if found["place"] != wanted:
                try:
                    self._secrets.forget(business, found["place"])
                except SecretsError as problem:
                    kept.append(Leftover(found["place"], problem))
                    continue
            self._table.remove(doc_ids=[found.doc_id])
        return kept


__all__ = [
    "CHECKS",
    "Check",
    "Connecting",
    "Draft",
    "Leftover",
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
        self._leftovers = Leftovers(home, secrets)
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
            self._leftovers.wipe(business, "")
            self._sessions.forget(business)

    def keep_secrets_in(self, business: str, place: str) -> Connection:
        """Move the password and the key to another place, and wipe the one before.

        The new place is written and read back, then the connection names it, then the old one is
        wiped; ended anywhere, it can be done again. `left_behind` says what would not be wiped.

        Raises NotAllowed, NotConnected, Busy while it is synced or published; what the keyrings
        say: PassphraseNeeded, SecretNeeded (the key too) from one that keeps nothing.
        """
        self._businesses.require_admin(business, "move the password of")
        with self._alone(business):
            connection = self._connection(business)
            self._secrets.check_open(place)
            if place != connection.secrets_in:
                connection = self._moved(business, connection, place)
            self._leftovers.wipe(business, place)
            return connection

    def kept_for(self, business: str) -> tuple[str, str] | None:
        """Return the endpoint and the username that the kept secret is for.

        None where nobody can say without asking a person, or an older version has kept it.
        """
        connection = self._businesses.get(business).connection
        if connection is None:
            return None
        try:
            secret = self._secrets.load(business, connection.secrets_in)
        except SecretsError:
            return None
        return (secret.endpoint, secret.username) if secret.endpoint else None

    def left_behind(self, business: str) -> list[str]:
        """Return the ids of places that still hold the business's secrets and could not be wiped.

        They are tried again whenever it is connected, disconnected or its secrets are moved.
        """
        known = self._businesses.get(business).connection
        wanted = "" if known is None else known.secrets_in
        return [place for place in self._leftovers.places(business) if place != wanted]

    def _moved(self, business: str, before: Connection, place: str) -> Connection:
        """Put the secrets in the new place, and have the connection name it."""
        secret = self._secrets.load(business, before.secrets_in)
        if not secret.autoauth_key:
            raise SecretNeeded(
                "The AutoAuth key is kept along with the password, so it is needed too.",
                business=business,
                with_key=True,
            )
        if not secret.endpoint and not before.readdressed:
            secret = replace(secret, endpoint=before.endpoint, username=before.username)
        self._leftovers.expect(business, place)
        self._secrets.save(business, secret, place)
        self._leftovers.expect(business, before.secrets_in)
        state = self._home.state()
        with state.transaction():
            after = self._businesses.update_connection(
                business, lambda now: msgspec.structs.replace(now, secrets_in=place)
            )
            self._businesses.audit.note(
                state,
                business,
                Action.SECRETS_MOVED,
                before={"secrets_in": before.secrets_in},
                after={"secrets_in": place},
            )
        self._businesses.audit.flush(business)
        self._businesses.tell(business)
        self._sessions.forget(business)
        return after or before

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
        credentials = Credentials(draft.username, draft.password, (draft.autoauth_key,))
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
        secret = ConnectionSecret(
            draft.password, draft.autoauth_key, draft.endpoint, draft.username
        )
        self._keep(business, secret, made, before)
        return made

    def _place(self, wanted: str) -> str:
        """Return the keyring to use, ready to be written, so that nothing is checked in vain."""
        if not wanted:
            proposed = self._secrets.default_choice()
            if proposed is None:
                raise NoKeyring("No keyring of this machine's can be used in this session.")
            wanted = proposed.id
        self._secrets.check_open(wanted)
        return wanted

    def _keep(
        self, business: str, secret: ConnectionSecret, made: Connection, before: Connection | None
    ) -> None:
        """Keep the secrets and the connection; where either fails, neither a new place is left."""
        place_before = "" if before is None else before.secrets_in
        for place in (made.secrets_in, place_before):
            if place:
                self._leftovers.expect(business, place)
        wanted = place_before
        try:
            self._secrets.save(business, secret, made.secrets_in)
            self._businesses.save_connection(business, made)
            wanted = made.secrets_in
        finally:
            self._leftovers.wipe(business, wanted)
        self._sessions.forget(business)
        self._businesses.clear_ticks(business)

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
