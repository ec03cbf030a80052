"""What the rest of turnet asks about reminders."""

from datetime import datetime

from turnet.db.transactions import fetch


async def missed_since(instant: datetime) -> int:
    """How many reminders were found, at or after a business time, to come too late to be of use."""
    rows = await fetch("SELECT count(*) FROM step WHERE state = 'missed' AND due_at >= {}", instant)
    return int(rows[0][0])


async def next_due(now: datetime, until: datetime) -> datetime | None:
    """The next instant after `now`, and not after `until`, at which a step is due."""
    rows = await fetch(
        "SELECT due_at FROM step WHERE state = 'waiting' AND due_at > {} AND due_at <= {} ORDER BY due_at LIMIT 1",
        *(now, until),
    )
    return rows[0][0] if rows else None
