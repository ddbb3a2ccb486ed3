"""The footer says what can be done just now, and changes only when that has become other."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from textual._styles_cache import StylesCache
from textual.events import AppBlur, AppFocus
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from kfclient.desk import Desk
from screens.app_screen import Act, AppScreen, CommandFooter
from screens.dialogs import HelpScreen
from screens.items import ItemsScreen
from tests.desk.seeded import Inbox
from tests.screens.scenes import cost, on_screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.journeys.walk import Walk

READY = ["Pennine Water", "Kestrel Car Hire", "Tern Telecom", "Quillon Print Works"]


def keys(walk: Walk) -> Sequence[Widget]:
    """Return the keys that the footer shows."""
    return [key for key in walk.screen.query_one(CommandFooter).children if key.display]


async def test_a_cursor_among_items_of_one_kind_makes_no_key_anew(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(
        inbox.business, [cost(name, reference=f"R-{at}") for at, name in enumerate(READY)]
    )
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("4 ready")
        there, said = keys(walk), walk.footer
        assert "Edit" in said
        for key in ("down", "down", "down", "up", "home", "end", "space"):
            await walk.press(key)
            assert keys(walk) == there, key
        assert walk.footer == said


async def test_an_item_for_which_more_can_be_done_shows_it(inbox: Inbox, inbox_desk: Desk) -> None:
    untaxed = msgspec.structs.replace(cost().lines[0], tax_rate=None, vat=Decimal(0))
    inbox_desk.items.add_all(inbox.business, [cost(lines=(untaxed,)), cost("Tern Telecom")])
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("2 ready")
        await walk.until(lambda: "Mend" not in walk.footer)
        await walk.press("down")
        await walk.until(lambda: "m Mend" in walk.footer)
        await walk.press("up")
        await walk.until(lambda: "Mend" not in walk.footer)


class Form(AppScreen[None]):
    """A field, and a place with a key of its own; saving is possible, shown dim, or not there."""

    ACTS = (
        Act("save", "ctrl+s", "Save", footer=True),
        Act("copy", "c", "Copy", footer=True),
        Act("back", "escape", "Back", footer=True),
    )
    saving: bool | None = True

    def body(self) -> Iterable[Widget]:
        yield Places(classes="first")
        yield Input(id="typed")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.saving if action == "save" else super().check_action(action, parameters)

    def action_save(self) -> None: ...

    def action_copy(self) -> None: ...


class Places(Widget, can_focus=True):
    """Something with a key of its own."""

    BINDINGS = [("f2", "app.bell", "Ring")]  # noqa: RUF012 - Textual's own


async def test_each_answer_to_what_can_be_done_is_shown(desk: Desk) -> None:
    form = Form("Form")
    async with on_screen(desk, form) as walk:
        await walk.until("^s Save")
        for saving in (None, True, False, None, False, True):
            form.saving = saving
            form.refresh_bindings()
            await walk.pilot.pause()
            shown = [key for key in keys(walk) if key.action == "save"]  # type: ignore[attr-defined]
            assert len(shown) == (saving is not False)
            assert all(key.has_class("-disabled") is (saving is None) for key in shown)
            there = keys(walk)
            form.refresh_bindings()
            await walk.pilot.pause()
            assert keys(walk) == there, "asked once more, nothing is made"


async def test_the_keys_of_the_field_with_the_focus_are_shown(desk: Desk) -> None:
    async with on_screen(desk, Form("Form")) as walk:
        await walk.until("f2 Ring")
        assert "c Copy" in walk.footer
        await walk.press("tab")
        await walk.until(lambda: "Ring" not in walk.footer)
        assert "Copy" not in walk.footer, "it would be typed"
        await walk.press("shift+tab")
        await walk.until("f2 Ring")
        assert "c Copy" in walk.footer


async def test_what_changed_under_another_screen_is_shown_when_that_goes(desk: Desk) -> None:
    form = Form("Form")
    async with on_screen(desk, form) as walk:
        await walk.until("^s Save")
        before = walk.footer
        for changed in (False, True):
            await walk.press("f1")
            await walk.until_on(HelpScreen)
            form.saving = not changed
            form.refresh_bindings()
            form.saving = changed
            await walk.press("escape")
            await walk.until_on(Form)
            await walk.until(lambda changed=changed: ("Save" in walk.footer) is changed)  # type: ignore[misc]
        assert walk.footer == before


async def test_what_changed_while_the_terminal_was_left_is_shown_when_one_is_back(
    desk: Desk,
) -> None:
    form = Form("Form")
    async with on_screen(desk, form) as walk:
        await walk.until("^s Save")
        walk.app.post_message(AppBlur())
        await walk.pilot.pause()
        form.saving = False
        form.refresh_bindings()
        await walk.pilot.pause()
        walk.app.post_message(AppFocus())
        await walk.pilot.pause()
        assert "Save" not in walk.footer


async def test_another_theme_paints_the_keys_that_are_there(desk: Desk) -> None:
    form = Form("Form")
    async with on_screen(desk, form) as walk:
        await walk.until("^s Save")
        there, dark = keys(walk), painted(walk)
        await walk.press("ctrl+t")
        light = painted(walk)
        assert keys(walk) == there
        assert light != dark
        for saving in (False, True):
            form.saving = saving
            form.refresh_bindings()
            await walk.pilot.pause()
        assert keys(walk) == there
        assert painted(walk) == light, "as keys that are made in this theme"


async def test_keys_that_become_others_leave_nothing_behind(desk: Desk) -> None:
    form = Form("Form")
    async with on_screen(desk, form) as walk:
        await walk.until("^s Save")
        gc.collect()
        before = made()
        for at in range(40):
            form.saving = at % 2 == 1
            form.refresh_bindings()
            await walk.pilot.pause()
        assert "^s Save" in walk.footer
        gc.collect()
        assert made() == before


async def test_a_screen_that_is_left_leaves_nothing_behind(desk: Desk) -> None:
    async with on_screen(desk, Form("Form")) as walk:
        drawn = []
        for _ in range(3):
            await walk.press("f1")
            await walk.until_on(HelpScreen)
            await walk.press("escape")
            await walk.until_on(Form)
            gc.collect()
            drawn.append(sum(isinstance(each, StylesCache) for each in gc.get_objects()))
        assert drawn[-1] == drawn[0]


def made() -> int:
    """Return how many keys of footers there are in this process."""
    return sum(isinstance(each, FooterKey) for each in gc.get_objects())


def painted(walk: Walk) -> list[object]:
    """Return the last line with its colours."""
    return list(walk.screen._compositor.render_strips()[-1])
