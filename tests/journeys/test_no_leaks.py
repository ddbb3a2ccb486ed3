"""The password, the key and the passphrase are nowhere: known ones are planted and looked for.

Everything is driven, crashes included: commands against a server that repeats what it was sent, the
app on a real terminal, a kill in the middle, an app that falls over with what was typed at hand.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from kfclient.desk import Desk, Draft
from kfclient.sandbox import Sandbox
from kfclient.store.errors import SecretNeeded
from screens.connect_credentials import ConnectCredentialsScreen
from screens.passphrase import PassphraseScreen, SecretNeededScreen
from tests.journeys.leaks import (
    PASSPHRASE,
    PASSWORD,
    PYTHON,
    TMUX,
    WRONG,
    Echo,
    Eyes,
    Search,
    Tmux,
    forms,
    tmux,
)
from tests.journeys.test_connect import to_credentials
from tests.journeys.walk import walking
from tests.slow import slow_replies
from tests.tui.kashdeck import COSTS, NAME, ROOT, Kashdeck
from tests.waiting import until

needs_tmux = pytest.mark.skipif(
    TMUX is None, reason="the scrollback of a real terminal is NOT searched: tmux is needed"
)
needs_proc = pytest.mark.skipif(
    sys.platform != "linux", reason="what others see of a process is NOT looked at: /proc is needed"
)


@pytest.fixture
def guarded(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose password is one that every format has to spell otherwise."""
    sandbox.account.switch(separate_api_password=PASSWORD)
    return sandbox


@pytest.fixture
def search(guarded: Sandbox) -> Search:
    return Search(PASSWORD, PASSPHRASE, WRONG, guarded.autoauth_key)


@pytest.fixture
def kashdeck(tmp_path: Path, guarded: Sandbox) -> Iterator[Kashdeck]:
    """The command, its passphrase in a file outside the home."""
    kashdeck = Kashdeck(tmp_path, guarded)
    Path(kashdeck.environment["KASHDECK_PASSPHRASE_FILE"]).write_text(PASSPHRASE, "utf-8")
    kashdeck.environment["PYTHONUTF8"] = "1"
    yield kashdeck
    kashdeck.run("lock")


def both(password: str, key: str) -> str:
    return f"{password}\n{key}\n"


def test_the_search_would_find_one() -> None:
    """Every spelling is found, so that finding none means something."""
    for number, form in enumerate(forms(PASSWORD)):
        search = Search(PASSWORD)
        search.add("somewhere", b"before" + form + b"after")
        assert search.leaks(), number
    search = Search(PASSWORD)
    search.add("somewhere", "nothing of the kind; ••••••••")
    assert not search.leaks()


def test_commands_leak_nothing_whatever_the_server_says(
    kashdeck: Kashdeck,
    guarded: Sandbox,
    search: Search,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Each kind of work is a process once; whatever else the server says is told here."""
    trace = tmp_path / "home" / "trace.xml"
    key = guarded.autoauth_key
    kashdeck.make_cheap_file()
    with Echo(guarded.endpoint) as echo:
        words = ("--endpoint", echo.endpoint, "--username", guarded.username, "--secrets-stdin")
        where = ("--secrets-in", "encrypted-file", "--trace", str(trace))
        wrong = kashdeck.process("connect", NAME, *words, *where, stdin=both(WRONG, key))
        assert wrong.code == 2
        for way in Echo.WAYS:
            echo.way = way
            more = ("--json",) if way == "fault" else ()
            told = kashdeck.run("connect", NAME, *words, *where, *more, stdin=both(PASSWORD, key))
            assert told.code == 2, way
        echo.way = ""
        assert (
            kashdeck.process("connect", NAME, *words, *where, stdin=both(PASSWORD, key)).code == 0
        )
        kashdeck.run("import", NAME, COSTS)
        echo.way = "page"
        assert kashdeck.process("sync", NAME, "--trace", str(trace), "--json").code == 1
        echo.way = "fault"
        kashdeck.process("publish", NAME, "1", "2", "--yes", "--trace", str(trace))
        echo.way = ""
        kashdeck.process("reconnect", NAME, "--secrets-stdin", stdin=both(WRONG, key))
        kashdeck.process("resolve", NAME, "--trace", str(trace))
        kashdeck.run("publish", NAME, "3", "--dry-run", "--body")
        assert kashdeck.process("keyring", NAME, "ask").code == 0
        assert kashdeck.process("sync", NAME, "--secrets-stdin", stdin=WRONG).code == 1
        assert kashdeck.json("sync", NAME, "--secrets-stdin", stdin=PASSWORD)["syncs"]
        move = ("keyring", NAME, "encrypted-file", "--secrets-stdin")
        assert kashdeck.run(*move, stdin=both(PASSWORD, key)).code == 0
    for command in (("audit", NAME, "--json"), ("doctor",), ("status", NAME)):
        assert kashdeck.run(*command).out
    backup = tmp_path / "home" / "all.backup"
    assert kashdeck.process("backup", str(backup)).code == 0
    elsewhere = kashdeck.environment["KASHDECK_HOME"] = str(tmp_path / "elsewhere")
    assert kashdeck.process("restore", str(backup), "--yes").code == 0
    kashdeck.environment["KASHDECK_HOME"] = str(kashdeck.home)

    assert trace.stat().st_size > 10_000
    assert b"AutoAuthIP" in trace.read_bytes(), "the trace has what was sent"
    search.add("what commands wrote", kashdeck.written)
    for stream in capfdbinary.readouterr():
        search.add("what they wrote beside their streams", stream)
    for folder in (kashdeck.home, Path(elsewhere)):
        search.add_folder(folder)
    assert search.leaks() == []


CRASHES = {
    "with what it had at hand": "raise RuntimeError('it fell over')",
    "with the password in its words": "raise RuntimeError(f'it fell over with {held!r} or {held}')",
    "in a lane": "self.services.ask(lambda: 1 / (len(held) - len(held)), print)",
}

CRASHING = """
import sys
from screens import connect_checks
def run_checks(self):
    held, key = self.draft.password, self.draft.autoauth_key
    event = [held, key]
    {crash}
connect_checks.ConnectChecksScreen.run_checks = run_checks
from tui.cli import main
sys.exit(main([]))
"""


@needs_tmux
@needs_proc
def test_the_app_on_a_real_terminal_leaves_nothing_behind(
    kashdeck: Kashdeck, guarded: Sandbox, search: Search, tmp_path: Path
) -> None:
    del kashdeck.environment["KASHDECK_PASSPHRASE_FILE"]
    eyes = Eyes(search)
    with app_in_tmux(kashdeck, tmp_path, "-m tui") as terminal, eyes.on(terminal.pid):
        type_credentials(terminal, guarded)
        search.add("the screen with the credentials", terminal.all())
        terminal.run("send-keys", "F5")
        terminal.until("Where shall")
        terminal.run("send-keys", "Enter")
        for title in ("Choose a passphrase", "The same passphrase again"):
            terminal.until(title)
            terminal.type(PASSPHRASE, "Enter")
        terminal.until("is connected")
        terminal.run("send-keys", "Enter")
        terminal.until("Done: all 6 lists")
        (app,) = children_of(terminal.pid)
        limits = Path(f"/proc/{app}/limits").read_text()
        search.add("while it ran", terminal.all())
        terminal.run("send-keys", "C-q")
        terminal.until("ended with 0")
        search.add("when it was over", terminal.all())

    assert "Max core file size 0 0 bytes" in " ".join(limits.split())
    assert eyes.looks > 20
    assert len([where for where in search.seen if "cmdline" in where]) >= 2
    assert len([where for where in search.seen if "environ" in where]) >= 1
    search.add_folder(kashdeck.home)
    assert search.leaks() == []


@needs_tmux
@pytest.mark.parametrize("crash", CRASHES)
def test_an_app_that_falls_over_tells_nothing(
    kashdeck: Kashdeck, guarded: Sandbox, search: Search, tmp_path: Path, crash: str
) -> None:
    kashdeck.run("connect", NAME, "--username", "x", "--secrets-stdin", stdin=both(WRONG, "1234"))
    (tmp_path / "crash.py").write_text(CRASHING.replace("{crash}", CRASHES[crash]))
    with app_in_tmux(kashdeck, tmp_path, str(tmp_path / "crash.py")) as terminal:
        type_credentials(terminal, guarded)
        terminal.run("send-keys", "F5")
        terminal.until("Where shall")
        terminal.run("send-keys", "Enter")
        if crash == "in a lane":
            terminal.until("Something went wrong inside")
            terminal.run("send-keys", "C-q")
            terminal.until("ended with 0")
        else:
            terminal.until("ended with 2")
            assert "did not foresee (RuntimeError)" in " ".join(terminal.all().split())
        search.add("the terminal", terminal.all())
    log = (kashdeck.home / "kashdeck.log").read_text()
    assert "it fell over" in log or "ZeroDivisionError" in log
    search.add_folder(kashdeck.home)
    assert search.leaks() == []


def app_in_tmux(kashdeck: Kashdeck, folder: Path, python: str) -> AbstractContextManager[Tmux]:
    """Open the app in a tmux; when it has ended, its exit code is said."""
    environment = {
        name: value for name, value in kashdeck.environment.items() if os.environ.get(name) != value
    }
    environment |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "PS1": "$ ", "HISTFILE": ""}
    return tmux(folder, f"cd {ROOT}; {PYTHON} {python}; echo ended with $?", **environment)


def type_credentials(terminal: Tmux, sandbox: Sandbox) -> None:
    """Add a business, go on to the sandbox's credentials, and type them."""
    ways = (
        ("Add your first", ("a",)),
        ("The name you know it by", (*NAME.replace(" ", "-"), "Enter")),
        ("KashFlow sandbox", ("Down", "Enter")),
        ("[ ] I have done these steps", ("d",)),
        ("[✓] I have done these steps", ("c",)),
    )
    for seen, keys in ways:
        terminal.until(seen)
        terminal.run("send-keys", *keys)
    terminal.until("The credentials for")
    for text in (sandbox.endpoint, sandbox.username, PASSWORD):
        terminal.type(text, "Tab")
    terminal.type(sandbox.autoauth_key)
    terminal.until("right shape")


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# -- killed ------------------------------------------------------------------------------------


@needs_proc
def test_a_command_killed_in_the_middle_leaves_nothing(
    kashdeck: Kashdeck, guarded: Sandbox, search: Search
) -> None:
    eyes = Eyes(search)
    with Echo(guarded.endpoint) as echo:
        words = ("--endpoint", echo.endpoint, "--username", guarded.username, "--secrets-stdin")
        trace = kashdeck.home / "trace.xml"
        kashdeck.run("status")
        for calls in (1, 3):
            echo.hold_from(calls)
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tui", "connect", NAME, *words),
                    *("--secrets-in", "encrypted-file", "--trace", str(trace)),
                ],
                cwd=ROOT,
                env=kashdeck.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(both(PASSWORD, guarded.autoauth_key).encode())
            process.stdin.close()
            with eyes.on(process.pid):
                until(lambda calls=calls: echo.came >= calls, "its call")  # type: ignore[misc]
                process.send_signal(signal.SIGKILL)
            process.wait()
            search.add("a killed command", process.stdout.read())
            echo.let_go()
    assert eyes.looks > 10
    search.add_folder(kashdeck.home)
    assert search.leaks() == []


@needs_proc
def test_what_publishes_in_the_background_shows_nothing_and_leaves_nothing(
    kashdeck: Kashdeck, guarded: Sandbox, search: Search
) -> None:
    with Echo(guarded.endpoint) as echo, slow_replies(guarded) as slow:
        words = ("--endpoint", echo.endpoint, "--username", guarded.username)
        given = both(PASSWORD, guarded.autoauth_key)
        where = ("--secrets-in", "ask", "--secrets-stdin")
        assert kashdeck.run("connect", NAME, *words, *where, stdin=given).code == 0
        kashdeck.run("import", NAME, COSTS)
        guarded.misbehave("InsertReceipt", "slow", times=None)
        away = ("--yes", "--detach", "--secrets-stdin")
        ran = kashdeck.process("publish", NAME, "1", "2", *away, stdin=given)
        assert ran.code == 0, ran
        slow.until_held(1)
        found = background_of(kashdeck)
        for pid in found:
            for name in ("cmdline", "environ"):
                search.add(f"{name} in the background", Path(f"/proc/{pid}/{name}").read_bytes())
        slow.let_all_go()
        until(lambda: not background_of(kashdeck), "the end of what publishes")
    assert found
    assert len(guarded.account.receipts()) == 2
    search.add("what commands wrote", kashdeck.written)
    search.add_folder(kashdeck.home)
    assert search.leaks() == []


def background_of(kashdeck: Kashdeck) -> list[int]:
    """Return the processes that publish for this home without a terminal."""
    home, found = f"KASHDECK_HOME={kashdeck.home}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = b"tui.detached" in (folder / "cmdline").read_bytes()
            if ours and home in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


# -- pictures ----------------------------------------------------------------------------------


async def test_pictures_of_the_screens_show_no_secret_even_while_it_is_revealed(
    desk: Desk, business: str, search: Search, guarded: Sandbox, draft: Draft
) -> None:
    async with walking(desk) as walk:
        await walk.until("Harbour Lane")
        await to_credentials(walk)
        screen = walk.screen
        assert isinstance(screen, ConnectCredentialsScreen)
        screen.field("password").input.value = PASSWORD
        screen.field("key").input.value = guarded.autoauth_key
        await walk.pilot.pause()
        search.add("the picture", walk.app.export_screenshot())
        await walk.press("f2")
        assert "Zq7" in walk.text, "a person who asks for it sees it"
        search.add("the picture while it is revealed", walk.app.export_screenshot())
        await walk.pilot.pause()
        assert "Zq7" in walk.text, "and still does when the picture is made"
        await walk.app.push_screen(PassphraseScreen("memory"))
        await walk.write(PASSPHRASE)
        search.add("the passphrase's picture", walk.app.export_screenshot())
        needed = SecretNeeded("It is needed.", business=business)
        taken: list[tuple[str, str]] = []
        await walk.app.push_screen(
            SecretNeededScreen("Harbour Lane", needed, lambda *both: taken.append(both))
        )
        await walk.write(PASSWORD)
        search.add("the password's picture", walk.app.export_screenshot())
    assert all(b"<svg" in data for data in search.seen.values())
    assert search.leaks() == []


# -- memory and tracebacks ---------------------------------------------------------------------

AT_HAND = """
import gc, json, logging, os, pathlib, sys, traceback
from kfclient.desk import Desk, Draft
from kfclient.store import start_logging
terms = json.loads(os.read(0, 65536))  # sys.stdin would remember it
desk = Desk.open(pathlib.Path(sys.argv[1]))
start_logging(desk.home)
desk.secrets.unlock("encrypted-file", terms.pop("passphrase"))
business = desk.businesses.add("Acme").id
backwards = terms.pop("marks")
desk.connecting.connect(business, Draft(software="sandbox", secrets_in="encrypted-file", **terms))
del terms
assert not desk.syncing.sync(business).failed

def boom(rows):
    raise RuntimeError("it fell over in the middle")

for work in (lambda k: k.get_suppliers(on_rows=boom), lambda k: k.envelope("Nothing")):
    try:
        desk.sessions.call(business, work)
    except Exception as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        whole = "".join(told.format())
        assert "sessions.py" in whole and "line = " in whole
        logging.getLogger("test").error("%s", whole)
        logging.getLogger("test").exception("again")
        sys.stdout.write(whole)
        del told, whole, error

gc.collect()
marks = [mark[::-1] for mark in backwards]
held, seen = [], set()
waiting = [one for one in gc.get_objects() if one is not marks]
while waiting:
    one = waiting.pop()
    if id(one) in seen or one is marks or one is waiting or one is held or one is seen:
        continue
    seen.add(id(one))
    if isinstance(one, (str, bytes, bytearray)):
        text = one if isinstance(one, str) else bytes(one).decode("latin-1")
        if any(mark in text for mark in marks) and text not in marks:
            held.append((type(one).__name__, [
                type(who).__name__ for who in gc.get_referrers(one)][:6]))
    elif not gc.is_tracked(one) or isinstance(one, (dict, list, tuple, set, frozenset)):
        waiting.extend(gc.get_referents(one))
    else:
        waiting.extend(gc.get_referents(one))
sys.stdout.write(f"looked at {len(seen)} objects; {held}")
"""


def test_after_a_call_nothing_in_memory_has_it_and_no_traceback_had_it(
    guarded: Sandbox, search: Search, tmp_path: Path
) -> None:
    terms = {
        "endpoint": guarded.endpoint,
        "username": guarded.username,
        "password": PASSWORD,
        "autoauth_key": guarded.autoauth_key,
        "passphrase": PASSPHRASE,
        "marks": ["Zq7"[::-1], "L3ak"[::-1], "st4ple"[::-1]],
    }
    done = subprocess.run(
        [sys.executable, "-c", AT_HAND, str(tmp_path / "home")],
        cwd=ROOT,
        input=json.dumps(terms) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = done.stdout.rpartition("looked at")[2]
    assert int(report.split()[0]) > 50_000
    assert report.endswith("objects; []"), report
    search.add("tracebacks with their locals", done.stdout + done.stderr)
    search.add_folder(tmp_path / "home")
    assert "it fell over" in (tmp_path / "home" / "kashdeck.log").read_text()
    assert search.leaks() == []
