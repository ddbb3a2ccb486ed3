"""`kashdeck people`: who may do what with a business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import businesses_opened
from tui.commands.output import say, say_json, warn
from tui.commands.table import Column, room_here, table
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, the person and the role."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("person", metavar="PERSON", nargs="?", help="a user of this machine")
    parser.add_argument(
        "role", nargs="?", choices=("admin", "standard", "none"), help="what the person may do"
    )
    parser.answers_json()
    parser.example(
        "kashdeck people 'Harbour Lane' elena standard",
        notes="An Admin may connect, reconnect, disconnect, change settings and name people.\n"
        "A Standard user may look, sync and publish. The last Admin cannot go.",
    )


def run(args: argparse.Namespace) -> int:
    """Show the people, after giving one of them a role where that is asked."""
    from kfclient.desk.business.business import Role

    if args.person and not args.role:
        raise WrongUse(
            f"Say what {args.person} may do: admin, standard or none.",
            "See: kashdeck people --help",
        )
    with businesses_opened() as businesses:
        business = businesses.find(args.name)
        if args.person:
            role = None if args.role == "none" else Role(args.role)
            business = businesses.set_role(business.id, args.person, role)
        here = businesses.person
    if args.person and args.role != "none":
        _warn_of_strangers(args.person.strip())
    people = {name: role.value for name, role in sorted(business.people.items())}
    if args.json:
        say_json({"people": people, "you": here})
        return 0
    rows = [(name + (" (you)" if name == here else ""), role) for name, role in people.items()]
    say(table((Column("Person", gives=True), Column("Role")), rows, room_here()))
    return 0


def _warn_of_strangers(person: str) -> None:
    """Say where a role was given to somebody who cannot use it."""
    from kfclient.desk.people import is_person_here, this_person
    from kfclient.store.places import default_root
    from kfclient.store.sharing import sharing

    if not is_person_here(person):
        warn(
            f"This machine has no user {person}. The role waits for one of that name, exactly as "
            "they log in."
        )
        return
    now = sharing(default_root())
    if now.group and person not in (*now.members, now.owner):
        warn(f"{person} is not in the group {now.group}, which shares this home.")
    elif not now.group and person != this_person():
        warn(
            f"{person} cannot use this home yet: it is for {now.owner} alone.\n"
            "Share it with a group that you are both in: kashdeck share GROUP"
        )
