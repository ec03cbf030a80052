"""An act is durable before its effects begin, and an act that fails has none."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import asyncpg
import pytest

from turnet.clinic.tables import Location, Resource
from turnet.db.engine import AnyEngine, PgEngine, bind
from turnet.db.guards import translated, violated
from turnet.db.transactions import after_commit, effects_done, read_snapshot, tx
from turnet.errors import SlotTaken, Unavailable


class Seen:
    """How many rows there were whenever the effect ran."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    async def __call__(self) -> None:
        self.counts.append(await Resource.count())


async def _add() -> None:
    await Resource.insert(Resource(kind="room"))


async def test_effect_runs_after_the_outermost_commit(engine: AnyEngine) -> None:
    seen = Seen()

    async with tx():
        await _add()
        after_commit(seen)
        async with tx():
            await _add()
            after_commit(seen)
        await asyncio.sleep(0)
        assert seen.counts == []
    await effects_done()

    assert seen.counts == [2, 2]


async def test_effect_of_a_failed_act_never_runs(engine: AnyEngine) -> None:
    seen = Seen()

    with pytest.raises(LookupError):
        async with tx():
            after_commit(seen)
            raise LookupError
    await effects_done()

    assert seen.counts == []


async def test_effect_outside_a_transaction_runs_at_once(engine: AnyEngine) -> None:
    seen = Seen()

    after_commit(seen)
    await effects_done()

    assert seen.counts == [0]


async def test_effect_may_begin_an_act_of_its_own(engine: AnyEngine) -> None:
    async def another() -> None:
        async with tx():
            await _add()

    async with tx():
        await _add()
        after_commit(another)
    await effects_done()

    assert await Resource.count() == 2


async def test_failing_effect_is_logged_and_harms_nobody(engine: AnyEngine, caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()

    async def broken() -> None:
        raise LookupError("lost")

    with caplog.at_level(logging.ERROR, "turnet.db"):
        async with tx():
            after_commit(broken)
            after_commit(seen)
        await effects_done()

    assert (seen.counts, [record.getMessage() for record in caplog.records]) == ([0], ["effect after commit failed"])


async def test_effect_added_by_a_task_that_outlived_the_act_still_runs(engine: AnyEngine) -> None:
    seen, over = Seen(), asyncio.Event()

    async def late() -> None:
        await over.wait()
        after_commit(seen)

    async with tx():
        task = asyncio.create_task(late())
    over.set()
    await task
    await effects_done()

    assert seen.counts == [0]


async def test_unwritable_database_is_one_error_on_both_engines(engine: AnyEngine) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorname = "SQLITE_FULL"

    for error in (full, asyncpg.DiskFullError("no space left on device"), ConnectionResetError()):
        with pytest.raises(Unavailable):
            async with tx():
                await _add()
                raise error

    assert await Resource.count() == 0


@pytest.mark.filterwarnings("ignore:.*Unable to fetch server version")
async def test_server_whose_socket_is_gone_is_unavailable(tmp_path: Path) -> None:
    bind(PgEngine(f"postgresql:///turnet?host={tmp_path}"))

    with pytest.raises(Unavailable):
        async with tx():
            pass


async def test_snapshot_inside_an_act_sees_the_act(engine: AnyEngine) -> None:
    async with tx():
        await _add()
        async with read_snapshot():
            assert await Resource.count() == 1


async def test_refusal_of_a_constraint_is_translated_outside(engine: AnyEngine) -> None:
    await Location.insert(Location(slug="keskusta"))

    with pytest.raises(SlotTaken) as taken, translated(_unique(engine), SlotTaken(slug="keskusta")):
        async with tx():
            await Location.insert(Location(slug="keskusta"))

    assert violated(taken.value.__cause__) == _unique(engine)  # type: ignore[arg-type]
    assert await Location.count() == 1


def _unique(engine: AnyEngine) -> str:
    return "location.slug" if engine.engine_type == "sqlite" else "location_slug_key"


async def test_another_constraint_is_not_mistaken_for_it(engine: AnyEngine) -> None:
    await Location.insert(Location(slug="keskusta"))

    with (
        pytest.raises((sqlite3.IntegrityError, asyncpg.UniqueViolationError)),
        translated("occupancy_no_overlap", SlotTaken()),
    ):
        await Location.insert(Location(slug="keskusta"))
