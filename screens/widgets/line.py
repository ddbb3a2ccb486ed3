"""Text that a screen says again and again: painted, and laid out, only when it changes."""

from __future__ import annotations

from textual.widgets import Static


class Line(Static):
    """A text, never markup. One that `grows` takes the room its text needs, the others stay.

    Static lays the whole screen out anew with every update, which a person who types into a form
    of many fields can feel, and which sends bytes over SSH for nothing.
    """

    def __init__(
        self,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
        grows: bool = False,
    ) -> None:
        super().__init__(text, markup=False, id=id, classes=classes)
        self.grows = grows

    def say(self, text: str) -> None:
        """Show a text, where it is another than before."""
        if text != self.content:
            self.update(text, layout=self.grows)
