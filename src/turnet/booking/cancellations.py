"""Why patients cancelled, as far as they tapped it."""

from dataclasses import dataclass
from datetime import datetime

from turnet.db.transactions import fetch

CODES = ("time", "ill", "not_needed", "elsewhere")
"""The time does not suit; ill; not needed any more; somewhere else."""


@dataclass(frozen=True, slots=True)
class Given:
    code: str
    """Empty: nothing was tapped."""
    count: int
    late: int
    """Of these, after the last moment for changes."""


async def cancellations(first: datetime, last: datetime) -> list[Given]:
    """Of visits that patients cancelled between two instants, the most frequent reason first, those without one last."""
    rows = await fetch(
        "SELECT cancel_code, count(*), sum(CASE WHEN cancelled_late THEN 1 ELSE 0 END) FROM booking "
        "WHERE starts_at >= {} AND state = 'cancelled' AND cancelled_by = 'patient' AND cancelled_at >= {} "
        "AND cancelled_at < {} GROUP BY cancel_code",
        *(first, first, last),
    )
    found = [Given(code, count, int(late or 0)) for code, count, late in rows]
    return sorted(found, key=lambda one: (not one.code, -one.count, one.code))
