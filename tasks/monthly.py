"""Writes the owners' page of the last month."""

from typing import Any

from turnet.clock import Clock
from turnet.reports.monthly import tell


async def monthly(context: dict[str, Any]) -> None:
    """Asked every ten minutes; it knows itself whether the first of a month has come."""
    clock: Clock = context["clock"]
    await tell(context["settings"], clock.now())
