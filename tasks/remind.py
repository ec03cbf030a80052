"""Makes reminder steps and puts those that are due into the outbox."""

from typing import Any

from turnet.clock import Clock
from turnet.reminders.service import plan, take_due


async def remind(context: dict[str, Any]) -> None:
    clock: Clock = context["clock"]
    await plan(clock.now())
    await take_due(clock.now())
