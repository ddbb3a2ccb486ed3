"""What each operation does: `ANSWERS` maps an operation's name to the function that answers it."""

from __future__ import annotations
