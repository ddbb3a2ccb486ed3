"""One line of a form: a label, a field, and beneath it a note or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult


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
