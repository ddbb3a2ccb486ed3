"""Asking a keyring: it may take long, ask its own questions, or fail in any way it likes."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

from kfclient.store.errors import KeyringLocked, KeyringTrouble, SecretsError
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds a keyring has for an answer."""


def answered(call: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return what `call` returns, run in a thread of its own.

    Raises `KeyringTrouble` when it takes longer (the thread is left behind) or fails in an unknown
    way, `KeyringLocked`, or the `SecretsError` it raised. No traceback of the keyring's own is
    passed on: its frames hold the secret.
    """
    results: queue.SimpleQueue[tuple[T] | SecretsError] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(),))
        except BaseException as error:  # noqa: BLE001 - backends raise anything, exits included
            results.put(_in_our_words(error))

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        result = KeyringTrouble(
            f"The keyring did not answer within {seconds:.0f} seconds. "
            "It may be waiting for an answer on another screen."
        )
    if isinstance(result, SecretsError):
        raise result
    return result[0]


def _in_our_words(error: BaseException) -> SecretsError:
    if isinstance(error, SecretsError):
        return type(error)(error.sentence, error.cure)
    name, said = type(error).__name__, redact.clean(str(error)).strip()
    if name == "KeyringLocked":
        return KeyringLocked("The system's keyring is locked, so the password cannot be fetched.")
    return KeyringTrouble(f"The keyring failed: {name}{': ' if said else ''}{said}")
