"""Opening the home to a group of this machine, or keeping it to oneself again; noted in each trail.

Who owns the home decides, whatever their role in its businesses: it is their folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.audit.audit import Action, Audit
from kfclient.store import sharing

if TYPE_CHECKING:
    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.home import Home
    from kfclient.store.sharing import Sharing


def share_home(home: Home, businesses: Businesses, audit: Audit, group: str) -> Sharing:
    """Let a group of this machine use the home; the group "" keeps it to its owner again.

    Raises `SharingRefused`, saying why and what would help; any `StoreError`. Nothing is changed
    then.
    """
    state, before = home.state(), sharing.sharing(home.root)
    if before.group == group:
        # Nothing to note, but files that came in from elsewhere are put right.
        return _shared(home, group)
    with state.transaction():
        for summary in businesses.all():
            audit.note(
                state,
                summary.business.id,
                Action.SHARED,
                before={"group": before.group},
                after={"group": group},
            )
        return _shared(home, group)


def _shared(home: Home, group: str) -> Sharing:
    return sharing.share(home.root, group) if group else sharing.stop_sharing(home.root)
