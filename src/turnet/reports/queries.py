"""What happened in each of several months, room by room: four queries, however many months and visits."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.reports.model import Baseline, RoomUse, Use

_BEFORE = ("visits", "no_shows", "visit_value", "desk_hour", "checkin_seconds", "answered_at")

_TOOK_PLACE = "b.state IN ('arrived', 'in_room', 'done', 'no_show')"
_VISITS = f"""
    SELECT {{month}}, r.resource,
        sum(CASE WHEN {_TOOK_PLACE} THEN 1 ELSE 0 END),
        sum(CASE WHEN b.state = 'no_show' THEN 1 ELSE 0 END),
        sum(CASE WHEN b.state IN ('booked', 'confirmed') THEN 1 ELSE 0 END),
        sum(CASE WHEN b.cancelled_late AND b.state = 'cancelled' THEN 1 ELSE 0 END),
        sum(CASE WHEN b.checked_in_by <> '' AND {_TOOK_PLACE} THEN 1 ELSE 0 END)
    FROM booking b LEFT JOIN room r ON r.id = b.room
    WHERE b.starts_at >= {{}} AND b.starts_at < {{}} AND b.ends_at <= {{}} GROUP BY 1, 2
"""  # noqa: S608  (our own names)
_MESSAGES = """
    SELECT {month}, r.resource, count(*), sum(m.parts), sum(m.cost),
        sum(CASE WHEN m.cost IS NULL THEN m.parts ELSE 0 END)
    FROM message m LEFT JOIN booking b ON b.id = m.booking LEFT JOIN room r ON r.id = b.room
    WHERE m.channel = 'sms' AND m.finished_at >= {} AND m.finished_at < {} AND m.parts IS NOT NULL GROUP BY 1, 2
"""
_ONLINE = """
    SELECT {month}, r.resource, count(*), sum(CASE WHEN b.outside_hours THEN 1 ELSE 0 END)
    FROM booking b LEFT JOIN room r ON r.id = b.room
    WHERE b.starts_at >= {} AND b.created_at >= {} AND b.created_at < {} AND b.door IN ('web', 'embed', 'api')
    GROUP BY 1, 2
"""


async def baseline() -> Baseline:
    rows = await fetch(f"SELECT {', '.join(_BEFORE)} FROM baseline WHERE id = 1")  # noqa: S608  (our own names)
    return Baseline(*rows[0]) if rows else Baseline()


async def months(clinic: Clinic, bounds: Sequence[datetime], *, now: datetime) -> list[tuple[RoomUse, ...]]:
    """What each room saw between each two of `bounds`, in the clinic's order of rooms, visits without one last.

    Visits that are not over count nothing yet; messages without a visit, or of one without a room, are the last's.
    """
    first, last = bounds[0], bounds[-1]
    found: dict[tuple[int, int | None], dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(rows: Sequence[tuple[Any, ...]], *names: str) -> None:
        for month, room, *counts in rows:
            for name, count in zip(names, counts, strict=True):
                found[month, room][name] += int(count or 0)

    add(
        await _fetch(_VISITS, "b.starts_at", bounds, first, last, now),
        *("visits", "no_shows", "unmarked", "late_cancellations", "checkins"),
    )
    add(await _fetch(_MESSAGES, "m.finished_at", bounds, first, last), "messages", "parts", "cost", "unpriced")
    add(await _fetch(_ONLINE, "b.created_at", bounds, first, first, last), "booked_online", "outside_hours")
    rooms: list[int | None] = [room.id for room in clinic.rooms.values()]
    return [_of(found, month, rooms) for month in range(len(bounds) - 1)]


async def prices(first: datetime, last: datetime) -> list[tuple[int | None, int]]:
    """What a part cost when its SMS was sent, in thousandths of a minor unit, and how many parts cost that; cheapest
    first, and last those of which nobody had said what they cost.
    """
    rows = await fetch(
        "SELECT cost / parts, sum(parts) FROM message WHERE channel = 'sms' AND finished_at >= {} AND finished_at < {} "
        "AND parts > 0 GROUP BY 1",
        *(first, last),
    )
    return sorted(((price, int(parts)) for price, parts in rows), key=lambda one: (one[0] is None, one[0] or 0))


async def _fetch(sql: str, at: str, bounds: Sequence[datetime], *args: datetime) -> list[tuple[Any, ...]]:
    cases = " ".join(f"WHEN {at} < {{}} THEN {month}" for month in range(len(bounds) - 1))
    return await fetch(sql.replace("{month}", f"CASE {cases} END"), *bounds[1:], *args)


def _of(
    found: dict[tuple[int, int | None], dict[str, int]], month: int, rooms: Sequence[int | None]
) -> tuple[RoomUse, ...]:
    """Rooms that are not used any more are shown while they have something to show."""
    old = sorted(room for at, room in found if at == month and room is not None and room not in rooms)
    shown = [*rooms, *old, *([None] if (month, None) in found else [])]
    return tuple(RoomUse(room, Use(**found[month, room])) for room in shown)
