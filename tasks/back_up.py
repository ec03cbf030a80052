"""Makes the daily backup once the newest is a day old."""

from typing import Any


async def back_up(context: dict[str, Any]) -> None:
    """Nothing yet."""
