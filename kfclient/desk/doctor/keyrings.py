"""Where secrets may be kept, and whether those that are in use can be used. None is fetched."""

from __future__ import annotations

import os
from collections.abc import Iterable

from kfclient.desk.doctor.report import Keyring
from kfclient.desk.doctor.scene import Scene
from kfclient.store.backends import ENCRYPTED_FILE, environment_notice
from kfclient.store.errors import NoKeyring, SecretsError
from kfclient.store.files import is_shared
from kfclient.store.secrets import Secrets


def keyrings(scene: Scene) -> tuple[Keyring, ...]:
    """Return the places, asking each whether it can be used here."""
    users: dict[str, list[str]] = {}
    for real, connection in scene.connections().items():
        place = str(connection.get("secrets_in", ""))
        users.setdefault(place, []).append(scene.masks.business(real))
    choices = Secrets(scene.root).choices()
    found = [
        Keyring(
            id=choice.id,
            title=choice.title,
            usable=choice.usable,
            why_not=choice.why_not,
            used_by=tuple(sorted(users.get(choice.id, []))),
        )
        for choice in choices
    ]
    for keyring in found:
        if keyring.used_by and not keyring.usable:
            scene.mend(
                "keyring-unusable",
                f"The password of {_listed(keyring.used_by)} is in a place that cannot be used in "
                f"this session: {keyring.title}. {keyring.why_not}",
                "Start Kashdeck where it can be used, or reconnect and choose another place.",
            )
    elsewhere = {
        one for place, names in users.items() if place not in {k.id for k in found} for one in names
    }
    if elsewhere:
        scene.mend(
            "keyring-elsewhere",
            f"The password of {_listed(sorted(elsewhere))} is in a place that is not on this "
            "machine.",
            NoKeyring.default_cure,
        )
    if scene.is_open:
        _check_shared(scene, found)
        _check_encrypted_file(scene, ENCRYPTED_FILE in users)
    _check_environment(scene)
    return tuple(found)


def _check_shared(scene: Scene, found: list[Keyring]) -> None:
    own = sorted(
        name for keyring in found if keyring.id != ENCRYPTED_FILE for name in keyring.used_by
    )
    if own and is_shared(scene.root):
        scene.note(
            "keyring-of-one",
            f"The home is shared, but only who connected {_listed(own)} can fetch the password.",
            "Keep it where all of you can: kashdeck keyring NAME encrypted-file",
        )


def _check_encrypted_file(scene: Scene, in_use: bool) -> None:
    from kfclient.store.encrypted_file import EncryptedFile

    file = EncryptedFile(scene.root / "secrets.json")
    try:
        missing = file.is_new
        _ = file.is_locked  # reads and checks it
    except SecretsError as problem:
        scene.mend(
            problem.code,
            "The encrypted file with the passwords cannot be used: it was changed, or may not be "
            "read.",
            problem.default_cure,
        )
        return
    if in_use and missing:
        scene.mend(
            "secrets-missing",
            "The encrypted file with the passwords is not there any more.",
            "Put it back from a backup of the machine, or reconnect the businesses.",
        )


def _check_environment(scene: Scene) -> None:
    from kfclient.store.errors import PassphraseFileRefused
    from kfclient.store.passphrase_file import passphrase_from_file

    if environment_notice():
        scene.note(
            "keyring-refused",
            "The environment asks for a keyring that Kashdeck does not trust; it is not used.",
            "Unset PYTHON_KEYRING_BACKEND if nothing else needs it.",
        )
    if not os.environ.get("KASHDECK_PASSPHRASE_FILE"):
        return
    try:
        passphrase_from_file()
    except PassphraseFileRefused as problem:
        scene.mend(
            problem.code,
            "The file that KASHDECK_PASSPHRASE_FILE names cannot be used: it is not there, empty, "
            "or can be read by others.",
            "Check the name, and close the file to others: chmod 600",
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
