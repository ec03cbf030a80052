"""Looks at the installation and tells whoever looks after it, once."""

from typing import Any


async def watch(context: dict[str, Any]) -> None:
    """Nothing yet."""
