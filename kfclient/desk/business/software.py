"""The accounting software that a business can be connected to: only what works."""

from __future__ import annotations

import msgspec

from kfclient.desk.errors import WrongValue


class Software(msgspec.Struct, frozen=True, kw_only=True):
    """One choice: `endpoint` is the server's address, empty where the person gives it."""

    id: str
    name: str
    about: str
    endpoint: str = ""
    asks_address: bool = False


SOFTWARE: tuple[Software, ...] = (
    Software(
        id="kashflow",
        name="KashFlow",
        endpoint="https://securedwebapp.com/api/service.asmx",
        about="Your books at KashFlow, live.",
    ),
    Software(
        id="sandbox",
        name="KashFlow sandbox",
        about="Practice books on a KashFlow-compatible server; start one with: kashdeck sandbox",
        asks_address=True,
    ),
)


def software(software_id: str) -> Software:
    """Return the software of this id; WrongValue lists what there is."""
    for choice in SOFTWARE:
        if choice.id == software_id:
            return choice
    raise WrongValue(
        f"“{software_id}” is not software that Kashdeck connects to.",
        "There is " + " and ".join(choice.id for choice in SOFTWARE) + ".",
    )


def software_at(endpoint: str) -> Software:
    """Return the software whose server is at this address; any other one is the sandbox's kind."""
    return next((choice for choice in SOFTWARE if choice.endpoint == endpoint), SOFTWARE[-1])
