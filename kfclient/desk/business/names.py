"""What a business may be called, and the id it gets by its first name."""

from __future__ import annotations

import re
import unicodedata

from kfclient.desk.errors import WrongValue

LONGEST_NAME = 80
LONGEST_SLUG = 40


def tidy_name(name: str) -> str:
    """Return the name with single spaces, and each letter in its usual form."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def checked_name(name: str) -> str:
    """Return a business's name with its spaces tidied; WrongValue when it cannot be a name."""
    name = tidy_name(name)
    if not name:
        raise WrongValue("A business needs a name.", "Type the name you know it by.")
    if len(name) > LONGEST_NAME:
        raise WrongValue(
            f"That name has {len(name)} characters.", f"Keep it to {LONGEST_NAME} or fewer."
        )
    if not name.isprintable():
        raise WrongValue("That name has characters that cannot be shown.", "Type it again.")
    return name


def slug_of(name: str) -> str:
    """Return a name made of a-z, 0-9 and dashes alone, safe as a folder's: "cafe-ltd"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug[:LONGEST_SLUG].rstrip("-") or "business"
