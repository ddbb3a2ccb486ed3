"""The app's two themes; every colour on screen comes from them."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="kashdeck-dark",
    primary="#2f6f9f",
    secondary="#5f87af",
    accent="#d7a65f",
    success="#5faf87",
    warning="#d7a65f",
    error="#d75f5f",
    background="#14181d",
    surface="#1a2027",
    panel="#252d36",
    foreground="#d5dbe1",
    dark=True,
)

LIGHT = Theme(
    name="kashdeck-light",
    primary="#9cc3e0",
    secondary="#3f6f8f",
    accent="#8a5a00",
    success="#1f6f43",
    warning="#8a5a00",
    error="#a52a2a",
    background="#f7f7f4",
    surface="#ffffff",
    panel="#e4e7e9",
    foreground="#1d2329",
    dark=False,
)
