"""Talks to KashFlow over SOAP: one class, `KashFlow`, a typed method per operation.

Names resolve on first use, and zeep, lxml and requests load with the first call: importing this
package, or any record, error or class in it, stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfclient.api.call import Limits
    from kfclient.api.client import KashFlow
    from kfclient.api.credentials import Credentials
    from kfclient.api.document_operations import ReceiptsPage
    from kfclient.api.errors import KashFlowError, NotSent, Outcome, Refused, Unknown
    from kfclient.api.trace import Traced

__all__ = [
    "Credentials",
    "KashFlow",
    "KashFlowError",
    "Limits",
    "NotSent",
    "Outcome",
    "ReceiptsPage",
    "Refused",
    "Traced",
    "Unknown",
]

_HOMES = {
    "Credentials": "credentials",
    "KashFlow": "client",
    "KashFlowError": "errors",
    "Limits": "call",
    "NotSent": "errors",
    "Outcome": "errors",
    "ReceiptsPage": "document_operations",
    "Refused": "errors",
    "Traced": "trace",
    "Unknown": "errors",
}


def __getattr__(name: str) -> Any:
    """Return the public name, loading the module it lives in (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
