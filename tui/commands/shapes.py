"""The shapes of `--json`, named in docs/commands.md and stable: fields are added, never changed.

Amounts are strings with two decimals, dates ISO, times UTC; what is missing is null.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kfclient.desk.items.exchange_rates import Booked, booked
from kfclient.desk.model.fields import ITEM_FIELDS, LINE_FIELDS, FieldSpec, InJson
from kfclient.desk.model.item import as_sent
from kfclient.money import ZERO, decimal_text
from tui.commands.status import problem_shape

if TYPE_CHECKING:
    from kfclient.desk.items.reference import ReferenceData
    from kfclient.desk.model.business import ProblemNote
    from kfclient.desk.model.item import Finding, Item, ItemLine, ItemState
    from kfclient.errors import Problem

Shape = dict[str, Any]

_ALWAYS = [spec for spec in ITEM_FIELDS.values() if spec.in_json is InJson.ALWAYS]
_IN_FULL = [spec for spec in ITEM_FIELDS.values() if spec.in_json is InJson.IN_FULL]


def item_shape(item: Item, state: ItemState, problem: Problem | ProblemNote | None = None) -> Shape:
    """Return an item as `items` and `publish` give it; what was sent, as it was sent."""
    unpaid = "" if item.sent_as is None else item.sent_as.unpaid
    item = as_sent(item)
    return {
        "id": item.id,
        "kind": item.kind.value,
        "state": state.value,
        **_told(item, _ALWAYS),
        "net": decimal_text(item.net),
        "vat": decimal_text(item.vat),
        "gross": decimal_text(item.gross),
        "number": item.number,
        "problem": problem_shape(problem or item.problem),
        "left": [
            {
                "step": step.step,
                "what": step.what,
                "unknown": step.unknown,
                "problem": problem_shape(step.problem),
            }
            for step in item.left
        ],
        "unpaid": unpaid or None,
    }


def item_in_full(item: Item, reference_data: ReferenceData) -> Shape:
    """Return what `item` gives beside the fields of `item_shape`."""
    item = as_sent(item)
    amounts = booked_shape(booked_of(item, reference_data), reference_data.home_currency)
    return {
        **_before("note", _told(item, _IN_FULL), booked=amounts),
        "published_at": item.published_at,
        "lines": [_line_shape(line) for line in item.lines],
    }


def booked_of(item: Item, reference_data: ReferenceData) -> Booked | None:
    """Return what KashFlow books for a foreign item in the books' currency, else None.

    While tax data is off it goes gross, without its VAT; what was sent was booked as it went.
    """
    item, rate = as_sent(item), item.exchange_rate
    if not reference_data.is_foreign(item) or not rate:
        return None
    goes = item.sent_as is not None or reference_data.settings.publish_tax_data
    vat = item.vat if goes else ZERO
    return booked(item.gross - vat, vat, rate)


def booked_shape(amounts: Booked | None, currency: str) -> Shape | None:
    """Return what a foreign document comes to in the books' currency; null for any other."""
    if amounts is None:
        return None
    return {
        "currency": currency,
        "net": decimal_text(amounts.net),
        "vat": decimal_text(amounts.vat),
        "gross": decimal_text(amounts.gross),
    }


def finding_shapes(findings: Iterable[Finding]) -> list[Shape]:
    """Return findings: what stops an item (`stop`) and what is only worth knowing (`warning`)."""
    return [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "sentence": finding.sentence,
            "cure": finding.cure or None,
            "field": finding.field or None,
            "key": finding.key or None,
            "value": finding.value or None,
        }
        for finding in findings
    ]


def _line_shape(line: ItemLine) -> Shape:
    told = _told(line, LINE_FIELDS.values())
    told = _before("vat", told, net=decimal_text(line.net))
    return _before("project", told, gross=decimal_text(line.gross))


def _told(one: Item | ItemLine, specs: Iterable[FieldSpec]) -> Shape:
    return {spec.name: spec.kind.json(getattr(one, spec.name)) for spec in specs}


def _before(field: str, shape: Shape, **more: Any) -> Shape:
    # What follows from other fields stands beside them, as it always has.
    pairs = list(shape.items())
    at = list(shape).index(field)
    return dict([*pairs[:at], *more.items(), *pairs[at:]])
