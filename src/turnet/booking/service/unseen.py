"""Arriving at a door that anybody may stand at: whoever types there learns nothing of who is expected."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TypeVar

from turnet.booking.model import Act
from turnet.booking.service.arrive import By
from turnet.booking.service.attempt import attempt
from turnet.booking.service.rows import bump_diary
from turnet.booking.states import COMING, State
from turnet.db.transactions import fetch, marks, on_sqlite

MOST = 4
"""Visits that one telephone has at one time: a family, in several chairs."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


async def arrive_unseen(act: Act, location: int, digits: str, starts: Collection[datetime], by: By) -> None:
    """Coming visits of a location that start at one of `starts`, two at most, and whose telephone ends in `digits`.

    A protected person is not looked for. Nothing says whether there were any: the same statements run for none, and the
    diary moves on as well, because its version is public.
    """

    async def work() -> None:
        ids = _filled(await _coming(location, digits, starts), MOST, 0)
        before = (json.dumps({"state": state}) for state in sorted(COMING))
        after = json.dumps({"state": State.ARRIVED, "checked_in_by": by})
        await fetch(
            "INSERT INTO booking_event (booking, at, actor, act, before, after) SELECT id, {}, {}, 'checked_in', "
            f"CASE state WHEN 'booked' THEN {{}} ELSE {{}} END, {{}} FROM booking WHERE id IN ({marks(ids)})",
            *(act.now, act.actor, *before, after, *ids),
        )
        await fetch(
            "UPDATE booking SET state = 'arrived', state_at = {}, checked_in_by = {}, updated_at = {}, "
            f"version = version + 1 WHERE id IN ({marks(ids)})",
            *(act.now, by, act.now, *ids),
        )
        await bump_diary()

    await attempt(work, must=True)


async def _coming(location: int, digits: str, starts: Collection[datetime]) -> list[int]:
    """Row ids, which nobody else changes until the transaction ends."""
    lock = "" if on_sqlite() else "FOR UPDATE OF b"
    rows = await fetch(
        "SELECT b.id FROM booking b JOIN patient t ON t.id = b.patient WHERE b.starts_at IN ({}, {}) "
        "AND b.location = {} AND b.state IN ('booked', 'confirmed') AND b.phone LIKE {} AND NOT t.protected "
        f"ORDER BY b.id LIMIT {MOST} {lock}",
        *(*_filled(starts, 2, _NEVER), location, f"%{digits}"),
    )
    return [id for (id,) in rows]


def _filled(values: Collection[T], length: int, nothing: T) -> list[T]:
    return [*values, *[nothing] * (length - len(values))]
