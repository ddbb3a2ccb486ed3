"""Where node is, and its `soap` package: beside the project, or where the environment says."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def environment() -> dict[str, str]:
    """Return what node is started with: `KASHDECK_NODE_MODULES` is looked in as well."""
    paths = (os.environ.get("KASHDECK_NODE_MODULES"), os.environ.get("NODE_PATH"))
    return {"NODE_PATH": os.pathsep.join(filter(None, paths))}


@cache
def node() -> str:
    """Return the path of a node that finds `soap`; skips, and says so, where there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("NOT TESTED with node's soap: there is no node on the PATH")
    done = subprocess.run(
        [found, "-e", "require.resolve('soap')"],
        cwd=HERE,
        capture_output=True,
        check=False,
        env={**os.environ, **environment()},
    )
    if done.returncode:
        pytest.skip(
            "NOT TESTED with node's soap: the package is not found "
            "(npm install --no-save soap, or set KASHDECK_NODE_MODULES)"
        )
    return found
