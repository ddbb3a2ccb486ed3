"""One item of a long inbox is judged by those near it alone, and as among all of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.items.items import Items
from kfclient.desk.sync.lists import Lists
from kfclient.store import Home
from tests.desk.items.test_many_items import cost
from tests.desk.seeded import NOW, Inbox

change = msgspec.structs.replace
MANY = 2000
NAMES = ("Pennine Water", "PENNINE WATER LTD", "Kestrel Print", "Nobody Known")


@pytest.fixture(scope="module")
def long_inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose items are read page by page; the last five look like others."""
    root = tmp_path_factory.mktemp("near") / "home"
    home = Home(root)
    inbox = Inbox(home)
    inbox.connect()
    items = [
        cost(n, amount=Decimal(n), contact=NAMES[n % 4], reference=f"R-{n}")
        for n in range(1, MANY - 4)
    ]
    items += [
        cost(7, amount=Decimal(7), contact=NAMES[3], reference="r 7"),
        cost(9, amount=Decimal(9), contact=NAMES[0], reference="R-9"),
        cost(11, amount=Decimal(11), contact=NAMES[1], reference="R-11"),
        cost(12, amount=Decimal(12), contact=NAMES[1], reference="R-12"),
        cost(13, amount=Decimal(13), contact=NAMES[2], reference=""),
    ]
    inbox.items.add_all(inbox.business, items)
    home.books(inbox.business).checkpoint()
    home.close()
    return root


class Desk:
    """The inbox as a command sees it that was just begun."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        businesses = Businesses(self.home, person="anna", clock=lambda: NOW)
        self.business = businesses.find("Acme Ltd").id
        lists = Lists(self.home)
        self.items = Items(self.home, businesses, lists, lambda: NOW)

    def said(self, number: int) -> list[str]:
        item = self.items.get(self.business, str(number))
        return [found.sentence for found in self.items.findings(self.business, item)]

    @property
    def kept(self) -> Path:
        return self.home.near_path(self.business)


LOOKED_AT = (3, 7, 9, 11, 12, 13, *range(MANY - 6, MANY + 1))


def among_all(root: Path) -> dict[int, list[str]]:
    desk = Desk(root)
    every = desk.items.check(desk.business)
    return {n: [found.sentence for found in every[str(n)]] for n in LOOKED_AT}


def one_by_one(root: Path) -> dict[int, list[str]]:
    return {n: Desk(root).said(n) for n in LOOKED_AT}


def test_alone_an_item_is_said_to_be_what_it_is_among_all(long_inbox: Path, tmp_path: Path) -> None:
    root = shutil.copytree(long_inbox, tmp_path / "home")
    first = one_by_one(root)
    assert Desk(root).kept.exists()
    assert first == one_by_one(root) == among_all(root)
    assert any("may be the same" in text or "is the same" in text for text in first[MANY - 3])


def test_what_changes_after_it_was_kept_counts_too(long_inbox: Path, tmp_path: Path) -> None:
    root = shutil.copytree(long_inbox, tmp_path / "home")
    one_by_one(root)
    desk = Desk(root)
    six = desk.items.get(desk.business, "6")
    like = cost(9, amount=Decimal(9), contact=NAMES[0], reference="R-9")
    desk.items.save(desk.business, change(like, id="6", version=six.version))
    desk.items.remove(desk.business, "11")
    desk.items.add(desk.business, cost(12, amount=Decimal(12), contact=NAMES[1], reference="R-12"))
    desk.home.close()
    looked = {n: Desk(root).said(n) for n in LOOKED_AT if n != 11}
    looked[MANY + 1] = Desk(root).said(MANY + 1)
    assert any("Item 6 " in text for text in looked[MANY - 3])
    every = Desk(root)
    found = every.items.check(every.business)
    assert looked == {n: [one.sentence for one in found[str(n)]] for n in looked}

    every.home.books(every.business).checkpoint()  # another snapshot: what was kept says nothing
    assert looked == {n: Desk(root).said(n) for n in looked}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def ends_elsewhere(path: Path) -> None:
    title, _, body = path.read_bytes().partition(b"\n")
    told = msgspec.json.decode(title)
    told["ends"] = [ends * 9 for ends in told["ends"]]
    path.write_bytes(msgspec.json.encode(told) + b"\n" + body)


def of_another(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'{"stamp":"', b'{"stamp":"0', 1))


@pytest.mark.parametrize("harm", [cut, flipped, pipe, folder, ends_elsewhere, of_another])
def test_what_is_not_as_it_was_kept_is_made_anew(
    harm: Callable[[Path], None], long_inbox: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(long_inbox, tmp_path / "home")
    said = Desk(root).said(MANY - 3)
    harm(Desk(root).kept)
    assert Desk(root).said(MANY - 3) == said
