"""How a command that writes is done: by the server that runs on the directory, or here when there is none."""

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from turnet.cli.opening import alone, opened
from turnet.settings import Settings

if TYPE_CHECKING:
    from turnet.control import Arguments


def through(settings: Settings, command: str, arguments: "Arguments") -> Any:
    """The answer of a command of `turnet.control`, JSON. On Postgres every process may write, so it is done here.

    Raises `turnet.control.NoAnswer` and `Declined`, and whatever the command itself raises.
    """
    from turnet.control import ask  # noqa: PLC0415  (slow)
    from turnet.server import Refused  # noqa: PLC0415

    with ExitStack() as holding:
        if settings.on_sqlite and settings.database_file.exists():
            try:
                holding.enter_context(alone(settings))
            except Refused:
                return ask(settings, command, arguments)
        return asyncio.run(_here(settings, command, arguments))


async def _here(settings: Settings, command: str, arguments: "Arguments") -> Any:
    from turnet.clock import SystemClock  # noqa: PLC0415
    from turnet.control import COMMANDS  # noqa: PLC0415
    from turnet.demo.clock import load_shift  # noqa: PLC0415

    async with opened(settings, migrated=True):
        clock = SystemClock()
        await load_shift(clock)
        return await COMMANDS[command](clock, arguments)
