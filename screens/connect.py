"""A business on its way to being connected: what the screens on that way hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kfclient.desk.business.software import SOFTWARE, software
from screens.choose_software import ChooseSoftwareScreen
from screens.connected import ConnectedScreen
from screens.kashflow_steps import KashFlowStepsScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    from kfclient.desk.business.business import Business, Connection
    from screens.room import Room
    from screens.services import Services


class Attempt:
    """Connecting a business for the first time, or (when it is connected) again.

    It holds no secrets: those are in the credentials screen alone, which is gone as soon as the
    business is connected. `base` is the screen that it began on and ends on.
    """

    def __init__(self, base: Room[Any], business: Business) -> None:
        self.base = base
        self.business = business
        self.before = business.connection
        self.ticks = set(business.ticks)
        self.software = software(self.before.software) if self.before else SOFTWARE[0]

    @property
    def again(self) -> bool:
        """Whether the business is being reconnected."""
        return self.before is not None

    @property
    def trail(self) -> tuple[str, str]:
        """How the title lines of the screens on the way begin."""
        return self.business.name, "Reconnect" if self.again else "Connect"

    def begin(self) -> None:
        """Show the first screen of the way; only to an Admin, others learn whom to ask."""
        services, doing = self.base.services, "reconnect" if self.again else "connect"
        self.base.ask(
            lambda: services.desk.businesses.require_admin(self.business.id, doing),
            lambda _: self._first(),
        )

    def _first(self) -> None:
        if not self.base.is_current:
            return  # the key was pressed twice
        first = KashFlowStepsScreen(self) if self.again else ChooseSoftwareScreen(self)
        self.base.app.push_screen(cast("Screen[None]", first))

    def connected(self, connection: Connection) -> None:
        """Leave the screens of the way, which wipes the secrets, and start the first sync."""
        services: Services = self.base.services
        app = self.base.app
        while app.screen is not self.base:
            app.pop_screen()
        services.start_sync(self.business.id)
        app.push_screen(ConnectedScreen(self.business, connection, again=self.again))
