"""Boxes: texts encrypted with a key that is derived from a passphrase.

A box is AES-256-GCM of a text, bound to what it is for, so that no box can stand in for another.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
from typing import Any

from kfclient.store.errors import SecretsDamaged


def derive(passphrase: str, kdf: dict[str, Any]) -> bytes:
    """Return the key that scrypt makes of the passphrase, with the salt and costs of `kdf`."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    scrypt = Scrypt(salt=_bytes(kdf["salt"]), length=32, n=kdf["n"], r=kdf["r"], p=kdf["p"])
    # The same keys typed on another system may come in another Unicode form.
    return scrypt.derive(unicodedata.normalize("NFC", passphrase).encode())


def make_box(key: bytes, text: str, bound_to: tuple[str, ...]) -> dict[str, str]:
    """Return the text as a box: its nonce and the box itself, in base64."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    box = AESGCM(key).encrypt(nonce, text.encode(), json.dumps(bound_to).encode())
    return {"nonce": as_text(nonce), "box": as_text(box)}


def open_box(key: bytes, box: dict[str, str], bound_to: tuple[str, ...]) -> str:
    """Return what is in the box; raises `SecretsDamaged` where the key or the box is not right."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        bound = json.dumps(bound_to).encode()
        return AESGCM(key).decrypt(_bytes(box["nonce"]), _bytes(box["box"]), bound).decode()
    except (InvalidTag, ValueError):
        raise SecretsDamaged(
            "An entry of the encrypted file was changed since Kashdeck wrote it."
        ) from None


def as_text(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
