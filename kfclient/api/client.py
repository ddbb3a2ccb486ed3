"""The client itself."""

from __future__ import annotations

from kfclient.api.contacts import Contacts
from kfclient.api.lists import Lists
from kfclient.api.operations import Operations
from kfclient.api.purchases import Purchases
from kfclient.api.sales import Sales


class KashFlow(Lists, Contacts, Purchases, Sales, Operations):
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
