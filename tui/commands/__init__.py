"""The commands, declared once: the overview, the dispatch and the docs' test read this table.

A command `NAME` is a pair of functions of a module of this package: `NAME_arguments(parser)`, and
`run_NAME(args) -> exit code`. The module is imported only when one of its commands was typed, and
imports what they need itself.
"""

from __future__ import annotations


class Command:
    """A command's word, what it does in a few words, and the module that does it."""

    __slots__ = ("module", "name", "summary")

    def __init__(self, name: str, summary: str, module: str) -> None:
        self.name = name
        self.summary = summary
        self.module = module


COMMANDS: tuple[Command, ...] = (
    Command("demo", "try the app against a practice KashFlow on this machine", "sandbox"),
    Command("connect", "connect a business to KashFlow", "connect"),
    Command("reconnect", "connect again with other credentials, keeping everything", "connect"),
    Command("disconnect", "remove a business's connection and its secrets", "connect"),
    Command("connections", "the businesses on this machine", "status"),
    Command("status", "how businesses stand with KashFlow", "status"),
    Command("sync", "read the six lists from KashFlow", "sync"),
    Command("lists", "look at one of the six lists", "sync"),
    Command("import", "bring in a file of costs, claims or sales", "import_file"),
    Command("items", "the items of a business", "items"),
    Command("item", "one item in full", "items"),
    Command("add", "type in an item", "edit"),
    Command("edit", "complete or correct an item", "edit"),
    Command("undo-edit", "take back an edit, a deletion or an import, here", "edit"),
    Command("remove", "take items out of the inbox", "items"),
    Command("copy", "copy an item, to publish it as a document of its own", "items"),
    Command("check", "what keeps items from being published", "check"),
    Command("claim", "gather costs into an expense claim", "claim"),
    Command("publish", "send items to KashFlow", "publish"),
    Command("resolve", "look in KashFlow for items whose outcome is unknown", "resolve"),
    Command("verify", "compare what was published with KashFlow", "verify"),
    Command("undo", "take what was published out of KashFlow again", "undo"),
    Command("attach", "files of an item, also of a published one", "attach"),
    Command("settings", "see or change how a business publishes", "settings"),
    Command("keyring", "see or change where a business's password is kept", "keyring"),
    Command("unlock", "open the encrypted file for a while, for every session", "keyring"),
    Command("lock", "ask for its passphrase again, in every session", "keyring"),
    Command("people", "see or change who may do what", "settings"),
    Command("share", "let a group of this machine use the home, or its owner alone", "backup"),
    Command("backup", "one file with everything kept here, but for the secrets", "backup"),
    Command("restore", "put a backup in the place of everything here", "backup"),
    Command("doctor", "look Kashdeck over: what is wrong, and how to mend it", "doctor"),
    Command("audit", "what was done with a business, by whom", "audit"),
    Command("sandbox", "serve a practice KashFlow on this machine", "sandbox"),
)
