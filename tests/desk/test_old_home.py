"""A home that Kashdeck wrote before its code was put in another order opens with the code of today.

`samples/old-home.tar.xz` was written by version 0.1.0 (53dc37d), on a clock that began on 4 March
2024, by anna, ben and carla. It holds

- `home`: "Harbour Lane" (connected, tax data on, people, settings, two synced states of the lists,
  a refusal), "Tern Studio" (connected, one list that failed), "Mill Lane Refit" (published, then
  disconnected) and "Not Connected Yet" (renamed, two ticks);
- items of every kind and state: costs, sales and claims to review and ready, refused, looked for
  and not found, decided by a person, duplicates unanswered and answered, copies, costs gathered
  into claims and brought back, imported ones; published ones with payments, files and notes that
  are done, refused, unknown, looked for, taken over and settled; files added and replaced later;
  changed and deleted in KashFlow; undone, not undone, and of unknown outcome;
- runs that ended, one that was killed with a sale and a file on their way, one that was killed
  while it was paused, and an undoing that was killed with its delete on its way;
- logs that no checkpoint has folded yet, the events of the last runs, the trails, what was last
  seen in KashFlow, and the encrypted file with the passwords (`passphrase` opens it);
- `books-a` and `books-b`: the KashFlows of Harbour Lane and Tern Studio as they were then.

The files that go with the items are gone. `samples/old-home.json` is what the code that wrote it
answered and left on the disk. What is stored or said outside keeps its words: where this fails, the
code is to change, not the expectation.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfclient.elapsed import this_moment
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets
from tests.desk.commands_of import Commands, commands_of

SAMPLES = Path(__file__).with_name("samples")
HARBOUR, TERN, MILL, NEVER = "Harbour Lane", "Tern Studio", "Mill Lane Refit", "Not Connected Yet"
LISTS = (
    "chart-of-accounts", "suppliers", "customers", "tax-rates", "projects", "bank-accounts",
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
_MOST_WORDS = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a copy of the old home, and of the KashFlows it knows."""
    with tarfile.open(SAMPLES / "old-home.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    for path in tmp_path.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return tmp_path


@pytest.fixture
def anna(folder: Path) -> Iterator[Commands]:
    """Return Anna's commands on the old home."""
    environment = {
        "KASHDECK_HOME": str(folder / "home"),
        "KASHDECK_PASSPHRASE_FILE": str(folder / "passphrase"),
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
        "SSH_CONNECTION": "",
    }
    with commands_of("anna", environment) as commands:
        yield commands


@pytest.fixture
def harbour(folder: Path) -> Iterator[Sandbox]:
    """Return the KashFlow of Harbour Lane, at another address than then."""
    with Sandbox(folder / "books-a") as sandbox:
        yield sandbox


@pytest.fixture
def tern(folder: Path) -> Iterator[Sandbox]:
    """Return the KashFlow of Tern Studio, at another address than then."""
    with Sandbox(folder / "books-b") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def expected() -> Iterator[dict[str, Any]]:
    """Return what was answered then, by what was asked.

    With `KASHDECK_RECORD` it is written down anew instead: for a new sample, not for new code.
    """
    path = SAMPLES / "old-home.json"
    if not os.environ.get("KASHDECK_RECORD"):
        yield json.loads(path.read_text())
        return
    recorded: dict[str, Any] = {}
    yield recorded
    parts = []
    for name, answers in recorded.items():
        lines = (f"{json.dumps(key)}: {_compact(one)}" for key, one in answers.items())
        parts.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def equal(expected: dict[str, Any], name: str, answers: dict[str, Any]) -> None:
    """Assert that these are the answers of then, with whatever is told beside them since."""
    if os.environ.get("KASHDECK_RECORD"):
        expected[name] = answers
    assert answers.keys() == expected[name].keys()
    for key, answer in answers.items():
        then = expected[name][key]
        assert of_then(then, answer) == then, f"{name}, {key}"


def of_then(then: Any, now: Any) -> Any:
    """Return an answer of now without the fields that there were not then."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {key: of_then(then[key], one) for key, one in now.items() if key in then}
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [of_then(*pair) for pair in zip(then, now, strict=True)]
    return now


def timeless(answer: Any, *sandboxes: Sandbox) -> Any:
    """Return the answer without what is of this machine and this moment."""
    text = json.dumps(answer)
    for sandbox in sandboxes:
        text = text.replace(sandbox.endpoint, "<endpoint>")
    text = re.sub(r"again in \d+ seconds", "again in N seconds", text)
    text = re.sub(r'"process": \d+', '"process": 0', text)
    text = re.sub(r'"(?!2024)20\d\d-\d\d-\d\dT[^"]*Z"', '"<now>"', text)
    return json.loads(text)


def shape(documents: list[Any]) -> dict[str, Any]:
    """Return the fields of stored documents: the words of those that have words, else the types."""
    seen: dict[str, set[Any]] = {}

    def look(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                look(f"{path}.{key}".lstrip("."), one)
        elif isinstance(value, list):
            for one in value:
                look(f"{path}[]", one)
        else:
            seen.setdefault(path, set()).add(value if isinstance(value, str) else type(value))

    for document in documents:
        look("", document)
    told: dict[str, Any] = {}
    for path, values in sorted(seen.items()):
        texts = {one for one in values if isinstance(one, str)} - {""}
        types = {one.__name__ for one in values if isinstance(one, type)}
        if len(texts) <= _MOST_WORDS and all(map(_WORD.fullmatch, texts)):
            told[path] = sorted(texts | types)
        else:
            told[path] = sorted(types | {"text"})
    return told


def trail_of(answer: list[Any]) -> list[Any]:
    """Return what was done to what, of a trail that is too long to be kept whole."""
    return [[one["action"], one["item"], one["sentence"]] for one in answer[1]["entries"]]


def stored(home: Path, business: str) -> dict[str, Any]:
    """Return the shape of all that is on the disk of a business, by table."""
    folder = home / "businesses" / business
    told: dict[str, Any] = {}
    for path in (home / "state.json", folder / "items.json", folder / "seen.json"):
        for table, rows in snapshot(path).items():
            told[f"{path.name} {table}"] = shape(list(rows.values()))
    for name in ("audit.jsonl", "publishing.log"):
        lines = (folder / name).read_text().splitlines()
        told[name] = shape([json.loads(line) for line in lines if line])
    for path in sorted((folder / "lists").glob("*.json")):
        told[f"lists/{path.name}"] = shape([snapshot(path)])
    return told


def looked_for_first(home: Path, business: str) -> None:
    """Have what was given up then be looked for, for the first time since, an hour ago.

    When it was given up was kept as the wall clock had it, which the settle time does not run by.
    """
    now = this_moment()
    hour_ago = msgspec.to_builtins(msgspec.structs.replace(now, seconds=now.seconds - 3600))
    opened = Home(home)
    with opened.books(business).transaction():
        for name in ("attempts", "steps", "removals"):
            table = opened.books(business).table(name)
            unknown = [one.doc_id for one in table.by("outcome", "unknown")]
            table.update({"gave_up": hour_ago}, doc_ids=unknown)
    opened.close()


def without_additions(now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored now without the fields that nothing had then: there may be more."""
    return {
        table: {path: kinds for path, kinds in fields.items() if path in then.get(table, fields)}
        for table, fields in now.items()
    }


def snapshot(path: Path) -> dict[str, Any]:
    """Return a snapshot but for its checksum, which was added since: others read past it."""
    found: dict[str, Any] = json.loads(path.read_text())
    del found["_meta"]["1"]["checksum"]
    return found


def in_kashflow(sandbox: Sandbox) -> list[list[Any]]:
    """Return the documents in KashFlow, each with how many payments, notes and files it has."""
    account, told = sandbox.account, []
    paid = [row["PayInvoice"] for row in account.books.all("receipt_payments")]
    received = [row["PayInvoice"] for row in account.books.all("invoice_payments")]
    for side, rows, payments in (
        ("purchase", account.receipts(), paid),
        ("sale", account.invoices(), received),
    ):
        for row in rows:
            number = row["InvoiceNumber"]
            told.append([side, number, row["CustomerReference"], payments.count(number)])
    return sorted(told)


def test_all_that_is_stored_is_told_as_it_was(anna: Commands, expected: dict[str, Any]) -> None:
    asked: list[tuple[str, ...]] = [("status",)]
    for name in (HARBOUR, TERN, MILL, NEVER):
        asked += [
            ("status", name), ("items", name), ("check", name), ("settings", name),
            ("people", name), ("audit", name), ("audit", "verify", name), ("undo", name, "--runs"),
            ("publish", name, "--ready", "--dry-run"),
        ]  # fmt: skip
    asked += [("lists", name, one) for name in (HARBOUR, MILL) for one in LISTS[1:]]
    asked += [("audit", HARBOUR, "--item", "20")]
    answers = {" ".join(words): timeless(anna(*words)) for words in asked}
    for name in (HARBOUR, TERN, MILL):
        for item in answers[f"items {name}"][1]["items"]:
            for command in ("item", "attach"):
                words = (command, name, item["id"])
                answers[" ".join(words)] = timeless(anna(*words))
    answers[f"audit {HARBOUR}"] = trail_of(answers[f"audit {HARBOUR}"])
    equal(expected, "told", answers)


def test_the_doctor_finds_the_files_sound(anna: Commands, expected: dict[str, Any]) -> None:
    code, report = anna("doctor")
    files = sorted(one["name"] for one in report["files"] if "kashdeck.log" not in one["name"])
    told = {name: report[name] for name in ("databases", "trails", "work")}
    unsound = [one["code"] for one in report["findings"] if one["severity"] == "mend"]
    equal(expected, "doctor", {"files": files, **told})
    assert not {one["state"] for one in report["databases"]} - {"fine"}
    assert not [one for one in report["trails"] if one["troubles"]]
    assert code in {0, 1}, unsound


def test_the_passwords_can_be_read(
    anna: Commands, folder: Path, harbour: Sandbox, tern: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KASHDECK_PASSPHRASE_FILE", str(folder / "passphrase"))
    for business, sandbox in (("harbour-lane", harbour), ("tern-studio", tern)):
        secret = Secrets(folder / "home").load(business, "encrypted-file")
        assert secret.password == sandbox.password
        assert secret.autoauth_key == sandbox.autoauth_key


@pytest.mark.parametrize("name", [HARBOUR, TERN])
def test_what_was_broken_off_and_unknown_comes_to_its_end(
    anna: Commands,
    folder: Path,
    harbour: Sandbox,
    tern: Sandbox,
    expected: dict[str, Any],
    name: str,
) -> None:
    sandbox = harbour if name == HARBOUR else tern
    typed = f"{sandbox.password}\n{sandbox.autoauth_key}\n"
    anew = anna("reconnect", name, "--endpoint", sandbox.endpoint, "--secrets-stdin", stdin=typed)
    asked: list[tuple[str, ...]] = [
        ("resolve", name),
        ("publish", name, "--resume", "--lanes", "1"),
        ("publish", name, "--attach"),
        ("check", name, "--look"),
        ("publish", name, "--ready", "--create-suppliers", "--create-customers", "--lanes", "1"),
        ("resolve", name),
        ("verify", name),
        ("undo", name, "--last"),
        ("undo", name, "--runs"),
        ("items", name),
        ("status", name),
        ("audit", "verify", name),
    ]
    assert anew[0] == 0, anew
    looked_for_first(folder / "home", "harbour-lane" if name == HARBOUR else "tern-studio")
    before = len(trail_of(anna("audit", name)))
    answers = {
        f"{number} {' '.join(words)}": timeless(anna(*words), sandbox)
        for number, words in enumerate(asked, 1)
    }
    head = answers[f"{len(asked)} audit verify {name}"][1].pop("head")
    assert len(head) == 64  # it sums up the times too
    answers["trail"] = trail_of(timeless(anna("audit", name), sandbox))[before:]
    answers["in KashFlow"] = documents = in_kashflow(sandbox)
    equal(expected, name, answers)
    if name == HARBOUR:
        now = stored(folder / "home", "harbour-lane")
        equal(
            expected, f"{name} on the disk", without_additions(now, expected[f"{name} on the disk"])
        )
    references = [(side, reference) for side, _, reference, _ in documents]
    assert len(references) == len(set(references)), "a document is there twice"
