"""The app: it builds what screens need, runs what outlives them, and owns keys, themes, palette.

Also its manners on real terminals: Textual's mistakes mended, no secrets in a crash, and an orderly
end when the terminal goes away.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import logging
import os
import signal
import threading
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.theme import Theme

from kfclient.cancel import Cancel
from kfclient.desk.events import Event, SyncEnded, SyncStarted
from kfclient.desk.model.list_names import ListName
from kfclient.errors import Problem
from kfclient.store.errors import SecretNeeded
from kfclient.store.keyring_choice import ENCRYPTED_FILE
from kfclient.visible import visible
from screens.app_screen import DOCTOR, Acting
from screens.connections import ConnectionsScreen
from screens.dialogs import ErrorScreen, HelpScreen, LeavingScreen
from screens.services import DemoCredentials, ListRow, SyncJob
from screens.widgets.field import Field
from tui.app_work import AppWork, Asking
from tui.jobs import AppPublishing, note_sync
from tui.keys import EscFirst, OneByOne

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import RenderableType
    from textual.actions import ActionParseResult
    from textual.binding import BindingType
    from textual.color import Color
    from textual.dom import DOMNode

    from kfclient.desk import Desk
    from screens.services import PublishJobs


# What Textual gets wrong on real terminals, put right until it does itself.


def mend_keyboard() -> None:
    """Keep the keyboard alive when the terminal sends bytes that are not UTF-8.

    tmux and SSH may pass on an old-style mouse report, whose bytes can be 0x80 and above; Textual
    8.2 decodes strictly, and the thread that reads keys dies of it. Esc and a key that comes with
    it are Esc and that key.
    """
    from textual.drivers import linux_driver

    def forgiving(encoding: str) -> partial[codecs.IncrementalDecoder]:
        return partial(codecs.getincrementaldecoder(encoding), errors="replace")

    module: Any = linux_driver
    module.getincrementaldecoder = forgiving
    module.XTermParser = EscFirst


def mend_text() -> None:
    """Have text that becomes a widget's content lose what could steer the terminal.

    Textual and Rich take a few controls out of text and let the others pass, escapes among them.
    Here, before anything is measured, so that what stands for them has its room.
    """
    from rich import text
    from textual import content

    vars(text)["strip_control_codes"] = vars(content)["_strip_control_codes"] = visible


def mend_memory() -> None:
    """Let go of what widgets that are gone had drawn.

    Textual keeps two colours for each of the last 1,024 widgets, and with them the widget's lines:
    30 KB each time a screen is opened.
    """
    from textual._styles_cache import StylesCache

    kept: Any = StylesCache.get_inner_outer
    if hasattr(kept, "__wrapped__"):
        vars_of: Any = StylesCache
        vars_of.get_inner_outer = kept.__wrapped__


class OnlyVisible(LineFilter):
    """Takes what could steer the terminal out of every line, whoever drew it.

    What has been measured must keep its width, so what takes no cell goes without a trace; see
    `mend_text` for what comes before.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with text that is seen and nothing else."""
        del background
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment("".join(map(_seen, segment.text)), segment.style)
            for segment in segments
        ]


def _seen(char: str) -> str:
    return char if char.isprintable() else visible(char)[: cell_len(char)]


ONLY_VISIBLE = OnlyVisible()


# An app that shows no secrets where Textual would: when it crashes, and in pictures of itself.


class DiscreetApp(App[None]):
    """Ends quietly when it has to, and hides what was typed into a secret field."""

    @property
    def crash(self) -> Exception | None:
        """The error that ended the app, None when a person did."""
        return self._exception

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Have every line of every widget pass the filter for what could steer the terminal."""
        return [*super().get_line_filters(), ONLY_VISIBLE]

    def _fatal_error(self) -> None:
        """End, and leave the telling to who runs the app.

        Textual would print every local on the terminal, what was just typed among them.
        """
        self._close_messages_no_wait()

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Export the screen as SVG, secret fields hidden even while they are revealed."""
        revealed = [
            field.input
            for screen in self.screen_stack
            for field in screen.query(Field).results(Field)  # others are called Field too
            if field.secret and not field.input.password
        ]
        try:
            for box in revealed:
                box.password = True
            return super().export_screenshot(title=title, simplify=simplify)
        finally:
            for box in revealed:
                box.password = False


# What happens when the terminal goes away: a lost SSH connection sends SIGHUP.
#
# Textual would be gone in a tenth of a second, in the middle of whatever is being sent. Here the
# call in flight is let finish and written down; then the process leaves at once, because an app
# without a terminal cannot close in an orderly way.

PATIENCE = 75.0
"""Seconds to wait for a call in flight: its own deadline is 60."""


def watch(
    loop: asyncio.AbstractEventLoop,
    stop: Callable[[], None],
    busy: Callable[[], bool],
    farewell: Callable[[], object],
) -> None:
    """On SIGHUP or SIGTERM ask the work to `stop`, wait while it is `busy`, then leave.

    What is stopped so is to be carried on another time: see `Cancel.leave`.

    `farewell` is done last, in place of all that an orderly end would have done.
    """

    def leave() -> None:
        stop()
        until = time.monotonic() + PATIENCE
        while busy() and time.monotonic() < until:
            time.sleep(0.05)
        with contextlib.suppress(Exception):
            farewell()
        os._exit(128 + signal.SIGHUP)

    def gone() -> None:
        threading.Thread(target=leave, name="hangup", daemon=True).start()

    for name in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(name, gone)


# The app's two themes; every colour on screen comes from them.

DARK = Theme(
    name="kashdeck-dark",
    primary="#2f6f9f",
    secondary="#5f87af",
    accent="#d7a65f",
    success="#5faf87",
    warning="#d7a65f",
    error="#d75f5f",
    background="#14181d",
    surface="#1a2027",
    panel="#252d36",
    foreground="#d5dbe1",
    dark=True,
)

LIGHT = Theme(
    name="kashdeck-light",
    primary="#9cc3e0",
    secondary="#3f6f8f",
    accent="#8a5a00",
    success="#1f6f43",
    warning="#8a5a00",
    error="#a52a2a",
    background="#f7f7f4",
    surface="#ffffff",
    panel="#e4e7e9",
    foreground="#1d2329",
    dark=False,
)


T = TypeVar("T")
log = logging.getLogger(__name__)


class Unforeseen(Problem):
    """Something that should not happen; the log has the rest."""

    code = "unforeseen"
    default_cure = (
        "Nothing is lost: what was stored stays. The log in Kashdeck's folder says more; please "
        "report it."
    )


class NotSuspended(Problem):
    """The app cannot stand still just now, or has nobody to give the terminal to."""

    code = "not-suspended"
    default_cure = "Ctrl+Q leaves Kashdeck; what is on its way comes to its end first."


class KashdeckApp(DiscreetApp):
    """Kashdeck on the whole terminal; implements `screens.services.Services`."""

    TITLE = "Kashdeck"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", show=True, id="app.help"),
        Binding("ctrl+t", "change_theme_shade", "Light or dark", show=False, id="app.shade"),
        Binding("ctrl+q", "quit", "Quit", show=False, id="app.quit", priority=True),
        Binding(
            "ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend", priority=True
        ),
    ]

    def __init__(
        self,
        desk: Desk,
        demo: DemoCredentials | None = None,
        farewell: Callable[[], object] | None = None,
    ) -> None:
        mend_text()
        mend_memory()
        super().__init__()
        # Before anything is styled: a theme chosen later has every style made twice.
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self._farewell = farewell or desk.close
        self.desk = desk
        self.demo = demo
        self.events: Signal[Event] = Signal(self, "events")
        self._lanes = AppWork()
        self._asking = Asking(self, desk)
        self._syncs: dict[str, SyncJob] = {}
        self.publishing: PublishJobs = AppPublishing(self, self._worked, self._on_screen)
        self._working: set[Cancel] = set()
        self.painted_at = 0.0
        self._typed = OneByOne(self, super().on_event)
        if "SSH_CONNECTION" in os.environ:
            # One End key sends 204 KB with scroll animation, 3.6 KB without.
            self.animation_level = "none"

    def on_mount(self) -> None:
        """Show the home screen."""
        self.push_screen(ConnectionsScreen())
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            watch(loop, self._leave_jobs, lambda: bool(self._working), self._farewell)

    def on_unmount(self) -> None:
        """End with the app what worked for it."""
        self._lanes.end()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Note when the terminal gets something to show: what is typed later may be about it."""
        self.painted_at = time.monotonic()
        super()._display(screen, renderable)

    @property
    def letters_astray(self) -> bool:
        """Whether the last letters typed meant nothing where they came."""
        return self._typed.astray

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; keys one by one, each when the one before it is done."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key stands for, unless its screen has no widgets yet, or none any more.

        Over a slow line keys come in bursts, and Textual hands them to a screen as soon as it is
        on top.
        """
        screen = default_namespace
        if isinstance(screen, Screen) and not (screen.is_mounted and screen.is_attached):
            return False
        return await super().run_action(action, default_namespace, namespaces)

    # Work off the screen's thread

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], object],
        trouble: Callable[[Problem], object] | None = None,
        *,
        lane: str = "read",
    ) -> None:
        """Do `work` in a lane and hand its result to `then`; see `Services.ask`."""
        asked: set[str] = set()
        writing = Cancel() if lane.startswith("publish-") else None

        def run() -> None:
            try:
                with ExitStack() as held:
                    if writing is not None:
                        self._working.add(writing)
                        held.callback(self._working.discard, writing)
                    for business in asked:
                        held.enter_context(self.desk.secrets.work(business))
                    result = work()
            except Problem as problem:
                if isinstance(problem, SecretNeeded):
                    asked.add(problem.business)
                failed(problem)
            except Exception:
                log.exception("unforeseen")
                failed(Unforeseen("Something went wrong inside Kashdeck."))
            else:
                self._on_screen(lambda: then(result))

        def failed(problem: Problem) -> None:
            self._on_screen(lambda: self._trouble(problem, again, trouble))

        def again() -> None:
            self._lanes.run(lane, run)

        again()

    def _on_screen(self, call: Callable[[], object]) -> None:
        if self.is_running:
            self.call_later(call)

    def _trouble(
        self,
        problem: Problem,
        again: Callable[[], None],
        trouble: Callable[[Problem], object] | None,
    ) -> None:
        def answered(left: Problem | None) -> None:
            if left is None:
                again()
            else:
                self._tell(left, trouble)

        if not self._asking.ask(problem, answered):
            self._tell(problem, trouble)

    def _tell(self, problem: Problem, trouble: Callable[[Problem], object] | None) -> None:
        if trouble is not None:
            trouble(problem)
        else:
            self.push_screen(ErrorScreen(problem))

    # Jobs that outlive a screen

    def show_sync(self, business: str, name: str) -> None:
        """Sync the six lists, if that is not under way already, and show how it goes."""
        from screens.sync import SyncScreen

        self.start_sync(business)
        self.push_screen(SyncScreen(business, name))

    def start_sync(self, business: str) -> SyncJob:
        """Sync the six lists in the background, or return the sync that is running."""
        job = self._syncs.get(business)
        if job is not None and not job.ended:
            return job
        cancel = Cancel()
        job = SyncJob(business, cancel, {name: ListRow() for name in ListName})
        self._syncs[business] = job

        def listen(event: Event) -> None:
            self._on_screen(lambda: self._heard_sync(event, job))

        def over(problem: Problem | None = None) -> None:
            if not job.ended:
                job.problem = problem
                self._heard_sync(SyncEnded(business=business, cancelled=cancel.is_set), job)

        self.events.publish(SyncStarted(business=business))
        self.ask(
            self._worked(
                business, cancel, lambda: self.desk.syncing.sync(business, listen, cancel)
            ),
            lambda _: over(),
            over,
            lane=f"sync-{business}",
        )
        return job

    def _heard_sync(self, event: Event, job: SyncJob) -> None:
        note_sync(event, job)
        self.events.publish(event)

    def sync_job(self, business: str) -> SyncJob | None:
        """Return the running sync of a business, or its last one in this session."""
        return self._syncs.get(business)

    def _worked(self, business: str, cancel: Cancel, work: Callable[[], T]) -> Callable[[], T]:
        """Note the work as going on, for as long as it does, so that leaving can wait for it."""

        def working() -> T:
            self._working.add(cancel)
            try:
                with self.desk.secrets.work(business):
                    return work()
            finally:
                self._working.discard(cancel)

        return working

    async def action_quit(self) -> None:
        """Leave; what is on its way comes to its end first, as when the line is lost."""
        if not self._working:
            self.exit()
            return
        self._leave_jobs()
        for screen in self.screen_stack:
            if isinstance(screen, Acting):
                screen.wind_up()
        if not isinstance(self.screen, LeavingScreen):
            until = time.monotonic() + PATIENCE
            busy = lambda: bool(self._working) and time.monotonic() < until  # noqa: E731
            self.push_screen(LeavingScreen(busy, self.exit))

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell until it says to go on.

        What was typed for the shell is no command of ours, also where there is no shell.
        """
        if self._working:
            why = "Something is on its way to KashFlow, and would stand still in the middle."
            self.push_screen(ErrorScreen(NotSuspended(why)))
        elif os.getpgrp() == os.getsid(0):
            why = "There is no shell here that the terminal could go back to."
            self.push_screen(ErrorScreen(NotSuspended(why)))
        else:
            super().action_suspend_process()
        self._typed.forget(time.monotonic())

    def _leave_jobs(self) -> None:
        for cancel in tuple(self._working):
            cancel.leave()

    # Keys, palette, help, themes

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every command of the screen, with its own words, then the app's."""
        acts = screen.possible_acts() if isinstance(screen, Acting) else []
        for act in acts:
            yield SystemCommand(act.words, act.help or act.words, self._runner(screen, act.do))
        if DOCTOR not in acts:
            yield SystemCommand(DOCTOR.words, DOCTOR.help, self.action_doctor)
        yield SystemCommand("Help", "The commands of this screen and their keys", self.action_help)
        yield SystemCommand(
            "Light or dark", "Change between the two themes", self.action_change_theme_shade
        )
        if self.demo is None:
            words = "Ask for the passphrase of the encrypted file again, in every session"
            yield SystemCommand("Lock", words, self.action_lock)
        yield SystemCommand("Quit", "Leave Kashdeck; what is stored stays", self.action_quit)

    @staticmethod
    def _runner(screen: Screen[object], action: str) -> Callable[[], object]:
        async def run() -> None:
            await screen.run_action(action)

        return run

    def action_help(self) -> None:
        """Show the commands of the screen."""
        screen: object = self.screen
        if isinstance(screen, Acting) and not isinstance(screen, HelpScreen):
            self.push_screen(HelpScreen("Keys on this screen", screen.possible_acts()))

    def action_doctor(self) -> None:
        """Look Kashdeck over, unless that is on the screen already."""
        from screens.doctor import DoctorScreen

        if not isinstance(self.screen, DoctorScreen):
            self.push_screen(DoctorScreen())

    def action_lock(self) -> None:
        """Have the encrypted file's passphrase asked for again, in every session."""
        secrets = self.desk.secrets
        self.ask(
            lambda: secrets.lock(ENCRYPTED_FILE),
            lambda _: self.notify("Locked: the passphrase is asked for when it is next needed."),
            lane="secrets",
        )

    def action_change_theme_shade(self) -> None:
        """Change between dark and light."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def copy_text(self, text: str, what: str) -> None:
        """Send text to the terminal's clipboard (OSC 52); whether it took it cannot be known."""
        self.copy_to_clipboard(text)
        self.notify(f"{what} sent to the clipboard.", timeout=3)


def run(
    desk: Desk,
    demo: DemoCredentials | None = None,
    farewell: Callable[[], object] | None = None,
) -> None:
    """Show the app on the terminal until it is quit; `farewell` is for when that goes away.

    Over SSH the mouse stays off, so that selecting text works and moving it sends nothing. Raises
    what nobody foresaw, once the terminal is as it was.
    """
    mend_keyboard()
    app = KashdeckApp(desk, demo, farewell)
    app.run(mouse="SSH_CONNECTION" not in os.environ)
    if app.crash is not None:
        raise app.crash
