"""Sends every message that is due."""

import asyncio
from typing import Any

from turnet.messaging.deliver import Deliverer, drain


async def drain_outbox(context: dict[str, Any]) -> None:
    """One round at a time in this process; other processes claim other rows."""
    deliverer: Deliverer = context["deliverer"]
    draining: asyncio.Lock = context["draining"]
    async with draining:
        await drain(deliverer)
