"""`kashdeck doctor`: for a person, for a script, for a bug report, and on a home that is broken."""

from __future__ import annotations

import json

from tests.tui.kashdeck import COSTS, NAME, Kashdeck


def test_it_tells_what_there_is_and_that_nothing_is_wrong(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)

    ran = connected.run("doctor")

    assert (ran.code, ran.err) == (0, "")
    for heading in ("Versions", "Terminal", "Home", "Databases", "Files"):
        assert f"\n{heading}\n" in ran.out
    assert "encrypted-file: usable, used by business 1" in ran.out
    assert "trail of business 1" in ran.out
    assert "Servers" not in ran.out
    assert ran.out.endswith("Nothing is wrong.\n")
    assert max(map(len, ran.out.splitlines())) <= 80


def test_it_can_be_shown_to_anybody(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    connected.run("people", NAME, "gwendolen", "standard")
    connected.sandbox.stop()
    told = connected.run("doctor", "--network").out + connected.run("doctor", "--json").out

    secret = (connected.sandbox.password, connected.sandbox.autoauth_key)
    private = (NAME, "harbour", connected.sandbox.username, "127.0.0.1", "gwendolen", "Pennine")
    for word in (*secret, *private, str(connected.home.parent)):
        assert word.lower() not in told.lower(), word


def test_a_server_that_is_gone_has_to_be_mended(connected: Kashdeck) -> None:
    there = connected.json("doctor", "--network")
    connected.sandbox.stop()
    gone = connected.json("doctor", "--network", code=1)

    assert [one["reached"] for one in (*there["servers"], *gone["servers"])] == [True, False]
    assert [found["code"] for found in gone["findings"]] == ["server-unreachable"]


def test_a_broken_home_is_what_it_is_for(connected: Kashdeck) -> None:
    (connected.home / "state.json").write_text("nonsense")

    ran = connected.run("doctor")
    answer = json.loads(connected.run("doctor", "--json").out)

    assert (ran.code, ran.err) == (1, "")
    assert "- state.json cannot be understood" in ran.out
    assert [found["code"] for found in answer["findings"] if found["severity"] == "mend"] == [
        "state-damaged"
    ]


def test_no_home_is_told_and_none_is_made(kashdeck: Kashdeck) -> None:
    ran = kashdeck.run("doctor")

    assert ran.code == 0
    assert "Nothing is kept on this machine yet" in ran.out
    assert not kashdeck.home.exists()
