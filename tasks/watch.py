"""Looks at the installation and tells whoever looks after it, once."""

from typing import Any

from turnet.watch.look import Watch


async def watch(context: dict[str, Any]) -> None:
    """Every process with a worker looks for itself; what several see is one incident."""
    watching: Watch = context["watch"]
    await watching.round()
