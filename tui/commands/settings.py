"""`kashdeck settings` and `kashdeck people`: how a business publishes, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.commands.opening import agreed, businesses_opened
from tui.commands.output import TextColumn, room_here, say, say_json, table, warn
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.model.business import Settings
    from tui.commands.usage import Parser


def settings_arguments(parser: Parser) -> None:
    """Declare the business and the changes."""
    from kfclient.desk.model.settings import SETTINGS

    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("changes", metavar="KEY=VALUE", nargs="*", help="what to change")
    parser.answers_json()
    keys = "\n".join(f"  {spec.key} ({spec.default_text})\n    {spec.help}" for spec in SETTINGS)
    parser.example(
        "kashdeck settings Harbour",
        "kashdeck settings Harbour publish_tax_data=on default_tax_code_costs=20%",
        notes=f"settings, with what they are at first:\n{keys}",
    )


def run_settings(args: argparse.Namespace) -> int:
    """Show the settings, changed first where changes are given: all of them or none."""
    changes = pairs(args.changes)
    with businesses_opened() as businesses:
        business = businesses.find(args.name)
        settings = business.settings
        if changes:
            settings = businesses.change_settings(business.id, changes)
    if args.json:
        say_json({"settings": _shape(settings)})
    else:
        _tell(settings)
    return 0


def pairs(words: list[str]) -> dict[str, str]:
    """Return KEY=VALUE words as a dict; WrongUse for a word without = or a key given twice."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        key = key.strip()
        if not equals or not key:
            raise WrongUse(
                f"“{word}” is not KEY=VALUE.", "Write it with = and no spaces around it."
            )
        if key in found:
            raise WrongUse(f"“{key}” is given twice.", "Give it once.")
        found[key] = value
    return found


def _shape(settings: Settings) -> dict[str, Any]:
    """Return the settings as they can be given back: switches as booleans, tax codes as text."""
    from kfclient.desk.model.settings import SETTINGS, SettingKind

    shape: dict[str, Any] = {}
    for spec in SETTINGS:
        value = getattr(settings, spec.key)
        is_code = spec.kind is SettingKind.TAX_CODE and value is not None
        shape[spec.key] = spec.show(value) if is_code else value
    return shape


def _tell(settings: Settings) -> None:
    from kfclient.desk.model.settings import SETTINGS

    wide = max(len(spec.key) for spec in SETTINGS)
    for spec in SETTINGS:
        say(f"{spec.key:<{wide}}  {spec.text_of(settings):<5}  {spec.title}")


# `kashdeck people`: who may do what with a business.


def people_arguments(parser: Parser) -> None:
    """Declare the business, the person and the role."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("person", metavar="PERSON", nargs="?", help="a user of this machine")
    parser.add_argument(
        "role", nargs="?", choices=("admin", "standard", "none"), help="what the person may do"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask about unknown users")
    parser.answers_json()
    parser.example(
        "kashdeck people 'Harbour Lane' elena standard",
        notes="An Admin may connect, reconnect, disconnect, change settings and name people.\n"
        "A Standard user may look, sync and publish. The last Admin who is a user of this machine "
        "cannot go. Whoever owns the home's folder can always become Admin; the trail says so.",
    )


def run_people(args: argparse.Namespace) -> int:
    """Show the people, after giving one of them a role where that is asked."""
    from kfclient.desk.model.business import Role

    if args.person and not args.role:
        raise WrongUse(
            f"Say what {args.person} may do: admin, standard or none.",
            "See: kashdeck people --help",
        )
    with businesses_opened() as businesses:
        business = businesses.find(args.name)
        if args.person:
            role = None if args.role == "none" else Role(args.role)
            person = args.person.strip()
            if role and person and not args.yes and not businesses.is_user(person):
                question = f"This machine has no user {person}. Give them a role all the same?"
                if not agreed(question):
                    say("Nothing was changed.")
                    return 0
            business = businesses.set_role(business.id, args.person, role)
        here = businesses.person
    if args.person and args.role != "none":
        _warn_of_strangers(args.person.strip())
    people = {name: role.value for name, role in sorted(business.people.items())}
    if args.json:
        say_json({"people": people, "you": here})
        return 0
    rows = [(name + (" (you)" if name == here else ""), role) for name, role in people.items()]
    say(*table((TextColumn("Person", gives=True), TextColumn("Role")), rows, room_here()))
    return 0


def _warn_of_strangers(person: str) -> None:
    """Say where a role was given to somebody who cannot use it."""
    from kfclient.desk.person import is_person_here, this_person
    from kfclient.store.paths import default_root
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
            f"{person} cannot use this home yet: it is for {now.owner} alone.",
            "Share it with a group that you are both in: kashdeck share GROUP",
        )
