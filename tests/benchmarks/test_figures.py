"""What is promised about long lists stays true, with some slack for a busy machine."""

from __future__ import annotations

import pytest

from tests.benchmarks.figures import Figure, figures

SLACK = 1.3
WAITING = 3.0  # for what the clock measures, where others want the processor too


@pytest.mark.slow
def test_reading_long_lists_costs_what_is_promised() -> None:
    """Smaller lists than the promise is about: ratios, stalls and loading hold there as well."""
    broken = [str(figure) for figure in figures(4_000, 3) if not _nearly_kept(figure)]
    assert not broken


def _nearly_kept(figure: Figure) -> bool:
    if figure.about == "ours, the most memory":
        return figure.measured <= 80  # 54 for lists of this length
    if figure.about.startswith("zeep, the most memory"):
        return figure.measured > 1  # the longer the lists, the more it is
    slack = SLACK if figure.about.endswith("CPU") else WAITING
    if figure.at_most is not None:
        return figure.measured <= figure.at_most * slack
    assert figure.at_least is not None
    return figure.measured >= figure.at_least / slack
