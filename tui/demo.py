"""The demo: a practice KashFlow in this process, a home of its own, and sample items to publish."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from kfclient.desk.desk import Desk
from kfclient.desk.errors import BusinessUnknown
from kfclient.desk.model.business import Business
from kfclient.sandbox import Sandbox
from kfclient.store.log import start_logging, stop_logging
from kfclient.store.paths import expanded
from screens.services import DemoCredentials

BUSINESS = "Harbour Lane Trading"
SAMPLES = ("costs.csv", "sales.csv")
"""Our own files in the two formats that can be imported, shipped with the package."""


def run_demo(keep: Path | None = None) -> None:
    """Open the app on the demo, and throw everything away when it closes unless told to keep it."""
    from tui.app import run

    with prepared(keep) as (desk, credentials):

        def farewell() -> None:
            if keep is None:
                shutil.rmtree(desk.home.root.parent, ignore_errors=True)

        run(desk, demo=credentials, farewell=farewell)


@contextmanager
def prepared(keep: Path | None = None) -> Iterator[tuple[Desk, DemoCredentials]]:
    """Yield a desk with a business that has items and no connection, and what connects it.

    The sandbox runs meanwhile, on a free port. With `keep` its books and the home stay in that
    folder and are gone on with next time; the connection is not, for its secrets were in memory.
    """
    with _folder(keep) as folder, Sandbox(folder / "sandbox") as sandbox:
        desk = Desk.open(folder / "home", memory_secrets=True)
        start_logging(desk.home)
        try:
            _fill(desk)
            yield (
                desk,
                DemoCredentials(
                    endpoint=sandbox.endpoint,
                    username=sandbox.username,
                    password=sandbox.password,
                    autoauth_key=sandbox.autoauth_key,
                ),
            )
        finally:
            desk.close()
            stop_logging()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield expanded(keep)
        return
    with tempfile.TemporaryDirectory(prefix="kashdeck-demo-") as folder:
        yield Path(folder)


def _fill(desk: Desk) -> Business:
    """Add the business with its sample items; one that was kept is disconnected instead."""
    try:
        business = desk.businesses.find(BUSINESS)
    except BusinessUnknown:
        business = desk.businesses.add(BUSINESS)
        for name in SAMPLES:
            with as_file(files("tui") / "samples" / name) as path:
                desk.importing.import_file(business.id, path)
        return business
    if business.connection is not None:
        desk.connecting.disconnect(business.id)
    return business
