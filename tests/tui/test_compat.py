"""The keyboard survives bytes that are not UTF-8."""

from __future__ import annotations

import codecs
import inspect

import pytest
from textual.drivers import linux_driver

from tui.app import mend_keyboard


def test_a_byte_that_is_no_utf8_does_not_stop_the_keyboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linux_driver, "getincrementaldecoder", codecs.getincrementaldecoder)
    mend_keyboard()
    decode = vars(linux_driver)["getincrementaldecoder"]("utf-8")().decode
    assert decode(b"\x1b[M \xa0!j", False).endswith("!j")


def test_the_mending_is_still_needed() -> None:
    """When this fails Textual has mended it: delete tui/compat.py."""
    assert 'getincrementaldecoder("utf-8")()' in inspect.getsource(linux_driver)
