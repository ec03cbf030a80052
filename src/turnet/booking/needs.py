"""What waits for somebody at the desk: people whom no message reached, and people nobody has looked at yet."""

from datetime import datetime, timedelta
from typing import NamedTuple

from turnet.db.transactions import fetch
from turnet.messaging.kinds import KINDS, Audience

TOLD = "told_by_phone"
"""The event that ends what a failed message asks for."""
STILL_OF_USE = timedelta(hours=12)
"""After its start a visit asks for nothing more."""
MOST = 60


class Unreached(NamedTuple):
    """A coming visit, or one that the clinic cancelled, of which the newest word did not arrive."""

    visit: str
    """Public id, as of the patient."""
    starts_at: datetime
    practitioner: int
    service: int
    name: str
    phone: str
    kind: str
    channel: str
    recipient: str
    at: datetime
    """When it was given up."""


class Unmatched(NamedTuple):
    """Somebody who booked without being known, and their next visit."""

    patient: str
    name: str
    visit: str
    starts_at: datetime
    practitioner: int
    service: int


_TO_PATIENTS = ", ".join(f"'{kind.name}'" for kind in KINDS.values() if kind.audience is Audience.PATIENT)
_FAILED = f"""
    FROM message m JOIN booking b ON b.id = m.booking JOIN practitioner p ON p.id = b.practitioner
        JOIN patient t ON t.id = b.patient
    WHERE m.state = 'failed' AND m.kind IN ({_TO_PATIENTS}) AND b.starts_at > {{}} AND (b.state IN ('booked', 'confirmed')
            OR (b.state = 'cancelled' AND b.cancelled_by = 'clinic' AND m.kind = 'booking_cancelled'))
        AND NOT EXISTS (SELECT 1 FROM message n WHERE n.booking = m.booking AND n.kind IN ({_TO_PATIENTS})
            AND n.state NOT IN ('cancelled', 'skipped') AND n.created_at > m.created_at)
        AND NOT EXISTS (SELECT 1 FROM booking_event e WHERE e.booking = b.id AND e.act = '{TOLD}'
            AND e.at >= m.finished_at)
"""  # noqa: S608  (our own names)
_NEW = """
    FROM booking b JOIN patient t ON t.id = b.patient JOIN practitioner p ON p.id = b.practitioner
    WHERE b.starts_at > {} AND b.state NOT IN ('cancelled', 'no_show') AND t.provisional AND t.merged_into IS NULL
"""
_THEIRS = " AND p.resource = {}"


async def unreached(*, now: datetime, practitioner: int | None = None) -> list[Unreached]:
    """By start, one for each visit. `practitioner` (resource id): of their diary alone."""
    whose, args = _whose(practitioner)
    rows = await fetch(
        "SELECT b.public_id, b.starts_at, p.resource, b.service, t.name, b.phone, m.kind, m.channel, m.recipient, "
        f"m.finished_at {_FAILED}{whose} ORDER BY b.starts_at, b.id, m.created_at DESC LIMIT {MOST}",
        *(now - STILL_OF_USE, *args),
    )
    return list({row[0]: Unreached(*row) for row in reversed(rows)}.values())[::-1]


async def unmatched(*, now: datetime, practitioner: int | None = None) -> list[Unmatched]:
    """By their next visit, one for each person."""
    whose, args = _whose(practitioner)
    rows = await fetch(
        f"SELECT t.public_id, t.name, b.public_id, b.starts_at, p.resource, b.service {_NEW}{whose} "
        f"ORDER BY b.starts_at, b.id LIMIT {MOST}",
        *(now - STILL_OF_USE, *args),
    )
    return list({row[0]: Unmatched(*row) for row in reversed(rows)}.values())[::-1]


async def count_unreached(*, now: datetime, practitioner: int | None = None) -> int:
    whose, args = _whose(practitioner)
    [(found,)] = await fetch(f"SELECT count(DISTINCT b.id) {_FAILED}{whose}", now - STILL_OF_USE, *args)
    return int(found)


async def count_unmatched(*, now: datetime, practitioner: int | None = None) -> int:
    whose, args = _whose(practitioner)
    [(found,)] = await fetch(f"SELECT count(DISTINCT t.id) {_NEW}{whose}", now - STILL_OF_USE, *args)
    return int(found)


def _whose(practitioner: int | None) -> tuple[str, tuple[int, ...]]:
    return ("", ()) if practitioner is None else (_THEIRS, (practitioner,))
