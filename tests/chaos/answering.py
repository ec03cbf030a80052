"""A worker that dies: `python -m tests.chaos.answering DATA URL POINT` works on received SMS until POINT, then kill -9.

`asked`: looked at, nothing done · `acted`: done, not written down as done · `written`: not committed · `committed`: nothing
sent yet · `nowhere`: lives.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.factories import TUESDAY
from turnet.clock import FrozenClock
from turnet.conversation.service import answer
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import effects_done
from turnet.messaging import outbox
from turnet.settings import Settings


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dies(what: Callable[..., Awaitable[Any]], *, after: bool) -> Callable[..., Awaitable[Any]]:
    async def dying(*args: Any, **more: Any) -> Any:
        if not after:
            die()
        found = await what(*args, **more)
        die()
        return found

    return dying


async def _die() -> None:
    die()


def arm(point: str) -> None:
    if point == "asked":
        answer._met = _dies(answer._met, after=False)  # type: ignore[assignment]
    elif point == "acted":
        answer._done = _dies(answer._done, after=False)  # type: ignore[assignment]
    elif point == "written":
        answer._done = _dies(answer._done, after=True)  # type: ignore[assignment]
    elif point == "committed":
        outbox.on_new(_die)


async def run(data: str, url: str, point: str) -> int:
    settings = replace(Settings(data=Path(data), database_url=url), base_url="https://times.tuomi.example")
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    arm(point)
    done = await answer.work(settings, FrozenClock(TUESDAY))
    await effects_done()
    await engine.close_connection_pool()
    return done


if __name__ == "__main__":
    print(asyncio.run(run(*sys.argv[1:4])))
