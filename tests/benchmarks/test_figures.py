"""What is promised stays true, measured on less and with some slack for a busy machine."""

from __future__ import annotations

import pytest

from tests.benchmarks import publish, start, store, sync
from tests.benchmarks.__main__ import SECTIONS, main
from tests.benchmarks.figure import Figure


@pytest.mark.slow
def test_reading_long_lists_costs_what_is_promised() -> None:
    """Smaller lists than the promise is about: ratios, stalls and loading hold there as well."""
    broken = [str(figure) for figure in sync.figures(4_000, 2) if not _nearly_kept(figure)]
    assert not broken


def _nearly_kept(figure: Figure) -> bool:
    if figure.about == "ours, the most memory":
        return figure.measured <= 80  # 54 for lists of this length
    if figure.about.startswith("zeep, the most memory"):
        return figure.measured > 1  # the longer the lists, the more it is
    return figure.nearly_kept


def test_remembering_costs_what_is_promised() -> None:
    """Fewer documents: what does not grow with them does not here, what does is promised less."""
    broken = [str(figure) for figure in store.figures(10_000, 60) if not figure.nearly_kept]
    assert not broken


def test_publishing_costs_what_is_promised() -> None:
    """Few items, so that beginning and ending weigh more; the calls are counted exactly."""
    broken = [str(figure) for figure in publish.figures(64, 32, 1, 8) if not figure.nearly_kept]
    assert not broken


def test_starting_costs_what_is_promised() -> None:
    broken = [str(figure) for figure in start.figures(3) if not figure.nearly_kept]
    assert not broken


def test_a_broken_promise_is_marked_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Figure("quick", 1.0, "ms", at_most=2), Figure("said", 7.0, "ms")
    monkeypatch.setitem(SECTIONS, "sync", lambda: kept)
    monkeypatch.setitem(SECTIONS, "store", lambda: [Figure("slow", 3.0, "ms", at_most=2)])
    assert main(["sync"]) == 0
    assert main(["sync", "store"]) == 1
    out = capsys.readouterr().out
    assert "<= 2  TOO MUCH" in out
    assert "1 promise broken." in out
    assert main(["sink"]) == 2
