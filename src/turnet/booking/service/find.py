"""Lost links, sent again to whoever booked with a telephone number or an address. Nothing tells who is known here.

Known or not, the same statements run, and the message waits for the next regular round instead of waking the worker: the
answer comes as fast either way.
"""

import hashlib
import uuid
from datetime import timedelta

from turnet.booking.model import Act
from turnet.booking.queries import coming_to
from turnet.booking.service.attempt import attempt
from turnet.booking.service.caps import DAY, HOUR, past
from turnet.db.transactions import fetch
from turnet.errors import TooMany

ASKED_AN_HOUR = 5
"""For one address."""
A_WHILE = timedelta(minutes=10)
"""A contact is written to once in it …"""
SENT_A_DAY = 3
"""… and so often a day."""
USEFUL = timedelta(hours=1)


async def send_links(act: Act, channel: str, contact: str, language: str) -> None:
    """One message with every coming visit of a telephone number (E.164, `sms`) or an address (lower case, `email`).

    Says nothing about whether there was one to write. Raises TooMany for the asking address alone.
    """

    async def work() -> None:
        if act.limited and await _too_often(act, contact):
            return
        visits = await coming_to(channel, contact, now=act.now, most=1)
        await _write(act, channel, contact, language, visits[0].id if visits else 0)

    await attempt(work)


async def _too_often(act: Act, contact: str) -> bool:
    """Counts the asking. Only what would be sent counts for the day, so nobody presses the day away."""
    hidden = hashlib.sha256(contact.encode()).hexdigest()
    limits = [(f"links:{hidden}", 1, A_WHILE)]
    if act.address:
        limits.append((f"links:{act.address}", ASKED_AN_HOUR, HOUR))
    reached = await past(act, sorted(limits))
    if f"links:{act.address}" in reached:
        raise TooMany(what="links")
    return bool(reached) or bool(await past(act, [(f"links-day:{hidden}", SENT_A_DAY, DAY)]))


async def _write(act: Act, channel: str, contact: str, language: str, booking: int) -> None:
    """The outbox row; for booking 0, which is nobody's, the same statement adds nothing."""
    dedupe = f"visit_links:{uuid.uuid4()}"
    await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, booking, sequence, facts, state, due_at, "
        "not_after, attempts, created_at) "
        "SELECT {}, {}, 'visit_links', {}, {}, {}, id, sequence, {}, 'queued', {}, {}, 0, {} "
        "FROM booking WHERE id = {}",
        *(uuid.uuid4(), dedupe, channel, contact, language, "{}", act.now, act.now + USEFUL, act.now, booking),
    )
