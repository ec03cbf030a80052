"""Asks an SMS gateway that does not call back what became of the messages it took."""

from typing import Any


async def ask_gateway(context: dict[str, Any]) -> None:
    """Nothing yet."""
