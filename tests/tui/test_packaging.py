"""The wheel: what is in it, and that it starts from there alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kfclient import __version__
from tests.tui.kashdeck import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the pinned hatchling; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"tui", "screens", "kfclient", f"kashdeck-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or "test" in name.split("/")]


def test_the_wheel_holds_all_that_the_packages_read(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = [
        path.relative_to(ROOT).as_posix()
        for package in ("tui", "screens", "kfclient")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".tcss", ".wsdl", ".csv", ".typed"}
    ]
    for needed in ("kfclient/api/kashflow.wsdl", "tui/samples/costs.csv", "tui/app.tcss"):
        assert needed in data
    assert set(data) <= names


def test_it_is_the_command_kashdeck(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry = archive.read(f"kashdeck-{__version__}.dist-info/entry_points.txt").decode()
    assert "kashdeck = tui.cli:main" in entry


def test_it_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    code = (
        "import sys, tui.cli, kfclient.api; from kfclient.api import KashFlow, Credentials;"
        "KashFlow('http://127.0.0.1:9/x', Credentials('u', 'p'));"
        "sys.exit(tui.cli.main(['--version']) or not tui.__file__.startswith(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(wheel)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel), "KASHDECK_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"kashdeck {__version__}\n"), done.stderr
