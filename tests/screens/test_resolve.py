"""What has no answer is decided beside what KashFlow has; what broke off is offered again."""

from __future__ import annotations

from kfclient.cancel import Cancel
from kfclient.desk import Desk
from kfclient.desk.events import Event, ItemPublished
from kfclient.desk.model.item import ItemState
from kfclient.sandbox import Sandbox
from screens.dialogs import ResumeRunScreen
from screens.item_details import ItemDetailsScreen
from screens.items import ItemsScreen
from screens.publish_progress import PublishProgressScreen
from screens.resolve import ResolveScreen
from tests.screens.scenes import cost, on_screen


async def test_it_is_the_one_that_kashflow_has(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    synced_desk.items.add(business, cost(reference="R-7"))
    sandbox.misbehave("InsertReceipt", "drop-after")
    plan = synced_desk.publishing.plan(business)
    assert synced_desk.publishing.publish(business, plan).unknown == 1
    screen = ResolveScreen(business, "Harbour Lane", "1")
    async with on_screen(synced_desk, screen) as walk:
        await walk.until("KashFlow has one document that may be it.")
        assert "No. 1 (equal)" in walk.text
        assert "= same    Reference" in walk.text
        assert "≠" not in walk.text
        assert "None of these" not in walk.footer, "too early"
        assert not walk.overflows()
        for word in ("pay", "any", "by", "my", "only"):
            await walk.press(*word, "enter")
            assert isinstance(walk.screen, ResolveScreen), word
            assert "Is item 1" not in walk.text, word
        await walk.press("down", "y")
        await walk.until("Is item 1 the document 1 in KashFlow?")
        await walk.press("y", "enter")
        await walk.until(lambda: not isinstance(walk.screen, ResolveScreen))
    item = synced_desk.items.get(business, "1")
    assert (item.sent, item.number) == (ItemState.PUBLISHED, 1)


async def test_a_payment_without_an_answer_is_settled_by_who_looked(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    paid = {"bank_account": "Current account", "payment_method": "BACS"}
    synced_desk.items.add(business, cost(reference="R-8", **paid))
    sandbox.misbehave("InsertReceiptPayment", "drop-after")
    plan = synced_desk.publishing.plan(business)
    assert plan.items[0].followups, "there is a payment to make"
    assert synced_desk.publishing.publish(business, plan).left == 1
    screen = ItemDetailsScreen(business, "Harbour Lane", "1")
    async with on_screen(synced_desk, screen) as walk:
        await walk.until("! Of unknown outcome: the payment of £120.00")
        await walk.press("w")
        await walk.until("Is it in KashFlow: the payment of £120.00")
        await walk.press("enter")
        await walk.until(lambda: "Of unknown outcome" not in walk.text)
    assert synced_desk.items.get(business, "1").left == ()


async def test_a_run_that_broke_off_is_offered_and_carried_on(
    synced_desk: Desk, business: str
) -> None:
    synced_desk.items.add_all(
        business, [cost(price=str(at), reference=f"B-{at}") for at in (10, 20, 30)]
    )
    cancel = Cancel()

    def leave(event: Event) -> None:
        if isinstance(event, ItemPublished):
            cancel.leave()

    plan = synced_desk.publishing.plan(business)
    synced_desk.publishing.publish(business, plan, lanes=1, listener=leave, cancel=cancel)
    async with on_screen(synced_desk, ItemsScreen(business, "Harbour Lane")) as walk:
        await walk.until_on(ResumeRunScreen)
        await walk.until("2 items are left of the run begun by anna")
        assert not walk.overflows()
        await walk.press("enter")
        assert isinstance(walk.screen, ResumeRunScreen), "Enter alone does nothing"
        await walk.press("y")
        await walk.until("Enter carries it on")
        await walk.press("enter")
        await walk.until_on(PublishProgressScreen)
        await walk.until("3 of 3, done")
        await walk.press("escape")
        await walk.until("3 published")
    assert [one.number for one in synced_desk.items.all(business)] == [1, 2, 3]
