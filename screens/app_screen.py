"""The base of every screen: one declaration a command feeds keys, footer, palette and help."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

import msgspec
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Footer, Input, Static
from textual.widgets._footer import FooterKey

from screens.widgets.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import ActiveBinding
    from textual.events import DescendantFocus, Key
    from textual.widget import Widget

    from kfclient.errors import Problem
    from screens.services import Services

T = TypeVar("T")
R = TypeVar("R")


class Act(msgspec.Struct, frozen=True):
    """A command of a screen.

    `do` is the action's method (`action_<do>`), `keys` as Textual writes them, first the one
    shown; `words` stand in footer, palette and help alike. `footer` shows it in the footer (at
    most six a screen); `help` says more than the words.
    """

    do: str
    keys: str
    words: str
    help: str = ""
    footer: bool = False
    priority: bool = False

    def binding(self, owner: str) -> Binding:
        """Return the key binding, with an id by which a person can remap it."""
        return Binding(
            self.keys,
            self.do,
            self.words,
            show=self.footer,
            tooltip=self.help,
            id=f"{owner}.{self.do}",
            priority=self.priority,
        )


def is_typed(key: str) -> bool:
    """Whether a key puts a character into a field."""
    return len(key) == 1 or key in {"space", "slash", "question_mark", "minus", "plus"}


BACK = Act("back", "escape", "Back", "Go back to the screen before", footer=True)
DOCTOR = Act("doctor", "d", "Doctor", "Look Kashdeck over: what is wrong, and how to mend it")
"""A command of the home screen, and in the palette of every screen."""


class Acting:
    """What screens and modal screens have in common: their commands."""

    ACTS: ClassVar[tuple[Act, ...]] = ()
    BINDINGS: ClassVar[list[Any]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Turn the declared commands into key bindings."""
        if "ACTS" in cls.__dict__:
            owner = cls.__name__.removesuffix("Screen").lower()
            cls.BINDINGS = [act.binding(owner) for act in cls.ACTS]
        super().__init_subclass__(**kwargs)

    @property
    def services(self) -> Services:
        """The app, as screens see it."""
        return cast("Services", self.app)  # type: ignore[attr-defined]

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], object],
        trouble: Callable[[Problem], object] | None = None,
        *,
        lane: str = "read",
    ) -> None:
        """Do `work` off the screen's thread.

        When the screen is gone by then, its result is dropped, and so is a problem that the screen
        would have shown itself; one that has no `trouble` is shown over whatever is there.
        """
        screen = cast("Screen[Any]", self)

        def shown(result: T) -> None:
            if screen.is_attached:
                then(result)

        def refused(problem: Problem) -> None:
            if trouble is not None and screen.is_attached:
                trouble(problem)

        self.services.ask(work, shown, refused if trouble is not None else None, lane=lane)

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Leave with a result, if this screen is on top.

        Textual's own would take whatever is on top away, and fails when asked twice: a key in a
        burst, or work that ends after the person has left, must do neither.
        """
        if not self.on_top:
            return AwaitComplete()
        return cast("AwaitComplete", super().dismiss(result))  # type: ignore[misc]

    def wind_up(self) -> None:
        """Stop at the next safe point what this screen does: the app is being left."""

    @property
    def on_top(self) -> bool:
        """Whether this is the screen that keys go to; no question or help is over it."""
        screen = cast("Screen[Any]", self)
        return screen.is_attached and screen.app.screen is screen

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep cursors still: a blinking one sends bytes for ever, over SSH too."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def possible_acts(self) -> list[Act]:
        """Return the commands that can be done just now, for palette and help."""
        screen = cast("Screen[Any]", self)
        return [act for act in self.ACTS if screen.check_action(act.do, ()) is not False]

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them; what a key does is decided elsewhere.

        Commands come in the order in which they were declared, each with its first key. One stays
        in the footer where the focused widget has the same key (Enter in a table); while a person
        types into a field, keys that would be typed are left out.
        """
        screen = cast("Screen[Any]", self)
        others = dict(super().active_bindings)  # type: ignore[misc]
        shown = {}
        for act in self.possible_acts() if type(self).ACTS else ():
            for at, key in enumerate(act.keys.split(",")):
                there = others.pop(key, None)
                if there is None:
                    continue
                if act.footer and at == 0 and not there.binding.show:
                    binding = replace(act.binding(""), key=key)
                    there = there._replace(node=screen, binding=binding, tooltip=act.help)
                elif at and there.binding.show and there.node is screen:
                    there = there._replace(binding=replace(there.binding, show=False))
                shown[key] = there
        shown |= others
        if isinstance(screen.focused, Input):
            return {key: active for key, active in shown.items() if not is_typed(key)}
        return shown


class CommandFooter(Footer):
    """The keys of what can be done just now, painted anew only where they have become others.

    Textual makes each key anew whenever a screen asks for it, focus moves, or a question goes: that
    costs more than all else that a cursor key does, and caches hold what was made. What is compared
    is what the footer shows of the screen's keys, so it does not matter who asked, or why; keys
    that are there become others, and what is too many is hidden.
    """

    _made: Sequence[tuple[Binding, bool, str]] | None = None

    def keys(self) -> list[tuple[Binding, bool, str]]:
        """Return the keys to show, in their order: binding, whether it can be done, tooltip."""
        found: dict[str, tuple[Binding, bool, str]] = {}
        for one in self.screen.active_bindings.values():
            if one.binding.show:
                found.setdefault(one.binding.action, (one.binding, one.enabled, one.tooltip))
        return list(found.values())

    def compose(self) -> ComposeResult:
        """Lay the keys out; none before the screen knows its own."""
        self._made = self.keys() if self._bindings_ready else None
        for widget in super().compose():
            if isinstance(widget, FooterKey):
                # A key that follows the footer's look is never let go: the footer lists who follows
                # it for ever. The look does not change here.
                widget._reactive_connect = None  # noqa: SLF001
                widget.set_reactive(FooterKey.compact, self.compact)
                widget.set_class(self.compact, "-compact", update=False)
            yield widget

    async def recompose(self) -> None:
        """Make the keys anew, if they are others than those that are there."""
        if not self.is_attached:
            return
        try:
            keys = self.keys()
        except NoMatches:  # a screen that goes loses what its keys depend on before its footer
            return
        if keys == self._made:
            return
        there = list(self.query_children(FooterKey))
        if len(there) < len(keys):
            await super().recompose()
            return
        self._made = keys
        for at, widget in enumerate(there):
            widget.display = at < len(keys)
            if widget.display:
                self.become(widget, *keys[at])

    def become(self, widget: FooterKey, binding: Binding, enabled: bool, tooltip: str) -> None:
        """Have a key of the footer be this one."""
        widget.key, widget.action = binding.key, binding.action
        widget.key_display = self.app.get_key_display(binding)
        widget.description = binding.description
        widget._disabled = not enabled  # noqa: SLF001
        widget.set_class(not enabled, "-disabled")
        widget.tooltip = tooltip or None
        widget.refresh(layout=True)


class Looking(Protocol):
    """What looks, while a screen is seen, whether what it shows has changed."""

    def look(self) -> None:
        """Look now whether anything changed."""

    def again(self) -> None:
        """Read again now, whether or not anything changed."""


class AppScreen(Acting, Screen[R]):
    """A full screen: a title line, a body, and the footer.

    `trail` says where the person is: "Connections > Harbour Lane > Items".
    """

    AUTO_FOCUS = ".first"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual's own

    def __init__(self, *trail: str) -> None:
        super().__init__()
        self.trail = trail
        self.watcher: Looking | None = None

    def on_screen_resume(self) -> None:
        """Look at once what changed while another screen was over this one."""
        if self.watcher is not None:
            self.watcher.look()

    def compose(self) -> ComposeResult:
        """Lay out title, body and footer."""
        yield Static(" > ".join(("Kashdeck", *self.trail)), id="title", markup=False)
        with Vertical(id="body"):
            yield from self.body()
        yield CommandFooter(show_command_palette=False, compact=True)

    def body(self) -> Iterable[Widget]:
        """Return what the screen shows."""
        raise NotImplementedError

    def retitle(self, *trail: str) -> None:
        """Say anew where the person is, if it is called otherwise now."""
        if trail != self.trail:
            self.trail = trail
            self.query_one("#title", Static).update(" > ".join(("Kashdeck", *trail)))

    def action_back(self) -> None:
        """Go back to the screen before."""
        self.dismiss()


class Dialog(Acting, ModalScreen[R]):
    """A small screen over another one: a question, a picker, a menu. Escape dismisses with None."""

    def action_back(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


# Screens that ask before something is done that cannot be taken back.
#
# What was typed before such a screen was seen was not meant for it, and neither is a word that goes
# astray, however slowly it is typed: what was in flight is thrown away, letters that mean nothing
# here take those behind them along, an answer behind other letters means nothing unless it is typed
# twice, and no letter alone does anything: y (or another) chooses, Enter does it. An arrow key, Esc
# or an Enter ends a word; no clock does, since a person pauses where a line stalls.


def do_it(words: str) -> Act:
    """Return the command by which Enter does what was chosen, in these words."""
    return Act("do_it", "enter", words, "Do what was chosen by the key before", True, True)


class Question:
    """A screen or a dialog that asks; see `takes`. `chosen` is the action that Enter will do.

    `ANSWERS` are its letters that answer. `AGREEING` are those that are typed on the way to the
    answer: no word is made of them.
    """

    ANSWERS: ClassVar[frozenset[str]] = frozenset("y")
    AGREEING: ClassVar[frozenset[str]] = frozenset()

    chosen = ""
    _word: tuple[str, ...] = ()
    _astray = False
    _seen_at: float | None = None
    _changed_at = float("-inf")

    def on_screen_resume(self) -> None:
        """Take no key before this is on the screen; a word that goes on is one here too."""
        self._seen_at = None
        self._astray = self._astray or cast("Acting", self).services.letters_astray
        cast("Screen[Any]", self).call_after_refresh(self._seen)

    def _seen(self) -> None:
        self._seen_at = cast("Acting", self).services.painted_at

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Take no Enter that was typed before this: what it does now is something else."""
        del event
        self._changed_at = time.monotonic()

    def takes(self, event: Key) -> bool:
        """Whether a key is meant for this screen; what takes the choice back does so here."""
        seen = self._seen_at is not None and event.time >= self._seen_at
        if self.chosen and event.key != "enter":
            self.choose("")
        if event.is_printable or event.key == "space":
            return self._takes_letter(event.key, seen=seen)
        astray, ends = self._astray, event.key not in {"tab", "backspace"}
        if ends:
            self._word, self._astray = (), False
        if event.key == "enter" or not ends:  # in one burst with what chose, nobody had seen that
            return seen and not astray and (not ends or event.time >= self._changed_at)
        return seen or event.key == "escape" or event.key.startswith("ctrl+")

    def _takes_letter(self, key: str, *, seen: bool) -> bool:
        """Whether a letter stands for itself, and in no word: by and my end in a y as well."""
        word, answers = self._word, key in self.ANSWERS
        meant = answers and seen and word[-1:] == (key,)
        self._word = (*word, key if seen else "")
        self._astray = not meant and (self._astray or not seen or not self._knows(key))
        taken = not self._astray and (not answers or meant or self.AGREEING.issuperset(word))
        if not taken:
            self.take_back()
            if answers and seen:
                self._say_how(key)
        return taken

    def _say_how(self, key: str) -> None:
        cast("Screen[Any]", self).notify(
            f"That {key} came behind other letters, as in a word, so it did nothing. Press {key} "
            "once more if you mean it.",
            markup=False,
        )

    def take_back(self) -> None:
        """Choose nothing: what was typed is a word that was meant for something else."""

    def _knows(self, key: str) -> bool:
        # Textual has a space press a button; people type it between words.
        return key != "space" and key in cast("Screen[Any]", self).active_bindings

    def choose(self, action: str) -> None:
        """Have Enter do this action, which takes no arguments; "" for none."""
        self.chosen = action
        self.show_choice()
        cast("Screen[Any]", self).refresh_bindings()
        self._changed_at = time.monotonic()

    def show_choice(self) -> None:
        """Say on the screen what Enter will do."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Enter once there is something for it to do."""
        if action == "do_it":
            return bool(self.chosen)
        return cast("bool | None", super().check_action(action, parameters))  # type: ignore[misc]

    def action_choose(self, action: str) -> None:
        """Have Enter do this."""
        self.choose(action)

    async def action_do_it(self) -> None:
        """Do what was chosen."""
        chosen, self.chosen = self.chosen, ""
        if chosen:
            await cast("Screen[Any]", self).run_action(chosen)


# Keys that lead from field to field, done the moment they come.
#
# Over a slow line, or from a password manager, "name Tab password" comes at once. Textual hands
# each letter to the field that has the focus as it comes, and does a Tab or an Enter only after it:
# the password would stand, for all to see, in the field of the name. Keys with priority come first.

IN_ORDER = (
    Act("next_field", "tab", "Next field", priority=True),
    Act("field_before", "shift+tab", "Field before", priority=True),
    Act("go_on", "enter", "Go on", "To the next field, and from the last one ahead", priority=True),
)


class FieldByField:
    """Moving from field to field, for a screen or a dialog with `IN_ORDER` among its commands."""

    def ahead(self) -> None:
        """Do what the fields are for."""
        raise NotImplementedError

    def action_next_field(self) -> None:
        """Go on to the next field."""
        cast("Screen[Any]", self).focus_next()

    def action_field_before(self) -> None:
        """Go back to the field before."""
        cast("Screen[Any]", self).focus_previous()

    def action_go_on(self) -> None:
        """Go on to the next field; from the last one, and from a button, go ahead."""
        screen = cast("Screen[Any]", self)
        inputs = [field.input for field in screen.query(Field)]
        if screen.focused in inputs[:-1]:
            # Not by the field's own `focus`, which waits for its turn.
            screen.set_focus(inputs[inputs.index(screen.focused) + 1])
        elif isinstance(screen.focused, Button):
            screen.focused.press()
        else:
            self.ahead()
