"""Does the database take a write just now?"""

import asyncio
import contextvars
import logging
from datetime import timedelta
from time import monotonic

from turnet.clock import Clock
from turnet.db.guards import unwritable
from turnet.db.transactions import fetch

log = logging.getLogger("turnet.watch")

EVERY = 5.0
"""Seconds between two writes, however often it is asked: asking must not wear the disk out."""
PATIENCE = 3.0
"""Seconds after which a write that has not come back counts as failed."""
_KEPT = timedelta(hours=1)


class WriteProbe:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trial: asyncio.Task[bool] | None = None
        self._begun = 0.0

    async def works(self) -> bool:
        """The last trial's answer while it is fresh, else a new one's; everybody who asks meanwhile waits for the same."""
        trial = self._trial
        if trial is None or (trial.done() and monotonic() - self._begun >= EVERY):
            self._begun = monotonic()
            # An empty context: whoever asks may be inside a transaction that this must not be a part of.
            trial = self._trial = asyncio.get_running_loop().create_task(self._write(), context=contextvars.Context())
        done, _ = await asyncio.wait({trial}, timeout=PATIENCE)
        return bool(done) and trial.result()

    async def _write(self) -> bool:
        """One small row, durable like any other."""
        try:
            await fetch(
                "INSERT INTO tally (key, count, until) VALUES ('write probe', 1, {}) "
                "ON CONFLICT (key) DO UPDATE SET until = excluded.until",
                self._clock.real() + _KEPT,
            )
        except Exception as error:
            if not unwritable(error):
                raise
            log.exception("the database takes no writes")
            return False
        return True
