"""The one way in which every operation is called: ask, read, judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack

from kfclient.api.call import Limits, call_limit_of, retried
from kfclient.api.credentials import Credentials, SecretFields
from kfclient.api.endpoint import Endpoint
from kfclient.api.errors import (
    KashFlowError,
    NotFound,
    NotKashFlow,
    RecordBroken,
    ReplyBroken,
    Unknown,
)
from kfclient.api.records import Record
from kfclient.api.request import sendable, unsendable
from kfclient.api.trace import Trace, TraceTo
from kfclient.cancel import Cancel

if TYPE_CHECKING:
    from types import TracebackType

    from lxml.etree import _Element

    from kfclient.api.call import Call
    from kfclient.api.wsdl import Soap

R = TypeVar("R", bound=Record)

_TELL_EVERY = 0.25


class Following(TypedDict, total=False):
    """How a list may be followed while it comes.

    `on_rows` is called with the rows so far, at most four times a second and once at the end, in
    the calling thread. `cancel` ends the call with `Cancelled` and closes its connection.
    """

    on_rows: Callable[[int], None] | None
    cancel: Cancel | None


@dataclass(frozen=True)
class OkReply:
    """A reply that says OK: the rows of a list, or the response element of anything else."""

    operation: str
    rows: list[Any]
    response: _Element

    @property
    def result(self) -> _Element | None:
        """The operation's result element, which may be absent."""
        return self.field(f"{self.operation}Result")

    def field(self, name: str) -> _Element | None:
        """Return the response's element of that name."""
        return self.response.find(f"{{KashFlow}}{name}")

    def number(self, name: str) -> int | None:
        """Return the whole number in the response's element of that name.

        None if there is none, or more than one, or something else.
        """
        from kfclient.api.reply import whole_number

        found = self.response.findall(f"{{KashFlow}}{name}")
        if len(found) != 1 or len(found[0]):
            return None
        try:
            return whole_number(found[0].text or "")
        except ValueError:
            return None


class Caller:
    """What the operations of KashFlow stand on. Safe to use from many threads at once."""

    def __init__(
        self,
        endpoint: str,
        credentials: Credentials | Callable[[], Credentials],
        *,
        limits: Limits | None = None,
        authority: Path | str | None = None,
        wsdl: Path | str | None = None,
        trace: TraceTo | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self._credentials = credentials
        self._limits = limits or Limits()
        self._authority = authority
        self._wsdl = wsdl
        self._trace = Trace(trace) if trace is not None else None
        self._sleep = sleep
        self._making = threading.Lock()
        self._made: Soap | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.endpoint!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections; a later call makes new ones."""
        with self._making:
            soap, self._made = self._made, None
        if soap is not None:
            soap.transport.close()

    @property
    def lanes(self) -> int:
        """How many calls this client makes at once, at most."""
        return self._limits.lanes

    def widen(self, lanes: int) -> None:
        """Let this client make at least so many calls at once, from now on."""
        if lanes > self._limits.lanes:
            self._limits = replace(self._limits, lanes=lanes)

    def envelope(self, operation: str, **fields: Any) -> bytes:
        """Return the SOAP body that a call would send, indented, its secrets shown as dots.

        `operation` and `fields` have KashFlow's own names, the values are records and scalars:
        `envelope("InsertReceipt", Inv=invoice)`. Nothing is sent. Raises `BadRequest` as the call
        would.
        """
        return self._soap().envelope(operation, fields)

    def _endpoint(self) -> Endpoint:
        return Endpoint.parse(self.endpoint)

    def _soap(self) -> Soap:
        with self._making:
            if self._made is None:
                from kfclient.api.transport import Transport
                from kfclient.api.wsdl import Soap, our_contract

                endpoint = self._endpoint()
                transport = Transport(endpoint, self._authority)
                self._made = Soap(endpoint, our_contract(), transport)
            return self._made

    def _rows(
        self,
        operation: str,
        record: type[R],
        item: str,
        fields: dict[str, Any] | None = None,
        **following: Unpack[Following],
    ) -> list[R]:
        """Return the list that a reading operation gives; `item` is KashFlow's element name.

        A broken record is among them, and says so.
        """
        return self._list(operation, record, item, fields, **following).rows

    def _whole_rows(
        self,
        operation: str,
        record: type[R],
        item: str,
        fields: dict[str, Any],
        **following: Unpack[Following],
    ) -> list[R]:
        """Return the list that belongs to one document; raises `RecordBroken` for a broken one.

        It may be the one that is looked for, so a list without it would be a wrong answer.
        """
        rows = self._rows(operation, record, item, fields, **following)
        for row in rows:
            _check_whole(operation, row)
        return rows

    def _list(
        self,
        operation: str,
        record: type[Record],
        item: str,
        fields: dict[str, Any] | None = None,
        **following: Unpack[Following],
    ) -> OkReply:
        """Return the answer of a reading operation that gives a list."""

        def attempt(again: bool) -> OkReply:
            return self._call(operation, fields or {}, (record, item), again=again, **following)

        return retried(attempt, self._limits, following.get("cancel"), self._sleep)

    def _read(
        self,
        operation: str,
        fields: dict[str, Any],
        *,
        secrets: SecretFields | None = None,
        soap: Soap | None = None,
    ) -> OkReply:
        """Return the answer of a reading operation that gives no list of records."""

        def attempt(again: bool) -> OkReply:
            return self._call(operation, fields, again=again, secrets=secrets, soap=soap)

        return retried(attempt, self._limits, None, self._sleep)

    def _one(self, operation: str, record: type[R], fields: dict[str, Any], key: str) -> R | None:
        """Return the record that a reading operation gives, None if KashFlow has it not.

        KashFlow says so in three ways: no result, a result whose `key` is 0, or a refusal. Raises
        `RecordBroken` for a record with a value that cannot be read.
        """
        from kfclient.api.reply import reader

        try:
            result = self._read(operation, fields).result
        except NotFound:
            return None
        found = reader(record)(result) if result is not None else None
        if found is not None:
            _check_whole(operation, found)
        return found if found is not None and getattr(found, key) else None

    def _write(self, operation: str, **fields: Any) -> OkReply:
        """Call an operation that changes the books: once, on a connection of its own."""
        return self._call(operation, fields, write=True)

    def _insert(self, operation: str, **fields: Any) -> int:
        """Insert, and return the number or id that KashFlow gave, always above 0."""
        answer = self._write(operation, **fields)
        number = answer.number(f"{operation}Result") or 0
        if number <= 0:
            raise judged(ReplyBroken("KashFlow says OK, and gives no number."), write=True)
        return number

    def _truth(self, operation: str, **fields: Any) -> bool:
        """Call an operation that changes the books and answers true or false."""
        from kfclient.api.reply import truth

        result = self._write(operation, **fields).result
        try:
            return truth((result.text or "") if result is not None else "")
        except ValueError:
            raise judged(ReplyBroken("KashFlow says OK, and nothing else."), write=True) from None

    def _call(
        self,
        operation: str,
        fields: dict[str, Any],
        rows: tuple[type[Record], str] | None = None,
        *,
        write: bool = False,
        again: bool = False,
        on_rows: Callable[[int], None] | None = None,
        cancel: Cancel | None = None,
        secrets: SecretFields | None = None,
        soap: Soap | None = None,
    ) -> OkReply:
        """Make one call and return its answer; `secrets` are put in as the request leaves."""
        from kfclient.api.call import Call

        username, hidden = self._secrets()
        hidden |= secrets or SecretFields()
        traced = self._trace.call(operation, hidden) if self._trace else None
        lanes = call_limit_of(self.endpoint.strip(), username)
        call = Call(
            self._limits,
            lanes.lane(self._limits.lanes, cancel),
            write=write,
            alone=write or again,
            cancel=cancel,
            secrets=hidden,
            trace=traced,
        )
        try:
            return self._answer(soap or self._soap(), call, operation, fields, rows, on_rows)
        except KashFlowError as error:
            # The frames further down hold the request and the reply; nobody is to see them.
            told = judged(error, write=write).with_traceback(None)
            if traced is not None:
                traced.failure(told.sentence)
            raise told from None

    def _answer(
        self,
        soap: Soap,
        call: Call,
        operation: str,
        fields: dict[str, Any],
        rows: tuple[type[Record], str] | None,
        on_rows: Callable[[int], None] | None,
    ) -> OkReply:
        from kfclient.api.reply import Decoder

        record, item = rows or (None, "")
        with call:
            reply = soap.send(operation, fields)
            decoder = Decoder(
                operation,
                reply.status,
                record,
                item,
                reply.content_type,
                call.secrets.hide_in_said,
                reply.busy,
            )
            tell = _Teller(on_rows, decoder.rows)
            with closing(reply.chunks()) as chunks:  # whatever happens here, the connection ends
                for chunk in chunks:
                    decoder.feed(chunk)
                    tell.now_and_then()
            answer = OkReply(operation, decoder.rows, decoder.close())
        tell.last()
        return answer

    def _secrets(self) -> tuple[str, SecretFields]:
        """Return the username, and all to send; no local of this frame holds the password."""
        known = self._credentials
        credentials = known if isinstance(known, Credentials) else known()
        if not sendable(credentials.username):
            raise unsendable("The username")
        if not sendable(credentials.password):
            raise unsendable("The password")
        return credentials.username, SecretFields(
            {"UserName": credentials.username, "Password": credentials.password},
            credentials.also_secret,
        )


class _Teller:
    """Tells how many rows have come, not too often."""

    def __init__(self, on_rows: Callable[[int], None] | None, rows: list[Any]) -> None:
        self._on_rows, self._rows = on_rows, rows
        self._told_at, self._told = time.monotonic(), -1

    def now_and_then(self) -> None:
        """Tell if the last time is long enough ago."""
        if time.monotonic() - self._told_at >= _TELL_EVERY:
            self.last()

    def last(self) -> None:
        """Report how many there are now, if that has changed."""
        if self._on_rows is None or len(self._rows) == self._told:
            return
        self._told_at, self._told = time.monotonic(), len(self._rows)
        self._on_rows(self._told)


def _check_whole(operation: str, record: Record) -> None:
    if record.broken:
        raise RecordBroken(
            f"What KashFlow answers to {operation} has a value in {' and '.join(record.broken)} "
            "that cannot be read."
        )


_AGAIN = {
    NotKashFlow: "Check the server's address, then try again.",
    RecordBroken: RecordBroken.default_cure,
    ReplyBroken: "Try again; if it stays so, --trace FILE with the command writes down what came.",
}
_AGAIN_LATER = "Try again in a while; if it stays so, check the network and the server's address."


def judged(error: KashFlowError, *, write: bool) -> KashFlowError:
    """Add what a doubtful call means for the books: only here is it known what it was to do."""
    if isinstance(error, Unknown):
        if write:
            error.sentence += " It may or may not be in KashFlow now."
        else:
            error.sentence += " Nothing was changed by it."
            error.cure = _AGAIN.get(type(error), _AGAIN_LATER)
        error.args = (error.sentence,)
    return error
