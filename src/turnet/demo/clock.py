"""The demo's clock can be put forward, never back. Whatever falls due on the way happens at its own time, in order.

The shift is one number in the clinic's row, so it outlives a restart and is the same for every process.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from turnet.clinic.queries import clinic
from turnet.clock import SystemClock, minute
from turnet.db.transactions import fetch
from turnet.errors import Invalid
from turnet.reminders.queries import next_due
from turnet.reminders.service import plan
from turnet.reports.monthly import goes
from turnet.scheduling.hours import local_day

FURTHEST = timedelta(days=366)
_LOOKS, _PAUSE_SECONDS = 250, 0.02
"""How often it is asked, at most, whether anything is being sent, and how soon again."""
_STEP = re.compile(r"([1-9][0-9]{0,4})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}

RunDue = Callable[[], Awaitable[None]]
"""Does everything that is due at the clock's present: people written to, their answers worked on, messages sent, what has
expired tidied away."""


def step(text: str) -> timedelta:
    """`1d`, `3h` or `10m`. Raises `Invalid` for anything else, and beyond a year."""
    match = _STEP.fullmatch(text.strip())
    if not match or (found := timedelta(**{_UNITS[match[2]]: int(match[1])})) > FURTHEST:
        raise Invalid({"advance": "not_a_step"})
    return found


async def load_shift(clock: SystemClock) -> None:
    """Puts the clock where the database says it is; without a clinic it stays."""
    rows = await fetch("SELECT demo_shift FROM clinic WHERE id = 1")
    if rows:
        clock.shift = max(clock.shift, timedelta(seconds=rows[0][0]))


async def advance(clock: SystemClock, by: timedelta, run_due: RunDue) -> None:
    """Goes to every instant at which something falls due, runs it there, and ends `by` later than it began."""
    await load_shift(clock)
    target = clock.now() + by
    await plan(clock.now(), further=by)  # a reminder is only stopped at when its step is there
    await run_due()
    while (due := await _next_due(clock.now(), target)) is not None:
        await _put(clock, due)
        await run_due()
    await _put(clock, target)
    await run_due()


async def handed_over() -> None:
    """Waits for what the worker beside us has in hand: it would leave when the clock has moved on, in the night maybe."""
    for _look in range(_LOOKS):
        if not await fetch("SELECT 1 FROM message WHERE state = 'sending' LIMIT 1"):
            return
        await asyncio.sleep(_PAUSE_SECONDS)


async def _next_due(now: datetime, target: datetime) -> datetime | None:
    messages = await fetch(
        "SELECT due_at FROM message WHERE state = 'queued' AND due_at > {} AND due_at <= {} ORDER BY due_at LIMIT 1",
        *(now, target),
    )
    claims = await fetch(
        "SELECT expires_at FROM claim WHERE expires_at > {} AND expires_at <= {} ORDER BY expires_at LIMIT 1",
        now,
        target,
    )
    questions = await fetch(
        "SELECT expires_at FROM prompt WHERE state = 'open' AND expires_at > {} AND expires_at <= {} "
        "ORDER BY expires_at LIMIT 1",
        *(now, target),
    )
    found = [at for (at,) in (*messages, *claims, *questions)] + [await next_due(now, target), await _page(now)]
    return min((at for at in found if at is not None and at <= target), default=None)


async def _page(now: datetime) -> datetime | None:
    """When the owners are next told of a month."""
    found = await clinic()
    if found is None:
        return None
    zone = found.setup.zone
    first = local_day(zone, minute(now)).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return next(at for at in (goes(zone, first), goes(zone, after)) if at > now)


async def _put(clock: SystemClock, at: datetime) -> None:
    """Never before `at`: the stored shift is whole seconds, rounded up."""
    seconds = math.ceil((at - clock.real()).total_seconds())
    if timedelta(seconds=seconds) > clock.shift:
        clock.shift = timedelta(seconds=seconds)
        await fetch("UPDATE clinic SET demo_shift = {} WHERE id = 1 RETURNING id", seconds)
