"""Importing the client costs nothing: zeep, lxml and requests load with the first call."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kfclient.api


@pytest.mark.parametrize(
    "statement",
    [
        "import kfclient.api",
        "import kfclient.api.records, kfclient.api.errors",
        "from kfclient.api import *",
        "from kfclient.api import probe",
        "from kfclient.api import KashFlow, Credentials as C; KashFlow('https://x', C('u', 'p'))",
    ],
)
def test_nothing_heavy_is_loaded_before_the_first_call(statement: str) -> None:
    heavy = ("zeep", "lxml", "requests", "urllib3", "ssl")
    program = f"{statement}\nimport sys\nprint([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("name", kfclient.api.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(kfclient.api, name).__name__ == name
    assert name in dir(kfclient.api)


def test_a_name_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = kfclient.api.Nonsense
