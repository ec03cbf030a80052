"""Whoever restarts the server asks `/up`; whoever wants to know why asks `/ready`, on the machine itself."""

import asyncio
import contextvars
from typing import Any

import pytest
from litestar import Litestar

from tests.web.conftest import Client
from turnet.clock import FrozenClock
from turnet.db.engine import bound
from turnet.db.transactions import fetch, on_sqlite
from turnet.watch import conditions, probe
from turnet.watch.look import Watch
from turnet.watch.probe import EVERY

WRITTEN = "SELECT count(*), max(until) FROM tally WHERE key = 'write probe'"


async def ready(app: Litestar) -> dict[str, Any]:
    async with Client(app, address="127.0.0.1") as client:
        answer = await client.get("/ready")
    said: dict[str, Any] = answer.json()
    assert (answer.status_code == 200) == said["ready"]
    return said


@pytest.fixture(autouse=True)
def _room_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full the disk is on which this runs."""
    monkeypatch.setattr(conditions, "LITTLE_DISK", 0)
    monkeypatch.setattr(conditions, "MUCH_DISK", 0)


async def set_right(clock: FrozenClock) -> None:
    """To the database's own clock, if it has one."""
    if not on_sqlite():
        ((clock.at,),) = await fetch("SELECT clock_timestamp()")


async def test_up_when_migrated(client: Client) -> None:
    answer = await client.get("/up")

    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "up\n", "no-store")


async def test_not_up_while_migrations_are_pending(client: Client) -> None:
    await fetch("DELETE FROM migration WHERE name = '0002'")

    up, ready = await client.get("/up"), await client.get("/ready")

    assert (up.status_code, ready.status_code, ready.json()) == (503, 503, {"ready": False})


async def test_reasons_are_told_on_the_machine_itself_only(app: Litestar) -> None:
    answers = {}
    for address in ("127.0.0.1", "::1", "203.0.113.9"):
        async with Client(app, address=address) as client:
            answers[address] = (await client.get("/ready")).json()
    async with Client(app, address="127.0.0.1") as client:
        answers["forwarded"] = (await client.get("/ready", headers={"X-Forwarded-For": "127.0.0.1"})).json()

    told = {address: sorted(answer) for address, answer in answers.items()}
    assert told["127.0.0.1"] == told["::1"] != ["ready"]
    assert (told["203.0.113.9"], told["forwarded"]) == (["ready"], ["ready"])


async def test_trouble_is_named_with_what_it_is(app: Litestar, clock: FrozenClock) -> None:
    await set_right(clock)
    app.state.watch.pulse.lag = 9.0

    said = await ready(app)

    assert (said["ready"], said["well"]) == (True, False)
    assert said["troubles"]["loop_slow"] == "the server answers 9.0 s late"
    assert (said["backup_age_seconds"], said["sending_held_seconds"]) == (None, None)


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_clock_apart_from_the_databases_is_not_ready(app: Litestar, clock: FrozenClock) -> None:
    watch: Watch = app.state.watch
    await set_right(clock)
    near = await watch.look()
    clock.advance(seconds=3)
    apart = await watch.look()

    assert (conditions.ready(near), conditions.ready(apart)) == (True, False)


async def _a_closed_port() -> int:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with server:
        return int(server.sockets[0].getsockname()[1])


# --- does the database take writes?


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds on the clock that never goes back."""
    seconds = [1000.0]
    monkeypatch.setattr(probe, "monotonic", lambda: seconds[0])
    return seconds


async def test_it_really_writes_but_not_more_often_than_every_five_seconds(
    app: Litestar, clock: FrozenClock, passed: list[float]
) -> None:
    written = set()
    for _second in range(20):
        await asyncio.gather(*(ready(app) for _ in range(3)))
        clock.advance(seconds=1)
        passed[0] += 1
        ((rows, until),) = await fetch(WRITTEN)
        written.add(until)
        assert rows == 1

    assert len(written) == 20 / EVERY


async def test_writer_that_is_not_given_back_is_noticed_in_time(
    app: Litestar, passed: list[float], clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_right(clock)
    monkeypatch.setattr(probe, "PATIENCE", 0.05)
    lock = "SELECT 1" if on_sqlite() else "LOCK TABLE tally IN EXCLUSIVE MODE"

    async with bound().transaction():
        await fetch(lock)
        held = await asyncio.create_task(ready(app), context=contextvars.Context())
    await asyncio.wait({app.state.watch.probe._trial})
    given_back = await ready(app)

    assert (held["ready"], list(held["troubles"])) == (False, ["database_unwritable"])
    assert (given_back["ready"], given_back["database_writes"]) == (True, True)


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_database_that_went_away_is_an_answer_too(app: Litestar) -> None:
    engine = bound()
    await engine.close_connection_pool()
    assert engine.config is not None
    engine.config["dsn"] = f"postgresql://turnet@127.0.0.1:{await _a_closed_port()}/turnet"

    said = await ready(app)

    assert (said["ready"], list(said["troubles"])) == (False, ["database_unwritable"])
