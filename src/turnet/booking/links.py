"""What a patient's link leads to, and how often one address may come with links that lead nowhere.

Whoever holds a link is never counted. Guessing is hopeless by the length of a token; the limit keeps it cheap for us:
an address that has reached it is turned away by one read.
"""

import re
from contextlib import suppress
from datetime import timedelta

from turnet.booking.model import Act, Visit
from turnet.booking.queries import visit_by_token
from turnet.db.transactions import fetch, tx
from turnet.errors import NotFound, TooMany, Unavailable

ALIVE = timedelta(days=30)
"""After the visit; then its link leads nowhere."""
MISSES_AN_HOUR = 20
"""For one address."""

_HOUR = timedelta(hours=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


async def visit_behind(token: str, act: Act) -> Visit:
    """Raises NotFound for a link that never was, was revoked or has outlived its visit, all alike; TooMany after many."""
    with suppress(NotFound):
        visit = await visit_by_token(token) if _TOKEN.fullmatch(token) else None
        if visit is not None and act.now <= visit.ends_at + ALIVE:
            return visit
    await missed(act)
    raise NotFound(what="visit")


async def missed(act: Act) -> None:
    """Counts one link that led nowhere. Raises TooMany."""
    if not (act.limited and act.address):
        return
    key = f"miss:{act.address}"
    if await fetch("SELECT 1 FROM tally WHERE key = {} AND until > {} AND count >= {}", key, act.real, MISSES_AN_HOUR):
        raise TooMany(what="links")
    with suppress(Unavailable):  # a full disk hides no page, not even the one that says there is none
        async with tx():
            await fetch(
                "INSERT INTO tally (key, count, until) VALUES ({}, 1, {}) ON CONFLICT (key) DO UPDATE SET "
                "count = CASE WHEN tally.until <= {} THEN 1 ELSE tally.count + 1 END, "
                "until = CASE WHEN tally.until <= {} THEN excluded.until ELSE tally.until END",
                *(key, act.real + _HOUR, act.real, act.real),
            )
