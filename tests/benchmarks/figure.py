"""One promise, measured: what is printed, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One promise: what it is about, what was measured, and the most it may be, or the least.

    Without either it is no promise, only said beside the others. `slack` is what a busy machine may
    add to it where the tests measure, as a factor.
    """

    about: str
    measured: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    slack: float = 1.3

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self._within(1)

    @property
    def nearly_kept(self) -> bool:
        """Whether it holds with the slack."""
        return self._within(self.slack)

    def _within(self, slack: float) -> bool:
        enough = self.at_least is None or self.measured >= self.at_least / slack
        return enough and (self.at_most is None or self.measured <= self.at_most * slack)

    def __str__(self) -> str:
        bound, mark = "", ""
        if self.at_most is not None:
            bound, mark = f"<= {self.at_most:g}", "ok" if self.kept else "TOO MUCH"
        elif self.at_least is not None:
            bound, mark = f">= {self.at_least:g}", "ok" if self.kept else "TOO LITTLE"
        figure = f"{self.measured:,.3f}" if self.measured < 10 else f"{self.measured:,.1f}"
        return f"{self.about:<58}{figure:>9} {self.unit:<6}{bound:>8}  {mark}".rstrip()
