"""Whatever is typed for something else, in whatever bursts, publishes nothing."""

from __future__ import annotations

import random
import sys
from itertools import groupby

import pytest
from textual import events

from kfclient.desk import Desk
from kfclient.sandbox import Sandbox
from screens.items import ItemsScreen
from screens.publish_progress import PublishProgressScreen
from screens.publish_review import PublishReviewScreen
from tests.journeys.walk import Walk
from tests.screens.scenes import cost, on_screen

LETTERS = "abcdefghijklmnopqrstuvwxyzYPS/?0 "
AGREEING = set("sc")
"""Letters of the review that are typed on the way to y."""


def is_answer(word: str) -> bool:
    """Whether a y of it stands for itself: at its beginning, twice, or behind what agrees."""
    twice = any(letter == "y" and len(list(run)) > 1 for letter, run in groupby(word))
    return "y" in word and (twice or set(word[: word.index("y")]) <= AGREEING)


def word(chance: random.Random) -> str:
    """Return a word that is no answer; most have a y in it."""
    while True:
        letters = chance.choices(LETTERS, k=chance.randrange(1, 8))
        if chance.random() < 0.9:
            letters.insert(chance.randrange(len(letters) + 1), "y")
        made = "".join(letters)
        if not is_answer(made):
            return made


def purchases(sandbox: Sandbox) -> int:
    """Return how many purchases the practice KashFlow has."""
    return len(sandbox.account.books.all("receipts"))


async def typed(walk: Walk, chance: random.Random, keys: str) -> None:
    """Send keys in bursts of any length: between two, all is painted that they led to."""
    driver = walk.app._driver
    assert driver is not None
    at = 0
    while at < len(keys):
        end = at + chance.choice((1, 1, 2, 3, 20))
        for letter in keys[at:end]:
            key = {"\r": "enter", " ": "space", "/": "slash", "?": "question_mark"}.get(letter)
            event = events.Key(key or letter, letter)
            event.set_sender(walk.app)
            driver.send_message(event)
        await walk.pilot.pause()
        at = end


@pytest.mark.parametrize("times", [5, pytest.param(500, marks=pytest.mark.full)])
async def test_words_that_go_astray_publish_nothing(
    synced_desk: Desk, business: str, sandbox: Sandbox, times: int
) -> None:
    chance = random.Random(f"bursts {times}")
    synced_desk.items.add_all(business, [cost(), cost(reference="PW-2", price="9")])
    reviews = 0
    for _ in range(times):
        before, astray = chance.random() < 0.4, word(chance)
        async with on_screen(synced_desk, ItemsScreen(business, "Acme Ltd")) as walk:
            await walk.until("2 ready")
            if before:
                await typed(walk, chance, f"p{astray}\r")
            else:
                await walk.press("p")
                await walk.until_on(PublishReviewScreen)
                await walk.until("y sends, with Enter")
                await typed(walk, chance, f"{astray}\r")
            reviews += isinstance(walk.screen, PublishReviewScreen)
            stack = walk.app.screen_stack
            assert not any(isinstance(one, PublishProgressScreen) for one in stack), astray
        assert purchases(sandbox) == 0, astray
        assert len(synced_desk.items.all(business)) == 2, astray
    sys.stdout.write(f"\nkey bursts: {times} words, sent 0\n")
    assert reviews > times / 3


async def test_the_answer_itself_is_taken(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    synced_desk.items.add_all(business, [cost(), cost(reference="PW-2", price="9")])
    async with on_screen(synced_desk, ItemsScreen(business, "Acme Ltd")) as walk:
        await walk.until("2 ready")
        await walk.press("p")
        await walk.until("y sends, with Enter")
        await typed(walk, random.Random(1), "y")
        await typed(walk, random.Random(1), "\r")
        await walk.until(lambda: purchases(sandbox) == 2)
