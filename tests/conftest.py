"""Fixtures that several folders of tests share; each test has its own of each.

`home` is an empty home folder and `desk` Anna's desk on it, with secrets in memory. `sandbox` is a
running server, `changer` one before it that changes replies, `draft` what connects to it,
`business` the id of a business on the desk. `connected_desk` is the desk with that business
connected, `synced_desk` with its lists synced too. `vendor_wsdl` is a file for whoever is made of
the vendor's WSDL.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kfclient.api import Limits
from kfclient.desk import Desk, Draft
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets, redact
from tests import contract
from tests.desk.reply_changer import ReplyChanger

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

for number in (signal.SIGINT, signal.SIGHUP):
    # Whoever is started in the background, or by nohup, has these ignored, and so have its
    # children; those that tests start must heed them as if a person had started them.
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

# The collector looks through all that lives each time, and here that is thousands of modules and
# tests: a fifth of the time that tests of the app take.
gc.set_threshold(50_000, 20, 100)

# What tests start is Kashdeck again and again: compiled once, not each time, also for whoever has
# Python keep nothing compiled elsewhere.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

QUICK = Limits(connect=60.0, silence=60.0, reading=60.0, writing=60.0, tries=1)
"""Limits for a server on this machine, with nothing tried twice; only a hang reaches them."""


def pytest_collection_finish() -> None:
    """Let the collector pass by what lives to the end: modules, and the tests themselves."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, a line a reason; pytest itself says it a line a test."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, number in sorted(reasons.items()):
        terminalreporter.write_line(f"{reason} ({number} test{'s'[: number > 1]})")


@pytest.fixture(autouse=True)
def _no_secrets_of_before() -> Iterator[None]:
    """Let no test look through its texts for the secrets of all that ran before it."""
    yield
    redact.__init__()  # type: ignore[misc]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an empty home folder of this test's own."""
    home = Home(tmp_path / "home")
    yield home
    home.close()


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    """Return Anna's desk on `home`; its secrets and connections end with the test."""
    desk = Desk(home, Secrets(home.root, memory=True), person="anna", limits=QUICK)
    yield desk
    desk.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a running sandbox, its books in memory, its address list empty."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def changer(sandbox: Sandbox) -> Iterator[ReplyChanger]:
    """Return what stands before the sandbox and changes its replies."""
    with ReplyChanger(sandbox) as changer:
        yield changer


@pytest.fixture
def draft(sandbox: Sandbox) -> Draft:
    """Return what a person types to connect to `sandbox`."""
    return Draft(
        software="sandbox",
        endpoint=sandbox.endpoint,
        username=sandbox.username,
        password=sandbox.password,
        autoauth_key=sandbox.autoauth_key,
    )


@pytest.fixture
def business(desk: Desk) -> str:
    """Return the id of a business that Anna has added; it is not connected yet."""
    return desk.businesses.add("Harbour Lane").id


@pytest.fixture
def connected_desk(desk: Desk, business: str, draft: Draft) -> Desk:
    """Return `desk` with `business` connected to `sandbox`."""
    desk.connecting.connect(business, draft)
    return desk


@pytest.fixture
def synced_desk(connected_desk: Desk, business: str) -> Desk:
    """Return `connected_desk` with the six lists synced."""
    assert not connected_desk.syncing.sync(business).failed
    return connected_desk


@pytest.fixture(scope="session")
def vendor_wsdl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a WSDL file that declares what the vendor's own does."""
    path = tmp_path_factory.mktemp("vendor") / "kashflow.wsdl"
    path.write_bytes(contract.vendor_wsdl())
    return path
