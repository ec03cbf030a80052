"""A server process of its own: `python -m tests.races.process URL HOW`; says `ready`, waits for a line and races.

Every attempt is for one of a few overlapping times of one dentist. The report is how many got one.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.db.booking.acts import ANNA, an_act
from tests.factories import TUESDAY, at
from tests.races.crowd import all_at_once, strip_check, strip_lock, winners
from turnet.booking import service
from turnet.booking.model import Wish
from turnet.clinic.queries import load
from turnet.clock import FrozenClock
from turnet.db.engine import bind, engine_for
from turnet.settings import Settings

ATTEMPTS = 40


async def race(url: str, *, stripped: bool) -> int:
    engine = engine_for(Settings(data=Path("/nowhere"), database_url=url))
    bind(engine)
    await engine.start_connection_pool()
    clinic = await load()
    assert clinic is not None
    if stripped:
        patch = pytest.MonkeyPatch()
        strip_check(patch)
        strip_lock(patch)
    check_up, sanna = clinic.services["check-up"].id, clinic.practitioners["sanna"].id
    first = at("2026-12-03T09:00+02:00")
    act = an_act(FrozenClock(TUESDAY + timedelta(minutes=1)))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    results = await all_at_once(
        service.book(act, clinic, Wish(check_up, first + n % 2 * 20, practitioner=sanna), ANNA, once="")
        for n in range(ATTEMPTS)
    )
    await engine.close_connection_pool()
    return len(winners(results))


if __name__ == "__main__":
    print(asyncio.run(race(sys.argv[1], stripped=sys.argv[2] == "stripped")))
