"""Keys as they were pressed: Esc before the key that came with it, one done before the next begins.

Over a slow line many keys come in one read. Textual takes Esc and the key behind it for Alt, and
hands on a key before the one ahead of it has changed the screen: what was meant for a filter would
run as commands. Here a key waits until the one before it is done, and a screen that asks is asked
whether it takes it (see `Question`).
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual._xterm_parser import XTermParser
from textual.widgets import Input

from screens.app_screen import Question

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from textual.app import App
    from textual.message import Message
    from textual.message_pump import MessagePump

_PASTE = re.compile("(\x1b\\[20[01]~)")
_END_BEGUN = re.compile("\x1b(\\[(2(0(1)?)?)?)?$")
_ALT = re.compile("\x1b([^\x1b\\[O])", re.DOTALL)
_ESC = "[27u"
# What macOS terminals send for Alt and an arrow, and most for Alt and Backspace: fields know them.
_MEANT = {"f": "[102;3u", "b": "[98;3u", "\x7f": "[127;3u"}
_ARROWS = {"alt+f": "ctrl+right", "alt+b": "ctrl+left"}
_PATIENCE = 2.0
"""In seconds: a widget that goes away does not say that it is done."""


class EscFirst(XTermParser):
    """Reads Esc and a key that came with it as Esc, then the key."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasting = self._open = False
        self._held = ""

    def feed(self, data: str) -> Iterable[Message]:
        """Yield what the terminal sent."""
        if not data:
            return super().feed(data)
        data, self._held = self._held + data, ""
        parted = "".join(map(self._parted, _PASTE.split(data)))
        return super().feed(parted) if parted else ()

    def _parted(self, part: str) -> str:
        if _PASTE.fullmatch(part):
            self._pasting, self._open = part.endswith("0~"), False
        elif part and self._pasting:
            # Textual would take an escape in it for the keys behind it.
            end = _END_BEGUN.search(part)
            part, self._held = (part[: end.start()], end[0]) if end else (part, "")
            part = part.replace("\x1b", "")
        elif part:
            began, self._open = self._open, part.endswith("\x1b")
            if began and part[0] not in "\x1b[O":
                part = _apart(part[0]) + part[1:]
            part = _ALT.sub(lambda found: "\x1b" + _apart(found[1]), part)
        return part

    def tick(self) -> Iterable[Message]:
        """Yield Esc where nothing came behind it."""
        for message in super().tick():
            self._open = False
            yield message


def _apart(char: str) -> str:
    """Return what follows an ESC so that it is the key alone, and then the other key."""
    return _MEANT.get(char) or _ESC + char


class OneByOne:
    """Hands keys and pastes on, each when all that the one before it did is done."""

    def __init__(
        self, app: App[None], give: Callable[[events.Key | events.Paste], Awaitable[None]]
    ) -> None:
        """`give` does what the app does with a key."""
        self.astray = False
        """Whether the last letters meant nothing where they came: a word that goes on, perhaps."""
        self._app = app
        self._give = give
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._turn = 0
        self._busy = False
        self._not_before = 0.0

    def forget(self, until: float) -> None:
        """Throw away what was typed before this time (`time.monotonic`) and is not done."""
        self._not_before = until
        self._waiting.clear()

    @property
    def busy(self) -> bool:
        """Whether a key is being handled, or waits for that."""
        return self._busy or bool(self._waiting)

    async def take(self, event: events.Key | events.Paste) -> None:
        """Hand a key on, now or in its turn."""
        if event.time >= self._not_before:
            self._waiting.append(event)
        await self._next()

    async def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        self._busy = True
        self._turn += 1
        event = self._waiting.popleft()
        if not self._app.screen_stack:  # it is leaving
            return
        if isinstance(event, events.Key) and event.key.startswith("alt+"):
            event = self._alt(event)
        screen, focused = self._app.screen, self._app.focused
        self._follow(event)
        if isinstance(event, events.Paste) or not (
            isinstance(screen, Question) and not screen.takes(event)
        ):
            await self._give(event)
        loop, turn = asyncio.get_running_loop(), self._turn
        self._late = loop.call_later(_PATIENCE, self._done, turn)
        first = focused or screen
        self._pass_on(turn, [first, *first.ancestors, self._app, None, self._app])

    def _follow(self, event: events.Key | events.Paste) -> None:
        """Follow whether letters go astray: one where no text is typed, and nothing is bound."""
        if isinstance(event, events.Paste):
            return
        if event.key == "space":
            return  # it marks a row, and stands between words
        if event.is_printable:
            typing = isinstance(self._app.focused, Input)
            bound = event.key in self._app.screen.active_bindings
            self.astray = not typing and (self.astray or not bound)
        elif event.key not in {"tab", "backspace"}:
            self.astray = False

    def _alt(self, event: events.Key) -> events.Key:
        """Return the key itself where it is bound, else Esc, and have the rest wait."""
        known = _ARROWS.get(event.key)
        bound = self._app.screen.active_bindings
        for key in (event.key, known):
            if key is not None and key in bound:
                return self._made(key, None, event.time)
        rest = event.key.removeprefix("alt+")
        character = rest if len(rest) == 1 else event.character
        self._waiting.appendleft(self._made(rest, character, event.time))
        return self._made("escape", "\x1b", event.time)

    def _made(self, key: str, character: str | None, time: float) -> events.Key:
        made = events.Key(key, character)
        made.time = time
        made.set_sender(self._app)
        return made

    def _pass_on(self, turn: int, left: list[MessagePump | None]) -> None:
        """Go on when all these are done, one after another; None is the screen there then.

        What one of them does for the key is in the next one's queue before this comes there.
        """
        if turn != self._turn or not self._app.screen_stack:
            return
        while left:
            pump, *left = left
            if (pump or self._app.screen).call_later(self._pass_on, turn, left):
                return
        self._done(turn)

    def _done(self, turn: int) -> None:
        if turn == self._turn and self._busy:
            self._late.cancel()
            self._busy = False
            self._app.call_later(self._next)
