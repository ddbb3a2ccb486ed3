"""An app that tells no secrets where Textual would: when it crashes, and in pictures of itself."""

from __future__ import annotations

from textual.app import App

from screens.widgets.field import Field


class DiscreetApp(App[None]):
    """Ends quietly when it has to, and hides what was typed into a secret field."""

    @property
    def crash(self) -> Exception | None:
        """The error that ended the app, None when a person did."""
        return self._exception

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
