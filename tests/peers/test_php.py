"""PHP's own SoapClient: what most of KashFlow's integrations of old are written with."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.peers.journey import Journey

PROGRAM = Path(__file__).with_name("client.php")


@cache
def php() -> str:
    """Return the path of a PHP with SOAP; skips, and says so, where there is none."""
    found = shutil.which("php")
    if found is None:
        pytest.skip("NOT TESTED with PHP's SoapClient: there is no php on the PATH")
    modules = subprocess.run([found, "-m"], capture_output=True, text=True, check=True).stdout
    if "soap" not in modules.split():
        pytest.skip("NOT TESTED with PHP's SoapClient: this php has no soap extension")
    return found


@pytest.mark.parametrize("version", ["11", "12"])
def test_php_goes_the_whole_way(journey: Journey, version: str) -> None:
    journey.check(journey.run(php(), str(PROGRAM), version), "php")
