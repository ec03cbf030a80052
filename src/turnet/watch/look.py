"""One process watching itself."""

import logging
from dataclasses import asdict, replace
from time import monotonic

from turnet.clock import Clock
from turnet.db.disk import lay_ballast
from turnet.db.guards import unwritable
from turnet.pulse import Pulse
from turnet.settings import Settings
from turnet.watch.clock import ClockWatch
from turnet.watch.conditions import troubles, well
from turnet.watch.incidents import Incidents
from turnet.watch.ping import Ping
from turnet.watch.probe import WriteProbe
from turnet.watch.seen import Seen, Stored, around, stored_now

log = logging.getLogger("turnet.watch")

IN_A_ROW = 3
"""Failures of a job from which it is not chance any more."""


class Watch:
    """What one process remembers in order to watch itself."""

    def __init__(self, settings: Settings, clock: Clock, pulse: Pulse) -> None:
        self.settings, self.clock, self.pulse = settings, clock, pulse
        self.probe = WriteProbe(clock)
        self.machine = ClockWatch(clock.real)
        self._incidents = Incidents(settings, clock)
        self._ping = Ping(settings.ping_url)
        self._began = monotonic()

    def clock_leapt(self) -> bool:
        """What cannot be taken back waits while this is so."""
        return bool(self.machine.ahead())

    async def look(self) -> Seen:
        """Raises nothing when the database is gone: then it takes no writes."""
        try:
            stored = await stored_now(self.clock)
            writes = bool(stored.pending_migrations) or await self.probe.works()
        except Exception as error:
            if not unwritable(error):
                raise
            log.exception("the database cannot be read")
            stored, writes = Stored(), False
        if self.settings.demo:  # made-up people answer only while somebody answers for them
            stored = replace(stored, replies_missing_days=0.0)
        seen_worker = self.pulse.worker
        return Seen(
            **asdict(stored),
            **around(self.settings, self.clock.real()),
            database_writes=writes,
            up_seconds=monotonic() - self._began,
            clock_ahead_seconds=self.machine.ahead().total_seconds(),
            loop_lag_seconds=self.pulse.lag,
            jobs_failing=tuple(sorted(name for name, times in self.pulse.failures.items() if times >= IN_A_ROW)),
            worker_silent_seconds=None if seen_worker is None else monotonic() - seen_worker,
        )

    async def round(self) -> None:
        """What the worker does each minute: lays room by, tells of what begins and ends, shows life while all is well."""
        if self.settings.on_sqlite:
            lay_ballast(self.settings.data)
        seen = await self.look()
        await self._incidents.settle(troubles(seen))
        await self._ping.while_well(well(seen))
