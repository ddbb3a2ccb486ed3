"""The kernel's keyring of a user (Linux): keeps a few bytes in memory for a while, never on disk.

What is kept there is found by every session of the same user on this machine until its time is
over, it is taken back, or the last process of the user has ended. See keyrings(7) and keyctl(2);
the calls are made through libc's `syscall`, because libc has no functions of its own for them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

# add_key and keyctl, from the kernel's syscall tables.
_NUMBERS = {"x86_64": (248, 250), "aarch64": (217, 219)}

_PROCESS, _USER = -2, -4
_REVOKE, _SETPERM, _LINK, _UNLINK, _SEARCH, _READ, _SET_TIMEOUT = 3, 5, 8, 9, 10, 11, 15

# Whoever possesses it, and the user, may do everything; nobody else anything.
_OWN_ALONE = 0x3F3F0000

_LARGEST = 4096


def keep(name: str, data: bytes, seconds: int) -> bool:
    """Keep `data` under `name` for so long, in the place of what was there; False if it cannot be.

    The time limit is set before anyone else can find it, so that a sudden end leaves nothing that
    stays.
    """
    key = _add_key(name, data)
    if key is None:
        return False
    limited = (
        _keyctl(_SETPERM, key, _OWN_ALONE) is not None
        and _keyctl(_SET_TIMEOUT, key, max(1, seconds)) is not None
    )
    kept = limited and _keyctl(_LINK, key, _USER) is not None
    _keyctl(_UNLINK, key, _PROCESS)
    return kept and find(name) == data


def find(name: str) -> bytes | None:
    """Return what is kept under `name`, None where there is nothing, or no kernel keyring."""
    key = _search(name)
    if key is None:
        return None
    buffer = ctypes.create_string_buffer(_LARGEST)
    size = _keyctl(_READ, key, ctypes.addressof(buffer), _LARGEST)
    return None if size is None or size > _LARGEST else buffer.raw[:size]


def forget(name: str) -> None:
    """Take it back; it is no trouble if there is nothing."""
    key = _search(name)
    if key is not None:
        _keyctl(_REVOKE, key)
        _keyctl(_UNLINK, key, _USER)


def available() -> bool:
    """Whether something can really be kept here: containers and other systems often forbid it."""
    name = f"kashdeck:probe:{os.getpid()}"
    kept = keep(name, os.urandom(8), 60)
    forget(name)
    return kept


def _search(name: str) -> int | None:
    return _keyctl(_SEARCH, _USER, b"user", name.encode(), 0)


def _add_key(name: str, data: bytes) -> int | None:
    numbers = _numbers()
    if numbers is None:
        return None
    return _called(numbers[0], b"user", name.encode(), data, len(data), _PROCESS)


def _keyctl(operation: int, *words: int | bytes) -> int | None:
    numbers = _numbers()
    return None if numbers is None else _called(numbers[1], operation, *words)


def _numbers() -> tuple[int, int] | None:
    # A 32-bit process has other numbers on the same machine.
    known = sys.platform == "linux" and sys.maxsize > 2**32
    return _NUMBERS.get(platform.machine()) if known else None


def _called(number: int, *words: int | bytes) -> int | None:
    """Make the call; None for any error."""
    plain = [word if isinstance(word, bytes) else ctypes.c_long(word) for word in words]
    try:
        result = int(ctypes.CDLL(None).syscall(ctypes.c_long(number), *plain))
    except (OSError, AttributeError):
        return None
    return None if result < 0 else result
