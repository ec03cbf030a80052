"""What the rest of turnet asks about reminders."""

from datetime import datetime

from turnet.db.transactions import fetch
from turnet.messaging import outbox


async def missed_since(instant: datetime) -> int:
    """How many reminders were found, at or after a business time, to come too late to be of use.

    Either nothing could be put into the outbox in time, or what was there did not leave in time.
    """
    [(missed,)] = await fetch(
        "SELECT (SELECT count(*) FROM step WHERE state = 'missed' AND due_at >= {}) + "
        "(SELECT count(*) FROM message m JOIN step s ON s.message = m.id WHERE m.state = 'failed' AND m.due_at > {} "
        "AND m.finished_at >= {} AND substr(m.error, 1, {}) = {} AND s.state = 'taken')",
        *(instant, instant - outbox.LONGEST_WAIT, instant, len(outbox.TOO_LATE), outbox.TOO_LATE),
    )
    return int(missed)


async def next_due(now: datetime, until: datetime) -> datetime | None:
    """The next instant after `now`, and not after `until`, at which a step is due."""
    rows = await fetch(
        "SELECT due_at FROM step WHERE state = 'waiting' AND due_at > {} AND due_at <= {} ORDER BY due_at LIMIT 1",
        *(now, until),
    )
    return rows[0][0] if rows else None
