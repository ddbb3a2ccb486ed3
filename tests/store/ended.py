"""Doing something in a child that ends at one of its system calls."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable

from tests.store.stepping import Ending


def came_through(last: int, way: str, work: Callable[[], object]) -> bool:
    """Do it in a child that ends at its call number `last`; whether it was done before that.

    `way` is one of `tests.store.stepping.WAYS`.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # pytest's own threads hold nothing that the child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            Ending(last, way)
            work()
        except BaseException:  # noqa: BLE001 - a child must not run the parent's tests
            traceback.print_exc()
            os._exit(2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.waitstatus_to_exitcode(status) == 0
    return True
