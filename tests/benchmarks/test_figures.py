"""What is promised stays true, measured on less and with some slack for a busy machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.benchmarks import publish, start, store, sync
from tests.benchmarks.__main__ import SECTIONS, main
from tests.benchmarks.figure import Figure

TIMES = 3


def broken(measure: Callable[[], Iterable[Figure]]) -> list[str]:
    """Return the promises that no measurement kept: other programs spoil one, and not all.

    What has no slack is counted, not measured, and broken with the first time.
    """
    spoilt: dict[str, Figure] = {}
    for number in range(TIMES):
        now = {one.about: one for one in measure() if not _nearly_kept(one)}
        counted = [str(one) for one in now.values() if one.slack == 1]
        if counted:
            return counted
        spoilt = {about: one for about, one in now.items() if not number or about in spoilt}
        if not spoilt:
            break
    return [str(one) for one in spoilt.values()]


@pytest.mark.slow
def test_reading_long_lists_costs_what_is_promised() -> None:
    """Smaller lists than the promise is about: ratios, stalls and loading hold there as well."""
    assert not broken(lambda: sync.figures(2_000, 2))


def _nearly_kept(figure: Figure) -> bool:
    if figure.about == "ours, the most memory":
        return figure.measured <= 80  # 54 for lists of this length
    if figure.about.startswith("zeep, the most memory"):
        return figure.measured > 1  # the longer the lists, the more it is
    return figure.nearly_kept


def test_remembering_costs_what_is_promised() -> None:
    """Fewer documents: what does not grow with them does not here, what does is promised less."""
    assert not broken(lambda: store.figures(10_000, 60))


def test_publishing_costs_what_is_promised() -> None:
    """Few items, so that beginning and ending weigh more; the calls are counted exactly."""
    assert not broken(lambda: publish.figures(48, 24, 1, 8))


def test_starting_costs_what_is_promised() -> None:
    assert not broken(lambda: start.figures(3))


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
