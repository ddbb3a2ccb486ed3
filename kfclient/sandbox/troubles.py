"""Misbehaviour on request: what can go wrong between a client and KashFlow, made to happen.

Kinds, and whether the call is in the books afterwards:

| kind           | what the caller meets                               | in the books    |
|----------------|-----------------------------------------------------|-----------------|
| slow           | the reply comes after `seconds`                     | yes             |
| trickle        | the reply comes 12 bytes at a time, `seconds` between | yes             |
| drop-before    | the connection closes without a reply               | no              |
| drop-after     | the connection closes without a reply               | yes             |
| late           | the connection closes at once                       | after `seconds` |
| truncate       | half the reply under the whole one's Content-Length | yes             |
| truncate-clean | half the reply under its own Content-Length         | yes             |
| bad-xml        | a reply that is not well-formed                     | yes             |
| html-503       | a maintenance page with status 503                  | no              |
| html-200       | a maintenance page with status 200                  | no              |
| fault-500      | a SOAP fault of the server's                        | no              |
| redirect       | 307 to another address                              | no              |
| refuse         | Status NO and `text`                                | no              |

`commits` overrides the last column for the kinds from `bad-xml` to `redirect`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields, replace
from typing import Any

from kfclient.sandbox.contract import OPERATIONS
from kfclient.sandbox.errors import WrongFault

_COMMITS = {
    "slow": True,
    "trickle": True,
    "drop-before": False,
    "drop-after": True,
    "late": True,
    "truncate": True,
    "truncate-clean": True,
    "bad-xml": True,
    "html-503": False,
    "html-200": False,
    "fault-500": False,
    "redirect": False,
    "refuse": False,
}
KINDS = tuple(_COMMITS)
_EITHER = frozenset({"bad-xml", "html-503", "html-200", "fault-500", "redirect"})
_SECONDS = {"slow": 2.0, "late": 2.0, "trickle": 0.4}
_CURE = f"The kinds are {', '.join(KINDS)}; write InsertReceipt:drop-after:times=1 or *:slow."


@dataclass(frozen=True, slots=True)
class Trouble:
    """One misbehaviour: for an operation (`*`: any), so many times (None: until taken back).

    Raises `WrongFault` where the operation or kind does not exist or a number makes no sense.
    """

    operation: str
    kind: str
    times: int | None = 1
    seconds: float | None = None
    text: str = "The sandbox was told to refuse this call"
    commits: bool | None = None

    def __post_init__(self) -> None:
        if self.kind not in _COMMITS:
            raise WrongFault(f"There is no misbehaviour called {self.kind}.", _CURE)
        if self.operation != "*" and self.operation not in OPERATIONS:
            raise WrongFault(f"There is no operation called {self.operation}.", _CURE)
        if self.times is not None and self.times < 1:
            raise WrongFault(f"{self.times} times is not possible.", "Use 1 or more.")
        if self.seconds is not None and not 0 <= self.seconds <= 86_400:
            raise WrongFault(f"{self.seconds} seconds is not possible.", "Use 0 to 86400.")
        if self.commits is not None and self.kind not in _EITHER:
            raise WrongFault(f"Whether {self.kind} is in the books cannot be chosen.", _CURE)

    @property
    def is_committing(self) -> bool:
        """Whether the call is executed."""
        return _COMMITS[self.kind] if self.commits is None else self.commits

    @property
    def pause(self) -> float:
        """Seconds to wait, where the kind waits."""
        return _SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds


def trouble_of(values: dict[str, Any]) -> Trouble:
    """Return the trouble that a control call's JSON asks for; raise `WrongFault`."""
    kinds: dict[str, tuple[type, ...]] = {
        "operation": (str,),
        "kind": (str,),
        "times": (int, type(None)),
        "seconds": (int, float, type(None)),
        "text": (str,),
        "commits": (bool, type(None)),
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

    Names are times (a number or `always`), seconds, text and commits (yes or no). Raises
    `WrongFault`.
    """
    operation, _, rest = text.partition(":")
    kind, _, options = rest.partition(":")
    values: dict[str, Any] = {"operation": operation, "kind": kind}
    for option in options.split(",") if options else ():
        name, _, value = option.partition("=")
        values[name.strip()] = _option(name.strip(), value.strip())
    return trouble_of(values)


def _option(name: str, value: str) -> Any:
    try:
        if name == "times":
            return None if value == "always" else int(value)
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

    def take(self, operation: str) -> Trouble | None:
        """Return the trouble that this call meets, and count it."""
        with self._lock:
            for place, trouble in enumerate(self._waiting):
                if trouble.operation not in ("*", operation):
                    continue
                if trouble.times == 1:
                    del self._waiting[place]
                elif trouble.times is not None:
                    self._waiting[place] = replace(trouble, times=trouble.times - 1)
                return trouble
        return None

    def as_list(self) -> list[dict[str, Any]]:
        """Return what is still to come, as the control call shows it."""
        with self._lock:
            names = [field.name for field in fields(Trouble)]
            return [{name: getattr(t, name) for name in names} for t in self._waiting]
