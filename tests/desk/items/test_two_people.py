"""Two users of one machine on one home: each works under their own name, and sees the other."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.processes import finished
from tests.store.users import KATE, OFFICE, OUTSIDER, SAM, as_root, started_as

pytestmark = as_root

PRELUDE = """
import sys
import msgspec
from pathlib import Path
from kfclient.desk import Desk, Role
from kfclient.errors import Problem, tell
from kfclient.store.log import start_logging
desk = Desk.open(Path(sys.argv[1]))
start_logging(desk.home)
name = "Harbour Lane"
def told(work):
    try:
        work()
    except Problem as problem:
        print(tell(problem))
"""

BEGIN = """
from kfclient.desk.business.backup_rights import share_home
business = desk.businesses.add(name)
desk.businesses.set_role(business.id, sys.argv[3], Role.STANDARD)
share_home(desk.home, desk.businesses, desk.audit, sys.argv[2])
desk.importing.import_file(business.id, Path(sys.argv[4]))
"""

STANDARD = """
business = desk.businesses.find(name)
print(desk.person, desk.businesses.role(business.id).value, len(desk.items.all(business.id)))
told(lambda: desk.businesses.change_settings(business.id, {"publish_tax_data": "on"}))
item = desk.items.all(business.id)[0]
desk.items.save(business.id, msgspec.structs.replace(item, reference="KATE-1"))
desk.importing.import_file(business.id, Path(sys.argv[2]))
"""

NAME_ADMIN = """
business = desk.businesses.find(name)
print(desk.items.all(business.id)[0].reference, len(desk.items.all(business.id)))
desk.businesses.set_role(business.id, sys.argv[2], Role.ADMIN)
"""

ADMIN = """
business = desk.businesses.find(name)
desk.businesses.change_settings(business.id, {"publish_tax_data": "on"})
print(desk.businesses.get(business.id).settings.publish_tax_data)
"""

LOOK = """
business = desk.businesses.find(name)
print(business.settings.publish_tax_data, desk.audit.verify(business.id).troubles)
print(sorted({entry.who for entry in desk.audit.entries(business.id)}))
"""

SECRET = """
from kfclient.store.keyring_choice import MEMORY
from kfclient.store.secrets import Secrets
told(lambda: Secrets(desk.home.root, memory=True).load("harbour-lane", MEMORY))
"""


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kashdeck-people-"))
    folder.chmod(0o777)
    for name in ("costs.csv", "sales.csv"):
        shutil.copy(Path(__file__).parents[3] / "tui" / "samples" / name, folder / name)
        (folder / name).chmod(0o644)
    yield folder
    shutil.rmtree(folder)


def does(user: int, code: str, place: Path, *words: object, member: bool = True) -> str:
    packages = "kfclient.store kfclient.desk kfclient.api"
    code = f"{PRELUDE}{code}\ndesk.close()\n"
    return finished(
        started_as(user, code, place / "home", *words, member=member, packages=packages)
    )


def test_both_change_items_and_settings_and_see_each_other(place: Path) -> None:
    does(SAM, BEGIN, place, OFFICE.gr_name, f"user {KATE}", place / "costs.csv")
    first = does(KATE, STANDARD, place, place / "sales.csv").splitlines()
    second = does(SAM, NAME_ADMIN, place, f"user {KATE}")
    third = does(KATE, ADMIN, place)
    last = does(SAM, LOOK, place)

    assert first[0] == f"user {KATE} standard 10"
    assert first[1] == (
        f"Only an Admin may change the settings of Harbour Lane; user {KATE} is not one."
    )
    assert f"Ask user {SAM}" in first[2]
    assert second == "KATE-1 15\n"
    assert third == "True\n"
    assert last == f"True ()\n['user {SAM}', 'user {KATE}']\n"
    home = place / "home"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}
    assert modes == {0o2770, 0o660}
    assert {path.stat().st_uid for path in home.rglob("*")} == {SAM, KATE}


def test_a_password_that_only_the_other_has_is_said_with_what_to_do(place: Path) -> None:
    does(SAM, BEGIN, place, OFFICE.gr_name, f"user {KATE}", place / "costs.csv")

    said = does(KATE, SECRET, place)

    assert "in the keyring of whoever connected the business" in said
    assert "kashdeck keyring NAME encrypted-file" in said


def test_who_is_outside_the_group_sees_nothing(place: Path) -> None:
    does(SAM, BEGIN, place, OFFICE.gr_name, f"user {KATE}", place / "costs.csv")

    with pytest.raises(AssertionError, match=f"user {OUTSIDER} is not in it"):
        does(OUTSIDER, LOOK, place, member=False)
