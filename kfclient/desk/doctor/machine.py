"""The machine: versions, the terminal, the keyrings in use, and the businesses' servers.

No secret is fetched, and servers are asked only when wanted, without credentials.
"""

from __future__ import annotations

import codecs
import importlib.metadata
import os
import platform
import re
import ssl
import sys
from collections.abc import Iterable
from urllib.parse import urlsplit

from kfclient import __version__
from kfclient.dates import UNKNOWN_ZONE, unknown_zone
from kfclient.desk.doctor.report import Keyring, PartVersion, Scene, Server, Terminal, plain
from kfclient.errors import Problem
from kfclient.store.durable_files import is_shared
from kfclient.store.errors import NoKeyring, SecretsError
from kfclient.store.keyring_choice import ENCRYPTED_FILE, environment_notice
from kfclient.store.secrets import Secrets

_PARTS = ("textual", "zeep", "lxml", "requests", "tinydb", "keyring", "cryptography", "msgspec")
_SMALLEST = (80, 24)


def versions(scene: Scene) -> tuple[PartVersion, ...]:
    """Return the versions of the program, of what it is made with, and of the machine."""
    found = [PartVersion("kashdeck", __version__), PartVersion("python", platform.python_version())]
    for name in (*_PARTS, "orjson", "urllib3"):
        try:
            found.append(PartVersion(name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(PartVersion(name, ""))
            scene.mend(
                "part-missing",
                f"The Python package {name} is missing, so Kashdeck is not whole.",
                "Install Kashdeck again.",
            )
    found += [PartVersion("openssl", ssl.OPENSSL_VERSION), PartVersion("system", _system())]
    return tuple(found)


def terminal(scene: Scene) -> Terminal:
    """Return what the terminal is like."""
    columns, rows = _size()
    # Python's own: while the app is open, others stand in for them.
    given, shown = sys.__stdin__, sys.__stdout__
    seen = Terminal(
        term=plain(os.environ.get("TERM", "")),
        columns=columns,
        rows=rows,
        colours=_colours(),
        encoding=plain(shown.encoding if shown is not None else ""),
        interactive=all(stream is not None and stream.isatty() for stream in (given, shown)),
        ssh="SSH_CONNECTION" in os.environ,
        multiplexer="tmux" if "TMUX" in os.environ else "screen" if "STY" in os.environ else "",
    )
    if columns and (columns < _SMALLEST[0] or rows < _SMALLEST[1]):
        scene.note(
            "terminal-small",
            f"The terminal has {columns} columns and {rows} rows; the app wants 80 and 24.",
            "Make the window larger, or its letters smaller.",
        )
    if columns and seen.term in ("", "dumb", "unknown"):
        scene.note(
            "terminal-unknown",
            "TERM does not say what the terminal can do, so the app cannot open in it.",
            "Set TERM, for example: export TERM=xterm-256color",
        )
    if seen.encoding and not _is_utf8(seen.encoding):
        scene.note(
            "terminal-letters",
            "The terminal's letters are not UTF-8, so some names are shown with marks.",
            "Set a UTF-8 locale, for example: export LC_ALL=C.UTF-8",
        )
    if named := unknown_zone():
        scene.note(
            "zone-unknown",
            UNKNOWN_ZONE.format(plain(named)),
            "Set TZ to a name as in /usr/share/zoneinfo, for example: export TZ=Europe/London. On "
            "a system without these, install its package tzdata.",
        )
    return seen


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = platform.mac_ver()[0] and f"macOS {platform.mac_ver()[0]}"
    return f"{name or platform.system()} ({platform.system()} {platform.release()})"


def _size() -> tuple[int, int]:
    for descriptor in (1, 0, 2):
        try:
            size = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return size.columns, size.lines
    return 0, 0


def _colours() -> int:
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return 1 << 24
    try:
        import curses

        curses.setupterm(os.environ.get("TERM", "") or "unknown", 1)
        return max(curses.tigetnum("colors"), 0)
    except Exception:  # noqa: BLE001 - curses raises an error of its own, or is not there
        return 0


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


# Where secrets may be kept, and whether those that are in use can be used. None is fetched.


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
    from kfclient.store.keyring_choice import passphrase_from_file

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


# The businesses' servers, asked over the network: without credentials, and only when wanted.

_ADDRESS = re.compile(r"\(?\b\d{1,3}(\.\d{1,3}){3}\b(:\d+)?\)?|\[[0-9a-f:]+\](:\d+)?")


def servers(scene: Scene) -> tuple[Server, ...]:
    """Reach each business's server, and look at how its line is secured."""
    found = []
    for real, document in sorted(scene.businesses.items()):
        connection = scene.connections().get(real)
        if connection is None:
            continue
        name = scene.masks.business(real)
        endpoint = str(connection.get("endpoint", ""))
        authority = str((document.get("settings") or {}).get("certificate_authority") or "")
        try:
            sentence = _asked(endpoint, authority)
        except Problem as problem:
            told = masked(problem.sentence, endpoint)
            scene.mend(
                problem.code,
                f"The server of {name} cannot be used: {told}",
                masked(problem.cure, endpoint),
            )
            found.append(Server(name=name, sentence=told, reached=False))
        else:
            found.append(Server(name=name, sentence=sentence, reached=True))
    return tuple(found)


def _asked(endpoint: str, authority: str) -> str:
    from kfclient.api.probe import reach, secure

    reach(endpoint)
    version, _, certificate = secure(endpoint, authority=authority or None).partition(", ")
    _, _, until = certificate.rpartition("valid until ")
    return f"It answers; secure connection: {version}" + (
        f", certificate valid until {until}." if until else "."
    )


def masked(text: str, endpoint: str) -> str:
    """Return a text without the server's address."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    for real in (endpoint, parts.netloc, f"{host}:{parts.port}", host):
        if real:
            text = re.sub(re.escape(real), "its server", text, flags=re.IGNORECASE)
    return _ADDRESS.sub("(its address)", text)
