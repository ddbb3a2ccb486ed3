"""Prints the figures: `python -m tests.benchmarks [ROWS] [ROUNDS]` (20000 and 3)."""

from __future__ import annotations

import sys

from tests.benchmarks.figures import figures


def main() -> int:
    """Measure, print, and return 0 where every promise is kept."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    sys.stdout.write(f"{rows} suppliers and {rows} customers, every field filled in, rounds:")
    sys.stdout.write(f" {rounds}\n")
    measured = figures(rows, rounds)
    sys.stdout.writelines(f"{figure}\n" for figure in measured)
    return 0 if all(figure.kept for figure in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
