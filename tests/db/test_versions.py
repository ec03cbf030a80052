"""Held versions never lag behind a write of this process, and hardly behind another's."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from tests.factories import a_clinic
from turnet.clinic.queries import clinic
from turnet.clinic.tables import Diary
from turnet.db.engine import AnyEngine, PgEngine
from turnet.db.transactions import read_snapshot, tx
from turnet.db.versions import Versions, current, held, listening
from turnet.settings import Settings

Test = TypeVar("Test", bound=Callable[..., Any])


def on_postgres(test: Test) -> Test:
    """On SQLite nobody else writes."""
    return pytest.mark.postgres(pytest.mark.parametrize("settings", ["postgres"], indirect=True)(test))


async def _raise_version() -> None:
    await Diary.update({Diary.version: Diary.version + 1}, force=True).where(Diary.id == 1)


async def test_no_versions_before_there_is_a_clinic(engine: AnyEngine) -> None:
    assert await current() == Versions(0, 0)


async def test_held_until_something_is_written(engine: AnyEngine) -> None:
    await a_clinic()
    async with listening(engine):
        await _heard(engine)
        first = await current()
        assert held() == first

        async with tx():
            await _raise_version()

        assert held() is None
        assert await current() == (first.setup, first.diary + 1)


async def _heard(engine: AnyEngine) -> None:
    """Waits until other processes are listened to."""
    async with asyncio.timeout(5):
        while not engine.hears_writes:
            await asyncio.sleep(0)


async def test_inside_an_act_they_are_the_acts_own_and_not_held(engine: AnyEngine) -> None:
    await a_clinic()
    before = await current()

    with pytest.raises(LookupError):
        async with tx():
            await _raise_version()
            assert await current() == (before.setup, before.diary + 1)
            raise LookupError

    assert await current() == before


async def test_old_snapshot_does_not_make_others_see_the_past(engine: AnyEngine) -> None:
    await a_clinic()
    before = await current()
    began, written = asyncio.Event(), asyncio.Event()

    async def reader() -> Versions:
        async with read_snapshot():
            await Diary.count()
            began.set()
            await written.wait()
            return await current()

    reading = asyncio.create_task(reader())
    await began.wait()
    await _raise_version()
    written.set()

    assert await reading == before
    assert await current() == (before.setup, before.diary + 1)


@on_postgres
async def test_write_of_another_process_is_heard(engine: AnyEngine, settings: Settings) -> None:
    await a_clinic()
    other = PgEngine(settings.database_url)
    async with listening(engine):
        await _heard(engine)
        first = await current()

        await other.run_ddl("UPDATE diary SET version = version + 1")
        await other.close_connection_pool()

        async with asyncio.timeout(0.25):
            while held() is not None:
                await asyncio.sleep(0)
    assert await current() == (first.setup, first.diary + 1)


@on_postgres
async def test_nothing_is_held_by_a_process_that_does_not_listen(engine: AnyEngine) -> None:
    await a_clinic()

    await current()

    assert held() is None


@on_postgres
async def test_lost_connection_is_taken_up_again_and_nothing_is_held_meanwhile(engine: AnyEngine) -> None:
    await a_clinic()
    async with listening(engine, again_after=0.01):
        await _heard(engine)
        await current()

        await engine.run_ddl(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        async with asyncio.timeout(5):
            while engine.hears_writes:
                await asyncio.sleep(0)
        assert held() is None

        await _heard(engine)
        assert await current() == held()


async def test_warm_clinic_costs_no_query(engine: AnyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_clinic()
    async with listening(engine):
        await _heard(engine)
        warm = await clinic()
        asked: list[object] = []
        run = type(engine).run_querystring

        async def counted(self: AnyEngine, querystring: object, in_pool: bool = True) -> object:
            asked.append(querystring)
            return await run(self, querystring, in_pool)  # type: ignore[arg-type]

        monkeypatch.setattr(type(engine), "run_querystring", counted)
        monkeypatch.setattr(type(engine), "fetch", counted)

        assert (await clinic(), asked) == (warm, [])
