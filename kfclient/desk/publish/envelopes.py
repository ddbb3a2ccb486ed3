"""The SOAP bodies of what is planned, as they will go out, without credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import Customer, Supplier
from kfclient.desk.publish.documents import SALE
from kfclient.desk.publish.followups import Followup, PlannedFile, PlannedPayment
from kfclient.desk.publish.newcontacts import code_for

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.publish.planning import PlannedItem

_CONTENT = "Li4u"
"""In place of a file's content, which may be megabytes: three dots, as they travel."""


def envelope(kashflow: KashFlow, planned: PlannedItem) -> str:
    """Return the bodies, in their order.

    The document's number and id, which KashFlow gives, are 0 in what follows it; a file's content
    is left out.
    """
    bodies: list[bytes] = []
    if planned.number is None:
        if (new := planned.creates) is not None:
            code = code_for(new.name)
            bodies.append(
                kashflow.envelope("InsertSupplier", supl=Supplier(code=code, name=new.name))
                if new.kind == "supplier"
                else kashflow.envelope("InsertCustomer", custr=Customer(code=code, name=new.name))
            )
        bodies.append(kashflow.envelope(planned.operation, Inv=planned.invoice))
    bodies += _followups(kashflow, planned)
    return "\n".join(body.decode() for body in bodies)


def _followups(kashflow: KashFlow, planned: PlannedItem) -> Iterator[bytes]:
    noun = "Invoice" if planned.operation == SALE else "Receipt"
    for followup in planned.followups:
        yield _followup(kashflow, noun, planned.number or 0, followup)


def _followup(kashflow: KashFlow, noun: str, number: int, followup: Followup) -> bytes:
    if isinstance(followup, PlannedPayment):
        payment = msgspec.structs.replace(followup.payment, pay_invoice=number)
        return kashflow.envelope(f"Insert{noun}Payment", **{f"{noun}Payment": payment})
    if isinstance(followup, PlannedFile):
        from kfclient.api.attachment import attachment

        fields = attachment(followup.name, b"...") | {
            "Base64String": _CONTENT,
            "FileSize": str(followup.size),
        }
        return kashflow.envelope(f"AttachFileTo{noun}", **{f"{noun}No": number}, **fields)
    return kashflow.envelope(
        f"Insert{noun}Note",
        **{f"{noun}Id": 0},
        NoteDate=followup.day,
        Notes=followup.text,
    )
