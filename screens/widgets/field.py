"""One line of a form: a label, a field, and beneath it a note or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType


def first_line(text: str) -> str:
    """Return the first line that has something in it, its inner and outer spaces kept."""
    return next((line for line in text.splitlines() if line.strip()), "")


class PastedInput(Input):
    """An input that cleans what is pasted: copied text often brings line ends along."""

    def __init__(self, clean: Callable[[str], str], **how: object) -> None:
        super().__init__(compact=True, select_on_focus=False, **how)  # type: ignore[arg-type]
        self.clean = clean

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.replace(self.clean(event.text), *self.selection)


class Field(Vertical):
    """A label with its field; `say` writes beneath it."""

    DEFAULT_CSS = """
    Field { height: 2; }
    Field > Horizontal { height: 1; }
    Field .field-label { width: 18; color: $text-muted; }
    Field:focus-within .field-label { color: $foreground; text-style: bold; }
    Field Input { width: 1fr; max-width: 60; }
    Field .field-note { margin: 0 0 0 18; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - Textual's own name
        label: str,
        *,
        note: str = "",
        value: str = "",
        placeholder: str = "",
        secret: bool = False,
        clean: Callable[[str], str] = str.strip,
    ) -> None:
        super().__init__(id=id)
        self.label = label
        self.note = note
        self.secret = secret
        self.input = PastedInput(
            clean, value=value, placeholder=placeholder, password=secret, id=f"{id}-input"
        )

    def compose(self) -> ComposeResult:
        """Lay out label, field and note."""
        with Horizontal():
            yield Static(self.label, classes="field-label", markup=False)
            yield self.input
        yield Static(self.note, classes="field-note muted", markup=False)

    @property
    def value(self) -> str:
        """What is typed."""
        return self.input.value

    @property
    def said(self) -> str:
        """What stands beneath the field."""
        return str(self.query_one(".field-note", Static).content)

    def say(self, text: str = "", tone: str = "bad") -> None:
        """Write beneath the field; nothing brings the note back."""
        line = self.query_one(".field-note", Static)
        if not text:
            text, tone = self.note, "muted"
        if self.said != text or not line.has_class(tone):
            line.set_classes(f"field-note {tone}")
            line.update(text)

    def wipe(self) -> None:
        """Forget what was typed."""
        self.input.set_reactive(Input.value, "")


# A box to tick; whether it is ticked is told by what stands in it, not by its colour.


class TickBox(Widget, can_focus=True):
    """One line, "[ ] words"; Space, Enter or a click ticks it."""

    DEFAULT_CSS = """
    TickBox { height: 1; width: auto; }
    TickBox:focus { background: $primary; color: $text; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,enter", "tick", "Tick", show=False)]

    ticked: reactive[bool] = reactive(False)

    class Changed(Message):
        """The box was ticked, or the tick taken off."""

    def __init__(self, words: str, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.words = words

    def render(self) -> str:
        """Draw the box and its words."""
        return rf"\[{'✓' if self.ticked else ' '}] {self.words}"

    def watch_ticked(self) -> None:
        """Tell the screen."""
        self.post_message(self.Changed())

    def on_click(self) -> None:
        """Tick with the mouse too."""
        self.action_tick()

    def action_tick(self) -> None:
        """Tick the box, or take the tick off."""
        self.ticked = not self.ticked


# A field with a few values to choose from: left and right, or space, go round them.


class Cycle(Static, can_focus=True):
    """Shows one of its values, as `< cost >`."""

    DEFAULT_CSS = """
    Cycle { height: 1; width: auto; background: $panel; }
    Cycle:focus { background: $primary; color: $text; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "turn(1)", "Next", show=False),
        Binding("left,h", "turn(-1)", "Previous", show=False),
        Binding("enter", "app.focus_next", "Next field", show=False),
    ]

    class Turned(Message):
        """Another value is shown."""

        def __init__(self, cycle: Cycle, value: str) -> None:
            super().__init__()
            self.cycle = cycle
            self.value = value

    def __init__(self, values: Sequence[str], value: str, *, id: str) -> None:  # noqa: A002
        """Make it with its values in their order; a value that is not among them joins them."""
        super().__init__(markup=False, id=id)
        self.values = [*values] if value in values else [value, *values]
        self.value = value

    def on_mount(self) -> None:
        """Show the value."""
        self.set_value(self.value)

    def set_value(self, value: str) -> None:
        """Show a value, without a message."""
        self.value = value
        self.update(f"< {value} >")

    def action_turn(self, by: int) -> None:
        """Go round the values."""
        at = self.values.index(self.value)
        self.set_value(self.values[(at + by) % len(self.values)])
        self.post_message(self.Turned(self, self.value))
