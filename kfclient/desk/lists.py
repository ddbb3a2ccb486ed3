"""The six lists that Kashdeck keeps in step with KashFlow, as the last sync left them."""

from __future__ import annotations

from enum import StrEnum


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
