"""What every screen's commands must keep to: keys, words, and room in the footer."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import screens
from screens.app_screen import BACK, Act, Acting

OTHER_KEYS_ON_A_PLAIN_TERMINAL = {
    "ctrl+i": "tab",
    "ctrl+j": "enter",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
    "ctrl+c": "copy, everywhere",
    "ctrl+q": "quit, everywhere",
}


def every_screen() -> list[type[Acting]]:
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"screens.{module.name}")
    found: list[type[Acting]] = []
    waiting = [Acting]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.ACTS:
            found.append(kind)
    return sorted(found, key=lambda kind: kind.__name__)


SCREENS = every_screen()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_commands_of_a_screen(screen: type[Acting]) -> None:
    acts = screen.ACTS
    keys = [key for act in acts for key in act.keys.split(",")]
    assert len(keys) == len(set(keys)), "two commands have the same key"
    assert len({act.do for act in acts}) == len(acts)
    assert not set(keys) & set(OTHER_KEYS_ON_A_PLAIN_TERMINAL)
    assert sum(act.footer for act in acts) <= 6
    for act in acts:
        method = f"action_{act.do.partition('(')[0]}"
        assert hasattr(screen, method), f"{method} is missing"
        assert act.words[0].isupper()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_escape_goes_back_everywhere_but_home(screen: type[Acting]) -> None:
    keys = {key for act in screen.ACTS for key in act.keys.split(",")}
    assert ("escape" in keys) is (screen.__name__ != "ConnectionsScreen")


def test_a_command_has_an_id_by_which_its_key_can_be_changed() -> None:
    assert BACK.binding("people").id == "people.back"
    assert Act("add", "a", "Add").binding("people").id == "people.add"
