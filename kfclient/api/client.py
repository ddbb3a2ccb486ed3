"""The client: `KashFlow`, with a typed method per operation, and a call by name for all others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfclient.api.caller import Caller, judged
from kfclient.api.credentials import MASK, SecretFields
from kfclient.api.document_operations import Purchases, Sales
from kfclient.api.errors import ReplyBroken
from kfclient.api.list_operations import Contacts, ListOperations
from kfclient.api.request import sendable, unsendable

if TYPE_CHECKING:
    from kfclient.api.wsdl import Soap


# The operations that have no method of their own.

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
        secrets = SecretFields(hidden)
        del hidden  # from here on no traceback with its locals shows them
        soap = self._given()
        if operation.startswith(_READING):
            answer = self._read(operation, fields, secrets=secrets, soap=soap)
        else:
            answer = self._call(operation, fields, write=True, secrets=secrets, soap=soap)
        from kfclient.api.reply import ContractReader

        said = ContractReader(soap.contract).response(operation, answer.response)
        number = said.get(f"{operation}Result")
        if operation.startswith("Insert") and number == 0 and number is not False:
            raise judged(ReplyBroken("KashFlow says OK, and gives no number."), write=True)
        return said

    def _given(self) -> Soap:
        """Return what speaks the contract given, over the same connections."""
        soap = self._soap()
        if self._wsdl is None:
            return soap
        from kfclient.api.wsdl import Soap, given_contract

        return Soap(self._endpoint(), given_contract(Path(self._wsdl)), soap.transport)


class KashFlow(ListOperations, Contacts, Purchases, Sales, Operations):
    """KashFlow's SOAP API at `endpoint`, as `credentials`: a method per operation.

    Methods have KashFlow's own names in snake_case. All raise `KashFlowError`, whose `outcome` says
    whether the call may have taken effect. Calls that read are tried again a few times when the
    trouble may pass; calls that write never are. Safe to use from many threads at once; zeep and
    the connections are made with the first call, and closed by `close` or the end of a `with`.

    `credentials` may be a function that fetches them: it is asked at each call, so that the
    password is in memory no longer than that; what it raises passes through. `limits` bounds times,
    sizes and how many calls there may be at once. `authority` is a PEM file with a certificate
    authority of one's own, trusted beside the public ones. `wsdl` is a file with the vendor's
    contract, for `call`. `trace` is a function, or the file, that is told all that travels, its
    secrets masked (see `kfclient.api.trace`); the business's names and amounts are in it.
    """
