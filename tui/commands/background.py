"""Publishing in the background, begun: what the process that goes on needs, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import unlocked
from tui.commands.output import warn

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.business.business import Business
    from kfclient.desk.publish.planning import Plan
    from tui.detached import Order


def publish(desk: Desk, business: Business, plan: Plan, args: argparse.Namespace) -> int:
    """Have a process of its own carry out the plan that was shown and agreed to."""
    from tui.detached import order_of

    order = order_of(
        plan,
        desk,
        create_suppliers=args.create_suppliers,
        create_customers=args.create_customers,
    )
    return _start(desk, business, order, args)


def carry_on(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Have a process of its own carry on what was broken off."""
    from tui.detached import Order

    order = Order(root=str(desk.home.root), business=business.id, resume=True)
    return _start(desk, business, order, args)


def _start(desk: Desk, business: Business, order: Order, args: argparse.Namespace) -> int:
    """Start the process, once what opens the password's place is at hand."""
    import msgspec

    from kfclient.desk.publish.run_words import command
    from kfclient.store.backends import OF_A_LOGIN
    from tui.commands.steering import tell_run
    from tui.detached import start

    connection = desk.businesses.get(business.id).connection
    place = "" if connection is None else connection.secrets_in

    def hand_over() -> dict[str, object]:
        with desk.sessions.held(business.id):
            return desk.secrets.hand_over(business.id, place)

    secret = unlocked(desk, hand_over, secrets_stdin=args.secrets_stdin)
    trace = str(args.trace or "")
    process = start(msgspec.structs.replace(order, secret=secret, lanes=args.lanes, trace=trace))
    if place in OF_A_LOGIN:
        warn(
            "The password is in a keyring of this login. If that closes when you log out, "
            "publishing stops there; what was not sent stays in the inbox."
        )
    follow, stop = command(business.name, "--attach"), command(business.name, "--stop")
    words = "There was nothing left to send."
    if process:
        words = (
            f"It is being published in the background (process {process}), also after you log "
            f"out.\nFollow it with: {follow}\nStop it with:   {stop}"
        )
    tell_run(desk, business, words, as_json=args.json)
    return 0
