"""The client itself."""

from __future__ import annotations

from kfclient.api.lists import Lists
from kfclient.api.purchases import Purchases
from kfclient.api.sales import Sales


class KashFlow(Lists, Purchases, Sales):
    """KashFlow's SOAP API at `endpoint`, as `credentials`: a method per operation.

    Methods have KashFlow's own names in snake_case. Calls that read are tried again a few times
    when the trouble may pass; calls that write never are. All raise `KashFlowError`, whose
    `outcome` says whether the call may have taken effect. Safe to use from many threads at once.
    """
