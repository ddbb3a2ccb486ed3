"""Whether KashFlow knows the supplier, the customer or the person of an item."""

from __future__ import annotations

from collections.abc import Iterator

from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.inbox.item import Finding, Item, Kind


def check_contact(item: Item, books: Books) -> Iterator[Finding]:
    """Yield what is known of whom the item is from or for."""
    word = "customer" if item.kind is Kind.SALE else "supplier"
    choose = f"choose-{word}"
    if not item.contact and not item.contact_code:
        whose = "person" if item.kind is Kind.CLAIM else word
        yield Finding(
            code="E-CONTACT-MISSING",
            sentence=f"It has no {whose}.",
            cure=f"Choose the {whose}.",
            field="contact",
            key=choose,
        )
        return
    found = books.contacts(item)
    if len(found) > 1:
        codes = ", ".join(sorted(one.code for one in found if one.code))
        yield Finding(
            code=f"E-{word.upper()}-AMBIGUOUS",
            sentence=f"KashFlow has {len(found)} {word}s called {item.contact}.",
            cure=f"Choose one of them by its code: {codes}.",
            field="contact",
            key=choose,
        )
    elif not found and item.contact_code:
        yield Finding(
            code=f"E-{word.upper()}-UNKNOWN",
            sentence=f"KashFlow has no {word} with the code {item.contact_code}.",
            cure=f"Choose the {word} again.",
            field="contact",
            key=choose,
        )
    elif not found:
        yield Finding(
            code=f"W-{word.upper()}-NEW",
            sentence=f"KashFlow has no {word} called {item.contact}.",
            cure=f"It is created when you publish, once you have agreed; or choose another {word}.",
            field="contact",
            key=f"create-{word}",
        )
        yield from _nearly(item, word, books)


def _nearly(item: Item, word: str, books: Books) -> Iterator[Finding]:
    """Yield that there is one of nearly the same name, which a new one would be a twin of."""
    near = books.twins(item.kind).called(item.contact)
    if not near:
        return
    names = " and ".join(f"{one.name} ({one.code})" if one.code else one.name for one in near[:3])
    alone = len(near) == 1 and near[0].code
    yield Finding(
        code=f"W-{word.upper()}-NEARLY",
        sentence=f"KashFlow has {names}, which may be the same {word} as {item.contact}.",
        cure=f"If it is, choose that {word}; creating a new one would make two of one.",
        field="contact",
        key=f"use-{word}" if alone else f"choose-{word}",
        value=near[0].code if alone else "",
    )
