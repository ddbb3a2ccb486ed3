"""Looking into a home loads nothing heavy."""

from __future__ import annotations

import pytest

import kfclient.store
from tests.store.processes import script


def test_neither_keyring_nor_cryptography_is_loaded_before_a_secret_is_needed() -> None:
    loaded = script(
        "import sys, tempfile, pathlib\n"
        "import kfclient.store as store\n"
        "assert 'tinydb' not in sys.modules\n"
        "home = store.Home(pathlib.Path(tempfile.mkdtemp()))\n"
        "home.state().table('x').insert({'n': 1}); home.close()\n"
        "store.start_logging(home)\n"
        "store.Secrets(home.root), store.ConnectionSecret('a', 'b'), store.BackendChoice\n"
        "print({name.partition('.')[0] for name in sys.modules})"
    )

    for heavy in ("keyring", "cryptography", "secretstorage", "zeep", "requests", "textual"):
        assert f"'{heavy}'" not in loaded


def test_every_public_name_resolves() -> None:
    for name in kfclient.store.__all__:
        assert getattr(kfclient.store, name) is not None
    with pytest.raises(AttributeError):
        _ = kfclient.store.nothing_of_the_kind
