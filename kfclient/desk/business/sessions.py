"""Open lines to KashFlow: one client a business, its secret fetched for each call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kfclient.api.call import Limits
from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    KashFlowError,
    WrongCredentials,
)
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import NotConnected
from kfclient.desk.model.business import Business, Connection, note_of
from kfclient.store.errors import SecretElsewhere, SecretNeeded
from kfclient.store.keyring_choice import ASK

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.api import KashFlow
    from kfclient.store import ConnectionSecret, Secrets

T = TypeVar("T")

APP_NAME = "Kashdeck"
"""What KashFlow shows beside the address that AutoAuthIP adds to its list."""

NEEDS_RECONNECTING = (WrongCredentials, AutoAuthRefused, ApiDisabled, AddressNotListed)
"""What a person has to mend before anything works again."""


class _Line(msgspec.Struct):
    """A client, what it was opened for, and how often its machine was authorised again."""

    kashflow: KashFlow
    made_for: Connection
    authority: str
    authorised: int = 0
    lock: threading.Lock = msgspec.field(default_factory=threading.Lock)


class Sessions:
    """Opens a business's connection when something is asked of KashFlow. Thread-safe."""

    def __init__(
        self,
        businesses: Businesses,
        secrets: Secrets,
        *,
        limits: Limits | None = None,
        trace: Path | None = None,
    ) -> None:
        self._businesses = businesses
        self._secrets = secrets
        self._limits = limits
        self._trace = trace
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def open(self, business: str) -> KashFlow:
        """Return the business's client, which fetches its secret for each call.

        Its calls raise NotConnected and what the keyring says: SecretMissing, PassphraseNeeded,
        SecretNeeded.
        """
        return self._line(business).kashflow

    @contextmanager
    def held(self, business: str) -> Iterator[None]:
        """Have the secret at hand for one piece of work, as far as its place allows.

        Raises what the keyring has to say before any work is begun; see `open`.
        """
        connection = _connection_of(self._businesses.get(business))
        with self._secrets.work(business):
            self._secret(business, connection)
            yield

    def call(self, business: str, work: Callable[[KashFlow], T]) -> T:
        """Run `work` with the business's client, and return what it returns.

        Where KashFlow no longer lists this machine's address, the machine is authorised again with
        the AutoAuth key and the work repeated, once: a refusal changed nothing in the books, so
        that is safe for writes too. What only a person can mend is remembered at the connection,
        and forgotten by the next success. A password that was typed for this work and is not
        accepted is asked for again: SecretNeeded; so is a key that is needed and was not given.
        """
        line = self._line(business)
        seen = line.authorised
        try:
            try:
                result = work(line.kashflow)
            except AddressNotListed:
                self._authorise(business, line, seen)
                result = work(line.kashflow)
        except NEEDS_RECONNECTING as problem:
            if isinstance(problem, WrongCredentials) and line.made_for.secrets_in == ASK:
                self._secrets.take_back(business)
                raise SecretNeeded(problem.sentence, problem.cure, business=business) from None
            self._note(business, line, problem)
            raise
        self._note(business, line, None)
        return result

    def forget(self, business: str) -> None:
        """Close the business's line; the next call opens another."""
        with self._lock:
            line = self._lines.pop(business, None)
        if line is not None:
            line.kashflow.close()

    def close(self) -> None:
        """Close every line."""
        for business in list(self._lines):
            self.forget(business)

    def _line(self, business: str) -> _Line:
        known = self._businesses.get(business)
        connection, authority = _connection_of(known), known.settings.certificate_authority
        with self._lock:
            line = self._lines.get(business)
            same = line is not None and line.authority == authority
            if line is None or not same or _opens_otherwise(line.made_for, connection):
                line = _Line(self._dial(business, connection, authority), connection, authority)
                self._lines[business] = line
            return line

    def _dial(self, business: str, connection: Connection, authority: str) -> KashFlow:
        from kfclient.api import Credentials, KashFlow  # zeep is slow to load

        def credentials() -> Credentials:
            secret = self._secret(business, connection)
            key = (secret.autoauth_key,) if secret.autoauth_key else ()
            return Credentials(connection.username, secret.password, key)

        return KashFlow(
            connection.endpoint,
            credentials,
            limits=self._limits,
            authority=authority or None,
            trace=self._trace,
        )

    def _secret(self, business: str, connection: Connection) -> ConnectionSecret:
        """Return the secret of this connection; raises SecretElsewhere where it is for another.

        The state may have been changed by whoever can write to it, and the secret not: it says
        itself where it may go. One of an older version learns that when it is first used.
        """
        try:
            secret = self._secrets.load(business, connection.secrets_in)
        except SecretNeeded as needed:
            sentence = f"{needed.sentence} It goes to {connection.address}."
            raise SecretNeeded(
                sentence, needed.cure, business=business, with_key=needed.with_key
            ) from None
        if not secret.endpoint and connection.secrets_in != ASK and not connection.readdressed:
            self._secrets.bind(
                business, connection.secrets_in, connection.endpoint, connection.username
            )
        elif secret.endpoint or connection.secrets_in != ASK:
            self._need_address(business, connection, secret)
        return secret

    def _need_address(
        self, business: str, connection: Connection, secret: ConnectionSecret
    ) -> None:
        if (secret.endpoint, secret.username) == (connection.endpoint, connection.username):
            return
        kept = f"{secret.username} at {secret.endpoint}" if secret.endpoint else "the one before"
        problem = SecretElsewhere(
            f"The password is kept for {kept}, and the connection now names {connection.address}: "
            "it was not sent."
        )
        self._businesses.update_connection(
            business,
            lambda now: (
                now
                if _opens_otherwise(connection, now)
                else msgspec.structs.replace(now, needs_reconnecting=True, problem=note_of(problem))
            ),
        )
        raise problem

    def _authorise(self, business: str, line: _Line, seen: int) -> None:
        with line.lock:
            if line.authorised != seen:
                return  # six lists ask at once: one of them has just done it for all
            secret = self._secret(business, line.made_for)
            if not secret.autoauth_key:
                raise SecretNeeded(
                    "KashFlow does not list this machine's address any more. To list it again, the "
                    "AutoAuth key is needed besides the password.",
                    business=business,
                    with_key=True,
                )
            line.kashflow.auto_auth_ip(APP_NAME, secret.autoauth_key)
            line.authorised += 1

    def _note(self, business: str, line: _Line, problem: KashFlowError | None) -> None:
        connection = self._businesses.get(business).connection
        if connection is None or (problem is None and not connection.needs_reconnecting):
            return
        note = None if problem is None else note_of(problem)

        def marked(now: Connection) -> Connection:
            if _opens_otherwise(line.made_for, now):
                return now  # reconnected meanwhile: this is about the credentials of before
            return msgspec.structs.replace(now, needs_reconnecting=note is not None, problem=note)

        self._businesses.update_connection(business, marked)


def _connection_of(known: Business) -> Connection:
    if known.connection is None:
        raise NotConnected(f"{known.name} is not connected to KashFlow.")
    return known.connection


def _opens_otherwise(before: Connection, now: Connection) -> bool:
    """Whether the connection was made anew meanwhile, here or in another session."""
    return (before.endpoint, before.username, before.secrets_in, before.connected_at) != (
        now.endpoint,
        now.username,
        now.secrets_in,
        now.connected_at,
    )
