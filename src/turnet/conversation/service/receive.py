"""SMS that people write: each is stored as it came before anything is made of it, and once however often it comes."""

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from turnet.db.transactions import after_commit, fetch, tx
from turnet.errors import Invalid
from turnet.messaging import reports
from turnet.messaging.channels import Call, Incoming, told_apart
from turnet.messaging.channels.chosen import called, gateway, inbox
from turnet.patients.model import clean_phone
from turnet.settings import Settings

log = logging.getLogger("turnet.conversation")

LONGEST_RAW = 8192
LONGEST_ID = 200
LONGEST_NUMBER = 32
_DIALLED = re.compile(r"[+0-9 ().\-]+")


async def _sleep_on() -> None:
    """Nobody listens: the recurring job will find the row."""


_wake: Callable[[], Awaitable[None]] = _sleep_on


def on_received(callback: Callable[[], Awaitable[None]]) -> None:
    """Registers what is called after the commit of every SMS that was not here before."""
    global _wake  # noqa: PLW0603  (one process, one worker to wake)
    _wake = callback


async def received(
    settings: Settings, key: bytes, driver: str, secret: str, call: Call, *, real: datetime, now: datetime
) -> int:
    """A call to `/hooks/sms/{driver}/{secret}`. Returns how many SMS are new, or how many of ours a report changed.

    What cannot be read is kept, for somebody to look at. Raises `NotFound` for another gateway than ours or a wrong
    secret, `Forged`, and `ValueError` for what cannot be read.
    """
    ours = called(settings, key, driver, secret)
    try:
        heard = ours.incoming(call)
        told = [] if heard else ours.reports(call)
    except ValueError:
        await _keep(driver, call.body, real=real, now=now)
        raise
    if not heard:
        return await reports.apply(told, now=now, real=real)
    async with tx():
        return sum([
            await store(driver, one, call.body, our_number=ours.number, real=real, now=now) for one in heard
        ])  # fmt: skip


async def collect(settings: Settings, *, real: datetime, now: datetime) -> int:
    """Fetches what lies with a gateway that does not bring it. Returns how many SMS are new. Raises `Trouble`.

    Cut off after an SMS was stored and before it was removed there, the next round finds it again, and it is the same.
    """
    box, ours, new = inbox(settings), gateway(settings), 0
    if box is None or ours is None:
        return 0
    for one in await box.waiting(real=real):
        new += await store(ours.name, one.incoming, one.raw, our_number=ours.number, real=real, now=now)
        await box.remove(one)
    return new


async def store(
    provider: str, incoming: Incoming, raw: bytes, *, our_number: str, real: datetime, now: datetime
) -> bool:
    """False: it is here already. `our_number` is what answers are expected at, as the settings write it."""
    async with tx():
        region = await _region()
        to = _spelled(incoming.to, region) or our_number
        ours = our_number if to == _spelled(our_number, region) else to
        return await _insert(
            *(provider, _id(incoming.id), _spelled(incoming.sender, region), ours[:LONGEST_NUMBER]),
            *(_storable(incoming.text), _storable(raw.decode(errors="replace"))[:LONGEST_RAW]),
            *(incoming.said_at, real, now, "new"),
        )


async def _keep(provider: str, body: bytes, *, real: datetime, now: datetime) -> None:
    text = _storable(body.decode(errors="replace"))[:LONGEST_RAW]
    id = told_apart(body.decode("latin-1"))
    async with tx():
        if await _insert(provider, id, "", "", "", text, None, real, now, "unreadable"):
            log.warning("a call of the SMS gateway cannot be read; it is kept", extra={"driver": provider})


async def _insert(*values: object) -> bool:
    rows = await fetch(
        "INSERT INTO inbound (provider, provider_id, sender, our_number, text, raw, said_at, received_at, at, state, "
        "attempts, outcome) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0, '') "
        "ON CONFLICT (provider, provider_id) DO NOTHING RETURNING id",
        *values,
    )
    if rows and values[-1] == "new":
        after_commit(_nudge)
    return bool(rows)


async def _nudge() -> None:
    await _wake()


async def _region() -> str:
    rows = await fetch("SELECT region FROM clinic WHERE id = 1")
    return str(rows[0][0]) if rows else ""


def _spelled(number: str, region: str) -> str:
    """E.164 where it can be read so as dialled in this region, else as given: the letters of a name are no digits."""
    try:
        return clean_phone(number if _DIALLED.fullmatch(number) else "", region)
    except Invalid:
        return _storable(number)[:LONGEST_NUMBER]


def _id(given: str) -> str:
    id = _storable(given)
    return id if 0 < len(id) <= LONGEST_ID else told_apart(given)


def _storable(text: str) -> str:
    """Without what a database refuses: a zero, and half a character; the two halves of one become that."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
