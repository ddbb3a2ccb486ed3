"""The checks that a connection must pass, live: each is reported as it begins, passes or fails.

Also the cures for what goes wrong with connecting and syncing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    InsecureConnection,
    NotKashFlow,
    Refused,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    RequestFault,
    ServerTrouble,
    WrongCredentials,
)
from kfclient.cancel import Cancel
from kfclient.desk.business.company import check_same_company, read_company
from kfclient.desk.business.sessions import APP_NAME
from kfclient.desk.events import CheckFailed, CheckPassed, CheckStarted, Listener
from kfclient.desk.model.business import Company
from kfclient.desk.model.draft import Draft
from kfclient.errors import Cancelled, Problem
from kfclient.threads import waited_for

if TYPE_CHECKING:
    from kfclient.api import KashFlow


# What to do next when connecting or syncing went wrong, where trying again is always safe.

_CURES: dict[type[Problem], str] = {
    NotKashFlow: "Check the server's address. If it is right, this network may want you to sign in "
    "first, or KashFlow may be closed for maintenance: try again later.",
    ServerTrouble: "Try again in a few minutes; KashFlow may be closed for maintenance.",
    ReplyTooSlow: "Try again later, when KashFlow or the line is less busy.",
    ReplyLost: "Try again; if it stays so, look at this machine's network.",
    ReplyBroken: "Try again; if it stays so, KashFlow or something on the way damages its replies: "
    "--trace FILE with the command writes down what came.",
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


T = TypeVar("T")


class Check(msgspec.Struct, frozen=True):
    """One check: the id that events name, and its line on the screen."""

    id: str
    title: str


CHECKS: tuple[Check, ...] = (
    Check("reach", "Reach the server"),
    Check("tls", "Secure connection"),
    Check("soap", "SOAP API answers"),
    Check("login", "Username and password accepted"),
    Check("address", "This machine's address authorised"),
    Check("company", "Company details read"),
)

_IDS = tuple(check.id for check in CHECKS)

# One answer of KashFlow's settles several checks: which one a problem is about, and which of the
# steps in KashFlow cures it.
_CHECK_OF: tuple[tuple[type[Problem], str], ...] = (
    (WrongCredentials, "login"),
    (ApiDisabled, "soap"),
    (AutoAuthRefused, "address"),
    (AddressNotListed, "address"),
)
_STEP_OF: tuple[tuple[type[Problem], str], ...] = (
    (WrongCredentials, "username"),
    (ApiDisabled, "soap"),
    (AutoAuthRefused, "key"),
    (AddressNotListed, "autoauth"),
)


def step_for(problem: Problem) -> str:
    """Return the id of the step in KashFlow that cures the problem, "" when none does."""
    return _first(_STEP_OF, problem, "")


class _Progress:
    """Says where the checks stand: in their order, each begun before it passes or fails."""

    def __init__(self, business: str, listener: Listener, cancel: Cancel) -> None:
        self._business = business
        self._tell = listener
        self._cancel = cancel
        self._running = 0
        self._otherwise = _IDS[0]

    def begin(self, check: str, *, otherwise: str = "") -> None:
        """Begin a check; a problem that is about no check in particular fails `otherwise`."""
        self._cancel.check()
        self._running = _IDS.index(check)
        self._otherwise = otherwise or check
        self._tell(CheckStarted(business=self._business, check=check))

    def wait(self, work: Callable[[], T]) -> T:
        """Do what the check that has begun does; Cancelled as soon as that is asked."""
        return waited_for(work, self._cancel)

    def passed(self, detail: str) -> None:
        check = _IDS[self._running]
        self._tell(CheckPassed(business=self._business, check=check, detail=detail))

    def failed(self, problem: Problem) -> None:
        """Fail the check that the problem is about, passing those that its answer proves."""
        check = _first(_CHECK_OF, problem, self._otherwise)
        while self._running < _IDS.index(check):
            self.passed("")
            self._running += 1
            self._tell(CheckStarted(business=self._business, check=_IDS[self._running]))
        self._tell(
            CheckFailed(
                business=self._business, check=check, problem=problem, step=step_for(problem)
            )
        )


def run_checks(
    business: str,
    draft: Draft,
    kashflow: KashFlow,
    expected: Company | None,
    listener: Listener,
    cancel: Cancel | None,
    authority: str | None = None,
) -> Company:
    """Run every check in order and return the company whose books these are.

    `expected` is the company that it has to be, None when any will do: OtherCompany. `authority`
    is a PEM file of an authority to trust besides the usual ones.

    AutoAuthIP is the first call with credentials, because it alone may be made from an address
    that is not listed yet; its answer tells a switched-off API, a wrong password and a wrong key
    apart. The problem that a check failed with is raised after its CheckFailed.
    """
    from kfclient.api import probe  # requests is slow to load

    progress = _Progress(business, listener, cancel or Cancel())
    with _told(progress):
        progress.begin("reach")
        progress.passed(progress.wait(lambda: probe.reach(draft.endpoint)))
        progress.begin("tls")
        progress.passed(progress.wait(lambda: probe.secure(draft.endpoint, authority=authority)))
        progress.begin("soap")
        answers = progress.wait(lambda: probe.answers(draft.endpoint, authority=authority))
        listed = progress.wait(lambda: _authorise(kashflow, draft.autoauth_key))
        progress.passed(answers)
        progress.begin("login")
        progress.passed(f"as {draft.username}")
        # Whether the address really is let in, the first call that needs it tells.
        progress.begin("address", otherwise="company")
        company = progress.wait(lambda: read_company(kashflow))
        progress.passed(listed)
        progress.begin("company")
        if expected is not None:
            check_same_company(expected, company)
        progress.passed(company.name)
    return company


def _authorise(kashflow: KashFlow, autoauth_key: str) -> str:
    try:
        kashflow.auto_auth_ip(APP_NAME, autoauth_key)
    except RequestFault:  # other makers' servers may not know it: the next call tells
        return "this server keeps no list of addresses"
    return f"listed in KashFlow as {APP_NAME}"


@contextmanager
def _told(progress: _Progress) -> Iterator[None]:
    try:
        yield
    except Cancelled:
        raise
    except Problem as problem:
        progress.failed(with_cure(problem))
        raise


def _first(table: tuple[tuple[type[Problem], str], ...], problem: Problem, otherwise: str) -> str:
    return next((found for kind, found in table if isinstance(problem, kind)), otherwise)
