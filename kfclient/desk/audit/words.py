"""The audit trail in a bookkeeper's words: a sentence for each entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from kfclient.dates import parse_date, shown_date
from kfclient.desk.audit.entry import Action, Entry
from kfclient.desk.model.fields import DATE, FIELD_SPECS
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import SETTINGS
from kfclient.money import shown

# Parts of the sentences of the audit trail: values, changes of fields, items.

_LONGEST = 60
"""Letters of one value that a sentence quotes; the entry has it whole."""

_NAMED = 3
"""Items that a sentence names."""

_WORDS = {
    **{spec.name: spec.inside for spec in FIELD_SPECS},
    "secrets_in": "secrets kept in",
    "endpoint": "address",
    **{spec.key: spec.title[0].lower() + spec.title[1:] for spec in SETTINGS},
}
_KINDS = {"claim": "expense claim"}
_DATES = {spec.name for spec in FIELD_SPECS if spec.kind is DATE}
_SENDING = {"InsertReceipt": "purchase", "InsertInvoice": "sale"}


def because(entry: Entry) -> str:
    """Return KashFlow's own word, or a problem's sentence, after a colon; or ""."""
    return f": {entry.answer}" if entry.answer else ""


def changes(entry: Entry) -> str:
    """Return every field that changed: "category 5000 -> 6100, due date none -> 1 Sep 2026"."""
    return changes_told(entry.before, entry.after)


def changes_told(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the same of the fields of before and after, as JSON has them."""
    keys = dict.fromkeys((*before, *after))
    return ", ".join(_change_of(before, after, key) for key in keys)


def _change_of(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> str:
    before, after = old.get(key), new.get(key)
    if key.isdigit():
        done = "added" if before is None else "removed"
        line = after if before is None else before
        return f"line {key} {done}{_line(line)}"
    return f"{_field(key)} {_change(old, new, key)}"


def change(entry: Entry, key: str) -> str:
    """Return how one field changed: "5000 -> 6100", or what it is where it was nothing."""
    return _change(entry.before, entry.after, key)


def _change(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> str:
    name = key.rpartition(".")[2]
    before, after = old.get(key), new.get(key)
    if key not in old:
        return _value(name, after)
    return f"{_value(name, before)} -> {_value(name, after)}"


def _field(key: str) -> str:
    number, _, name = key.rpartition(".")
    words = _WORDS.get(name, name.replace("_", " "))
    return f"{words} of line {number}" if number else words


def _value(name: str, value: object) -> str:
    """Return a value as people write it; texts that are long are cut."""
    if value in (None, "", []):
        return "none"
    if isinstance(value, list):
        return " and ".join(_value(name, one) for one in value)
    text = str(value)
    if name in _DATES:
        text = shown_date(parse_date(text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _line(line: object) -> str:
    if not isinstance(line, dict):
        return ""
    parts = [line.get("description"), line.get("category"), line.get("unit_price")]
    told = ", ".join(_value("", part) for part in parts if part)
    return f" ({told})" if told else ""


def what(facts: Mapping[str, Any]) -> str:
    """Return what an item is: "cost PEN-1, Pennine Water, £120.00"."""
    kind = str(facts.get("kind", "item"))
    name = f"{_KINDS.get(kind, kind)} {facts.get('reference', '')}".strip()
    return ", ".join(part for part in (name, facts.get("contact", ""), _gross(facts)) if part)


def sent(entry: Entry) -> str:
    """Return what was sent: "item 12 (purchase PEN-1, Pennine Water, £120.00)".

    Of what belongs to a document: "the payment of £120.00 for item 12".
    """
    item = f"item {entry.item}" if entry.item else "the item"
    name = str(entry.after.get("what") or "")
    operation, _, reference = name.partition(" ")
    if name and operation not in _SENDING:
        return f"{name}{',' if ',' in name else ''} for {item}"
    word = f"{_SENDING.get(operation, '')} {reference}".strip()
    parts = (word, str(entry.after.get("contact") or ""), _gross(entry.after))
    told = ", ".join(part for part in parts if part)
    return f"{item} ({told})" if told else item


def numbered(entry: Entry) -> str:
    """Return the number that KashFlow has given a document, or ""."""
    document = str(entry.after.get("what") or "").partition(" ")[0] in _SENDING
    number = entry.after.get("number") if document else None
    return f" as number {number}" if number else ""


def _gross(facts: Mapping[str, Any]) -> str:
    try:
        return shown(Decimal(str(facts["gross"])), str(facts.get("currency") or "GBP"))
    except (KeyError, InvalidOperation):
        return ""


def counted(number: object, one: str) -> str:
    """Return a number with its noun: "1 row", "3 rows"."""
    return f"{number or 0:,} {one}{'' if number == 1 else 's'}"


def sentence_of(entry: Entry) -> str:
    """Return what happened: "anna (from 10.0.0.7) changed item 12: category 5000 -> 6100"."""
    whence = f" (from {entry.origin})" if entry.origin else ""
    return " ".join(f"{entry.who}{whence} {deed_of(entry)}".split())


def deed_of(entry: Entry) -> str:
    """Return what was done, for where the person stands beside it: "changed item 12: ..."."""
    told = _TOLD.get(entry.action, _anything)
    try:
        words = told(entry)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Whoever changed the file: `verify` says so, and its lines are shown as far as they go.
        words = _anything(entry)
    return " ".join(words.split())


def _anything(entry: Entry) -> str:
    """Tell of what has no words of its own, or of what only a newer Kashdeck knows."""
    item = f" of item {entry.item}" if entry.item else ""
    return f"{entry.action.replace('-', ' ')}{item}{because(entry)}"


# The business and its connection


def _business_added(entry: Entry) -> str:
    return f"added the business {entry.after.get('name', '')}"


def _renamed(entry: Entry) -> str:
    return f"renamed the business: {change(entry, 'name')}"


def _role_changed(entry: Entry) -> str:
    told = []
    for person, role in entry.after.items():
        before = entry.before.get(person)
        if role is None:
            told.append(f"took {person} off the people, who was {_role(before)}")
        else:
            was = f", who was {_role(before)}" if before else ""
            told.append(f"made {person} {_role(role)}{was}")
    return " and ".join(told) or "changed the people"


def _owner_became_admin(entry: Entry) -> str:
    return f"{_role_changed(entry)}, as the owner of the home's folder may"


def _role(role: object) -> str:
    return {"admin": "an Admin", "standard": "a Standard user"}.get(str(role), str(role))


def _connected(entry: Entry) -> str:
    company = entry.after.get("company") or "KashFlow"
    return f"connected the business to {company} as {entry.connection}"


def _reconnected(entry: Entry) -> str:
    told = changes(entry) or "same username and address, password and key typed anew"
    return f"connected the business again: {told}"


def _disconnected(entry: Entry) -> str:
    company = entry.before.get("company") or "KashFlow"
    return f"disconnected the business from {company}, where it was {entry.before.get('username')}"


def _settings_changed(entry: Entry) -> str:
    return f"changed the settings: {changes(entry)}"


def _secrets_moved(entry: Entry) -> str:
    return f"moved the password and the AutoAuth key: {changes(entry)}"


def _not_allowed(entry: Entry) -> str:
    return f"tried to {entry.after.get('doing')} the business, which only an Admin may"


def _synced(entry: Entry) -> str:
    came, failed = [], []
    for name in ListName:
        found = entry.after.get(name.value)
        if not isinstance(found, dict):
            continue
        words = name.value.replace("-", " ")
        if "problem" in found:
            failed.append(words)
            continue
        kinds = (("added", "new"), ("changed", "changed"), ("removed", "gone"))
        some = [f"{found[kind]:,} {word}" for kind, word in kinds if found.get(kind)]
        if some:
            came.append(f"{words} {', '.join(some)}")
    told = "; ".join(came) or ("nothing came" if failed else "nothing had changed")
    stopped = "; stopped before the end" if entry.after.get("cancelled") else ""
    lost = f"; not read: {', '.join(failed)}{because(entry)}" if failed else ""
    return f"synced: {told}{lost}{stopped}"


# Items


def _imported(entry: Entry) -> str:
    after = entry.after
    told = f"imported {after.get('file')} of {counted(after.get('rows'), 'row')}: "
    told += f"{counted(after.get('added'), 'item')} added"
    told += f", {after['already']:,} here already" if after.get("already") else ""
    told += f", {after['changed']:,} here with other contents" if after.get("changed") else ""
    return told + (f", {after['bad']:,} could not be read" if after.get("bad") else "")


def _item_added(entry: Entry) -> str:
    file = f" from {entry.after['file']}" if entry.after.get("file") else ""
    return f"added item {entry.item}{file}: {what(entry.after)}"


def _item_changed(entry: Entry) -> str:
    return f"changed item {entry.item}: {changes(entry)}"


def _items_changed(entry: Entry) -> str:
    """Return `changed 20 items (3, 4, 5 and 17 more): category -> Travel`."""
    named = sorted(entry.after, key=lambda item: (len(item), item))
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    told: dict[str, set[str]] = {}
    for one in entry.after.values():
        for key, value in one.items():
            told.setdefault(_field(key), set()).add(_value(key.rpartition(".")[2], value))
    fields = (
        f"{field} -> {next(iter(values))}" if len(values) == 1 else field
        for field, values in told.items()
    )
    which = f"{', '.join(named[:_NAMED])}{more}"
    return f"changed {counted(len(named), 'item')} ({which}): {', '.join(fields)}"


def _item_removed(entry: Entry) -> str:
    return f"removed item {entry.item}: {what(entry.before)}"


# Publishing


def _sending(entry: Entry) -> str:
    return f"set out to send {sent(entry)}"


def _published(entry: Entry) -> str:
    unpaid = entry.after.get("unpaid")
    told = f"; NOT recorded as paid: {unpaid}" if unpaid else ""
    return f"published {sent(entry)}{numbered(entry)}{told}"


def _refused(entry: Entry) -> str:
    return f"sent {sent(entry)}; KashFlow refused it{because(entry)}"


def _not_sent(entry: Entry) -> str:
    return f"could not send {sent(entry)}{because(entry)}"


def _outcome_unknown(entry: Entry) -> str:
    return f"sent {sent(entry)}; whether it arrived is not known{because(entry)}"


def _adopted(entry: Entry) -> str:
    return f"found {sent(entry)} in KashFlow{numbered(entry)}"


def _not_there(entry: Entry) -> str:
    return f"looked for {sent(entry)} in KashFlow: it is not there"


def _came_out_different(entry: Entry) -> str:
    return f"compared {sent(entry)} with KashFlow: it differs{because(entry)}"


def _created(word: str) -> Callable[[Entry], str]:
    def told(entry: Entry) -> str:
        name = entry.after.get("name") or entry.after.get("contact") or ""
        item = f" for item {entry.item}" if entry.item else ""
        return f"created the {word} {name} in KashFlow{item}"

    return told


def _done(entry: Entry) -> str:
    return f"put {sent(entry)} into KashFlow"


def _decided(entry: Entry) -> str:
    number = numbered(entry)
    told = f"that {sent(entry)} is in KashFlow{number}" if number else f"about {sent(entry)}"
    return f"decided {told}{because(entry)}"


def _not_a_duplicate(entry: Entry) -> str:
    return f"said that item {entry.item} is no duplicate{because(entry)}"


def _deleting(entry: Entry) -> str:
    return f"set out to delete {sent(entry)} in KashFlow"


def _undone(entry: Entry) -> str:
    return f"took {sent(entry)} out of KashFlow again{because(entry)}"


def _not_deleted(entry: Entry) -> str:
    return f"did not delete {sent(entry)} in KashFlow{because(entry)}"


def _delete_unknown(entry: Entry) -> str:
    return f"deleted {sent(entry)} in KashFlow; whether it is gone is not known{because(entry)}"


def _verified(entry: Entry) -> str:
    if entry.item:
        return f"compared {sent(entry)} with KashFlow: it agrees"
    differ = entry.after.get("differ")
    told = f"{counted(differ, 'item')} not as published" if differ else "all agree"
    return f"compared {counted(entry.after.get('items'), 'item')} with KashFlow: {told}"


# The home


def _backed_up(entry: Entry) -> str:
    return f"made a backup: {entry.after.get('file')}"


def _restored(entry: Entry) -> str:
    before = entry.after.get("before")
    kept = f"; what was here before is in {before}" if before else ""
    return f"restored the backup {entry.after.get('file')}{kept}"


def _shared(entry: Entry) -> str:
    group = entry.after.get("group")
    if group:
        return f"shared the home with the group {group}"
    return f"stopped sharing the home with the group {entry.before.get('group')}"


_TOLD: Mapping[str, Callable[[Entry], str]] = {
    Action.BUSINESS_ADDED: _business_added,
    Action.RENAMED: _renamed,
    Action.ROLE_CHANGED: _role_changed,
    Action.OWNER_BECAME_ADMIN: _owner_became_admin,
    Action.CONNECTED: _connected,
    Action.RECONNECTED: _reconnected,
    Action.DISCONNECTED: _disconnected,
    Action.SETTINGS_CHANGED: _settings_changed,
    Action.SECRETS_MOVED: _secrets_moved,
    Action.NOT_ALLOWED: _not_allowed,
    Action.SYNCED: _synced,
    Action.IMPORTED: _imported,
    Action.ITEM_ADDED: _item_added,
    Action.ITEM_CHANGED: _item_changed,
    Action.ITEMS_CHANGED: _items_changed,
    Action.ITEM_REMOVED: _item_removed,
    Action.EDIT_UNDONE: lambda entry: f"took back {entry.answer}",
    Action.EDIT_REDONE: lambda entry: f"did again {entry.answer}",
    Action.SENDING: _sending,
    Action.PUBLISHED: _published,
    Action.REFUSED: _refused,
    Action.NOT_SENT: _not_sent,
    Action.OUTCOME_UNKNOWN: _outcome_unknown,
    Action.ADOPTED: _adopted,
    Action.NOT_THERE: _not_there,
    Action.CAME_OUT_DIFFERENT: _came_out_different,
    Action.SUPPLIER_CREATED: _created("supplier"),
    Action.CUSTOMER_CREATED: _created("customer"),
    Action.PAID: _done,
    Action.ATTACHED: _done,
    Action.NOTED: _done,
    Action.DECIDED: _decided,
    Action.NOT_A_DUPLICATE: _not_a_duplicate,
    Action.DELETING: _deleting,
    Action.UNDONE: _undone,
    Action.NOT_DELETED: _not_deleted,
    Action.DELETE_UNKNOWN: _delete_unknown,
    Action.VERIFIED: _verified,
    Action.BACKED_UP: _backed_up,
    Action.RESTORED: _restored,
    Action.SHARED: _shared,
}
