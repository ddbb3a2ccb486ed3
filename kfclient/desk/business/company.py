"""Whose books these are: what KashFlow says of the company, and whether it is still the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kfclient.api.errors import Refused
from kfclient.api.records import CompanyDetails, Currency
from kfclient.api.reply_text import may_be
from kfclient.desk.business.sessions import NEEDS_RECONNECTING
from kfclient.desk.errors import OtherCompany
from kfclient.desk.model.business import Company

if TYPE_CHECKING:
    from kfclient.api import KashFlow

_SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD"}
_ENDINGS = {"limited": "ltd", "company": "co", "and": "&"}


def read_company(kashflow: KashFlow) -> Company:
    """Ask KashFlow whose books these are, and which currency they are kept in.

    The details name the currency by id; its ISO code is in the list of currencies, which other
    makers' servers may not know: then the symbol decides. Raises KashFlowError.
    """
    details = kashflow.get_company_details()
    try:
        currencies = kashflow.get_currencies()
    except NEEDS_RECONNECTING:
        raise
    except Refused:  # or this account may not read them
        currencies = []
    return company_of(details, _home_currency(details, currencies))


def company_of(details: CompanyDetails, currency: str) -> Company:
    """Return what is remembered of a company; `currency` is the ISO code its books are kept in."""
    return Company(
        name=details.company_name.strip(),
        postcode=details.postcode.strip(),
        vat_number=details.vat_registration_number.strip(),
        email=details.primary_email.strip(),
        currency=currency,
        vat_registered=details.vat_registered.strip().casefold() in {"yes", "true", "1"},
    )


def check_same_company(before: Company, now: Company) -> None:
    """Raise OtherCompany, with both names, unless both are the same company."""
    if not is_same_company(before, now):
        raise OtherCompany(
            f"These credentials open the books of {_described(now, before)}, but this business is "
            f"connected to {_described(before, now)}. Nothing was changed."
        )


def is_same_company(before: Company, now: Company) -> bool:
    """Whether two readings of the company details are of one company.

    Two VAT numbers settle it. Without them the name does; under another name it is the same
    company only at the same postcode and with the same e-mail address, as far as both are known:
    many companies share their accountant's postcode, and a name may just have been corrected.
    """
    vat_before, vat_now = _vat(before), _vat(now)
    if vat_before and vat_now:
        return vat_before == vat_now
    names = before.name.casefold(), now.name.casefold()
    if _name(before) == _name(now) or may_be(*names) or may_be(*reversed(names)):
        return True
    postcode_before, postcode_now = _squeezed(before.postcode), _squeezed(now.postcode)
    email_before, email_now = before.email.casefold(), now.email.casefold()
    same_email = email_before == email_now or not email_before or not email_now
    return bool(postcode_before) and postcode_before == postcode_now and same_email


def _described(company: Company, other: Company) -> str:
    name = company.name or "a company without a name"
    if _name(company) != _name(other):
        return name
    if _vat(company):
        return f"{name} (VAT number {company.vat_number})"
    return f"{name} ({company.postcode})" if company.postcode else name


def _home_currency(details: CompanyDetails, currencies: Sequence[Currency]) -> str:
    for currency in currencies:
        if currency.currency_id == details.currency_id and currency.currency_code:
            return currency.currency_code
    for currency in currencies:
        if currency.is_default == 1 and currency.currency_code:
            return currency.currency_code
    return _SYMBOLS.get(details.currency_symbol.strip(), "GBP")


def _vat(company: Company) -> str:
    return _squeezed(company.vat_number).removeprefix("GB")


def _squeezed(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _name(company: Company) -> str:
    words = re.findall(r"[^\W_]+|&", company.name.casefold())
    return " ".join(_ENDINGS.get(word, word) for word in words)
