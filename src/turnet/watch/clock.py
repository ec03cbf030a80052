"""Whether the machine's clock can be believed: it is held against the time since the machine started, which nobody sets.

After a leap forward everything would seem due, or too late, at once. So what cannot be taken back waits until the
clock is back, or until somebody restarts the server and with that says that the clock is right.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

LEAP = timedelta(minutes=10)


def since_boot() -> timedelta:
    """Goes on while the machine sleeps."""
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))


class ClockWatch:
    def __init__(self, real: Callable[[], datetime], since_boot: Callable[[], timedelta] = since_boot) -> None:
        self._real, self._since_boot = real, since_boot
        self._booted = self._reckoned()
        """When the machine started, by the clock while it could be believed."""

    def ahead(self) -> timedelta:
        """Looks, and says by how much the clock leapt ahead of where it should be; zero while it can be believed.

        A clock that is put back is not followed, so that putting it right again afterwards is no leap.
        """
        reckoned = self._reckoned()
        gained = reckoned - self._booted
        if gained > LEAP:
            return gained
        self._booted = max(reckoned, self._booted)
        return timedelta()

    def _reckoned(self) -> datetime:
        return self._real() - self._since_boot()
