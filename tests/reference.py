"""Writes docs/client-reference.md from the client's own docstrings: `python -m tests.reference`.

A test compares the page with what this makes, so it cannot grow stale.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import get_args

import msgspec

from kfclient import api
from kfclient.api import (
    caller,
    client,
    document_operations,
    errors,
    list_operations,
    records,
)
from kfclient.api import (
    trace as traces,
)

PAGE = Path(__file__).parents[1] / "docs" / "client-reference.md"

_GROUPS: dict[str, type] = {
    "The account and its lists": list_operations.ListOperations,
    "Suppliers and customers": list_operations.Contacts,
    "Purchases": document_operations.Purchases,
    "Sales": document_operations.Sales,
    "Any other operation": client.Operations,
    "The client itself": caller.Caller,
}
_OPERATION = re.compile(r"\"((?:[A-Z]|is)[A-Za-z]+(?:_[A-Za-z]+)*)\"")


def page() -> str:
    """Return the reference page as Markdown."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    yield "# kfclient.api: reference\n"
    yield "Made from the docstrings by `make reference`; [client.md](client.md) shows its use.\n"
    yield "## KashFlow\n"
    yield f"```python\nKashFlow{_signature(api.KashFlow.__init__)}\n```\n"
    yield _doc(api.KashFlow)
    for title, group in _GROUPS.items():
        yield f"### {title}\n"
        if group is not caller.Caller:
            yield _doc(group)
        for name, function in vars(group).items():
            if isinstance(function, FunctionType) and not name.startswith("_"):
                yield from _method(name, function)
    yield "### Following a list\n"
    yield f"`**following` in a signature stands for these two. {_doc(caller.Following)}"
    yield "## Settings\n"
    for kind in (api.Credentials, api.Limits, traces.Traced):
        yield from _class(kind)
    yield "## Errors\n"
    yield f"```text\n{inspect.getdoc(errors)}\n```\n"
    outcomes = ", ".join(f"`Outcome.{one.name}`" for one in api.Outcome)
    yield f"`Outcome` is {outcomes}: {_doc(api.Outcome)}"
    yield from _errors()
    yield "## Records\n"
    yield f"{_plain(inspect.getdoc(records) or '')}\n"
    kinds = sorted(records.Record.__subclasses__(), key=lambda one: one.__name__)
    for record in kinds:
        yield from _record(record)
    yield from _record(api.ReceiptsPage)


def _method(name: str, function: FunctionType) -> Iterator[str]:
    named = _OPERATION.findall(inspect.getsource(function))
    theirs = [one for one in named if one.replace("_", "").casefold() == name.replace("_", "")]
    yield f"#### {name}\n"
    yield f"```python\n{name}{_signature(function)}\n```\n"
    yield (f"KashFlow's `{theirs[0]}`. " if theirs else "") + _doc(function)


def _class(kind: type) -> Iterator[str]:
    yield f"### {kind.__name__}\n"
    yield _doc(kind)
    yield "| field | type | default |\n|---|---|---|"
    for name, parameter in inspect.signature(kind).parameters.items():
        default = "" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        yield f"| `{name}` | `{_named(parameter.annotation)}` | {default} |"
    yield ""


def _errors() -> Iterator[str]:
    yield "| error | code | outcome | what to do, unless it says otherwise |\n|---|---|---|---|"
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.KashFlowError):
            row = (f"`{kind.__name__}`", f"`{kind.code}`", kind.outcome.value, kind.default_cure)
            yield f"| {' | '.join(row)} |"
    yield ""


def _record(kind: type[msgspec.Struct]) -> Iterator[str]:
    yield f"### {kind.__name__}\n"
    yield _doc(kind)
    yield "| field | KashFlow's name | type |\n|---|---|---|"
    record = issubclass(kind, records.Record)
    for field in records.kashflow_fields(kind) if record else msgspec.structs.fields(kind):
        theirs = f"`{field.encode_name}`" if field.encode_name != field.name else ""
        yield f"| `{field.name}` | {theirs} | `{_named(field.type)}` |"
    yield ""


def _signature(function: Callable[..., object]) -> str:
    """Return the signature as its author wrote it, but for what only tests give."""
    signature = inspect.signature(function)
    shown, star = [], False
    for one in signature.parameters.values():
        if one.name in ("self", "sleep"):
            continue
        if one.kind is one.KEYWORD_ONLY and not star:
            shown.append("*")
            star = True
        text = f"{one.name}: {one.annotation}"
        if one.kind is one.VAR_KEYWORD:
            text = "**following" if one.name == "following" else f"**{text}"
        shown.append(text if one.default is one.empty else f"{text} = {one.default!r}")
    returns = "" if function.__name__ == "__init__" else f" -> {signature.return_annotation}"
    return f"({', '.join(shown)}){returns}"


def _named(kind: object) -> str:
    """Return a type's name as a cell of a table."""
    text = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    return re.sub(r"\b\w+\.", "", text).replace("|", "\\|")


def _doc(thing: object) -> str:
    return f"{_plain(inspect.getdoc(thing) or '')}\n"


def _plain(text: str) -> str:
    """Join the lines of each paragraph; Markdown has no other use for them."""
    return "\n\n".join(" ".join(part.split("\n")) for part in text.split("\n\n"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
