"""Keys that cannot hurt: Esc in a burst, words that go astray, what was typed before a question."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual import events
from textual.screen import Screen

from kfclient.desk import Desk
from screens.dialogs import ConfirmScreen, WaitScreen
from screens.items import ItemsScreen
from screens.publish_review import PublishReviewScreen
from screens.widgets.filter_box import FilterBox
from tests.desk.seeded import Inbox
from tests.journeys.walk import Walk, walking
from tests.screens.scenes import cost, on_screen, toasted
from tui.keys import EscFirst

Review = Callable[[], Awaitable[list[Any]]]


def read(*chunks: str) -> list[str]:
    """Return the keys that a terminal sent, as Textual names them."""
    parser = EscFirst()
    return [
        event.key
        for chunk in chunks
        for event in [*parser.feed(chunk), *parser.tick()]
        if isinstance(event, events.Key)
    ]


def burst(walk: Walk, *keys: str) -> None:
    """Send keys as a line does that stalled: all of them at once."""
    driver = walk.app._driver
    assert driver is not None
    for key in keys:
        event = events.Key(key, key if len(key) == 1 else None)
        event.set_sender(walk.app)
        driver.send_message(event)


@pytest.mark.parametrize(
    ("chunks", "keys"),
    [
        (("\x1b/par",), ["escape", "slash", "p", "a", "r"]),
        (("\x1b", "/par"), ["escape", "slash", "p", "a", "r"]),
        (("\x1b" + "x" * 40,), ["escape", *"x" * 40]),
        (("\x1b\r",), ["escape", "enter"]),
        (("\x1b1", "\x1b3"), ["escape", "1", "escape", "3"]),
        (("\x1b\x1by",), ["escape", "escape", "y"]),
        (("\x1bY",), ["escape", "Y"]),
        (("a\x1b[A\x1bOPb",), ["a", "up", "f1", "b"]),
        (("\x1b[A", "\x1b[B"), ["up", "down"]),
        (("\x1bf\x1b\x7f",), ["alt+f", "alt+backspace"]),
        (("\x1b[97;3u",), ["alt+a"]),
    ],
)
def test_esc_and_a_key_in_one_read_are_esc_and_that_key(
    chunks: tuple[str, ...], keys: list[str]
) -> None:
    assert read(*chunks) == keys


def test_what_is_pasted_stays_as_it_is() -> None:
    parser = EscFirst()
    came = [*parser.feed("\x1b[200~a\x1b/b\x1b[2"), *parser.tick(), *parser.feed("01~")]
    assert [event.text for event in came if isinstance(event, events.Paste)] == ["a/b"]
    assert [event.key for event in parser.feed("\x1b/") if isinstance(event, events.Key)] == [
        "escape",
        "slash",
    ]


async def to_review(walk: Walk) -> None:
    await walk.until("2 ready")
    await walk.press("p")
    await walk.until("y sends, with Enter")
    await walk.until_on(PublishReviewScreen)


def two(inbox: Inbox, desk: Desk) -> ItemsScreen:
    desk.items.add_all(inbox.business, [cost("Northgate Party Hire"), cost(reference="PW-2")])
    return ItemsScreen(inbox.business, "Acme Ltd")


async def test_leaving_the_review_and_filtering_in_one_burst(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    async with on_screen(inbox_desk, two(inbox, inbox_desk)) as walk:
        await to_review(walk)
        burst(walk, "escape", "slash", *"party", "enter")
        await walk.until(lambda: len(walk.screen.query(FilterBox)) == 1)
        await walk.until(lambda: walk.screen.query_one(FilterBox).value == "party")
        assert isinstance(walk.screen, ItemsScreen)
    assert not inbox_desk.publishing.status(inbox.business)


async def test_alt_is_esc_and_the_key_where_nothing_is_bound_to_it(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    async with on_screen(inbox_desk, two(inbox, inbox_desk)) as walk:
        await to_review(walk)
        burst(walk, "alt+slash", *"party")
        await walk.until(lambda: isinstance(walk.screen, ItemsScreen))
        await walk.until(lambda: walk.screen.query_one(FilterBox).value == "party")
        burst(walk, "alt+b", "x")
        await walk.until(lambda: walk.screen.query_one(FilterBox).value == "xparty")


async def test_what_was_typed_before_the_review_was_seen_is_no_answer(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    async with on_screen(inbox_desk, two(inbox, inbox_desk)) as walk:
        for typed in ("y", "/party", "ty", "yes", "py"):
            await walk.until("2 ready")
            burst(walk, "p", *typed, "enter", "y", "enter")
            await walk.until_on(PublishReviewScreen)
            await walk.until("y sends, with Enter")
            assert isinstance(walk.screen, PublishReviewScreen), typed
            await walk.press("escape")
            await walk.until_on(ItemsScreen)
    assert not inbox_desk.publishing.status(inbox.business)
    assert len(inbox_desk.items.all(inbox.business)) == 2


async def test_a_word_that_goes_astray_on_the_review_sends_nothing(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    async with on_screen(inbox_desk, two(inbox, inbox_desk)) as walk:
        await to_review(walk)
        await walk.press(*"/party", "enter")
        assert isinstance(walk.screen, PublishReviewScreen)
        assert "y sends, with Enter" in walk.text


@asynccontextmanager
async def reviews(inbox: Inbox, desk: Desk) -> AsyncIterator[tuple[Walk, Review]]:
    """Open the app, and give what opens a review anew and returns the list of its answers."""
    async with on_screen(desk, two(inbox, desk)) as walk:
        plan = desk.publishing.plan(inbox.business)

        async def review() -> list[Any]:
            answers: list[Any] = []
            await walk.app.push_screen(PublishReviewScreen("Acme Ltd", plan), answers.append)
            await walk.until("y sends, with Enter")
            return answers

        yield walk, review


async def test_a_word_and_enter_in_one_burst_on_the_review_send_nothing(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    """All its letters are keys of the review; Enter came before anybody saw what it would do."""
    async with reviews(inbox, inbox_desk) as (walk, review):
        for word in ("by", "my", "y", "\ty", "sby"):
            answers = await review()
            burst(walk, *("tab" if key == "\t" else key for key in word), "enter")
            while not isinstance(walk.screen, ItemsScreen):
                await walk.press("escape")
            assert answers == [None], word


async def test_a_word_typed_as_people_type_sends_nothing(inbox: Inbox, inbox_desk: Desk) -> None:
    """Each letter is seen before the next, and most are keys of the review."""
    async with reviews(inbox, inbox_desk) as (walk, review):
        for word in ("by", "my", "body", "wy", "pay", "any", "sky", "fussy"):
            answers = await review()
            await walk.press(*word, "enter")
            assert not answers, word
            while not isinstance(walk.screen, ItemsScreen):
                await walk.press("escape")


async def test_y_that_stands_for_itself_is_an_answer(inbox: Inbox, inbox_desk: Desk) -> None:
    async with reviews(inbox, inbox_desk) as (walk, review):
        for keys in ("y", "sy", "byy", "jyy"):
            answers = await review()
            await walk.press(*keys, "enter")
            await walk.until(lambda answers=answers: bool(answers))  # type: ignore[misc]
            assert answers[0], keys


async def test_no_word_says_yes_to_a_question(stock: Desk) -> None:
    async with walking(stock) as walk:
        for word in ("pay", "any", "say", "you", "yes", "by", "nay", "yy y"):
            answers: list[bool | None] = []
            await walk.app.push_screen(ConfirmScreen("Sure?", yes="Yes"), answers.append)
            await walk.until("Sure?")
            await walk.press(*("space" if key == " " else key for key in word), "enter")
            if not answers:
                await walk.press("escape")
            assert answers[0] in (None, False), word


async def test_a_word_leaves_the_button_that_says_yes(stock: Desk) -> None:
    question = ConfirmScreen("Sure?", yes="Yes")
    async with on_screen(stock, question) as walk:
        await walk.until("Sure?")
        await walk.press("y")
        assert walk.app.focused is question.query_one("#yes")
        await walk.press("e")
        assert walk.app.focused is question.query_one("#no")


async def test_only_enter_after_y_sends_and_any_other_key_takes_it_back(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    answers: list[Any] = []
    inbox_desk.items.add_all(inbox.business, [cost()])
    plan = inbox_desk.publishing.plan(inbox.business)
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.app.push_screen(PublishReviewScreen("Acme Ltd", plan), answers.append)
        await walk.until("y sends, with Enter")
        await walk.press("enter")
        assert "y sends, with Enter" in walk.text
        await walk.press("y")
        assert "Enter sends, any other key takes that back" in walk.text
        assert "Send" in walk.footer
        assert not walk.overflows()
        await walk.press("down")
        assert "y sends, with Enter" in walk.text
        await walk.press("enter")
        assert not answers
        await walk.press("y", "enter")
        await walk.until(lambda: bool(answers))


async def test_while_the_plan_is_made_keys_do_nothing_but_leave_it(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    screen = two(inbox, inbox_desk)
    async with on_screen(inbox_desk, screen) as walk:
        await walk.until("2 ready")
        wait: Screen[None] = WaitScreen("Looking…")
        await walk.app.push_screen(wait)
        await walk.press("d", "y", "n", "enter", "space", "p")
        assert walk.screen is wait
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
        assert isinstance(wait, WaitScreen)
        wait.found(lambda: walk.app.push_screen(ConfirmScreen("Late?", yes="Yes")))
        await walk.pilot.pause()
        assert isinstance(walk.screen, ItemsScreen), "what was left is dropped"


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("y", "enter"), True),
        (("shift+tab", "enter"), True),
        (("enter",), False),
        (("y", "tab", "enter"), False),
        (("n",), False),
        (("escape",), None),
    ],
)
async def test_a_question_needs_enter_on_yes(
    stock: Desk, keys: tuple[str, ...], answer: bool | None
) -> None:
    answers: list[bool | None] = []
    async with walking(stock) as walk:
        await walk.app.push_screen(ConfirmScreen("Sure?", yes="Yes"), answers.append)
        await walk.until("Sure?")
        await walk.press(*keys[:-1])
        assert not answers
        await walk.press(keys[-1])
        await walk.until(lambda: bool(answers))
    assert answers == [answer]


async def test_what_was_typed_before_a_question_was_seen_is_no_answer(stock: Desk) -> None:
    answers: list[bool | None] = []
    async with walking(stock) as walk:
        walk.app.push_screen(ConfirmScreen("Sure?", yes="Yes"), answers.append)
        burst(walk, "y", "enter", "n")
        await walk.until("Sure?")
        assert not answers
        await walk.press("escape")
    assert answers == [None]


SEEN, UNSEEN = 1.0, -1.0


WORDS = [
    [("t", UNSEEN, False), ("y", SEEN, False), ("enter", SEEN, False), ("enter", SEEN, True)],
    [("t", UNSEEN, False), ("y", SEEN, False), ("y", SEEN, True), ("enter", SEEN, True)],
    [("y", UNSEEN, False), ("y", SEEN, False), ("y", SEEN, True)],
    [("x", SEEN, False), ("y", 3600.0, False), ("tab", 3601.0, False), ("y", 3602.0, True)],
    [("x", SEEN, False), ("tab", SEEN, False), ("backspace", SEEN, False), ("y", SEEN, False)],
    [("x", SEEN, False), ("escape", SEEN, True), ("y", SEEN, True)],
    [("x", SEEN, False), ("down", SEEN, True), ("y", SEEN, True), ("enter", SEEN, True)],
    [("y", SEEN, True), ("e", SEEN, False), ("s", SEEN, False), ("enter", SEEN, False)],
    [("y", UNSEEN, False), ("enter", UNSEEN, False), ("escape", UNSEEN, True)],
]


async def test_a_word_ends_with_a_key_that_is_no_letter_and_with_no_clock(stock: Desk) -> None:
    async with walking(stock) as walk:
        for keys in WORDS:
            question = ConfirmScreen("Sure?", yes="Yes")
            await walk.app.push_screen(question)
            await walk.until("Sure?")
            await walk.until(lambda: question._seen_at is not None)  # noqa: B023
            seen = question._seen_at
            assert seen is not None
            for key, after, taken in keys:
                event = events.Key(key, key if len(key) == 1 else None)
                event.time = seen + after
                assert question.takes(event) is taken, (keys, after, key)
            await walk.press("escape")


async def test_an_answer_behind_other_letters_says_how_to_go_on(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    async with reviews(inbox, inbox_desk) as (walk, review):
        answers = await review()
        await walk.press("b", "y")
        await walk.until(lambda: "Press y once more" in "".join(toasted(walk)))
        assert not answers
        await walk.press("y", "enter")
        await walk.until(lambda: bool(answers))
    assert answers[0]


async def test_a_word_that_began_while_the_plan_was_made_goes_on_in_the_review(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    wait: Screen[None] = WaitScreen("Looking…")
    answers: list[Any] = []
    async with on_screen(inbox_desk, two(inbox, inbox_desk)) as walk:
        await walk.until("2 ready")
        plan = inbox_desk.publishing.plan(inbox.business)
        review = PublishReviewScreen("Acme Ltd", plan)
        await walk.app.push_screen(wait)
        await walk.press("j")
        assert isinstance(wait, WaitScreen)
        wait.found(lambda: walk.app.push_screen(review, answers.append))
        await walk.until("y sends, with Enter")
        await walk.press("y", "enter")
        assert not answers
        await walk.press("y", "enter")
        await walk.until(lambda: bool(answers))
    assert answers[0]


async def test_help_in_the_middle_of_a_word_ends_no_word(inbox: Inbox, inbox_desk: Desk) -> None:
    async with reviews(inbox, inbox_desk) as (walk, review):
        answers = await review()
        await walk.press("question_mark", "question_mark")
        await walk.until("y sends, with Enter")
        await walk.press("y", "enter")
        assert not answers
