"""Makes reminder steps and puts those that are due into the outbox."""

from typing import Any

from turnet.clock import Clock
from turnet.messaging.held import held_since
from turnet.reminders.service import make, plan, take_due


async def remind(context: dict[str, Any]) -> None:
    clock: Clock = context["clock"]
    now = clock.now()
    if context["watch"].clock_leapt():
        return  # everything would seem due at once, or too late
    if await held_since():
        await make(now)  # so that whoever releases them sees all, each due when it was promised
        return
    await plan(now)
    await take_due(now)
