"""What a SOAP contract is made of, and the short notation ours is written in.

The notation keeps to what the service's WSDL needs. A field is `Name` (a string that may be null),
`Name:kind` with `kind` an XML Schema scalar or the name of a type, or `Name1..20:kind` for a run.
`ArrayOfX` needs no declaration; `ArrayOfAnyType/X` says that our replies put `X` in it. A type
`Name(Base)` goes on where `Base` ends. An operation's request starts with the credentials, except
where its name ends with `!`; its response ends with Status and StatusDetail, except where its
result comes after `=` in place of `->`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NAMESPACE = "KashFlow"
NO_DATE = "0001-01-01T00:00:00"
ANY = "AnyType"

Record = dict[str, Any]
"""A record by KashFlow's element names; what is not there has its type's default."""

VALUE_DEFAULTS: dict[str, Any] = {
    "int": 0,
    "decimal": Decimal(0),
    "boolean": False,
    "dateTime": NO_DATE,
}
"""Non-nullable kinds, and what .NET makes of one that a request leaves out."""

TEXT_KINDS = frozenset({"string", "integer", "base64Binary"})
"""Kinds that .NET holds as a string, and so may be null or empty."""

_FIELD = re.compile(r"(?P<name>\w+?)(?:(?P<first>\d+)\.\.(?P<last>\d+))?(?::(?P<kind>[\w/]+))?")
_OPERATION = re.compile(
    r"(?P<name>\w+)(?P<open>!?)\((?P<asks>[^)]*)\)"
    r"(?: (?P<sign>->|=) (?P<result>\w+))?(?: \+ (?P<more>.+))?"
)


@dataclass(frozen=True, slots=True)
class Field:
    """One element of a type or message. `of` names what our replies put in an ArrayOfAnyType."""

    name: str
    kind: str
    of: str = ""

    @property
    def is_value(self) -> bool:
        """Whether the kind is a non-nullable value type: `minOccurs="1"` in the WSDL."""
        return self.kind in VALUE_DEFAULTS

    @property
    def is_text(self) -> bool:
        """Whether the kind is held as a string."""
        return self.kind in TEXT_KINDS

    @property
    def is_object(self) -> bool:
        """Whether the kind is a record or an array, null when it is left out."""
        return not (self.is_value or self.is_text)

    @property
    def item(self) -> str:
        """For an array, the name of the type of its items (`anyType` for ArrayOfAnyType)."""
        if not self.kind.startswith("ArrayOf"):
            return ""
        name = self.kind.removeprefix("ArrayOf")
        return "anyType" if name == ANY else name


_STATUS = (Field("Status", "string"), Field("StatusDetail", "string"))


@dataclass(frozen=True, slots=True)
class Type:
    """A complex type: a sequence of fields in the WSDL's order."""

    name: str
    fields: tuple[Field, ...]
    base: Type | None = None

    @property
    def own(self) -> tuple[Field, ...]:
        """The fields that its base does not have."""
        return self.fields[len(self.base.fields) :] if self.base else self.fields

    def lean(self, record: Record) -> Record:
        """Return the record without unknown fields and without fields at their default."""
        kept = ((f.name, record.get(f.name), VALUE_DEFAULTS.get(f.kind)) for f in self.fields)
        return {name: value for name, value, default in kept if value not in (None, default)}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: what its request holds, and what its response holds, in order."""

    name: str
    asks: tuple[Field, ...]
    result: Field | None
    more: tuple[Field, ...] = ()
    has_credentials: bool = True
    has_status: bool = True

    @property
    def action(self) -> str:
        """The SOAPAction, without quotes."""
        return f"{NAMESPACE}/{self.name}"

    @property
    def answers(self) -> tuple[Field, ...]:
        """The response's fields: result (if any), Status, StatusDetail, and what follows."""
        result = (self.result,) if self.result else ()
        return (*result, *(_STATUS if self.has_status else ()), *self.more)


def fields(notation: str) -> tuple[Field, ...]:
    """Parse `Name Name:kind Name1..20:kind ...`; raise ValueError at what is none of these."""
    parsed: list[Field] = []
    for word in notation.split():
        match = _FIELD.fullmatch(word)
        if match is None:
            raise ValueError(f"not a field: {word}")
        kind, _, of = (match["kind"] or "string").partition("/")
        if match["first"]:
            run = range(int(match["first"]), int(match["last"]) + 1)
            parsed += [Field(f"{match['name']}{number}", kind, of) for number in run]
        else:
            parsed.append(Field(match["name"], kind, of))
    return tuple(parsed)


def types(notation: str) -> dict[str, Type]:
    """Parse `Name: fields` blocks; indented lines go on with the type above."""
    declared: dict[str, Type] = {}
    for block in re.split(r"\n(?=\S)", notation.strip()):
        head, _, rest = block.partition(":")
        name, _, base = head.rstrip(")").partition("(")
        above = declared[base] if base else None
        declared[name] = Type(name, (above.fields if above else ()) + fields(rest), above)
    return declared


def operations(notation: str) -> dict[str, Operation]:
    """Parse lines `Name(fields) -> kind + fields`; raise ValueError at what is none."""
    declared: dict[str, Operation] = {}
    for line in notation.strip().splitlines():
        match = _OPERATION.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"not an operation: {line}")
        name = match["name"]
        result = fields(f"{name}Result:{match['result']}")[0] if match["result"] else None
        declared[name] = Operation(
            name,
            fields(match["asks"] if match["open"] else "UserName Password " + match["asks"]),
            result,
            fields(match["more"] or ""),
            has_credentials=not match["open"],
            has_status=match["sign"] != "=",
        )
    return declared
