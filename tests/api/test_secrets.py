"""The password and the AutoAuth key are in the request, and nowhere a person or a log could see."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from types import TracebackType

import pytest
from lxml import etree

from kfclient.api import Credentials, KashFlow, KashFlowError, Limits
from kfclient.api.credentials import SecretFields
from kfclient.api.errors import BadRequest
from kfclient.api.records import Invoice, Supplier
from tests.api.byte_server import ByteServer, ok, resets, response
from tests.api.byte_server import http as answer
from tests.api.clients import AUTOAUTH_KEY, PASSWORD, client
from tests.api.test_replies import BAD, fault

SHOWN = (PASSWORD, "s3cret &amp; &lt;strong&gt;", AUTOAUTH_KEY)


def told(text: str) -> str:
    return f"<Status>NO</Status><StatusDetail>{text}</StatusDetail>"


ECHO = "The password s3cret &amp; &lt;strong&gt; with the key 1234ABCD-1234 will not do"
REPLIES = {
    "fine": ok("AutoAuthIP", "1"),
    "echoed in a refusal": answer(response("AutoAuthIP", status=told(ECHO))),
    "echoed in a fault": answer(fault("soap:Client", ECHO), "500 x"),
    "echoed with an ok": answer(
        response("AutoAuthIP", "1", told(ECHO).replace("<Status>NO", "<Status>OK"))
    ),
    "echoed in a page": answer(f"<html>{ECHO}</html>".encode()),
    "half": BAD["cut in a record"][0],
    "nothing": b"",
}


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - something of zeep's that was never finished
        return ""


def _shown(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:  # an object of zeep's that was never finished
        return ""


def everything(error: BaseException) -> str:
    """Return all that a log or an error screen could make of `error`, locals included."""
    values = getattr(error, "__dict__", {})
    shown = [repr(error), str(error), repr(values), *traceback.format_exception(error)]
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if "kfclient" in frame.f_code.co_filename or "zeep" in frame.f_code.co_filename:
            shown += [f"{name}={_shown(value)}" for name, value in frame.f_locals.items()]
        trace = trace.tb_next
    return "\n".join(shown)


@pytest.mark.parametrize("name", REPLIES)
def test_whatever_the_server_says_the_secrets_stay_secret(
    name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with ByteServer(REPLIES[name]) as server, caplog.at_level(1):
        api = client(server.endpoint)
        shown = repr(api)
        try:
            api.auto_auth_ip("Kashdeck", AUTOAUTH_KEY)
        except KashFlowError as error:
            shown += everything(error)
            shown += repr(error.as_dict()) + error.said
        [request] = server.requests
    assert AUTOAUTH_KEY.encode() in request
    printed = capsys.readouterr()
    for secret in SHOWN:
        assert secret not in shown + caplog.text + printed.out + printed.err


CALLS: dict[str, Callable[[KashFlow], object]] = {
    "refused by the network": lambda api: api.insert_supplier(Supplier(name="Acme")),
    "refused by ourselves": lambda api: api.insert_receipt(Invoice()),
    "no such operation": lambda api: api.envelope("NoSuchOperation"),
    "no such field": lambda api: api.envelope("GetReceipt", Wrong=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_traceback_shows_a_secret_even_with_its_locals(name: str) -> None:
    with ByteServer(resets) as server:
        with pytest.raises(Exception) as caught:
            CALLS[name](client(server.endpoint))
        shown = everything(caught.value)
    for secret in SHOWN:
        assert secret not in shown


def test_what_holds_a_secret_does_not_show_it() -> None:
    assert PASSWORD not in repr(Credentials("u", PASSWORD))
    assert PASSWORD not in repr(client("http://127.0.0.1/"))
    assert PASSWORD not in f"{SecretFields({'Password': PASSWORD})}"


def test_zeeps_own_logging_of_envelopes_is_off_and_unused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ByteServer(ok("GetSuppliers")) as server:
        api = client(server.endpoint)
        api.get_suppliers()
        assert not logging.getLogger("zeep.transports").isEnabledFor(logging.DEBUG)
        with caplog.at_level(logging.DEBUG, "zeep.transports"):  # somebody insists
            api.get_suppliers()
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("password", ["tab\x00", "bell\x07", "half\ud800"])
def test_a_password_that_cannot_be_sent_is_refused_and_not_shown(password: str) -> None:
    with ByteServer(ok("GetSuppliers")) as server:
        api = KashFlow(server.endpoint, Credentials("u", password), limits=Limits(tries=1))
        with pytest.raises(BadRequest, match="The password") as caught:
            api.get_suppliers()
        assert server.connections == 0
    assert repr(password)[1:-1] not in everything(caught.value)


def test_a_password_arrives_to_the_letter() -> None:
    odd = "  <&>\"' é € 😀 ]]> "
    with ByteServer(ok("GetSuppliers")) as server:
        KashFlow(server.endpoint, Credentials("u", odd)).get_suppliers()
        body = server.requests[0].partition(b"\r\n\r\n")[2]
    assert etree.fromstring(body).findtext(".//{KashFlow}Password") == odd
