"""The documents tell the truth: the quick start runs, the reference is of today, links lead on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import kfclient.api
from tests import reference
from tests.api.test_wsdl import OURS

GUIDE = Path(__file__).parents[2] / "docs" / "client.md"
ANEW = "run `python -m tests.reference`"


def quick_start() -> str:
    found = re.search(r"^## Quick start$.*?^```python\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    assert found is not None
    return found[1]


def test_the_quick_start_runs_as_it_stands(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", quick_start()],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(GUIDE.parents[1])},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("Invoice(invoice_dbid=")
    assert "net_amount=Decimal('9.9900'), vat_amount=Decimal('2.0000')" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_quick_start_is_short() -> None:
    lines = [line for line in quick_start().splitlines() if not line.startswith(("from", "import"))]
    assert len(lines) <= 10


def test_the_reference_is_what_the_docstrings_say_today() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), ANEW


def test_the_reference_has_every_operation_and_every_public_name() -> None:
    page = reference.page()
    for operation in OURS.actions:
        assert f"KashFlow's `{operation}`. " in page
    for name in kfclient.api.__all__:
        assert re.search(rf"(### |`|^## ){name}\b", page, re.M), name


def test_the_documents_links_lead_somewhere() -> None:
    for document in (GUIDE, reference.PAGE):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).is_file(), target
