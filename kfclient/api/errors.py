"""What can go wrong when talking to KashFlow.

KashFlowError                    outcome says whether the call may have taken effect
├── NotSent                      nothing left this machine, or nothing reached KashFlow
│   ├── ServerUnreachable        no such name, refused, no route, connect timed out
│   ├── InsecureConnection       TLS failed, or plain http to another machine
│   ├── BadRequest               a value that cannot be sent (we checked before sending)
│   └── ServerBusy               HTTP 429, or 503 with Retry-After: turned away before anything
├── Refused                      KashFlow answered, and said no
│   ├── WrongCredentials         "Incorrect username or password"
│   ├── AddressNotListed         "The IP address of ... is not in the access list"
│   ├── ApiDisabled              the SOAP API is switched off for the account
│   ├── AutoAuthRefused          the AutoAuth key is wrong, or AutoAuth is off
│   ├── CodeNotUnique            a supplier or customer code is taken
│   ├── CodeInvalid              "The customer code specified is invalid, ..."
│   ├── NotFound                 no such supplier, customer or document
│   ├── RequestTooLarge          "Maximum request length exceeded.", or HTTP 413
│   └── RequestFault             KashFlow could not read the request (a SOAP client fault)
└── Unknown                      it may or may not have happened: look in KashFlow before retrying
    ├── ReplyLost                the connection ended before the whole reply came
    ├── ReplyTooSlow             the deadline passed
    ├── ReplyBroken              half a reply, not XML, the wrong element
    │   └── RecordBroken         one thing asked for came with a value that cannot be read
    ├── NotKashFlow              a web page, a redirect, another service
    └── ServerTrouble            HTTP 5xx or a SOAP server fault
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from kfclient.errors import Problem


class Outcome(StrEnum):
    """Whether a call may have taken effect in KashFlow."""

    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"


class KashFlowError(Problem):
    """Talking to KashFlow went wrong; `said` is KashFlow's own sentence, if it gave one."""

    code = "kashflow"
    outcome: ClassVar[Outcome] = Outcome.UNKNOWN

    def __init__(self, sentence: str, cure: str | None = None, *, said: str = "") -> None:
        super().__init__(sentence, cure)
        self.said = said


class NotSent(KashFlowError):
    """Nothing reached KashFlow: trying again is safe."""

    code = "not-sent"
    outcome = Outcome.NOT_SENT


class ServerUnreachable(NotSent):
    """No connection to the server could be made."""

    code = "server-unreachable"
    default_cure = "Check the network and the server's address, then try again."


class InsecureConnection(NotSent):
    """The connection could not be made safe."""

    code = "insecure-connection"
    default_cure = "Check the server's address; https is needed for any other machine."


class BadRequest(NotSent):
    """A value cannot be sent as it is."""

    code = "bad-request"


class ServerBusy(NotSent):
    """The server turns calls away for a while, before it does anything with them.

    `retry_after` is for how many seconds it asks to be left alone, None where it does not say.
    """

    code = "server-busy"
    default_cure = "Try again in a while."

    def __init__(self, retry_after: float | None = None) -> None:
        asked = ""
        if retry_after is not None:
            seconds = max(1, round(retry_after))
            asked = f" and asks for {seconds:,} second{'s'[: seconds > 1]} of rest"
        super().__init__(f"KashFlow's server is busy{asked}; it did nothing with this call.")
        self.retry_after = retry_after


class Refused(KashFlowError):
    """KashFlow answered and refused; nothing was changed."""

    code = "refused"
    outcome = Outcome.REFUSED


class WrongCredentials(Refused):
    """KashFlow does not know this username and password."""

    code = "wrong-credentials"
    default_cure = (
        "Check the username shown on Apps > API Settings, and the password. If that page has a "
        "separate API password, it is that one."
    )


class AddressNotListed(Refused):
    """This machine's address is not on the account's list."""

    code = "address-not-listed"
    default_cure = (
        "Tick Enable AutoAuth on Apps > API Settings and reconnect, or add the address there."
    )


class ApiDisabled(Refused):
    """The SOAP API is switched off for this account."""

    code = "api-disabled"
    default_cure = "Tick Enable SOAP API on Apps > API Settings, save, and try again."


class AutoAuthRefused(Refused):
    """KashFlow did not accept the AutoAuth key."""

    code = "autoauth-refused"
    default_cure = (
        "On Apps > API Settings check that Enable AutoAuth is ticked, press Copy code again and "
        "paste the key."
    )


class CodeNotUnique(Refused):
    """Another supplier or customer has this code already."""

    code = "code-not-unique"


class CodeInvalid(Refused):
    """A supplier or customer code has characters that KashFlow does not take."""

    code = "code-invalid"
    default_cure = "Use capital letters and digits alone, twelve at most, then try again."


class NotFound(Refused):
    """KashFlow has no such supplier, customer or document."""

    code = "not-found"


class RequestTooLarge(Refused):
    """The server takes no request of that size, so it did not read it."""

    code = "request-too-large"
    default_cure = "Attach a smaller file: a scan in grey, or with fewer dots per inch."


class RequestFault(Refused):
    """KashFlow could not read the request."""

    code = "request-fault"


class Unknown(KashFlowError):
    """The call may or may not have taken effect."""

    code = "unknown-outcome"
    outcome = Outcome.UNKNOWN
    default_cure = "Look in KashFlow before sending it again."


class ReplyLost(Unknown):
    """The connection ended before the whole reply had come."""

    code = "reply-lost"


class ReplyTooSlow(Unknown):
    """The reply did not come, or not wholly, before the deadline."""

    code = "reply-too-slow"


class ReplyBroken(Unknown):
    """What came back is not a whole, well-formed KashFlow reply."""

    code = "reply-broken"


class RecordBroken(ReplyBroken):
    """What was asked for came, with a value that cannot be read; it concerns this record alone."""

    code = "record-broken"
    default_cure = "Look at it in KashFlow and put it right there, then try again."


class NotKashFlow(Unknown):
    """Something else than KashFlow answered: a web page, a redirect."""

    code = "not-kashflow"


class ServerTrouble(Unknown):
    """KashFlow had trouble of its own."""

    code = "server-trouble"
