"""What a leak is looked for with: secrets in every spelling, an echo, eyes on processes, a tmux."""

from __future__ import annotations

import base64
import html
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import quote, quote_plus

from tests.waiting import HANG

PASSWORD = "Zq7&<L3ak>\"é'/%4x\\9 {k}"
PASSPHRASE = "Hx2&<st4ple>\"ö'/%7y\\ [b]"
WRONG = "Wq5&<Wr0ng>\"ü'/%1z\\8 (w)"


_HEX = frozenset("0123456789abcdefABCDEF")


def forms(secret: str) -> set[bytes]:
    """Return the secret in every spelling that a program might give it."""
    texts = {
        secret,
        html.escape(secret),
        html.escape(secret, quote=False),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        repr(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret, safe="").lower(),
        html.escape(html.escape(secret)),
        html.escape(secret).encode("ascii", "xmlcharrefreplace").decode(),
        html.escape(secret).replace(" ", "&#160;"),
        secret[::-1],
        *_runs(secret),
    }
    spelled = {text.encode(how) for text in texts for how in ("utf-8", "utf-16-le", "utf-16-be")}
    plain = secret.encode()
    packed = {base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)}
    return spelled | packed | {plain.hex().encode(), plain.hex().upper().encode()}


def _runs(secret: str) -> set[str]:
    """Return its longest runs of plain letters: they stand in any spelling, broken lines too.

    A short run of hexadecimal digits alone stands in many a random id, so it tells nothing.
    """
    runs, run = set(), ""
    for letter in secret + " ":
        if letter.isascii() and letter.isalnum():
            run += letter
        else:
            runs.add(run)
            run = ""
    return {run for run in runs if len(run) >= (8 if _HEX.issuperset(run) else 4)}


class Search:
    """Everything that was seen, by where; and what of it holds a secret."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = {secret: forms(secret) for secret in secrets}
        self.seen: dict[str, bytes] = {}

    def add(self, where: str, what: bytes | str) -> None:
        """Take in what was seen somewhere."""
        data = what.encode("utf-8", "surrogatepass") if isinstance(what, str) else what
        self.seen[f"{where} #{len(self.seen)}"] = data

    def add_folder(self, folder: Path) -> None:
        """Take in every file of a folder, and the names of its files."""
        for path in folder.rglob("*"):
            self.add("a file's name", str(path.relative_to(folder)))
            if path.is_file():
                self.add(str(path), path.read_bytes())

    def leaks(self) -> list[str]:
        """Name every place that holds a secret, in any spelling."""
        return [
            f"{where}: …{self._around(data, form)}…"
            for where, data in self.seen.items()
            for spelled in self._secrets.values()
            for form in spelled
            if form in data
        ]

    @staticmethod
    def _around(data: bytes, form: bytes) -> str:
        at = data.index(form)
        return data[max(0, at - 60) : at + 60].decode(errors="replace")


class Echo:
    """Stands before a sandbox; answers with the request itself when it is told how."""

    WAYS: ClassVar = {
        "page": (500, "text/html", "<html><h1>Server Error</h1><pre>{}</pre></html>"),
        "raw page": (500, "text/html", "<html>{!r}</html>"),
        "fault": (
            500,
            "text/xml",
            (
                '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
                "<faultcode>s:Server</faultcode><faultstring>Cannot read {}</faultstring>"
                "</s:Fault></s:Body></s:Envelope>"
            ),
        ),
        "OK": (200, "text/html", "{}"),
    }

    def __init__(self, endpoint: str) -> None:
        self.behind = endpoint
        self.way = ""
        self.came = 0
        self._held_from = sys.maxsize
        self._changed = threading.Condition()
        echo = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Passes on, or echoes."""

            def do_GET(self) -> None:
                with urllib.request.urlopen(echo.behind, timeout=HANG) as reply:
                    self._send(reply.status, reply.headers["Content-Type"], reply.read())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                echo._hold()
                if echo.way:
                    status, kind, frame = echo.WAYS[echo.way]
                    text = body.decode()
                    said = frame.format(html.escape(text) if "fault" in echo.way else text)
                    self._send(status, kind, said.encode())
                    return
                passed = {
                    name: self.headers[name]
                    for name in ("Content-Type", "SOAPAction")
                    if name in self.headers
                }
                request = urllib.request.Request(echo.behind, body, passed)
                with urllib.request.urlopen(request, timeout=HANG) as reply:
                    self._send(reply.status, reply.headers["Content-Type"], reply.read())

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}/api/service.asmx"

    def hold_from(self, nth: int) -> None:
        """Count calls anew; the nth and those after it have no answer until `let_go`."""
        with self._changed:
            self.came, self._held_from = 0, nth

    def let_go(self) -> None:
        """Answer what is held, and what comes from now on."""
        with self._changed:
            self._held_from = sys.maxsize
            self._changed.notify_all()

    def _hold(self) -> None:
        with self._changed:
            self.came += 1
            mine = self.came
            self._changed.wait_for(lambda: mine < self._held_from, HANG)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Eyes:
    """Looks at what everybody may see of a process and its children, while it runs (Linux)."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self.looks = 0

    @contextmanager
    def on(self, pid: int) -> Iterator[None]:
        """Look again and again, for the length of the block."""
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                self._look(pid)
                over.wait(0.02)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _look(self, pid: int) -> None:
        for one in (pid, *_children(pid)):
            for name in ("cmdline", "environ"):
                try:
                    data = Path(f"/proc/{one}/{name}").read_bytes()
                except OSError:
                    continue
                self.looks += 1
                if data and data not in self._search.seen.values():
                    self._search.add(f"{name} of a process", data)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += [int(child), *_children(int(child))]
        except OSError:
            continue
    return found


TMUX = shutil.which("tmux")


class Tmux:
    """A terminal of 80 by 24 in a tmux of its own, with all that has scrolled away."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        self._name = f"kashdeck-{uuid.uuid4().hex[:8]}"
        env = {**os.environ, **environment, "TMUX_TMPDIR": str(folder)}
        env.pop("TMUX", None)
        self._environment = env
        passed = [word for name in environment for word in ("-e", f"{name}={environment[name]}")]
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", *passed, "sh")
        self.run("set-option", "-g", "history-limit", "20000")
        self.run("set-option", "-g", "remain-on-exit", "on")
        self.type(" ".join(words), "Enter")

    def run(self, *words: str) -> str:
        """Tell tmux something."""
        return subprocess.run(
            ["tmux", "-L", self._name, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def type(self, text: str, *keys: str) -> None:
        """Type a text to the letter, then press keys by name."""
        self.run("send-keys", "-l", "--", text)
        for key in keys:
            self.run("send-keys", key)

    def all(self) -> str:
        """Return what is on the screen and what has scrolled away."""
        return self.run("capture-pane", "-p", "-S", "-", "-E", "-")

    def until(self, text: str, seconds: float = 30) -> str:
        """Wait until a text is on the screen."""
        until = time.monotonic() + seconds
        while text not in (shown := self.run("capture-pane", "-p")):
            if time.monotonic() > until:
                raise AssertionError(f"waited in vain for {text!r}:\n{shown}")
            time.sleep(0.05)
        return shown

    @property
    def pid(self) -> int:
        """The process in the terminal: a shell, whose child is Kashdeck."""
        return int(self.run("display-message", "-p", "#{pane_pid}"))

    def close(self) -> None:
        """End it, and what runs in it."""
        subprocess.run(
            ["tmux", "-L", self._name, "kill-server"],
            env=self._environment,
            capture_output=True,
            check=False,
        )


@contextmanager
def tmux(folder: Path, *words: str, **environment: str) -> Iterator[Tmux]:
    """Have a command typed into a shell in a tmux, for the length of the block."""
    terminal = Tmux(folder, *words, **environment)
    try:
        yield terminal
    finally:
        terminal.close()


PYTHON = sys.executable
