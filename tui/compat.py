"""What Textual gets wrong on real terminals, put right until it does itself."""

from __future__ import annotations

import codecs
from functools import partial
from typing import Any


def mend_keyboard() -> None:
    """Keep the keyboard alive when the terminal sends bytes that are not UTF-8.

    tmux and SSH may pass on an old-style mouse report, whose bytes can be 0x80 and above; Textual
    8.2 decodes strictly, and the thread that reads keys dies of it.
    """
    from textual.drivers import linux_driver

    def forgiving(encoding: str) -> partial[codecs.IncrementalDecoder]:
        return partial(codecs.getincrementaldecoder(encoding), errors="replace")

    module: Any = linux_driver
    module.getincrementaldecoder = forgiving
