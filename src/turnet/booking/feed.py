"""One practitioner's visits as a calendar on somebody's telephone reads them: one query, in a stable order."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from turnet.booking.states import State
from turnet.db.transactions import fetch

BEFORE, AFTER = timedelta(days=30), timedelta(days=180)
"""How far back and ahead a feed goes."""
CANCELLED_FOR = timedelta(days=30)
"""How long a cancelled visit still stands there as cancelled."""


@dataclass(frozen=True, slots=True)
class FeedVisit:
    public_id: str
    reference: str
    state: State
    sequence: int
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    service: int
    room: int | None
    """Resource id."""
    location: int
    patient_name: str = field(repr=False)
    phone: str = field(repr=False)


async def feed_visits(practitioner: int, now: datetime) -> list[FeedVisit]:
    """`practitioner` is a resource id. By public id, so that the same diary always reads the same."""
    rows = await fetch(
        "SELECT b.public_id, b.reference, b.state, b.sequence, b.starts_at, b.ends_at, b.updated_at, b.service, r.resource, "
        "b.location, t.name, b.phone FROM booking b JOIN practitioner p ON p.id = b.practitioner "
        "LEFT JOIN room r ON r.id = b.room JOIN patient t ON t.id = b.patient "
        "WHERE p.resource = {} AND b.starts_at >= {} AND b.starts_at < {} "
        "AND (b.state <> 'cancelled' OR b.cancelled_at > {}) ORDER BY b.public_id",
        *(practitioner, now - BEFORE, now + AFTER, now - CANCELLED_FOR),
    )
    return [FeedVisit(public_id, reference, State(state), *rest) for public_id, reference, state, *rest in rows]
