"""Tidying. Nothing depends on it: reads treat what has expired as gone, and acts delete what stands in their way."""

from datetime import datetime, timedelta

from turnet.booking.service.attempt import attempt
from turnet.db.transactions import fetch

KEYS_LIVE = timedelta(hours=24)


async def sweep(now: datetime, real: datetime) -> int:
    """Deletes claims that have expired, answers to idempotency keys after a day and tallies past their window.

    Returns how many rows went.
    """

    async def work() -> int:
        claims = await fetch("DELETE FROM claim WHERE expires_at <= {} AND kind <> 'booking' RETURNING id", now)
        keys = await fetch("DELETE FROM idempotency_key WHERE made_at <= {} RETURNING id", real - KEYS_LIVE)
        tallies = await fetch("DELETE FROM tally WHERE until <= {} RETURNING id", real)
        return len(claims) + len(keys) + len(tallies)

    return await attempt(work)
