"""The sandbox as a program, and as an object that starts and stops."""

from __future__ import annotations

import http.client
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

import pytest

from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.sandbox.errors import PortTaken, WrongFault
from kfclient.sandbox.serve import serve
from tests.sandbox.wire import Wire

PROGRAM = """
import sys
from kfclient.sandbox.serve import serve
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
    rest, errors = run.communicate(timeout=10)
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
    while not out.getvalue().endswith("\n"):
        time.sleep(0.005)
    told = json.loads(out.getvalue())
    connection = http.client.HTTPConnection(urlsplit(told["endpoint"]).netloc, timeout=10)
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
    connection = http.client.HTTPConnection(wire.host, timeout=5)
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


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, kfclient.sandbox; "
        "heavy = {'zeep', 'lxml', 'requests', 'keyring', 'http.server'} & set(sys.modules); "
        "assert not heavy, heavy; import kfclient.sandbox.server; "
        "heavy = {'zeep', 'requests', 'keyring', 'textual'} & set(sys.modules); assert not heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
