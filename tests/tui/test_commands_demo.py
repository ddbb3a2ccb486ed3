"""The demo: what it prepares, and that nothing of it stays."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from kfclient.desk import Draft
from kfclient.desk.model.connection_state import ConnectionState
from tui.demo import BUSINESS, prepared


def test_the_demo_has_a_business_items_and_what_connects_it() -> None:
    with prepared() as (desk, credentials):
        (summary,) = desk.businesses.all()
        assert (summary.business.name, summary.state) == (BUSINESS, ConnectionState.NOT_CONNECTED)
        draft = Draft(
            software="sandbox",
            endpoint=credentials.endpoint,
            username=credentials.username,
            password=credentials.password,
            autoauth_key=credentials.autoauth_key,
        )
        business = summary.business.id
        desk.connecting.connect(business, draft)
        assert not desk.syncing.sync(business).failed
        states = Counter(state.value for state in desk.items.states(business).values())
        assert states == {"ready": 14, "to-review": 1}
        kinds = Counter(item.kind.value for item in desk.items.all(business))
        assert kinds == {"cost": 9, "claim": 1, "sale": 5}
        folder = desk.home.root.parent
        assert folder.is_dir()
    assert not folder.exists()


def test_a_kept_demo_goes_on_with_its_items_and_asks_to_connect_again(tmp_path: Path) -> None:
    with prepared(tmp_path / "kept") as (desk, credentials):
        (summary,) = desk.businesses.all()
        draft = Draft(
            software="sandbox",
            endpoint=credentials.endpoint,
            username=credentials.username,
            password=credentials.password,
            autoauth_key=credentials.autoauth_key,
        )
        desk.connecting.connect(summary.business.id, draft)
    with prepared(tmp_path / "kept") as (desk, again):
        (summary,) = desk.businesses.all()
        assert summary.state is ConnectionState.NOT_CONNECTED
        assert len(desk.items.all(summary.business.id)) == 15
        assert again.password == credentials.password
