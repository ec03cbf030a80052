"""Sends every message that is due."""

from typing import Any

from turnet.messaging.deliver import Deliverer, drain


async def drain_outbox(context: dict[str, Any]) -> None:
    """One round at a time for each channel in this process; other processes claim other rows."""
    deliverer: Deliverer = context["deliverer"]
    await drain(deliverer, expires=not context["watch"].clock_leapt())
