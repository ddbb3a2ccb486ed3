"""`kashdeck share` and who may come to a shared home."""

from __future__ import annotations

import contextlib
import grp
import os
import pty
import pwd
import stat
import subprocess
import sys

import pytest

from tests.tui.kashdeck import NAME, ROOT, Kashdeck

GROUP = grp.getgrgid(os.getgid()).gr_name
ME = pwd.getpwuid(os.getuid()).pw_name


def modes(kashdeck: Kashdeck) -> set[int]:
    places = (kashdeck.home, *kashdeck.home.rglob("*"))
    return {stat.S_IMODE(place.stat().st_mode) for place in places}


def test_a_home_is_shared_said_noted_and_given_back(connected: Kashdeck) -> None:
    connected.home.parent.chmod(0o755)
    alone = connected.json("share")
    shared = connected.run("share", GROUP)
    told = connected.run("share")

    assert (alone["owner"], alone["group"]) == (ME, None)
    assert f"shared by the group {GROUP}" in shared.out
    assert f"shared by the group {GROUP}" in told.out
    assert "changed" not in told.out
    assert modes(connected) == {0o2770, 0o660}
    connected.run("settings", NAME, "publish_tax_data=on")
    assert modes(connected) == {0o2770, 0o660}
    assert f"{GROUP}" in connected.run("audit", NAME).out

    back = connected.run("share", "--stop")

    assert back.code == 0
    assert f"for {ME} alone" in back.out
    assert modes(connected) == {0o700, 0o600}
    assert connected.json("doctor")["findings"] == []


def test_a_folder_on_the_way_that_keeps_the_others_out_is_told(connected: Kashdeck) -> None:
    connected.home.parent.chmod(0o700)
    ran = connected.run("share", GROUP)

    assert ran.code == 1
    assert "is closed to the group" in ran.err
    assert "KASHDECK_HOME" in ran.err


def test_what_cannot_be_is_said_and_changes_nothing(connected: Kashdeck) -> None:
    before = modes(connected)
    ran = connected.run("share", "no-such-group")

    assert (ran.code, ran.out) == (2, "")
    assert "This machine has no group “no-such-group”." in ran.err
    assert connected.json("share", "x", "--stop", code=2)["error"]["code"] == "wrong-use"
    answer = connected.json("share", "no-such-group", code=2)
    assert answer["error"]["code"] == "sharing-refused"
    assert modes(connected) == before
    assert "no-such-group" not in connected.run("audit", NAME).out


def test_a_role_for_who_cannot_use_it_is_given_with_a_warning(connected: Kashdeck) -> None:
    stranger = connected.run("people", NAME, "no-such-user", "standard")
    other = next(user.pw_name for user in pwd.getpwall() if user.pw_uid != os.getuid())
    alone = connected.run("people", NAME, other, "standard")
    me = connected.run("people", NAME, ME, "admin")

    assert (stranger.code, alone.code) == (0, 0)
    assert "This machine has no user no-such-user." in stranger.err
    assert f"{other} cannot use this home yet" in alone.err
    assert me.err == ""
    assert connected.run("people", NAME, "no-such-user", "none").err == ""


@pytest.mark.parametrize("answer", ["n", "y"])
def test_a_name_that_nobody_here_has_is_asked_about_on_a_terminal(
    connected: Kashdeck, answer: str
) -> None:
    words = [sys.executable, "-m", "tui", "people", NAME, "ghots", "admin"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=connected.environment, cwd=ROOT
    )
    os.close(theirs)
    shown, answered = b"", False
    with contextlib.suppress(OSError):  # how a terminal ends
        while data := os.read(ours, 65536):
            shown += data
            if b"all the same?" in shown and not answered:  # what is typed before is thrown away
                os.write(ours, f"{answer}\n".encode())
                answered = True
    os.close(ours)
    assert process.wait(60) == 0
    assert b"This machine has no user ghots. Give them a role all the same?" in shown
    people = connected.json("people", NAME)["people"]
    assert people.get("ghots") == ("admin" if answer == "y" else None)
