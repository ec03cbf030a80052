"""Tidies away what has expired; nothing depends on when."""

from typing import Any

from turnet.booking.service import sweep
from turnet.clock import Clock
from turnet.staff.service import sessions


async def sweep_claims(context: dict[str, Any]) -> None:
    """Claims, and staff's sessions and one-time links that are past their life."""
    clock: Clock = context["clock"]
    await sweep(clock.now(), clock.real())
    await sessions.sweep(clock.real())
