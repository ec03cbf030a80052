"""A filled database of every landed step becomes today's, and what patients hold in their hands still works."""

import asyncio
import gzip
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.data.upgrades.make import KEY
from tests.factories import TUESDAY, at
from turnet.booking import queries, service
from turnet.booking.model import Act, Wish, visit_token
from turnet.clinic.queries import load
from turnet.db.engine import AnyEngine, PgEngine, bind, engine_for
from turnet.db.start import migrate, pending
from turnet.db.transactions import fetch
from turnet.errors import SlotTaken
from turnet.settings import Settings

FIXTURES = Path(__file__).parent.parent / "data" / "upgrades"
STEPS = sorted({file.name.split(".")[0] for file in FIXTURES.glob("*.sql.gz")})


def _sql(step: str, engine: str) -> str:
    return gzip.decompress((FIXTURES / f"{step}.{engine}.sql.gz").read_bytes()).decode()


@pytest.fixture(params=STEPS)
def old(request: pytest.FixtureRequest, settings: Settings, loop: asyncio.Runner) -> Iterator[AnyEngine]:
    """The engine on a database as that step left it, not yet upgraded."""
    if settings.on_sqlite:
        settings.database_file.unlink()
        raw = sqlite3.connect(settings.database_file)
        raw.executescript(_sql(request.param, "sqlite"))
        raw.close()
    else:
        loop.run(_restored(settings.database_url, _sql(request.param, "postgres")))
    engine = engine_for(settings)
    bind(engine)
    loop.run(engine.start_connection_pool())
    yield engine
    loop.run(engine.close_connection_pool())


async def _restored(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_filled_database_upgrades_and_keeps_its_promises(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    assert await pending(old) == []
    assert await fetch("SELECT state, count(*) FROM booking GROUP BY state ORDER BY state") == [
        ("booked", 8),
        ("cancelled", 1),
    ]
    [(public_id, reference)] = await fetch("SELECT public_id, reference FROM booking WHERE once = {}", "form-0")
    visit = await queries.visit_by_token(visit_token(KEY, public_id, 1))
    assert (visit.reference, visit.sequence) == (reference, 1)


async def test_upgraded_diary_still_refuses_a_taken_time(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)
    clinic = await load()
    assert clinic is not None
    act = Act(now=TUESDAY + timedelta(minutes=1), real=TUESDAY, key=KEY, limited=False)
    wish = Wish(clinic.services["check-up"].id, at("2026-12-08T09:00+02:00"))

    await service.hold(act, clinic, wish, "b" * 64)
    with pytest.raises(SlotTaken):
        await service.hold(act, clinic, wish, "c" * 64)


async def test_guard_survives_the_upgrade(old: AnyEngine, settings: Settings) -> None:
    await migrate(old, settings)

    named = (
        "SELECT conname FROM pg_constraint WHERE conname = {}"
        if isinstance(old, PgEngine)
        else ("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name = {} || '_insert'")
    )
    assert len(await fetch(named, "occupancy_no_overlap")) == 1
