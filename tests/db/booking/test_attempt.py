"""An act is one transaction: whole or not at all, whatever happens to it."""

import asyncio

import pytest

from tests.db.booking.acts import ANNA, a_wish, an_act, stored
from tests.factories import a_clinic
from turnet.booking import messages, service
from turnet.booking.service.attempt import attempt
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import after_commit, effects_done, fetch


async def name_the_clinic(name: str) -> None:
    await fetch("UPDATE clinic SET brand = {} WHERE id = 1", name)


async def test_act_that_fails_leaves_nothing(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await a_clinic()

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(messages, "booked_together", broken)
    with pytest.raises(ZeroDivisionError):
        await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="form")

    for table in ("booking", "claim", "occupancy", "patient", "booking_event", "message"):
        assert await stored(f"count(*) FROM {table}") == [(0,)]


async def test_effects_follow_the_commit_and_never_a_failure(engine: AnyEngine) -> None:
    await a_clinic()
    seen: list[list[tuple[str]]] = []

    async def look() -> None:
        seen.append(await fetch("SELECT brand FROM clinic"))

    async def works() -> None:
        await name_the_clinic("#111111")
        after_commit(look)

    async def fails() -> None:
        await name_the_clinic("#222222")
        after_commit(look)
        raise ZeroDivisionError

    await attempt(works)
    with pytest.raises(ZeroDivisionError):
        await attempt(fails)

    await effects_done()
    assert seen == [[("#111111",)]]
    assert await stored("brand FROM clinic") == [("#111111",)]


async def test_act_inside_another_joins_it(engine: AnyEngine) -> None:
    await a_clinic()

    async def outer() -> None:
        await attempt(lambda: name_the_clinic("#333333"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await attempt(outer)

    assert await stored("brand FROM clinic WHERE brand = '#333333'") == []


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_act_that_awaits_more_than_statements_is_refused(engine: AnyEngine) -> None:
    """It would keep the one writer waiting for something that is not the database."""
    await a_clinic()

    async def slow() -> None:
        await name_the_clinic("#444444")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError):
        await attempt(slow)

    await attempt(lambda: name_the_clinic("#555555"))
    assert await stored("brand FROM clinic") == [("#555555",)]


async def test_cancelled_act_hands_the_database_on_clean(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    for steps in range(12):
        act = asyncio.ensure_future(service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="form"))
        for _ in range(steps):
            await asyncio.sleep(0)
        act.cancel()
        await asyncio.gather(act, return_exceptions=True)

    booked = await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="form")
    assert await stored("count(*), count(DISTINCT claim) FROM booking") == [(1, 1)]
    assert await stored("public_id FROM booking") == [(booked.visit.public_id,)]
