"""Whether the payment of an item that was paid can be recorded in KashFlow with it."""

from __future__ import annotations

from collections.abc import Iterator

from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.inbox.item import Finding, Item

_UNPAID = "It goes without its payment, which can be recorded in KashFlow by hand."


def check_payment(item: Item, books: Books) -> Iterator[Finding]:
    """Yield what keeps the payment from being recorded; the document can go all the same."""
    if not item.bank_account:
        if item.paid_on is not None:
            yield _finding(
                "W-BANK-ACCOUNT-MISSING",
                "It was paid, but does not say from which bank account.",
                "bank_account",
                "choose-bank-account",
            )
        return
    accounts = books.bank_accounts(item.bank_account)
    if len(accounts) != 1:
        many = f"{len(accounts)} bank accounts" if accounts else "no bank account"
        yield _finding(
            "W-BANK-ACCOUNT-AMBIGUOUS" if accounts else "W-BANK-ACCOUNT-UNKNOWN",
            f"KashFlow has {many} called {item.bank_account}.",
            "bank_account",
            "choose-bank-account",
        )
    if not item.payment_method:
        yield _finding(
            "W-PAYMENT-METHOD-MISSING",
            "It was paid, but does not say by which payment method.",
            "payment_method",
            "choose-payment-method",
        )
        return
    methods = books.payment_methods(item.payment_method, item.kind)
    if len(methods) != 1:
        many = f"{len(methods)} payment methods" if methods else "no payment method"
        yield _finding(
            "W-PAYMENT-METHOD-AMBIGUOUS" if methods else "W-PAYMENT-METHOD-UNKNOWN",
            f"KashFlow has {many} called {item.payment_method}.",
            "payment_method",
            "choose-payment-method",
        )


def _finding(code: str, sentence: str, field: str, key: str) -> Finding:
    word = "bank account" if field == "bank_account" else "payment method"
    return Finding(
        code=code, sentence=sentence, cure=f"{_UNPAID} Or choose the {word}.", field=field, key=key
    )
