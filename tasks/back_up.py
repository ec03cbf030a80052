"""Makes the daily backup once the newest is a day old."""

from typing import Any

from turnet.backup.make import daily
from turnet.clock import Clock
from turnet.settings import Settings


async def back_up(context: dict[str, Any]) -> None:
    clock: Clock = context["clock"]
    settings: Settings = context["settings"]
    await daily(settings, now=clock.now(), real=clock.real())
