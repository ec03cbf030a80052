"""What is in the way of a visit that staff move: never its own time."""

from datetime import datetime

from turnet.booking.model import Visit
from turnet.booking.queries import busy_of, taken
from turnet.db.transactions import fetch
from turnet.scheduling.rules import Busy
from turnet.scheduling.spans import Span


async def busy_for_moving(visit: Visit, span: Span, *, now: datetime) -> Busy:
    """As `queries.busy`, in two queries, without the visit itself and without what an undo could still take back."""
    [(own,)] = await fetch("SELECT claim FROM booking WHERE id = {}", visit.id)
    rows = await taken(span, now=now)
    return busy_of(row for row in rows if not (row.expired or row.kind == "undo" or row.claim == own))
