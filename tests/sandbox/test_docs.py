"""`docs/sandbox.md` tells all that the sandbox takes and chooses, in the code's own words."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import kfclient.sandbox
from kfclient.sandbox import faults
from kfclient.sandbox.account import NOT_FOUND, Switches
from kfclient.sandbox.contract import (
    EMPTY,
    OPERATIONS,
    operations,
)
from kfclient.sandbox.contract import (
    UNOFFERED_OPERATIONS as UNOFFERED,
)
from kfclient.sandbox.faults import EVENTS, KINDS, Trouble

DOCS = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(Switches)])
def test_every_switch_is_told_with_its_default(name: str) -> None:
    value = getattr(Switches(), name)
    told = {True: "true", False: "false", None: "null"}[value]
    assert f"| `{name}` | {told} |" in DOCS


@pytest.mark.parametrize("name", [*KINDS, *EVENTS, *NOT_FOUND, *faults._ACTS])
def test_every_word_is_told(name: str) -> None:
    assert f"`{name}`" in DOCS


def test_every_part_of_a_fault_is_told() -> None:
    assert all(f'"{field.name}"' in DOCS for field in fields(Trouble))


def test_the_choices_are_those_of_the_code() -> None:
    said = str(kfclient.sandbox.__doc__)
    assert said[said.index("\n- ") :].strip() in DOCS


def test_all_that_is_not_offered_is_named() -> None:
    missing = DOCS[DOCS.index("## What is missing") :]
    named = set(re.findall(r"`(\w+)`", missing)) & set(OPERATIONS)
    assert named - {"AttachFileToInvoice"} == set(operations(UNOFFERED))
    empty = missing[missing.index("lists are empty") : missing.index("The others answer")]
    assert set(re.findall(r"`(\w+)`", empty)) == EMPTY
