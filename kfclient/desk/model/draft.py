"""What a person typed to connect a business, until it is checked and kept."""

from __future__ import annotations

from typing import Any

import msgspec

from kfclient.desk.business.software import software
from kfclient.desk.connect.keys import clean_endpoint, clean_key, key_problem
from kfclient.desk.errors import WrongValue
from kfclient.store.redaction import redact


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person typed to connect; its repr shows neither the password nor the key.

    `secrets_in` is the id of the keyring that shall hold them (`Secrets.choices`), "" for the one
    that is proposed.
    """

    software: str = "kashflow"
    endpoint: str = ""
    username: str = ""
    password: str = ""
    autoauth_key: str = ""
    secrets_in: str = ""

    def __post_init__(self) -> None:
        """Have both blanked from now on, in whatever is logged or noted."""
        redact.add(self.password, self.autoauth_key)

    def __repr__(self) -> str:
        return f"Draft(software={self.software!r}, endpoint={self.endpoint!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show the same to rich, which would list every field."""
        return [("software", self.software), ("endpoint", self.endpoint)]

    def cleaned(self) -> Draft:
        """Return the draft as it will be used; WrongValue for what is missing or misshapen.

        The password is taken as typed: spaces may belong to it.
        """
        endpoint = clean_endpoint(self.endpoint or software(self.software).endpoint)
        if not self.username.strip():
            raise WrongValue(
                "The username is missing.", "It is the one shown on Apps > API Settings."
            )
        if not self.password:
            raise WrongValue("The password is missing.", "Type it; it is not shown.")
        odd = key_problem(self.autoauth_key)
        if odd:
            raise WrongValue(
                odd, "On Apps > API Settings press Copy code; it looks like 1234ABCD-1234."
            )
        return msgspec.structs.replace(
            self,
            endpoint=endpoint,
            username=self.username.strip(),
            autoauth_key=clean_key(self.autoauth_key),
        )
