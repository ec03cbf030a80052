"""Tidying. Nothing depends on it: reads treat what has expired as gone, and acts delete what stands in their way."""

from datetime import datetime

from turnet.booking.idempotency import forget_old
from turnet.booking.service.attempt import attempt
from turnet.db.transactions import fetch
from turnet.db.versions import raise_diary


async def sweep(now: datetime, real: datetime) -> int:
    """Deletes claims that have expired, answers to idempotency keys after a day and tallies past their window.

    Returns how many rows went.
    """

    async def work() -> int:
        claims = await fetch("DELETE FROM claim WHERE expires_at <= {} AND kind <> 'booking' RETURNING staff", now)
        keys = await forget_old(real)
        tallies = await fetch("DELETE FROM tally WHERE until <= {} RETURNING id", real)
        if any(staff for (staff,) in claims):  # colleagues see who held a time
            await raise_diary()
        return len(claims) + keys + len(tallies)

    return await attempt(work)
