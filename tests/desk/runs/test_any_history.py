"""Whatever happens, in whatever order: each item is in KashFlow once, and nobody's work is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.desk.histories import History


def go_through(histories: int, steps: int) -> None:
    """Go through so many histories; print what has happened in them."""
    History.told.clear()
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(History.told.items()))
    print(f"lost 0, doubled 0 in: {told}", flush=True)  # noqa: T201 - the proof's figures


@pytest.mark.slow
def test_whatever_happens_every_item_is_there_once() -> None:
    go_through(10, 15)


@pytest.mark.full
def test_whatever_happens_at_length_every_item_is_there_once() -> None:
    go_through(2500, 25)
