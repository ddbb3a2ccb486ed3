"""What to do next when connecting or syncing went wrong, where trying again is always safe."""

from __future__ import annotations

from kfclient.api.errors import (
    InsecureConnection,
    NotKashFlow,
    Refused,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    ServerTrouble,
)
from kfclient.errors import Problem

_CURES: dict[type[Problem], str] = {
    NotKashFlow: "Check the server's address. If it is right, this network may want you to sign in "
    "first, or KashFlow may be closed for maintenance: try again later.",
    ServerTrouble: "Try again in a few minutes; KashFlow may be closed for maintenance.",
    ReplyTooSlow: "Try again later, when KashFlow or the line is less busy.",
    ReplyLost: "Try again; if it stays so, look at this machine's network.",
    ReplyBroken: "Try again; if it stays so, something on the way to KashFlow damages replies: try "
    "from another network.",
}
_AUTHORITY = (
    "If its certificate comes from an authority of your own, name that in Settings under "
    "Certificate authority."
)
_REFUSED = (
    "Mend in KashFlow what it says, then try again; the account's administrator or its accountant "
    "may have to."
)


def with_cure(problem: Problem) -> Problem:
    """Give the problem of a reading call the cure that fits it, and return it.

    Errors of the api speak of looking in KashFlow before sending again, which is for documents.
    """
    cure = _CURES.get(type(problem))
    if cure is not None:
        problem.cure = cure
    elif isinstance(problem, InsecureConnection) and "certificate" in problem.sentence:
        problem.cure = f"{problem.cure} {_AUTHORITY}"
    elif isinstance(problem, Refused) and not problem.cure:
        problem.cure = _REFUSED
    return problem
