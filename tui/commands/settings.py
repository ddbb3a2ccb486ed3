"""`kashdeck settings`: see or change how a business publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.commands.opening import businesses_opened
from tui.commands.output import say, say_json
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.business.business import Settings
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business and the changes."""
    from kfclient.desk.business.settings import SETTINGS

    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("changes", metavar="KEY=VALUE", nargs="*", help="what to change")
    parser.answers_json()
    keys = "\n".join(f"  {spec.key} ({spec.default_text})\n    {spec.help}" for spec in SETTINGS)
    parser.example(
        "kashdeck settings Harbour",
        "kashdeck settings Harbour publish_tax_data=on default_tax_code_costs=20%",
        notes=f"settings, with what they are at first:\n{keys}",
    )


def run(args: argparse.Namespace) -> int:
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
    """Return KEY=VALUE words as a dict; WrongUse for a word without = or a key said twice."""
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
    from kfclient.desk.business.settings import SETTINGS, SettingKind

    shape: dict[str, Any] = {}
    for spec in SETTINGS:
        value = getattr(settings, spec.key)
        is_code = spec.kind is SettingKind.TAX_CODE and value is not None
        shape[spec.key] = spec.show(value) if is_code else value
    return shape


def _tell(settings: Settings) -> None:
    from kfclient.desk.business.settings import SETTINGS

    wide = max(len(spec.key) for spec in SETTINGS)
    for spec in SETTINGS:
        say(f"{spec.key:<{wide}}  {spec.text_of(settings):<5}  {spec.title}")
