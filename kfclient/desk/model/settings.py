"""The settings of a business, declared once: the screen, the command and the docs read this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import msgspec

from kfclient.dates import DateUnclear, parse_date, shown_date
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.business import Settings
from kfclient.store.durable_files import read_named
from kfclient.store.paths import expanded

NOT_APPLICABLE = Decimal(-1)
"""The percentage by which KashFlow means VAT N/A on a line."""

_ON = {"on", "yes", "y", "true", "1"}
_OFF = {"off", "no", "n", "false", "0"}
_NA = {"n/a", "na", "n.a.", "-1"}
_UNSAID = {"", "none", "unset"}
_LONGEST_SETTLE = 3600
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_LARGEST_AUTHORITY = 16 << 20


class SettingKind(StrEnum):
    """What a setting's value looks like, which decides the field that edits it."""

    SWITCH = "switch"
    TAX_CODE = "tax-code"
    SECONDS = "seconds"
    FILE = "file"
    DATE = "date"


class SettingSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: `key` names the field of `Settings`, `parse` and `show` turn text to and fro.

    `parse` raises WrongValue, saying what is possible.
    """

    key: str
    title: str
    help: str
    kind: SettingKind
    default_text: str
    parse: Callable[[str], Any]
    show: Callable[[Any], str]

    def text_of(self, settings: Settings) -> str:
        """Return the setting's present value as text."""
        return self.show(getattr(settings, self.key))


def parse_switch(text: str) -> bool:
    """Read on or off."""
    word = text.strip().casefold()
    if word in _ON:
        return True
    if word in _OFF:
        return False
    raise WrongValue(f"“{text}” is neither on nor off.", "Say on or off (yes and no will do).")


def show_switch(value: bool) -> str:
    """Return "on" or "off"."""
    return "on" if value else "off"


def parse_tax_code(text: str) -> Decimal | None:
    """Read a tax code: a percentage ("20", "20%"), "n/a" (-1), or "none" (not chosen: None)."""
    word = text.strip().casefold()
    if word in _UNSAID:
        return None
    if word in _NA:
        return NOT_APPLICABLE
    try:
        value = Decimal(word.removesuffix("%").strip())
    except InvalidOperation:
        value = NOT_APPLICABLE
    if not value.is_finite() or not 0 <= value <= 100:
        raise WrongValue(
            f"“{text}” is not a tax rate.", "Give a percentage such as 20%, or n/a, or none."
        )
    return value


def show_tax_code(value: Decimal | None) -> str:
    """Return "20%", "17.5%", "n/a" or "none"."""
    if value is None:
        return "none"
    if value == NOT_APPLICABLE:
        return "n/a"
    return f"{value.normalize():f}%"


def parse_seconds(text: str) -> int:
    """Read a whole number of seconds, 0 to 3600."""
    word = text.strip()
    if word.isascii() and word.isdigit() and int(word) <= _LONGEST_SETTLE:
        return int(word)
    raise WrongValue(
        f"“{text}” is not a number of seconds.",
        f"Give a whole number from 0 to {_LONGEST_SETTLE}; KashFlow needs 130.",
    )


def parse_authority(text: str) -> str:
    """Read the path of a PEM file with certificates; "" and "none" mean that there is none."""
    word = text.strip()
    if word.casefold() in _UNSAID:
        return ""
    try:
        path = expanded(word)
        holds = _CERTIFICATE in read_named(path, _LARGEST_AUTHORITY)
    except (OSError, ValueError, RuntimeError):  # no path at all, or somebody's unknown home
        raise WrongValue(f"“{word}” cannot be read.", "Give a PEM file, or none.") from None
    if not holds:
        raise WrongValue(f"“{word}” holds no certificate.", "Give a PEM file, or none.")
    return str(path)


def parse_day(text: str) -> dt.date | None:
    """Read a date; "" and "none" mean that there is none."""
    if text.strip().casefold() in _UNSAID:
        return None
    try:
        return parse_date(text)
    except DateUnclear as problem:
        raise WrongValue(problem.sentence, f"{problem.cure} Or say none.") from problem


def show_day(value: dt.date | None) -> str:
    """Return "31 Mar 2026" or "none"."""
    return shown_date(value) if value is not None else "none"


SETTINGS: tuple[SettingSpec, ...] = (
    SettingSpec(
        key="publish_tax_data",
        title="Publish tax data",
        help="Off: each item goes to KashFlow as one gross amount with VAT N/A, so no VAT is "
        "recorded there. On: net and VAT go separately.",
        kind=SettingKind.SWITCH,
        default_text="off",
        parse=parse_switch,
        show=show_switch,
    ),
    SettingSpec(
        key="default_tax_code_costs",
        title="Default tax code for costs",
        help="The tax rate of costs and expense claims that do not say their own.",
        kind=SettingKind.TAX_CODE,
        default_text="none",
        parse=parse_tax_code,
        show=show_tax_code,
    ),
    SettingSpec(
        key="default_tax_code_sales",
        title="Default tax code for sales",
        help="The tax rate of sales that do not say their own.",
        kind=SettingKind.TAX_CODE,
        default_text="none",
        parse=parse_tax_code,
        show=show_tax_code,
    ),
    SettingSpec(
        key="settle_seconds",
        title="Settle time",
        help="Seconds to wait after a lost reply before KashFlow is believed not to have the "
        "item: its server may finish a request after the line has gone.",
        kind=SettingKind.SECONDS,
        default_text="130",
        parse=parse_seconds,
        show=str,
    ),
    SettingSpec(
        key="certificate_authority",
        title="Certificate authority",
        help="A PEM file with the certificate of an authority of your own, where the server's "
        "certificate comes from one. KashFlow itself needs none.",
        kind=SettingKind.FILE,
        default_text="none",
        parse=parse_authority,
        show=lambda value: value or "none",
    ),
    SettingSpec(
        key="locked_until",
        title="Locked until",
        help="The last day of a period that is closed, such as that of a VAT return sent: items "
        "dated on or before it are held back here. KashFlow's own lock is not known to its API.",
        kind=SettingKind.DATE,
        default_text="none",
        parse=parse_day,
        show=show_day,
    ),
    SettingSpec(
        key="any_category",
        title="Any category",
        help="On: sales may go to codes of the chart of accounts that are for purchases, and "
        "purchases to those for sales, as KashFlow's own setting to access all nominals allows.",
        kind=SettingKind.SWITCH,
        default_text="off",
        parse=parse_switch,
        show=show_switch,
    ),
)

_BY_KEY = {spec.key: spec for spec in SETTINGS}


def spec_of(key: str) -> SettingSpec:
    """Return the setting of this key (dashes and capitals are forgiven); WrongValue lists all."""
    spec = _BY_KEY.get(key.strip().casefold().replace("-", "_"))
    if spec is None:
        raise WrongValue(
            f"There is no setting “{key}”.", "The settings are " + ", ".join(_BY_KEY) + "."
        )
    return spec


def changed(
    settings: Settings, changes: Mapping[str, str], tax_rates: Sequence[Decimal]
) -> Settings:
    """Return the settings with these changes, all of them or none.

    `tax_rates` are the percentages KashFlow has, empty when they were not synced yet: then any
    percentage is taken. Raises WrongValue for an unknown key or a value that cannot be.
    """
    values: dict[str, Any] = {}
    for key, text in changes.items():
        spec = spec_of(key)
        value = spec.parse(text)
        if spec.kind is SettingKind.TAX_CODE:
            _check_rate(value, tax_rates)
        values[spec.key] = value
    return msgspec.structs.replace(settings, **values)


def _check_rate(value: Decimal | None, tax_rates: Sequence[Decimal]) -> None:
    if value is None or value == NOT_APPLICABLE or not tax_rates or value in tax_rates:
        return
    known = ", ".join(show_tax_code(rate) for rate in sorted(set(tax_rates), reverse=True))
    raise WrongValue(
        f"KashFlow has no tax rate of {show_tax_code(value)} for this business.",
        f"It has {known}; n/a and none are possible too. Sync if it was added just now.",
    )
