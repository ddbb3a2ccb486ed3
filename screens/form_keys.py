"""Keys that lead from field to field, done the moment they come.

Over a slow line, or from a password manager, "name Tab password" comes at once. Textual hands each
letter to the field that has the focus as it comes, and does a Tab or an Enter only after it: the
password would stand, for all to see, in the field of the name. Keys with priority come first.
"""

from __future__ import annotations

from typing import Any, cast

from textual.screen import Screen
from textual.widgets import Button

from screens.room import Act
from screens.widgets.field import Field

IN_ORDER = (
    Act("next_field", "tab", "Next field", priority=True),
    Act("field_before", "shift+tab", "Field before", priority=True),
    Act("go_on", "enter", "Go on", "To the next field, and from the last one ahead", priority=True),
)


class FieldByField:
    """What a screen of fields adds to a room or a panel, beside `IN_ORDER` among its commands."""

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
