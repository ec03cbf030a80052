"""Makes reminder steps and puts those that are due into the outbox."""

from typing import Any

from turnet.clock import Clock
from turnet.messaging.held import held_since
from turnet.reminders.service import plan, take_due


async def remind(context: dict[str, Any]) -> None:
    clock: Clock = context["clock"]
    now = clock.now()
    if context["watch"].clock_leapt():
        return  # everything would seem due at once, or too late
    if await held_since():
        return  # what was due before the restore stays as it was, for whoever releases it to see
    await plan(now)
    await take_due(now)
