"""A business on its way to being connected: what the screens on that way hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfclient.desk.model.business import SOFTWARE, software

if TYPE_CHECKING:
    from kfclient.desk.model.business import Business, Connection
    from screens.app_screen import AppScreen


class Wizard:
    """Connecting a business for the first time, or (when it is connected) again.

    It holds no secrets: those are in the credentials screen alone, which is gone as soon as the
    business is connected. `base` is the screen that it began on and ends on.
    """

    def __init__(self, base: AppScreen[Any], business: Business) -> None:
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

    def look_at_steps(self, cure: str) -> None:
        """Show the steps in KashFlow again, the one that cures a problem marked."""
        raise NotImplementedError

    def connected(self, connection: Connection) -> None:
        """Leave the screens of the way: the business is connected."""
        raise NotImplementedError
