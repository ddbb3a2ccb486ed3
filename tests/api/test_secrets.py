"""The password and the AutoAuth key are in the request, and nowhere a person or a log could see."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import date
from types import TracebackType

import pytest
from lxml import etree

from kfclient.api import Credentials, KashFlow, KashFlowError, Limits
from kfclient.api.credentials import SecretFields
from kfclient.api.errors import BadRequest, WrongCredentials
from kfclient.api.records import Invoice, Supplier
from tests.api.byte_server import ByteServer, ok, resets, response
from tests.api.byte_server import http as answer
from tests.api.clients import AUTOAUTH_KEY, ONCE, PASSWORD, client
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


SPELLED = {
    "password": "s3cret &amp;amp; &amp;lt;strong&amp;gt;",
    "shouted": "S3CRET &amp; &lt;STRONG&gt;",
    "in a link": "s3cret%20%26%20%3Cstrong%3E",
    "in lines": "s3cret\n\n&amp;\t&lt;strong&gt;",
    "cut where a sentence ends": "x" * 488 + " s3cret &amp; &lt;strong&gt;",
    "cut by the server": "s3cret &amp; &lt;stro",
    "key": "1234abcd-1234",
    "key in groups": "1234 ABCD 1234",
}


@pytest.mark.parametrize("name", SPELLED)
@pytest.mark.parametrize("operation", ["GetSuppliers", "InsertReceipt", "fault"])
def test_no_secret_of_the_session_comes_back_from_any_call(name: str, operation: str) -> None:
    said = f"No: {SPELLED[name]}"
    replies = {
        "GetSuppliers": answer(response("GetSuppliers", status=told(said))),
        "InsertReceipt": answer(response("InsertReceipt", status=told(said))),
        "fault": answer(fault("soap:Server", said), "500 x"),
    }
    traced: list[str] = []
    with ByteServer(replies[operation]) as server:
        api = KashFlow(
            server.endpoint,
            Credentials("bookkeeper", PASSWORD, (AUTOAUTH_KEY,)),
            limits=ONCE,
            trace=lambda one: traced.append(one.text),
        )
        bill = Invoice(invoice_date=date(2026, 5, 4))
        with pytest.raises(KashFlowError) as caught:
            api.insert_receipt(bill) if operation == "InsertReceipt" else api.get_suppliers()
    shown = everything(caught.value) + caught.value.said + "".join(traced)
    shown = "".join(shown.casefold().split())
    for part in ("s3cret&", "s3cret%20", "1234abcd"):
        assert part not in shown
    assert "•••" in shown


def test_a_password_that_is_a_word_does_not_hide_what_went_wrong() -> None:
    said = told("Incorrect username or password")
    with ByteServer(answer(response("GetSuppliers", status=said))) as server:
        api = KashFlow(server.endpoint, Credentials("bookkeeper", "password"), limits=ONCE)
        with pytest.raises(WrongCredentials):
            api.get_suppliers()


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
