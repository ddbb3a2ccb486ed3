"""The names of the six lists, and what they are called elsewhere."""

from __future__ import annotations

import re
from enum import StrEnum

from kfclient.desk.errors import WrongValue


class ListName(StrEnum):
    """The six synced lists; the value is the word that commands and files use."""

    CHART = "chart-of-accounts"
    SUPPLIERS = "suppliers"
    CUSTOMERS = "customers"
    TAX_RATES = "tax-rates"
    PROJECTS = "projects"
    BANK_ACCOUNTS = "bank-accounts"

    @property
    def heading(self) -> str:
        """The list's name as a person reads it."""
        return self.value.replace("-", " ").capitalize()


_ALIASES = {
    "chart": ListName.CHART,
    "accounts": ListName.CHART,
    "categories": ListName.CHART,
    "category": ListName.CHART,
    "nominals": ListName.CHART,
    "nominal": ListName.CHART,
    "nominal-codes": ListName.CHART,
    "nominal-code": ListName.CHART,
    "supplier": ListName.SUPPLIERS,
    "customer": ListName.CUSTOMERS,
    "tax": ListName.TAX_RATES,
    "taxes": ListName.TAX_RATES,
    "tax-rate": ListName.TAX_RATES,
    "tax-codes": ListName.TAX_RATES,
    "vat": ListName.TAX_RATES,
    "vat-rate": ListName.TAX_RATES,
    "vat-rates": ListName.TAX_RATES,
    "project": ListName.PROJECTS,
    "bank": ListName.BANK_ACCOUNTS,
    "banks": ListName.BANK_ACCOUNTS,
    "bank-account": ListName.BANK_ACCOUNTS,
}


def parse_name(text: str) -> ListName:
    """Return the list that a person means: its name, or what it is called elsewhere."""
    word = re.sub(r"[\s_-]+", "-", text.strip().casefold())
    if word in _ALIASES:
        return _ALIASES[word]
    try:
        return ListName(word)
    except ValueError:
        raise WrongValue(
            f"There is no list “{text.strip()}”.",
            "The lists are " + ", ".join(name.value for name in ListName) + ".",
        ) from None
