"""The operations that have no method of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfclient.api.caller import Caller, judged
from kfclient.api.credentials import MASK, Secrets
from kfclient.api.errors import ReplyBroken
from kfclient.api.messages import sendable, unsendable

if TYPE_CHECKING:
    from kfclient.api.soap import Soap

_READING = ("Get", "Search", "Print", "is", "Is")
_SECRET = ("accountcreationkey", "autoauthkey", "memorableword", "password")


class Operations(Caller):
    """Any operation of KashFlow's, by its own name."""

    def call(self, operation: str, **fields: Any) -> dict[str, Any]:
        """Call any operation of the contract; return what its response says, as a dict.

        `operation` and `fields` have KashFlow's own names. The contract is the WSDL that the client
        was given (`KashFlow(..., wsdl=path)`), else that of the operations with methods. A field
        takes a str, int, `Decimal`, bool or `date`, a record, or a dict of such under KashFlow's
        names, or a list; an item of a list of any type (`Lines`) is a record or a dict that names
        its type: `{"@type": "InvoiceLine", ...}`. What KashFlow demands within a dict and nobody
        gave is sent as nought, a date as today. The credentials are added.

        What comes back has KashFlow's names too: `{"GetCustomerBalanceResult": {"Value": ...}}`;
        amounts are `Decimal`, dates `date` (None for "no date"), lists are lists. A thing that is
        not there is KashFlow's to tell: by `NotFound`, or by a result whose id is 0.

        Operations called Get..., Search..., Print... and is... are tried again as the methods are,
        others never. Raises `BadRequest` for an operation or a field that does not exist.
        """
        hidden = {name: fields[name] for name in fields if name.casefold() in _SECRET}
        for name in hidden:
            if not isinstance(hidden[name], str) or not sendable(hidden[name]):
                raise unsendable(f"The field {name}")
            fields[name] = MASK
        secrets = Secrets(hidden)
        del hidden  # from here on no traceback with its locals shows them
        soap = self._given()
        if operation.startswith(_READING):
            answer = self._read(operation, fields, secrets=secrets, soap=soap)
        else:
            answer = self._call(operation, fields, write=True, secrets=secrets, soap=soap)
        from kfclient.api.contents import Contents

        said = Contents(soap.contract).response(operation, answer.response)
        number = said.get(f"{operation}Result")
        if operation.startswith("Insert") and number == 0 and number is not False:
            raise judged(ReplyBroken("KashFlow says OK, and gives no number."), write=True)
        return said

    def _given(self) -> Soap:
        """Return what speaks the contract given, over the same connections."""
        soap = self._soap()
        if self._wsdl is None:
            return soap
        from kfclient.api.contract import given_contract
        from kfclient.api.soap import Soap

        return Soap(self._endpoint(), given_contract(Path(self._wsdl)), soap.transport)
