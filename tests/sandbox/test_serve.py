"""The sandbox as a program, and as an object that starts and stops."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

import pytest

from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.sandbox.errors import HostUnknown, PortTaken, WrongFault
from kfclient.sandbox.server import serve
from tests.sandbox.wire import Wire, headers
from tests.waiting import HANG, until

HEADERS = headers("GetSuppliers")

PROGRAM = """
import sys
from kfclient.sandbox.server import serve
sys.exit(serve(json_output=sys.argv[1] == "json"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_says_one_line_of_json_and_ends_with_0(number: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    told = json.loads(run.stdout.readline())
    assert list(told) == ["endpoint", "username", "password", "autoauth_key", "control"]
    socket.create_connection(("127.0.0.1", urlsplit(told["endpoint"]).port or 0)).close()
    run.send_signal(number)
    rest, errors = run.communicate(timeout=HANG)
    assert (run.returncode, rest, errors) == (0, "", "")


def test_people_are_told_in_words(tmp_path: Path) -> None:
    out, ended = io.StringIO(), SimpleQueue[None]()
    ended.put(None)
    home = tmp_path / "home"
    assert serve(home=home, out=out, ended=ended) == 0
    for word in ("Address", "Username", "Password", "AutoAuth key", str(home), "practice"):
        assert word in out.getvalue()


def test_trouble_from_the_command_line_is_met(tmp_path: Path) -> None:
    out, ended = io.StringIO(), SimpleQueue[None]()
    run = threading.Thread(
        target=serve,
        kwargs={
            "json_output": True,
            "fault": ["*:refuse:text=no"],
            "out": out,
            "ended": ended,
            "home": tmp_path,
        },
    )
    run.start()
    until(lambda: out.getvalue().endswith("\n"), "what is told")
    told = json.loads(out.getvalue())
    connection = http.client.HTTPConnection(urlsplit(told["endpoint"]).netloc, timeout=HANG)
    headers = {"Content-Type": "text/xml", "SOAPAction": "KashFlow/GetVATRates"}
    body = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'
    connection.request("POST", "/api/service.asmx", body, headers)
    assert b"<StatusDetail>no</StatusDetail>" in connection.getresponse().read()
    connection.close()
    ended.put(None)
    run.join()


def test_a_wrong_fault_is_told_before_anything_listens() -> None:
    with pytest.raises(WrongFault):
        serve(fault=["*:explode"], out=io.StringIO())


def test_a_port_that_is_taken_has_a_sentence_and_a_cure(tmp_path: Path) -> None:
    with Sandbox() as first:
        port = urlsplit(first.endpoint).port or 0
        with pytest.raises(PortTaken) as caught:
            Sandbox(tmp_path, port)
    assert str(port) in caught.value.sentence
    assert caught.value.cure
    Sandbox(tmp_path, port).stop()


@pytest.mark.parametrize("port", [70000, -1])
def test_a_port_that_does_not_exist(port: int) -> None:
    with pytest.raises(Problem):
        Sandbox(port=port)


def test_a_stopped_sandbox_answers_nobody_not_even_an_open_connection() -> None:
    sandbox = Sandbox().start()
    wire = Wire(sandbox)
    connection = http.client.HTTPConnection(wire.host, timeout=HANG)
    get(connection)
    sandbox.stop()
    connection.auto_open = 0
    with pytest.raises((OSError, http.client.HTTPException)):
        get(connection)
    connection.close()
    with pytest.raises(OSError):
        wire.send(None, {})


def get(connection: http.client.HTTPConnection) -> bytes:
    """Return the help page over a connection that is open."""
    connection.request("GET", "/api/service.asmx")
    return connection.getresponse().read()


def test_a_sandbox_never_started_can_be_stopped() -> None:
    Sandbox().stop()


def test_the_same_port_can_be_listened_on_again_at_once(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        port = urlsplit(first.endpoint).port or 0
        assert Wire(first).send(None, {}).http == 200
    with Sandbox(tmp_path, port) as second:
        assert Wire(second).send(None, {}).http == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_nobody_is_warned_of_this_machine_alone(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(host=host) as sandbox:
        assert urlsplit(sandbox.endpoint).hostname == host
        assert Wire(sandbox).send(None, {}).http == 200
    assert capsys.readouterr() == ("", "")


def test_another_address_is_served_with_a_loud_warning(capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox(host="0.0.0.0") as sandbox:
        assert Wire(sandbox).send(None, {}).http == 200
        wsdl = Wire(sandbox).send(None, {"Host": "kashflow.test:8740"}, "/api/service.asmx?WSDL")
        assert b'"http://kashflow.test:8740/api/service.asmx"' in wsdl.body
        wsdl = Wire(sandbox).send(None, {"Host": '"/><x>'}, "/api/service.asmx?WSDL")
        assert wsdl.body.count(sandbox.endpoint.encode()) == 2
    out, warned = capsys.readouterr()
    assert out == ""
    assert "WARNING: THE SANDBOX LISTENS ON 0.0.0.0" in warned


def test_the_one_line_of_json_stays_alone_on_its_stream(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = SimpleQueue[None]()
    ended.put(None)
    assert serve(host="0.0.0.0", json_output=True, ended=ended) == 0
    out, warned = capsys.readouterr()
    assert list(json.loads(out)) == [
        *("endpoint", "username", "password", "autoauth_key", "control")
    ]
    assert out.count("\n") == 1
    assert "WARNING" in warned


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", ""])
def test_an_address_that_is_not_this_machines(host: str, tmp_path: Path) -> None:
    with pytest.raises(HostUnknown) as caught:
        Sandbox(tmp_path, host=host)
    assert caught.value.cure
    Sandbox(tmp_path).stop()


def test_nothing_is_left_when_it_has_stopped(tmp_path: Path) -> None:
    def held() -> set[str]:
        found = set()
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # the one that the listing itself held
                found.add(str(entry.readlink()))
        return {path for path in found if "/proc/" not in path}

    if not Path("/proc/self/fd").exists():
        pytest.skip("NOT CHECKED for open files: this system has no /proc")
    before, threads = held(), set(threading.enumerate())
    for number in range(3):
        with Sandbox(tmp_path / str(number % 2)) as sandbox:
            wires = [http.client.HTTPConnection(Wire(sandbox).host, timeout=HANG) for _ in range(5)]
            for connection in wires:
                get(connection)
            sandbox.misbehave("*", "hang")
            wires[0].request(
                "POST", "/api/service.asmx", Wire(sandbox).envelope("GetSuppliers"), HEADERS
            )
            wires[1].request("POST", "/api/service.asmx", b"", {"Content-Type": "text/xml"})
        for connection in wires:
            connection.close()
        # A thread for the last one who knocked may have been begun only just.
        until(lambda: set(threading.enumerate()) == threads, "the end of its threads")
    assert held() - before == set()


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, kfclient.sandbox; "
        "heavy = {'zeep', 'lxml', 'requests', 'keyring', 'http.server'} & set(sys.modules); "
        "assert not heavy, heavy; import kfclient.sandbox.server; "
        "heavy = {'zeep', 'requests', 'keyring', 'textual'} & set(sys.modules); assert not heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
