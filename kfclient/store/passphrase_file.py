"""The passphrase of the encrypted file for scripts: KASHDECK_PASSPHRASE_FILE names its file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kfclient.store.errors import PassphraseFileRefused


def passphrase_from_file() -> str | None:
    """Return the passphrase of the file KASHDECK_PASSPHRASE_FILE names, None where it names none.

    One line end at the end is not part of it. Raises `PassphraseFileRefused`.
    """
    named = os.environ.get("KASHDECK_PASSPHRASE_FILE", "")
    if not named:
        return None
    path = Path(named).expanduser()
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise PassphraseFileRefused(
                f"{path} can be read by others, so the passphrase in it was not used.",
                f"Close it to others (chmod 600 {path}), then try again.",
            )
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise PassphraseFileRefused(
            f"{path}, which KASHDECK_PASSPHRASE_FILE names, could not be read: {reason}.",
            "Check the name, or unset KASHDECK_PASSPHRASE_FILE to be asked instead.",
        ) from None
    passphrase = text.removesuffix("\n").removesuffix("\r")
    if not passphrase:
        raise PassphraseFileRefused(f"{path}, which KASHDECK_PASSPHRASE_FILE names, is empty.", "")
    return passphrase
