"""Tidies away what has expired; nothing depends on when."""

from typing import Any

from turnet.booking.service import sweep
from turnet.clock import Clock


async def sweep_claims(context: dict[str, Any]) -> None:
    clock: Clock = context["clock"]
    await sweep(clock.now(), clock.real())
