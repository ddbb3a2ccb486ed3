"""Whether KashFlow can take an item's currency, and whether its exchange rate can be right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kfclient.api.records import Currency
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.check.exchange import rate_words, turned
from kfclient.desk.inbox.item import Finding, Item
from kfclient.money import figures

FAR = Decimal("0.2")
"""How far from KashFlow's own rate, as a part of it, an exchange rate is worth a second look."""


def check_currency(item: Item, books: Books) -> Iterator[Finding]:
    """Yield what is known of a foreign item's currency and rate."""
    if not books.is_foreign(item):
        return
    known = books.currencies.get(item.currency)
    if not item.currency:
        yield Finding(
            code="E-CURRENCY-UNKNOWN",
            sentence="It has no currency.",
            cure=f"Give one, such as {books.home_currency}.",
            field="currency",
            key="use-currency",
            value=books.home_currency,
        )
    elif known is None:
        yield Finding(
            code="E-CURRENCY-UNKNOWN",
            sentence=f"{item.currency} is not switched on in KashFlow.",
            cure="Correct it; or add the currency in KashFlow, then sync.",
            field="currency",
            key="choose-currency",
        )
    rate = item.exchange_rate
    own = known.exchange_rate if known is not None else Decimal(0)
    if rate is None or rate <= 0:
        hint = f"; KashFlow's own is {_words(own, item, books)}" if own > 0 else ""
        yield Finding(
            code="E-RATE-MISSING",
            sentence=f"It is in {item.currency or 'no currency'} and has no exchange rate.",
            cure=f"Give the rate of the day{hint}.",
            field="exchange_rate",
            key="use-exchange-rate" if own > 0 else "",
            value=figures(own) if own > 0 else "",
        )
    elif known is not None and own > 0:
        yield from _rate(item, rate, known, books)


def _rate(item: Item, rate: Decimal, known: Currency, books: Books) -> Iterator[Finding]:
    """Yield that the rate is the wrong way round, or far from KashFlow's own."""
    own = known.exchange_rate
    if _close(rate, own):
        return
    upside_down = _close(turned(rate), own)
    better = turned(rate) if upside_down else own
    said = _words(rate, item, books)
    yield Finding(
        code="W-RATE-UPSIDE-DOWN" if upside_down else "W-RATE-FAR",
        sentence=f"Its exchange rate says {said}; "
        + ("it looks the wrong way round." if upside_down else "KashFlow's own is far from that."),
        cure=f"Look whether it should be {_words(better, item, books)}.",
        field="exchange_rate",
        key="use-exchange-rate",
        value=figures(better),
    )


def _close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= other * FAR


def _words(rate: Decimal, item: Item, books: Books) -> str:
    return rate_words(rate, item.currency, books.home_currency)
