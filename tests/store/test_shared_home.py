"""A home that a group shares: two users of the machine at work in it, and those who may not."""

from __future__ import annotations

import grp
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kfclient.store.errors import SharingRefused
from kfclient.store.home import Home
from kfclient.store.log import log_files
from kfclient.store.sharing import share, sharing, stop_sharing
from tests.store.processes import finished
from tests.store.users import KATE, OFFICE, OUTSIDER, SAM, as_root, said_as, started_as

if TYPE_CHECKING:
    from collections.abc import Iterator

BOTH_AT_WORK = """
import logging, sys
from pathlib import Path
from kfclient.store import Home, log
from kfclient.store.encrypted_file import EncryptedFile
root, tag, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log._LARGEST = 5000
home = Home(root)
log.start_logging(home)
secrets = EncryptedFile(root / "secrets.json", cost=2**14)
sys.stdin.readline()
for n in range(count):
    home.state().table("things").insert({"tag": tag, "n": n})
    home.books(f"book-{n % 4}").table("items").insert({"tag": tag, "n": n})
    home.write_list(f"book-{n % 4}", f"list-{n % 3}", [{"tag": tag, "n": n}])
    while True:
        with home.try_lock("sync-book-1") as held:
            if held:
                break
    if n % 5 == 0:
        home.state().checkpoint()
    logging.getLogger("any").info("did %d", n, extra={"tag": tag, "text": "x" * 100})
try:
    secrets.unlock("correct horse")
except Exception:  # the other has just made it
    secrets.unlock("correct horse")
secrets.set_password("kashdeck", tag, "secret of " + tag)
home.close()
"""

LOOK = """
import sys
from pathlib import Path
from kfclient.store import Home
from kfclient.store.encrypted_file import EncryptedFile
root = Path(sys.argv[1])
home = Home(root)
books = [home.books(f"book-{n}").table("items").all() for n in range(4)]
secrets = EncryptedFile(root / "secrets.json")
secrets.unlock("correct horse")
for tag in sys.argv[2:]:
    print(
        tag,
        sorted(each["n"] for each in home.state().table("things").by("tag", tag))[-1],
        sum(each["tag"] == tag for book in books for each in book),
        secrets.get_password("kashdeck", tag),
    )
"""

TELL = """
import sys
from pathlib import Path
from kfclient.errors import Problem, tell
from kfclient.store import Home
from kfclient.store.sharing import share, stop_sharing
root, doing = Path(sys.argv[1]), sys.argv[2]
try:
    if doing == "share":
        print(share(root, sys.argv[3]))
    elif doing == "stop":
        print(stop_sharing(root))
    elif doing == "read":
        print(Home(root).state().table("things").all())
    elif doing == "write":
        Home(root).books("new").table("items").insert({"n": 1})
    elif doing == "hold":
        with Home(root).try_lock("publish-acme"):
            print("held", flush=True)
            sys.stdin.readline()
except Problem as problem:
    print(tell(problem))
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of the machine may pass, Sam's own."""
    folder = Path(tempfile.mkdtemp(prefix="kashdeck-shared-"))
    folder.chmod(0o755)
    if os.getuid() == 0:
        os.chown(folder, SAM, SAM)
    yield folder
    shutil.rmtree(folder)


def said_by(user: int, *words: object, member: bool = True) -> str:
    return said_as(user, TELL, *words, member=member)


def modes_of(root: Path) -> set[str]:
    return {
        f"{'folder' if path.is_dir() else 'file'} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in (root, *root.rglob("*"))
    }


def test_what_exists_and_what_is_made_later_is_the_groups(place: Path) -> None:
    home = Home(place / "home")
    home.state().table("things").insert({"n": 1})
    home.write_list("acme", "suppliers", [{"n": 1}])
    assert modes_of(home.root) == {"folder 700", "file 600"}
    old = os.umask(0o077)
    try:
        shared = share(home.root, OFFICE.gr_name)
        home.books("acme").table("items").insert({"n": 1})
        home.books("other").table("items").insert({"n": 1})
        home.write_list("other", "suppliers", [{"n": 1}])
        with home.try_lock("sync-acme"):
            pass
        home.state().checkpoint()
    finally:
        os.umask(old)

    assert (shared.group, shared.others, shared.changed) == (OFFICE.gr_name, (), 8)
    assert modes_of(home.root) == {"folder 2770", "file 660"}
    assert {path.stat().st_gid for path in home.root.rglob("*")} == {OFFICE.gr_gid}
    assert not list(home.root.rglob("*.tmp"))
    assert share(home.root, OFFICE.gr_name).changed == 0
    assert stop_sharing(home.root).group == ""
    assert modes_of(home.root) == {"folder 700", "file 600"}
    home.close()


def test_a_home_that_is_not_there_yet_is_made_shared(place: Path) -> None:
    root = place / "deep" / "home"
    assert sharing(root).group == ""
    assert not root.exists()
    assert stop_sharing(root).changed == 0

    share(root, OFFICE.gr_name)
    Home(root).state().table("things").insert({"n": 1})

    assert modes_of(root) == {"folder 2770", "file 660"}
    assert stat.S_IMODE(root.parent.stat().st_mode) == 0o700
    assert sharing(root).closed == root.parent


@as_root
def test_two_users_work_at_once_and_lose_nothing(place: Path) -> None:
    root = place / "home"
    assert "changed=1" in said_by(SAM, root, "share", OFFICE.gr_name)
    at_work = [
        started_as(SAM, BOTH_AT_WORK, root, "sam", 80, umask=0o077),
        started_as(KATE, BOTH_AT_WORK, root, "kate", 80, umask=0o027),
    ]
    for worker in at_work:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in at_work:
        finished(worker)

    seen = [finished(started_as(user, LOOK, root, "sam", "kate")) for user in (SAM, KATE)]

    assert seen == ["sam 79 80 secret of sam\nkate 79 80 secret of kate\n"] * 2
    assert modes_of(root) == {"folder 2770", "file 660"}
    assert {path.stat().st_gid for path in root.rglob("*")} == {OFFICE.gr_gid}
    assert {path.stat().st_uid for path in root.rglob("*")} == {SAM, KATE}
    assert not list(root.rglob("*.tmp"))
    log = "".join(part.read_text() for part in log_files(root / "kashdeck.log"))
    assert f'"user": "{SAM}"' in log
    assert f'"user": "{KATE}"' in log


@as_root
def test_what_a_sudden_end_of_the_other_leaves_stops_nobody(place: Path) -> None:
    root = place / "home"
    said_by(SAM, root, "share", OFFICE.gr_name)
    for name in ("state.json.tmp", "state.json.log.tmp"):
        (root / name).write_text("half")  # root's own, and closed to both
        (root / name).chmod(0o600)

    for user, tag in ((KATE, "kate"), (SAM, "sam")):
        finished(started_as(user, BOTH_AT_WORK, root, tag, 1))

    assert "sam 0 1" in finished(started_as(KATE, LOOK, root, "sam"))


@as_root
def test_who_is_not_in_the_group_is_told_so(place: Path) -> None:
    root = place / "home"
    said_by(SAM, root, "share", OFFICE.gr_name)
    said_by(SAM, root, "write")

    for doing in ("read", "write"):
        said = said_by(OUTSIDER, root, doing, member=False)
        assert f"shared by the group {OFFICE.gr_name}, and user {OUTSIDER} is not" in said
        assert f"put user {OUTSIDER} into the group {OFFICE.gr_name}" in said


@as_root
def test_who_was_alone_is_named_to_whom_comes_by(place: Path) -> None:
    root = place / "home"
    said_by(SAM, root, "write")

    said = said_by(KATE, root, "read")

    assert f"{root} belongs to user {SAM}, who alone may use it." in said
    assert f"Ask user {SAM} to share the home" in said


@as_root
def test_only_its_owner_shares_it_and_only_with_a_group_of_theirs(place: Path) -> None:
    root = place / "home"
    said_by(SAM, root, "share", OFFICE.gr_name)

    assert f"belongs to user {SAM}; nobody else may share it" in said_by(
        KATE, root, "share", OFFICE.gr_name
    )
    assert "nobody else may stop sharing it" in said_by(KATE, root, "stop")
    other = next(each for each in grp.getgrall() if each.gr_gid not in (OFFICE.gr_gid, SAM))
    said = said_by(SAM, root, "share", other.gr_name)
    assert f"user {SAM} is not in the group {other.gr_name}" in said
    assert "no group “nosuch”" in said_by(SAM, root, "share", "nosuch")
    assert modes_of(root) == {"folder 2770"}


@as_root
def test_stopping_closes_it_to_the_others_and_loses_nothing_of_theirs(place: Path) -> None:
    root = place / "home"
    said_by(SAM, root, "share", OFFICE.gr_name)
    for user, tag in ((KATE, "kate"), (SAM, "sam")):
        finished(started_as(user, BOTH_AT_WORK, root, tag, 3))
    holder = started_as(KATE, TELL, root, "hold")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    busy = said_by(SAM, root, "stop")
    assert "somebody is at work" in busy.lower()
    assert str(holder.pid) in busy
    finished(holder)

    stopped = said_by(SAM, root, "stop")

    assert f"others=('user {KATE}',)" in stopped
    assert f"belongs to user {SAM}, who alone may use it" in said_by(KATE, root, "read")
    assert "kate 2 3" in finished(started_as(SAM, LOOK, root, "kate", "sam"))
    own = {path for path in (root, *root.rglob("*")) if path.stat().st_uid == SAM}
    assert {stat.S_IMODE(path.stat().st_mode) for path in own} == {0o600, 0o700}


@as_root
def test_half_a_home_is_not_shared_with_another_group(place: Path) -> None:
    root = place / "home"
    said_by(SAM, root, "share", OFFICE.gr_name)
    said_by(KATE, root, "write")
    for path in (root, *root.rglob("*")):
        os.chown(path, -1, KATE)

    said = said_by(SAM, root, "share", OFFICE.gr_name)

    assert f"belongs to user {KATE}" in said
    assert "chown -R" in said
    assert {path.stat().st_gid for path in (root, *root.rglob("*"))} == {KATE}


def test_a_folder_of_other_things_is_not_shared(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place / "user"))
    (place / "user").mkdir()

    for root in (place / "user", place):
        with pytest.raises(SharingRefused, match="more than Kashdeck's files"):
            share(root, OFFICE.gr_name)
    assert stat.S_IMODE(place.stat().st_mode) == 0o755


def test_a_link_in_the_home_leads_nowhere(place: Path) -> None:
    private = place / "diary"
    private.write_text("dear diary")
    private.chmod(0o600)
    root = place / "home"
    root.mkdir()
    (root / "state.json.damaged-00000000").symlink_to(private)

    share(root, OFFICE.gr_name)

    assert stat.S_IMODE(private.stat().st_mode) == 0o600
