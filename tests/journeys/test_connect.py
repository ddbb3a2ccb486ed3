"""A newcomer connects a business, by keyboard alone, in a small terminal."""

from __future__ import annotations

from collections.abc import Callable

from kfclient.desk import ConnectionState, Desk
from kfclient.desk.model.business import GUIDE
from kfclient.sandbox import Sandbox
from screens.connect import ChooseSoftwareScreen, ConnectedScreen
from screens.connect_checks import ConnectChecksScreen
from screens.connect_credentials import ConnectCredentialsScreen
from screens.connect_steps import ConnectStepsScreen
from screens.services import DemoCredentials
from screens.sync import SyncScreen
from tests.journeys.walk import Walk, walking
from tests.slow import slow_replies


async def to_credentials(walk: Walk) -> None:
    """Go from the home screen, the business under the cursor, to the sandbox's credentials."""
    await walk.press("c")
    await walk.until_on(ChooseSoftwareScreen)
    await walk.press("down", "enter")
    await walk.until_on(ConnectStepsScreen)
    await walk.press("d", "enter")
    await walk.until_on(ConnectCredentialsScreen)


async def test_a_newcomer_connects(desk: Desk, demo: DemoCredentials) -> None:
    async with walking(desk, demo) as walk:
        assert "a   Add your first business" in walk.text
        await walk.press("a")
        await walk.write("Harbour Lane")
        await walk.press("enter")
        await walk.until_on(ChooseSoftwareScreen)
        await walk.press("slash")
        await walk.write("sandbox")
        await walk.press("enter", "enter")
        await walk.until_on(ConnectStepsScreen)
        await walk.press("space", "space", "d", "enter")
        await walk.until_on(ConnectCredentialsScreen)
        assert "DEMO: the sandbox's credentials" in walk.text
        await walk.press("f4", "enter")
        await walk.until_on(ConnectedScreen)
        assert "Harbour Lane Trading Ltd" in walk.text
        assert not walk.holding(demo.password)
        assert not walk.holding(demo.autoauth_key)
        await walk.press("enter")
        await walk.until_on(SyncScreen)
        await walk.until("Done: all 6 lists")
        await walk.press("escape")
        await walk.until("● connected")
        assert "Harbour Lane" in walk.text
    summary = desk.businesses.all()[0]
    assert summary.state is ConnectionState.CONNECTED
    assert summary.business.connection is not None
    assert summary.business.connection.company.name == "Harbour Lane Trading Ltd"
    assert summary.business.connection.connected_by == "anna"


async def test_credentials_typed_and_pasted_by_hand(
    desk: Desk, business: str, sandbox: Sandbox
) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        assert "DEMO" not in walk.text
        await walk.write(sandbox.endpoint)
        await walk.press("enter")
        await walk.paste(f"  {sandbox.username}\r\n")
        await walk.press("tab")
        await walk.write(sandbox.password)
        await walk.press("enter")
        key = sandbox.autoauth_key
        await walk.paste(f"\n {key[:4].lower()} {key[4:].lower()}\r\n")
        assert "✓ It has the right shape." in walk.text
        assert sandbox.password not in walk.text
        assert key not in walk.text
        await walk.press("f2")
        assert sandbox.password in walk.text
        assert key in walk.text
        await walk.press("f2", "enter")
        await walk.until_on(ConnectedScreen)
        connected = ConnectionState.CONNECTED  # the first sync has begun by itself
        await walk.until(lambda: desk.businesses.summary(business).state is connected)


async def test_ticks_survive_leaving_and_restarting(desk: Desk, business: str) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await walk.press("c", "enter")
        await walk.until_on(ConnectStepsScreen)
        await walk.press("space", "space", "down", "space")
        await walk.until(lambda: len(desk.businesses.get(business).ticks) == 3)
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await walk.press("c", "enter")
        await walk.until_on(ConnectStepsScreen)
        ticked = [line.strip()[4] for line in walk.text.splitlines() if line.strip()[:3] == "[✓]"]
        assert ticked == ["1", "2", "4"]
        assert "KashFlow then makes a key" in walk.text  # the cursor is on the first to do


async def test_the_steps_must_be_confirmed_before_the_credentials(
    desk: Desk, business: str
) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await walk.press("c", "enter")
        await walk.until_on(ConnectStepsScreen)
        await walk.press("c")
        assert "Tick the box first" in walk.text
        assert isinstance(walk.screen, ConnectStepsScreen)
        await walk.press("space", "tab", "enter")
        await walk.until_on(ConnectCredentialsScreen)
        await walk.press("escape")
        await walk.until_on(ConnectStepsScreen)
        await walk.press("w")
        assert walk.app.clipboard == GUIDE


async def test_nothing_typed_is_lost_while_looking_at_the_steps(
    desk: Desk, business: str, demo: DemoCredentials
) -> None:
    async with walking(desk, demo) as walk:
        await walk.until("Harbour Lane")
        await walk.press("c", "down", "enter")
        await walk.until_on(ConnectStepsScreen)
        await walk.press("space", "d", "enter")
        await walk.until_on(ConnectCredentialsScreen)
        for text in ("anna", "secret!"):
            await walk.write(text)
            await walk.press("tab")
        await walk.write("12ab")
        await walk.press("f3")
        await walk.until_on(ConnectStepsScreen)
        assert "Connect software" not in walk.text
        assert "[✓] 1" in walk.text
        await walk.press("escape")
        await walk.until_on(ConnectCredentialsScreen)
        assert [field.value for field in walk.screen.query("Field")] == [  # type: ignore[attr-defined]
            demo.endpoint,
            "anna",
            "secret!",
            "12AB",
        ]
        assert walk.holding("secret!")
        await walk.press("escape")
        await walk.until_on(ConnectStepsScreen)
        assert not walk.holding("secret!")


def switch(**changes: object) -> Callable[[Sandbox], None]:
    return lambda sandbox: sandbox.account.switch(**changes)


def trouble(operation: str, kind: str) -> Callable[[Sandbox], None]:
    return lambda sandbox: sandbox.misbehave(operation, kind, times=None)


FAILURES = {
    "SOAP off": (switch(api_enabled=False), "Enable SOAP API", "Go to step 2"),
    "AutoAuth off": (switch(autoauth_enabled=False), "AutoAuth", "Go to step 5"),
    "separate password": (
        switch(separate_api_password="Another-1"),
        "separate API password",
        "Go to step 4",
    ),
    "HTML instead of XML": (trouble("AutoAuthIP", "html-200"), "web page", ""),
    "maintenance": (trouble("AutoAuthIP", "html-503"), "503", ""),
    "half a reply": (trouble("AutoAuthIP", "truncate-clean"), "half", ""),
    "reply lost": (trouble("AutoAuthIP", "drop-before"), "", ""),
    "server gone": (lambda sandbox: sandbox.stop(), "Check the network", ""),
}


async def test_each_failure_has_its_sentence_and_cure_and_the_app_goes_on(
    desk: Desk, business: str, sandbox: Sandbox, demo: DemoCredentials
) -> None:
    whole = {"api_enabled": True, "autoauth_enabled": True, "separate_api_password": None}
    sentences = set()
    async with walking(desk, demo) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        await walk.press("f4")
        for break_it, said, way in FAILURES.values():
            break_it(sandbox)
            await walk.press("f5")
            await walk.until("What to do")
            text = walk.text
            sentences.add(text[text.rindex("✗") :].splitlines()[0])
            assert said in text
            assert ("Go to step" in text) is bool(way)
            assert way in text
            assert text.count("✗") == 2  # the check, and the sentence
            assert not walk.overflows()
            await walk.press("g" if way else "escape")
            await walk.until_on(ConnectStepsScreen if way else ConnectCredentialsScreen)
            if way:
                assert f"Step {way[-1]} cures it" in walk.text
                await walk.press("escape")
                await walk.until_on(ConnectCredentialsScreen)
            assert walk.holding(demo.password)  # nothing typed is lost
            if not way:
                sandbox.behave()
            else:
                sandbox.account.switch(**whole)
    assert len(sentences) == len(FAILURES)
    assert desk.businesses.get(business).connection is None


async def test_a_mended_failure_goes_through_at_the_second_try(
    desk: Desk, business: str, sandbox: Sandbox, demo: DemoCredentials
) -> None:
    sandbox.account.switch(api_enabled=False)
    async with walking(desk, demo) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        await walk.press("f4", "enter")
        await walk.until("What to do")
        sandbox.account.switch(api_enabled=True)
        await walk.press("t")
        await walk.until_on(ConnectedScreen)


async def test_checks_can_be_left_while_they_run(
    desk: Desk, business: str, sandbox: Sandbox, demo: DemoCredentials
) -> None:
    sandbox.misbehave("AutoAuthIP", "slow")
    with slow_replies(sandbox) as slow:
        async with walking(desk, demo) as walk:
            await walk.until("Harbour Lane")
            await to_credentials(walk)
            await walk.press("f4", "enter")
            await walk.until("◐ SOAP API answers")
            assert isinstance(walk.screen, ConnectChecksScreen)
            await walk.press("escape")
            await walk.until_on(ConnectCredentialsScreen)
            assert walk.holding(demo.password)
            assert slow.held == 1, "the check was left, not waited for"


async def test_in_the_demo_enter_alone_leads_to_the_demos_own_server(
    desk: Desk, business: str, demo: DemoCredentials
) -> None:
    async with walking(desk, demo) as walk:
        await walk.press("c")
        await walk.until_on(ChooseSoftwareScreen)
        await walk.press("enter")
        await walk.until_on(ConnectStepsScreen)
        assert "The sandbox has it done already" in walk.text
