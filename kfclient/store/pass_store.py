"""Secrets in `pass`, the standard Unix password manager, through its own program.

The secret goes through standard input and output, never into an argument, and is one line, for
`pass` shows some tools the first line alone. gpg is told not to ask anything: it would paint over
the screen. Where it has to ask, `PromptNeeded` says so, and `prompt` lets it have the terminal.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from kfclient.store.errors import KeyringTrouble, PromptNeeded
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAM = "pass"
_QUIETLY = "--batch --pinentry-mode error"
_SECONDS = 9.0


def why_not() -> str:
    """Return why `pass` cannot be used here, "" where it can."""
    if shutil.which(_PROGRAM) is None:
        return "The program pass is not installed."
    if os.environ.get("PASSWORD_STORE_KEY"):
        return ""
    with contextlib.suppress(OSError):
        if (_store() / ".gpg-id").read_bytes().strip():
            return ""
    return "pass has no store yet; make one with: pass init YOUR-GPG-KEY"


class PassStore(KeyringBackend):
    """A keyring in the person's own `pass` store; an entry is `kashdeck/<business>` there.

    Raises `PromptNeeded` while gpg's agent does not hold the passphrase, `KeyringTrouble` for
    whatever else `pass` and gpg have to say.
    """

    # Never keyring's own choice: it takes the highest of those above zero.
    priority = 0.0

    def __init__(self) -> None:
        # Not the parent's: it takes attributes from KEYRING_PROPERTY_* of the environment.
        pass

    @property
    def keeps_history(self) -> bool:
        """Whether the store is under git, which keeps what is removed, encrypted as it was."""
        return (_store() / ".git").exists()

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret, None where there is none."""
        entry = _entry(service, username)
        if not _file(entry).is_file():
            return None
        ended = _run("show", entry)
        if ended.returncode:
            # gpg gives the same answer for an agent that would have to ask and for a lost key.
            raise PromptNeeded(
                "pass cannot open its entry before gpg has asked for its passphrase.",
                f"Type it once on this machine's terminal: pass show '{entry}' >/dev/null",
            )
        return ended.stdout

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the secret, in the place of an older one."""
        _told(_run("insert", "--multiline", "--force", _entry(service, username), given=password))

    def delete_password(self, service: str, username: str) -> None:
        """Forget the secret; raises PasswordDeleteError where there is none."""
        entry = _entry(service, username)
        if not _file(entry).is_file():
            raise PasswordDeleteError("nothing is kept")
        _told(_run("rm", "--force", entry))

    def is_locked(self, service: str) -> bool:
        """Whether gpg would have to ask before an entry can be read; False while there is none."""
        entry = _any_entry(service)
        return entry is not None and _run("show", entry).returncode != 0

    def prompt(self, service: str) -> None:
        """Let gpg ask for its passphrase on the terminal, which must be free for it.

        What it opens is shown nowhere. Raises `KeyringTrouble` where it stays closed.
        """
        entry = _any_entry(service)
        if entry is None:
            return
        if not _asked(entry):
            raise KeyringTrouble(
                "gpg did not open the entry in pass: the passphrase was not given, or the key is "
                "not on this machine.",
                "Try again, or reconnect and choose another place.",
            )
        if self.is_locked(service):
            raise KeyringTrouble(
                "gpg opened the entry in pass, and forgot its passphrase at once.",
                "Let gpg's agent remember it for a while (default-cache-ttl in gpg-agent.conf), or "
                "reconnect and choose another place.",
            )


def _store() -> Path:
    named = os.environ.get("PASSWORD_STORE_DIR", "")
    return Path(named) if named else Path.home() / ".password-store"


def _entry(service: str, username: str) -> str:
    return "/".join(quote(part, safe=" ()") for part in (service, username))


def _file(entry: str) -> Path:
    return _store() / f"{entry}.gpg"


def _any_entry(service: str) -> str | None:
    found = sorted((_store() / quote(service, safe=" ()")).glob("*.gpg"))
    return str(found[0].relative_to(_store()).with_suffix("")) if found else None


def _run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run `pass` without a terminal, so that nothing it starts can ask or paint."""
    try:
        return subprocess.run(  # noqa: S603 - a fixed program, words of ours
            [_PROGRAM, *words],
            input=given,
            capture_output=True,
            encoding="utf-8",
            env=_environment(ask=False),
            timeout=_SECONDS,
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        # Not chained: what it was given, and what it had said by then, is in the error.
        reason = getattr(error, "strerror", None) or type(error).__name__
    raise KeyringTrouble(f"pass could not be used: {reason}.")


def _asked(entry: str) -> bool:
    """Let gpg ask on this terminal; whether it opened the entry, which is shown nowhere."""
    with _interrupts_ignored():
        try:
            # In a session of its own: Ctrl-C would end gpg, and leave its question on the screen.
            ended = subprocess.run(  # noqa: S603 - a fixed program, an entry of ours
                [_PROGRAM, "show", entry],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(ask=True),
                start_new_session=True,
                check=False,
            )
        except OSError:
            return False
    return ended.returncode == 0


def _told(ended: subprocess.CompletedProcess[str]) -> None:
    """Raise what `pass` said when it failed; what it wrote to standard output is never repeated."""
    if ended.returncode:
        said = redact.clean(ended.stderr).strip().splitlines()
        raise KeyringTrouble(f"pass failed: {said[-1] if said else f'code {ended.returncode}'}")


def _environment(*, ask: bool) -> dict[str, str]:
    environment = dict(os.environ)
    if ask:
        with contextlib.suppress(OSError):
            environment["GPG_TTY"] = os.ttyname(0)
    else:
        options = environment.get("PASSWORD_STORE_GPG_OPTS", "")
        environment["PASSWORD_STORE_GPG_OPTS"] = f"{options} {_QUIETLY}".strip()
        environment.pop("GPG_TTY", None)
        environment.pop("DISPLAY", None)
        environment.pop("WAYLAND_DISPLAY", None)
    return environment


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let Ctrl-C end nothing: the question has a way out of its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
