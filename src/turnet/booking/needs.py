"""What waits for somebody at the desk: people nobody has looked at yet, and what ends a message that did not arrive."""

from datetime import datetime, timedelta
from typing import NamedTuple

from turnet.db.transactions import fetch

TOLD = "told_by_phone"
"""The event that ends what a failed message asks for."""
SETTLED = f"""(EXISTS (SELECT 1 FROM booking_event e WHERE e.booking = b.id AND e.act = '{TOLD}' AND e.at >= m.finished_at)
    OR EXISTS (SELECT 1 FROM dealt d JOIN message n ON n.id = d.message
        WHERE n.recipient = m.recipient AND n.finished_at >= m.finished_at AND d.at >= m.finished_at))"""  # noqa: S608
"""Has somebody seen to message `m` of visit `b`? Who is done with a contact is done with all that was lost there."""
STILL_OF_USE = timedelta(hours=12)
"""After its start a visit asks for nothing more."""
MOST = 60


class Unmatched(NamedTuple):
    """Somebody who booked without being known, and their next visit."""

    patient: str
    name: str
    visit: str
    starts_at: datetime
    practitioner: int
    service: int


_NEW = """
    FROM booking b JOIN patient t ON t.id = b.patient JOIN practitioner p ON p.id = b.practitioner
    WHERE b.starts_at > {} AND b.state NOT IN ('cancelled', 'no_show') AND t.provisional AND t.merged_into IS NULL
"""
_THEIRS = " AND p.resource = {}"


async def unmatched(*, now: datetime, practitioner: int | None = None) -> list[Unmatched]:
    """By their next visit, one for each person."""
    whose, args = _whose(practitioner)
    rows = await fetch(
        f"SELECT t.public_id, t.name, b.public_id, b.starts_at, p.resource, b.service {_NEW}{whose} "
        f"ORDER BY b.starts_at, b.id LIMIT {MOST}",
        *(now - STILL_OF_USE, *args),
    )
    return list({row[0]: Unmatched(*row) for row in reversed(rows)}.values())[::-1]


async def count_unmatched(*, now: datetime, practitioner: int | None = None) -> int:
    whose, args = _whose(practitioner)
    [(found,)] = await fetch(f"SELECT count(DISTINCT t.id) {_NEW}{whose}", now - STILL_OF_USE, *args)
    return int(found)


def _whose(practitioner: int | None) -> tuple[str, tuple[int, ...]]:
    return ("", ()) if practitioner is None else (_THEIRS, (practitioner,))
