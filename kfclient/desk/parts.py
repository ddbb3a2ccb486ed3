"""Parts of a desk that are made when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

P = TypeVar("P")


class part(Generic[P]):  # noqa: N801 - it is written as a decorator
    """Makes a part of its owner once, also where several threads ask; later it is an attribute.

    The owner has a lock `making`. (`functools.cached_property` takes none since Python 3.12.)
    """

    def __init__(self, make: Callable[[Any], P]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> part[P]: ...

    @overload
    def __get__(self, owner: object, kind: type) -> P: ...

    def __get__(self, owner: Any, kind: type) -> part[P] | P:
        """Return the part, made now if it is not there yet."""
        if owner is None:
            return self
        lock: RLock = owner.making
        with lock:
            if self._name not in vars(owner):
                vars(owner)[self._name] = self._make(owner)
        made: P = vars(owner)[self._name]
        return made
