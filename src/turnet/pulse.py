"""Is this process alive: when its event loop and its worker were last seen, and how late the loop runs.

Monotonic seconds throughout, so a jump of the clock says nothing here.
"""

import asyncio
from dataclasses import dataclass, field
from time import monotonic

BEAT_SECONDS = 1.0


@dataclass(slots=True)
class Pulse:
    loop: float = field(default_factory=monotonic)
    """When the loop last beat."""
    worker: float | None = None
    """When the worker last showed that it takes jobs; None in a process without one."""
    lag: float = 0.0
    """Seconds by which the loop's last beat came late."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often in a row each job that last failed has failed."""

    async def beating(self) -> None:
        """Until cancelled. A loop that is blocked beats late, and a dead one never."""
        self.loop = monotonic()
        while True:
            due = monotonic() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.loop = monotonic()
            self.lag = max(0.0, self.loop - due)

    def job_ended(self, name: str, *, well: bool) -> None:
        if well:
            self.failures.pop(name, None)
        else:
            self.failures[name] = self.failures.get(name, 0) + 1

    def worker_seen(self) -> None:
        self.worker = monotonic()

    def steady(self, within: float) -> bool:
        """Loop and worker were both seen in the last `within` seconds."""
        return all(monotonic() - seen <= within for seen in (self.loop, self.worker) if seen is not None)
