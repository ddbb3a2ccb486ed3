"""An item is checked in under a millisecond, beside the lists of a large business."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.checks import check_figures


def test_an_item_is_checked_in_under_a_millisecond(tmp_path: Path) -> None:
    measured = check_figures(tmp_path)
    sys.stdout.writelines(f"{figure}\n" for figure in measured)
    assert all(figure.kept for figure in measured), [str(figure) for figure in measured]
