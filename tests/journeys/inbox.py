"""How a person comes to the inbox and works in it, by keyboard alone."""

from __future__ import annotations

from pathlib import Path

from screens.import_file import ImportScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.picker import PickerScreen
from tests.journeys.walk import Walk

SAMPLES = Path(__file__).parents[1] / "desk" / "samples"


async def to_items(walk: Walk) -> None:
    """Go from the home screen to the items of the business under the cursor."""
    await walk.press("i")
    await walk.until_on(ItemsScreen)
    await walk.until(lambda: "ready" in walk.text)


async def import_sample(walk: Walk, name: str, said: str) -> None:
    """Import a sample file from the inbox, and go back to it."""
    await walk.press("i")
    await walk.until_on(ImportScreen)
    await walk.paste(str(SAMPLES / name))
    await walk.press("enter")
    await walk.until(said)
    await walk.press("escape")
    await walk.until_on(ItemsScreen)


async def to_new_item(walk: Walk) -> None:
    """Open the form of a new item."""
    await walk.press("n")
    await walk.until_on(ItemFormScreen)


async def pick(walk: Walk, typed: str, seen: str) -> None:
    """Choose in the focused field from its list, by what is typed there."""
    await walk.press("f4")
    await walk.until_on(PickerScreen)
    await walk.paste(typed)
    await walk.until(seen)
    await walk.press("enter")
    await walk.until_on(ItemFormScreen)


async def save(walk: Walk) -> None:
    """Save the form."""
    await walk.press("ctrl+s")
    await walk.until_on(ItemsScreen)
