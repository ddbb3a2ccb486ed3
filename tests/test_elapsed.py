"""How long ago something was does not depend on the clock on the wall."""

from __future__ import annotations

import msgspec

from kfclient.elapsed import Uptime, elapsed, this_moment

THEN = Uptime(machine="here", boot="first", seconds=1000.0)


def test_moments_of_one_start_are_so_many_seconds_apart() -> None:
    assert elapsed(THEN, msgspec.structs.replace(THEN, seconds=1130.5)) == 130.5


def test_after_another_start_at_least_the_seconds_since_have_passed() -> None:
    assert elapsed(THEN, Uptime(machine="here", boot="second", seconds=40.0)) == 40.0


def test_of_another_machine_s_moment_and_of_none_nothing_is_known() -> None:
    assert elapsed(THEN, Uptime(machine="there", boot="first", seconds=9000.0)) is None
    assert elapsed(None, THEN) is None
    assert elapsed(THEN, msgspec.structs.replace(THEN, seconds=900.0)) is None


def test_this_machine_counts_on() -> None:
    one, other = this_moment(), this_moment()
    assert (one.machine, one.boot) == (other.machine, other.boot)
    passed = elapsed(one, other)
    assert passed is not None
    assert passed >= 0
