"""Reconnecting and disconnecting: what is kept, what goes, and another company's books."""

from __future__ import annotations

import msgspec
import pytest

from kfclient.api.errors import WrongCredentials
from kfclient.desk import Desk, Draft
from kfclient.desk.business.company import is_same_company
from kfclient.desk.errors import Busy, NotConnected, OtherCompany
from kfclient.desk.events import Event
from kfclient.desk.model.business import Company
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.desk.model.list_names import ListName
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from kfclient.store.errors import SecretMissing
from tests.desk.checks import company_becomes, told


class TestReconnecting:
    def test_reconnecting_mends_the_password_and_keeps_everything_else(
        self, synced_desk: Desk, business: str, draft: Draft, sandbox: Sandbox
    ) -> None:
        desk = synced_desk
        desk.businesses.change_settings(business, {"publish_tax_data": "on"})
        before = desk.businesses.get(business)
        assert before.connection is not None
        sandbox.account.switch(separate_api_password="a new one")
        assert set(desk.syncing.sync(business).failed) == set(ListName)
        assert desk.businesses.summary(business).state is ConnectionState.NEEDS_RECONNECTING
        desk.connecting.reconnect(business, msgspec.structs.replace(draft, password="a new one"))
        after = desk.businesses.get(business)
        assert after.connection is not None
        assert after.settings == before.settings
        assert after.people == before.people
        assert after.connection.last_sync == before.connection.last_sync
        assert desk.lists.read(business, ListName.SUPPLIERS)
        assert not desk.syncing.sync(business).failed
        assert desk.businesses.summary(business).state is ConnectionState.CONNECTED

    def test_a_failed_reconnect_leaves_the_connection_as_it_was(
        self, connected_desk: Desk, business: str, draft: Draft
    ) -> None:
        before = connected_desk.businesses.get(business)
        with pytest.raises(WrongCredentials):
            connected_desk.connecting.reconnect(
                business, msgspec.structs.replace(draft, password="wrong")
            )
        assert connected_desk.businesses.get(business) == before
        assert not connected_desk.syncing.sync(business).failed

    def test_another_companys_credentials_are_noticed_and_both_names_said(
        self, connected_desk: Desk, business: str, draft: Draft
    ) -> None:
        desk = connected_desk
        before = desk.businesses.get(business)
        with Sandbox() as other:
            company_becomes(other, CompanyName="Pier Nine Ltd", VatRegistrationNumber="GB111111111")
            events: list[Event] = []
            with pytest.raises(OtherCompany) as refused:
                desk.connecting.reconnect(
                    business,
                    msgspec.structs.replace(
                        draft,
                        endpoint=other.endpoint,
                        username=other.username,
                        password=other.password,
                        autoauth_key=other.autoauth_key,
                    ),
                    events.append,
                )
        assert "Pier Nine Ltd" in refused.value.sentence
        assert "Harbour Lane Trading Ltd" in refused.value.sentence
        assert "disconnect" in refused.value.cure
        assert told(events)[-1] == ("failed", "company")
        assert desk.businesses.get(business) == before
        assert not desk.syncing.sync(business).failed

    def test_a_corrected_name_and_a_moved_office_are_the_same_company(
        self, connected_desk: Desk, business: str, draft: Draft, sandbox: Sandbox
    ) -> None:
        company_becomes(sandbox, CompanyName="Harbour Lane Traders Ltd", Postcode="YO22 1AA")
        made = connected_desk.connecting.reconnect(business, draft)
        assert made.company.name == "Harbour Lane Traders Ltd"

    def test_what_was_never_connected_cannot_be_reconnected(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        with pytest.raises(NotConnected):
            desk.connecting.reconnect(business, draft)


BASE = Company(name="Harbour Lane Ltd", postcode="YO21 3PU", email="a@hl.example")
VAT = msgspec.structs.replace(BASE, vat_number="GB 987 6543 21")


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        (BASE, BASE, True),
        (VAT, Company(name="New name", postcode="X1 1XX", vat_number="987654321"), True),
        (VAT, msgspec.structs.replace(VAT, vat_number="GB111111111"), False),
        (BASE, VAT, True),  # registered for VAT since
        (VAT, msgspec.structs.replace(BASE, postcode="X1 1XX"), True),  # moved
        (BASE, Company(name="HARBOUR LANE LIMITED", postcode="X1 1XX"), True),
        (BASE, msgspec.structs.replace(BASE, name="Harbour Lane Group Ltd"), True),  # renamed
        (BASE, Company(name="Harbour\ufffdane Ltd", postcode="X1 1XX"), True),  # a broken character
        (BASE, Company(name="Pier\ufffdNine Ltd", postcode="X1 1XX"), False),
        (BASE, Company(name="Pier Nine Ltd", postcode="X1 1XX"), False),
        (BASE, Company(name="Pier Nine Ltd", postcode="YO21 3PU", email="b@p9.example"), False),
        (Company(name="Harbour Lane Ltd"), Company(name="Pier Nine Ltd"), False),
    ],
)
def test_what_tells_one_company_from_another(before: Company, now: Company, same: bool) -> None:
    assert is_same_company(before, now) is same
    assert is_same_company(now, before) is same


class TestDisconnecting:
    def test_the_secrets_go_and_lists_and_settings_stay(
        self, synced_desk: Desk, business: str
    ) -> None:
        desk = synced_desk
        desk.businesses.change_settings(business, {"publish_tax_data": "on"})
        desk.connecting.disconnect(business)
        with pytest.raises(SecretMissing):
            desk.secrets.load(business, "memory")
        assert desk.businesses.get(business).settings.publish_tax_data is True
        assert desk.lists.read(business, ListName.SUPPLIERS)
        assert desk.businesses.summary(business).state is ConnectionState.NOT_CONNECTED
        for attempt in (
            lambda: desk.connecting.disconnect(business),
            lambda: desk.syncing.sync(business),
            lambda: desk.sessions.open(business),
        ):
            with pytest.raises(NotConnected):
                attempt()

    @pytest.mark.parametrize("work", ["sync", "publish"])
    def test_a_connection_in_use_is_not_pulled_away(
        self, connected_desk: Desk, business: str, draft: Draft, work: str
    ) -> None:
        before = connected_desk.businesses.get(business)
        with Home(connected_desk.home.root).try_lock(f"{work}-{business}"):
            with pytest.raises(Busy):
                connected_desk.connecting.disconnect(business)
            with pytest.raises(Busy):
                connected_desk.connecting.reconnect(business, draft)
        assert connected_desk.businesses.get(business) == before
        connected_desk.connecting.disconnect(business)

    def test_it_can_be_connected_again(
        self, connected_desk: Desk, business: str, draft: Draft
    ) -> None:
        connected_desk.connecting.disconnect(business)
        connected_desk.connecting.connect(business, draft)
        assert not connected_desk.syncing.sync(business).failed
