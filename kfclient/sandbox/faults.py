"""Misbehaviour on request: what can go wrong between a client and KashFlow, made to happen.

Kinds, and whether the call is in the books afterwards:

| kind           | what the caller meets                               | in the books    |
|----------------|-----------------------------------------------------|-----------------|
| slow           | the reply comes after `seconds`                     | yes             |
| trickle        | the reply comes 12 bytes at a time, `seconds` between | yes             |
| hang           | nothing, until the caller gives up                  | no              |
| reset-before   | the connection is reset before the request is read  | no              |
| reset-after    | the connection is reset without a reply             | yes             |
| drop-before    | the connection closes without a reply               | no              |
| drop-after     | the connection closes without a reply               | yes             |
| late           | the connection closes at once                       | after `seconds` |
| truncate       | half the reply, or `at` bytes of it, under the whole one's Content-Length | yes |
| truncate-clean | the same, under its own Content-Length              | yes             |
| bad-xml        | a reply that is not well-formed                     | yes             |
| garbage        | bytes that are no text, said to be XML              | yes             |
| false-ok       | OK, with `text` as the result in place of its own   | yes             |
| html-503       | a maintenance page with status 503                  | no              |
| html-200       | a maintenance page with status 200                  | no              |
| fault-500      | a SOAP fault of the server's                        | no              |
| redirect       | 307 to another address                              | no              |
| refuse         | Status NO and `text`                                | no              |

`commits` overrides the last column for `hang` and the kinds from `bad-xml` to `redirect`.

Things that happen in the account just before the call is executed, and stay so:

| kind           | what happens                                                  |
|----------------|---------------------------------------------------------------|
| forget-address | the caller's address is taken off the list                    |
| api-off        | the API is switched off                                       |
| new-password   | the API's password becomes `text`, or one that nobody knows   |
| lock           | the books are locked up to today, or to the date in `text`    |

A trouble begins with the `nth` call of its operation from when it was asked for (1: the next), and
is met by `times` calls.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from kfclient.sandbox.account import Account
from kfclient.sandbox.books import INVOICES, RECEIPTS, view
from kfclient.sandbox.contract import OPERATIONS
from kfclient.sandbox.errors import SandboxError, WrongFault

_COMMITS = {
    "slow": True,
    "hang": False,
    "reset-before": False,
    "reset-after": True,
    "trickle": True,
    "drop-before": False,
    "drop-after": True,
    "late": True,
    "truncate": True,
    "truncate-clean": True,
    "bad-xml": True,
    "garbage": True,
    "false-ok": True,
    "html-503": False,
    "html-200": False,
    "fault-500": False,
    "redirect": False,
    "refuse": False,
}
KINDS = tuple(_COMMITS)
"""What can go wrong on the wire."""
EVENTS = ("forget-address", "api-off", "new-password", "lock")
"""What can happen in the account."""
_CUT = frozenset({"truncate", "truncate-clean"})
_EITHER = frozenset({"hang", "bad-xml", "garbage", "html-503", "html-200", "fault-500", "redirect"})
_SECONDS = {"slow": 2.0, "late": 2.0, "trickle": 0.4}
_CURE = (
    f"The kinds are {', '.join(KINDS + EVENTS)}; write InsertReceipt:drop-after:times=1 or *:slow."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One misbehaviour: for an operation (`*`: any), so many times (None: until taken back).

    Raises `WrongFault` where the operation or kind does not exist or a number makes no sense.
    """

    operation: str
    kind: str
    times: int | None = 1
    seconds: float | None = None
    text: str = ""
    commits: bool | None = None
    nth: int = 1
    at: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS + EVENTS:
            raise WrongFault(f"There is no misbehaviour called {self.kind}.", _CURE)
        if self.operation != "*" and self.operation not in OPERATIONS:
            raise WrongFault(f"There is no operation called {self.operation}.", _CURE)
        if self.times is not None and self.times < 1:
            raise WrongFault(f"{self.times} times is not possible.", "Use 1 or more.")
        if self.nth < 1:
            raise WrongFault(f"There is no call number {self.nth}.", "Use 1 for the next call.")
        if self.at is not None and (self.at < 0 or self.kind not in _CUT):
            cure = "Use at=200 with truncate or truncate-clean."
            raise WrongFault(f"A {self.kind} at byte {self.at} is not possible.", cure)
        if self.kind == "lock" and self.text:
            _check_date(self.text)
        if self.seconds is not None and not 0 <= self.seconds <= 86_400:
            raise WrongFault(f"{self.seconds} seconds is not possible.", "Use 0 to 86400.")
        if self.commits is not None and self.kind not in _EITHER:
            raise WrongFault(f"Whether {self.kind} is in the books cannot be chosen.", _CURE)

    @property
    def is_committing(self) -> bool:
        """Whether the call is executed."""
        return _COMMITS.get(self.kind, True) if self.commits is None else self.commits

    @property
    def sentence(self) -> str:
        """What a refusal says."""
        return self.text or "The sandbox was told to refuse this call"

    def concerns(self, operation: str, *, unread: bool) -> bool:
        """Whether it is for such a call, at that stage: before or after its request is read."""
        return self.operation in ("*", operation) and unread == (self.kind == "reset-before")

    @property
    def pause(self) -> float:
        """Seconds to wait, where the kind waits."""
        return _SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds


def _check_date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise WrongFault(f"The lock date {text!r} is no date.", "Write text=2026-03-31.") from None


def trouble_of(values: dict[str, Any]) -> Trouble:
    """Return the trouble that a control call's JSON asks for; raise `WrongFault`."""
    kinds: dict[str, tuple[type, ...]] = {
        "operation": (str,),
        "kind": (str,),
        "times": (int, type(None)),
        "seconds": (int, float, type(None)),
        "text": (str,),
        "commits": (bool, type(None)),
        "nth": (int,),
        "at": (int, type(None)),
    }
    for name, value in values.items():
        if name not in kinds:
            raise WrongFault(f"A fault has no {name}.", f"It has {', '.join(kinds)}.")
        if not isinstance(value, kinds[name]) or (isinstance(value, bool) and name != "commits"):
            raise WrongFault(f"The {name} of a fault cannot be {value!r}.", _CURE)
    if not {"operation", "kind"} <= values.keys():
        raise WrongFault("A fault needs an operation and a kind.", _CURE)
    return Trouble(**values)


def parse_trouble(text: str) -> Trouble:
    """Return the trouble written as `OPERATION:KIND[:name=value,name=value]`.

    Names are times (a number or `always`), nth, seconds, at, text and commits (yes or no). Raises
    `WrongFault`.
    """
    operation, _, rest = text.partition(":")
    kind, _, options = rest.partition(":")
    values: dict[str, Any] = {"operation": operation, "kind": kind}
    for option in options.split(",") if options else ():
        name, _, value = option.partition("=")
        values[name.strip()] = _option(name.strip(), value.strip())
    return trouble_of(values)


def parse_troubles(text: str) -> list[Trouble]:
    """Return the trouble written in `text`, or those in the file named after an `@`, one a line.

    Blank lines and those that begin with `#` say nothing. Raises `WrongFault`.
    """
    if not text.startswith("@"):
        return [parse_trouble(text)]
    try:
        lines = Path(text[1:]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        cure = "Name a text file with a fault a line."
        raise WrongFault(f"The faults in {text[1:]} cannot be read: {why}.", cure) from None
    written = (line.strip() for line in lines)
    return [parse_trouble(line) for line in written if line and not line.startswith("#")]


def _option(name: str, value: str) -> Any:
    try:
        if name in ("times", "nth", "at"):
            return None if value == "always" and name == "times" else int(value)
        if name == "seconds":
            return float(value)
    except ValueError:
        raise WrongFault(f"The {name} of a fault cannot be {value!r}.", _CURE) from None
    if name == "commits":
        return {"yes": True, "no": False}.get(value, value)
    return value


class Troubles:
    """The misbehaviours still to come, in the order they were asked for. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[Trouble] = []
        self._lock = threading.Lock()

    def add(self, trouble: Trouble) -> None:
        """Wait for the next call of the trouble's operation."""
        with self._lock:
            self._waiting.append(trouble)

    def clear(self) -> None:
        """Take back all that were asked for."""
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str, *, unread: bool = False) -> Trouble | None:
        """Return the trouble that this call meets, and count it.

        `unread` asks for what happens before the request is read, and counts that alone.
        """
        met: Trouble | None = None
        waiting: list[Trouble] = []
        with self._lock:
            for trouble in self._waiting:
                if not trouble.concerns(operation, unread=unread):
                    waiting.append(trouble)
                elif trouble.nth > 1:
                    waiting.append(replace(trouble, nth=trouble.nth - 1))
                elif met is not None or trouble.times is None:
                    met = met or trouble
                    waiting.append(trouble)
                else:
                    met = trouble
                    if trouble.times > 1:
                        waiting.append(replace(trouble, times=trouble.times - 1))
            self._waiting = waiting
        return met

    def as_list(self) -> list[dict[str, Any]]:
        """Return what is still to come, as the control call shows it."""
        with self._lock:
            names = [field.name for field in fields(Trouble)]
            return [{name: getattr(t, name) for name in names} for t in self._waiting]


# The control endpoint: flip switches, ask for trouble, and see what the sandbox has seen.


def state(account: Account, troubles: Troubles) -> dict[str, Any]:
    """Return counts, switches, calls by operation, waiting faults, addresses and documents.

    Documents are as KashFlow would send them, amounts as text. Credentials are not in it.
    """
    books = account.books
    with books.lock:
        documents = {
            ledger.documents: [view(books, ledger, row) for row in books.all(ledger.documents)]
            for ledger in (RECEIPTS, INVOICES)
        }
        counts = {
            "suppliers": len(account.suppliers()),
            "customers": len(account.customers()),
            "receipts": len(documents["receipts"]),
            "invoices": len(documents["invoices"]),
            "payments": len(account.payments()),
        }
    return {
        "counts": counts,
        "switches": account.switches.as_dict(),
        "addresses": account.addresses(),
        "calls": dict(account.calls),
        "faults": troubles.as_list(),
        "documents": documents,
    }


def change(account: Account, troubles: Troubles, body: bytes) -> None:
    """Make the changes a JSON object asks for, all or none; raise `SandboxError`.

    Beside switches by name it takes `"fault": {...}` (see `troubles`), `"clear_faults": true`,
    `"forget_addresses": true` and `"forget_calls": true`.
    """
    try:
        wanted = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SandboxError("The control call is not JSON.") from None
    if not isinstance(wanted, dict):
        raise SandboxError("The control call is not a JSON object.")
    acts = {name: wanted.pop(name, False) for name in _ACTS}
    if not all(isinstance(value, bool) for value in acts.values()):
        raise SandboxError(f"{', '.join(_ACTS)} are true or false.")
    fault = wanted.pop("fault", None)
    if fault is not None and not isinstance(fault, dict):
        raise SandboxError("The fault is not a JSON object.")
    trouble = None if fault is None else trouble_of(fault)
    account.switch(**wanted)
    if acts["clear_faults"]:
        troubles.clear()
    if trouble is not None:
        troubles.add(trouble)
    if acts["forget_addresses"]:
        account.forget_addresses()
    if acts["forget_calls"]:
        account.calls.clear()


_ACTS = ("clear_faults", "forget_addresses", "forget_calls")
