"""Is this process alive: when its event loop and its worker were last seen, and how late the loop runs.

Monotonic seconds throughout, so a jump of the clock says nothing here.
"""

from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Pulse:
    loop: float = field(default_factory=monotonic)
    """When the loop last beat."""
    worker: float | None = None
    """When the worker last showed that it takes jobs; None in a process without one."""
    lag: float = 0.0
    """Seconds by which the loop's last beat came late."""

    def steady(self, within: float) -> bool:
        """Loop and worker were both seen in the last `within` seconds."""
        return all(monotonic() - seen <= within for seen in (self.loop, self.worker) if seen is not None)
