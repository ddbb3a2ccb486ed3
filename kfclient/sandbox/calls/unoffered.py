"""Operations that are only declared: an empty list where that is true, else an honest NO."""

from __future__ import annotations

from functools import partial

from kfclient.sandbox import unoffered
from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.calls.lists import Answer
from kfclient.sandbox.schema import Record, operations


def _nothing(_account: Account, _asks: Record) -> Reply:
    return Reply([])


def _refused(name: str, _account: Account, _asks: Record) -> Reply:
    raise Refusal(f"{name} is not offered by this sandbox")


ANSWERS: dict[str, Answer] = {
    name: _nothing if name in unoffered.EMPTY else partial(_refused, name)
    for name in operations(unoffered.OPERATIONS)
}
