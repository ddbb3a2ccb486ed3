"""Walks through the app as a person does: keys in, what the terminal shows out."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.containers import ScrollableContainer
from textual.widget import Widget
from textual.widgets import Footer, Input, Static

from tests.waiting import HANG
from tui.app import KashdeckApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.app import App
    from textual.pilot import Pilot
    from textual.screen import Screen

    from kfclient.desk import Desk
    from screens.services import DemoCredentials

S = TypeVar("S")


_LETTERS = {"space": " ", "slash": "/", "question_mark": "?"}
"""What a terminal sends with keys that have a name."""


class Walk:
    """One person at the keyboard of a running app.

    `text` is the terminal's content, line by line, as it would be painted now.
    """

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.app: App[None] = pilot.app

    @property
    def screen(self) -> Screen[object]:
        """The screen on top."""
        return self.app.screen

    @property
    def text(self) -> str:
        """What the screen on top shows."""
        strips = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def footer(self) -> str:
        """The last line."""
        return self.text.splitlines()[-1]

    async def press(self, *keys: str) -> None:
        """Press keys, by Textual's names; after each, wait until nothing is going on.

        Twice as fast as the pilot's own, which waits twice.
        """
        for key in keys:
            driver = self.app._driver
            assert driver is not None
            event = events.Key(key, key if len(key) == 1 else _LETTERS.get(key))
            event.set_sender(self.app)
            driver.send_message(event)
            await self._handled()
            await self.pilot.pause()

    async def _handled(self) -> None:
        """Wait until the app, the widget with the focus, and the screen have handled what came.

        A key goes from one to the other, each with a queue of its own: on a busy machine nothing
        may be going on for a moment though it is on its way.
        """
        for pump in (self.app, self.screen.focused, self.screen, self.app):
            handled = asyncio.Event()
            if pump is not None and pump.call_later(handled.set):
                with suppress(TimeoutError):  # one that is being taken away handles nothing more
                    await asyncio.wait_for(handled.wait(), 2)
        if not isinstance(self.app, KashdeckApp):
            return
        typed = self.app._typed
        while typed.busy and self.app.is_running:  # noqa: ASYNC110 - the app has no event for it
            await asyncio.sleep(0)

    async def write(self, text: str) -> None:
        """Type text into the focused field, faster than `press`, which waits after each key."""
        assert isinstance(self.app.focused, Input)
        for character in text:
            self.app.focused.post_message(events.Key(character, character))
        await self.pilot.pause()

    async def paste(self, text: str) -> None:
        """Paste text into the focused field, as a terminal does."""
        assert self.app.focused is not None
        self.app.focused.post_message(events.Paste(text))
        await self.pilot.pause()

    async def until(self, seen: str | Callable[[], bool]) -> None:
        """Wait until a text is on screen, or something is so; fail with what is on screen."""
        deadline = time.monotonic() + HANG
        while not self._is_so(seen):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {seen!r}; the screen is\n{self.text}")
            await asyncio.sleep(0.01)
            await self.pilot.pause()
        await self.pilot.pause()

    async def until_on(self, screen: type[Screen[S]]) -> None:
        """Wait until a screen of this kind is on top."""
        await self.until(lambda: isinstance(self.screen, screen))

    async def until_shown_at_the_next_look(
        self, seen: str | Callable[[], bool], change: Callable[[], object]
    ) -> None:
        """Make a change elsewhere, and wait until this screen shows it by itself.

        It looks twice a second (see `LOOK_SECONDS`); the first look that begins after the change
        must be the one that finds it, however slow the machine.
        """
        watcher = self.screen.watcher  # type: ignore[attr-defined]
        looks = found_by = 0
        look, show = watcher._revision, watcher._show

        def looking() -> object:
            nonlocal looks
            looks += 1
            return look()

        def showing(what: object) -> None:
            nonlocal found_by
            if not self._is_so(seen):
                found_by = looks
            show(what)

        change()
        watcher._revision, watcher._show = looking, showing
        try:
            await self.until(seen)
        finally:
            watcher._revision, watcher._show = look, show
        assert found_by <= 1, f"it was found by look {found_by} only"

    def _is_so(self, seen: str | Callable[[], bool]) -> bool:
        return seen in self.text if isinstance(seen, str) else seen()

    def holding(self, secret: str) -> list[str]:
        """Name every widget of every screen, top or not, that shows or holds a text."""
        return [
            repr(widget)
            for screen in self.app.screen_stack
            for widget in screen.query(Widget)
            if (isinstance(widget, Input) and secret in widget.value)
            or (isinstance(widget, Static) and secret in str(widget.content))
        ]

    def overflows(self) -> list[str]:
        """Name what does not fit: widgets beyond the terminal, footer keys beyond its end."""
        whole = self.app.screen.region
        bad = [
            f"{widget!r} at {widget.region}"
            for widget in self.screen.query(Widget)
            if widget.region and not whole.contains_region(widget.region) and not _scrolled(widget)
        ]
        for footer in self.screen.query(Footer):
            needs = max((key.region.right for key in footer.children), default=0)
            if needs > whole.width:
                bad.append(f"the footer needs {needs} cells: {self.footer}")
        return bad


@asynccontextmanager
async def walking(
    desk: Desk, demo: DemoCredentials | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Walk]:
    """Open the app on this desk, in a terminal of this size, and walk through it."""
    app = KashdeckApp(desk, demo)
    async with app.run_test(size=size) as pilot:
        walk = Walk(pilot)
        await walk.until("Connections")
        yield walk


def _scrolled(widget: Widget) -> bool:
    return any(isinstance(parent, ScrollableContainer) for parent in widget.ancestors)
