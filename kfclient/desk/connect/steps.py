"""The six things to do in KashFlow before a business can be connected.

From KashFlow's API Settings page (https://www.kashflow.com/developers/soap-api/autoauthip/).
"""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One thing to do in KashFlow: an id that ticks remember, a short title, and how."""

    id: str
    title: str
    how: str


STEPS = (
    Step("open", "Open Apps > API Settings", "In KashFlow choose Apps in the left menu, then API "
         "Settings at the top right."),
    Step("soap", "Check that Enable SOAP API is ticked", "It is the switch for everything below."),
    Step("autoauth", "Tick Enable AutoAuth", "KashFlow then makes a key. With it Kashdeck can add "
         "this machine's address to the list of allowed addresses."),
    Step("username", "Note the username shown on that page", "It may differ from the e-mail "
         "address you sign in with."),
    Step("key", "Copy the AutoAuth key with Copy code", "It looks like 1234ABCD-1234."),
    Step("save", "Save, if you changed anything", "Press Update at the end of the page, or nothing "
         "you ticked will count."),
)  # fmt: skip

GUIDE = "https://www.kashflow.com/developers/soap-api/autoauthip/"
